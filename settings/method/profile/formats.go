package profile

import (
	"encoding/json"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/amend-go/amend/flow/ui"
)

// JudgeText gives the message for a text that does not have the form of its Type (an e-mail
// address, a date), nil if it does. A Text, and a Type that is no text, may have any form.
func JudgeText(t Type, value string) *ui.Text {
	if fits(t, value) {
		return nil
	}
	var wrong ui.Text
	switch {
	case value == "":
		wrong = ui.Because(ui.ReasonNotEmpty)
	case t == Email:
		wrong = ui.BadEmail(shortened(value))
	case t == Tel:
		wrong = ui.BadPhone(shortened(value))
	default:
		wrong = ui.Malformed(string(t))
	}
	return &wrong
}

func fits(t Type, value string) bool {
	switch t {
	case Email:
		local, _, _ := strings.Cut(value, "@")
		return len(value) <= 254 && len(local) <= 64 && email().MatchString(value)
	case Tel:
		return len(value) <= 40 && phone().MatchString(withoutSeparators(value))
	case URL:
		host := webURL().FindStringSubmatch(value)
		if host == nil {
			return false
		}
		address, isAddress := strings.CutPrefix(host[1], "[")
		if !isAddress {
			return true
		}
		ip, err := netip.ParseAddr(strings.TrimSuffix(address, "]"))
		return err == nil && ip.Is6() && ip.Zone() == ""
	case Date:
		_, err := time.Parse(time.DateOnly, value)
		return err == nil
	case DateTime:
		_, err := time.Parse(time.RFC3339, value)
		return err == nil
	}
	return true
}

// Compiled when the first text of the type is judged, and not whenever a program
// starts.
var (
	// What HTML takes for a valid e-mail address: https://html.spec.whatwg.org/#valid-e-mail-address
	email = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$")
	})

	// ITU-T E.164: a country code, which has no leading zero, and up to 15 digits in all.
	phone = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\+[1-9][0-9]{2,14}$`)
	})

	// An absolute URI of RFC 3986 (appendix A) with the scheme http or https, an
	// authority that is not empty, and no userinfo: in ASCII, anything else
	// percent-encoded. net/url takes much more: spaces, other scripts, quotes and
	// braces, a % that encodes nothing, two fragments.
	webURL = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?i:https?)://(\[[0-9A-Fa-f:.]+\]|(?:` + uriText + `)+)(?::[0-9]*)?(?:/(?:` + uriText + `|[:@/])*)?` +
			`(?:\?(?:` + uriText + `|[:@/?])*)?(?:#(?:` + uriText + `|[:@/?])*)?$`)
	})

	separators = strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "")
)

// uriText is what stands everywhere in a URI: unreserved, sub-delims, pct-encoded.
const uriText = `[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2}`

func withoutSeparators(phone string) string { return separators.Replace(phone) }

// shortened keeps what somebody typed from filling the flow that remembers its
// message.
func shortened(value string) string {
	const most = 254
	if len(value) <= most {
		return value
	}
	return strings.ToValidUTF8(value[:most], "") + "…"
}

// localTime are the forms that an input of type datetime-local has its value in.
var localTime = []string{"2006-01-02T15:04:05", "2006-01-02T15:04"}

// inUTC makes a point in time of what such an input sends: it has no zone, and
// what its user means by it nobody knows, so that it is UTC by agreement.
func inUTC(value string) string {
	for _, layout := range localTime {
		if t, err := time.Parse(layout, value); err == nil {
			return t.Format(time.RFC3339)
		}
	}
	return value
}

// isDay and isLocal report whether an input of a day, or of a day and time, has a
// text as it is. HTML has no year 0.
func isDay(value string) bool { return fits(Date, value) && value >= "0001" }

func isLocal(value string) bool {
	return value >= "0001" && slices.ContainsFunc(localTime, func(layout string) bool {
		t, err := time.Parse(layout, value)
		return err == nil && t.Format(layout) == value
	})
}

// local is the reverse of inUTC.
func local(value string) string {
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		return t.UTC().Format(localTime[0])
	}
	return value
}

// asNumber reads a number as an input of type number sends it: as in JSON, but
// with zeros before it, or none.
func asNumber(value string) (json.Number, bool) {
	digits, negative := strings.CutPrefix(value, "-")
	if digits == "" || strings.IndexByte("0123456789.", digits[0]) < 0 || strings.ContainsAny(digits, " \t\r\n") {
		return "", false
	}
	if digits = strings.TrimLeft(digits, "0"); digits == "" || digits[0] < '0' || digits[0] > '9' {
		digits = "0" + digits
	}
	if negative {
		digits = "-" + digits
	}
	return json.Number(digits), json.Valid([]byte(digits))
}

// countable reports whether the numbers in a value are ones to count with. A
// few bytes can spell a number whose digits fill the memory of whoever works
// them out.
func countable(value any) bool {
	switch value := value.(type) {
	case json.Number:
		return CountableNumber(value)
	case []any:
		for _, v := range value {
			if !countable(v) {
				return false
			}
		}
	case map[string]any:
		for _, v := range value {
			if !countable(v) {
				return false
			}
		}
	}
	return true
}

// CountableNumber reports whether a number has at most 64 characters and, unless
// it is zero, a size that a float64 can have.
func CountableNumber(n json.Number) bool {
	if len(n) > 64 {
		return false
	}
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return false
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(string(n)), "e")
	return len(exponent) <= 4 && (f != 0 || !strings.ContainsAny(mantissa, "123456789"))
}
