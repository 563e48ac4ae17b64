package mail

import (
	"strings"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
)

// Words are what messages say in a language, by Message.In: plain text with LF, in which
// names in braces stand for what a message has. The module settings/page/lang has some.
type Words struct {
	CodeSubject, Code   string // {code}, {address}, {until}
	InUseSubject, InUse string // {address}

	// What says what was changed, by Message.Text, as a sentence that is the subject too;
	// Changed is for what a newer build tells of.
	What    map[int64]string
	Changed string

	// The lines below it. NotYou is what to do.
	When, Where, Administrator, New, Removed string // {at}, {place}, nothing, {parts}, {parts}
	NotYou                                   string

	Factors map[aal.Method]string
	Named   string // a factor with the name that its owner gave it: {kind}, {name}
	Comma   string // between parts; "" is ", "

	Time func(time.Time) string
}

// In are the subject and the text of a message in a language. A value of somebody's own,
// the name of a security key, stands in it without control characters.
func (m Message) In(w Words) (subject, text string) {
	switch m.Text {
	case Code, VerifyCode:
		return w.CodeSubject, strings.NewReplacer("{code}", m.Code, "{address}", m.To, "{until}", w.Time(m.CodeExpires)).Replace(w.Code)
	case AddressInUse:
		return w.InUseSubject, strings.ReplaceAll(w.InUse, "{address}", m.To)
	}
	what, known := w.What[m.Text]
	if !known {
		what = w.Changed
	}
	lines := []string{what, "", strings.ReplaceAll(w.When, "{at}", w.Time(m.Event.At))}
	if m.Place != "" {
		lines = append(lines, strings.ReplaceAll(w.Where, "{place}", oneLine(m.Place)))
	}
	if m.Event.Actor != "" {
		lines = append(lines, w.Administrator)
	}
	for _, line := range []struct {
		says  string
		parts identity.Parts
	}{{w.New, m.Event.Added}, {w.Removed, m.Event.Removed}} {
		if names := w.list(line.parts); names != "" {
			lines = append(lines, strings.ReplaceAll(line.says, "{parts}", names))
		}
	}
	return strings.TrimSuffix(what, "."), strings.Join(append(lines, "", w.NotYou), "\n") + "\n"
}

// list names parts of an account in one line.
func (w Words) list(p identity.Parts) string {
	var names []string
	for _, a := range p.Authenticators {
		kind, known := w.Factors[a.Method]
		if !known {
			kind = string(a.Method)
		}
		if a.Name != "" {
			kind = strings.NewReplacer("{kind}", kind, "{name}", oneLine(a.Name)).Replace(w.Named)
		}
		names = append(names, kind)
	}
	for _, a := range p.Addresses {
		names = append(names, oneLine(a.Value))
	}
	comma := w.Comma
	if comma == "" {
		comma = ", "
	}
	return strings.Join(names, comma)
}

// oneLine is a value of somebody's own in one line, and not longer than a name is.
func oneLine(value string) string {
	value = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, value)
	if r := []rune(value); len(r) > 100 {
		value = string(r[:100]) + "…"
	}
	return value
}
