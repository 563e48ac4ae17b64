package password

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha1" // names a password in the API; nothing is protected by it
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Breaches knows which passwords are known from data breaches (OWASP ASVS 5.0, 6.2.12; NIST SP 800-63B-4, 3.1.1.2).
// [RangeAPI] asks a service; a host with a list of its own implements this in a few lines. It is safe for concurrent use.
type Breaches interface {
	// Breached reports whether a password is known from a breach and must not be chosen. An error is no answer: the
	// password is not changed, and the client is told to come back later. The error goes to the log, so neither the
	// password nor a hash of it may be in it.
	Breached(ctx context.Context, password string) (bool, error)

	// Check says what is wrong with the configuration. It is meant for start-up.
	Check() error
}

// RangeAPI looks a password up in a service that offers the range API of Have I Been Pwned. The zero value asks Have I
// Been Pwned itself, and refuses every password while it cannot be asked.
//
// The first five hexadecimal digits of the password's SHA-1 are all that leaves the process: one password in a million
// has the same. The service answers with every hash it knows that starts with them, padded to a length that does not tell
// which five they were (https://haveibeenpwned.com/API/v3#PwnedPasswords). Who sees the five digits and already suspects
// a password can still rule it out; that is the price of asking somebody else.
type RangeAPI struct {
	// BaseURL is what "/range/21BD1" follows; "" is https://api.pwnedpasswords.com.
	BaseURL string

	// InsecureHTTP allows a BaseURL of plain http: whoever is on the way reads the five digits, and can answer that
	// nothing is breached. A BaseURL on this machine (localhost, 127.0.0.1, ::1) may be plain http without it.
	InsecureHTTP bool

	// Client makes the requests, for a proxy or a certificate of one's own; nil is one with http.DefaultTransport. It
	// follows no redirects, whatever its CheckRedirect says.
	Client *http.Client

	// Timeout is how long a look-up may take until its last byte; 0 is 2 seconds.
	Timeout time.Duration

	// MinCount is how often a password must have been seen to be refused; 0 is 1.
	MinCount int

	// AllowOnFailure lets a password pass unchecked if the service cannot be asked, or what it answers cannot be read.
	// By default such a password is not changed, and the client gets a 503.
	AllowOnFailure bool

	// OnFailure is told of every failure, for logs and alarms; with AllowOnFailure nothing else tells of them. It runs
	// before the request goes on. nil is fine.
	OnFailure func(ctx context.Context, err error)
}

const (
	rangeBaseURL = "https://api.pwnedpasswords.com"
	rangeTimeout = 2 * time.Second
	rangePrefix  = 5       // hexadecimal digits of a SHA-1 that are sent
	maxRange     = 2 << 20 // bytes of an answer, unpacked; a real one has well under 100 KiB
)

// Check refuses a BaseURL that is no plain https URL, and numbers below zero.
func (a RangeAPI) Check() error {
	if _, err := a.base(); err != nil {
		return err
	}
	if a.Timeout < 0 {
		return fmt.Errorf("password: RangeAPI.Timeout %v is negative", a.Timeout)
	}
	if a.MinCount < 0 {
		return fmt.Errorf("password: RangeAPI.MinCount %d is negative", a.MinCount)
	}
	return nil
}

func (a RangeAPI) base() (*url.URL, error) {
	u, err := url.Parse(cmp.Or(a.BaseURL, rangeBaseURL))
	switch {
	case err != nil: // its text has the whole URL, and with it any secret in there
		return nil, errors.New("password: RangeAPI.BaseURL is not a URL")
	case u.User != nil:
		return nil, errors.New("password: RangeAPI.BaseURL has a user in it; a Client can carry credentials")
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, fmt.Errorf("password: RangeAPI.BaseURL %q is not an absolute http or https URL", a.BaseURL)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, fmt.Errorf("password: RangeAPI.BaseURL %q has a query or a fragment", a.BaseURL)
	case u.Scheme == "http" && !a.InsecureHTTP && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("password: RangeAPI.BaseURL %q is plain http; InsecureHTTP allows that", a.BaseURL)
	}
	return u, nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// Breached asks the service. If ctx is done first, that is an error also with AllowOnFailure: whoever hangs up early must
// not get a password past the check. No error has the password or any part of its hash in it.
func (a RangeAPI) Breached(ctx context.Context, password string) (bool, error) {
	base, err := a.base()
	if err != nil {
		return false, err
	}
	sum := sha1.Sum([]byte(password))
	digest := strings.ToUpper(hex.EncodeToString(sum[:]))
	known, err := a.lookUp(ctx, base.JoinPath("range", digest[:rangePrefix]), digest[rangePrefix:])
	if known || err == nil {
		return known, nil // known stands, whatever was wrong with the rest of the answer
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	err = fmt.Errorf("password: range API at %s: %w", base.Host, err)
	if a.OnFailure != nil {
		a.OnFailure(ctx, err)
	}
	if a.AllowOnFailure {
		return false, nil
	}
	return false, err
}

// lookUp reports whether the list at an address has the rest of a hash.
func (a RangeAPI) lookUp(ctx context.Context, address *url.URL, rest string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(a.Timeout, rangeTimeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return false, withoutURL(err)
	}
	req.Header.Set("Add-Padding", "true")
	req.Header.Set("User-Agent", "amend") // the service asks for the client's name

	var client http.Client
	if a.Client != nil {
		client = *a.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	if err != nil {
		return false, withoutURL(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return false, fmt.Errorf("status %d", res.StatusCode)
	}
	return lists(res.Body, rest, uint64(max(a.MinCount, 1)))
}

// withoutURL takes the URL, and with it the digits of the hash, out of an error of net/http.
func withoutURL(err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// lists reports whether a list of "REST:COUNT" lines has this rest at least so often. It reads to the end either way, so
// that the connection looks the same to whoever watches it. What is not such a list, in every line, is an error: the page
// of a captive portal must not pass for "unknown". An empty one is an error too, since what was asked for is padded.
func lists(body io.Reader, rest string, minCount uint64) (known bool, err error) {
	limited := &io.LimitedReader{R: body, N: maxRange + 1}
	lines := bufio.NewScanner(limited)
	read := 0
	for lines.Scan() {
		r, n, ok := parseRangeLine(lines.Text(), len(rest))
		if !ok {
			err = errors.New("the answer is not a list of hashes")
			break
		}
		read++
		known = known || n >= minCount && strings.EqualFold(r, rest) // padding has the count 0
	}
	switch {
	case lines.Err() != nil:
		return known, lines.Err()
	case limited.N <= 0: // which may have cut a line in two
		return known, fmt.Errorf("the answer has more than %d bytes", maxRange)
	case err == nil && read == 0:
		return false, errors.New("the answer is empty")
	}
	return known, err
}

func parseRangeLine(line string, length int) (rest string, count uint64, ok bool) {
	rest, digits, _ := strings.Cut(line, ":")
	if len(rest) != length || strings.Trim(rest, "0123456789abcdefABCDEF") != "" {
		return "", 0, false
	}
	count, err := strconv.ParseUint(digits, 10, 64)
	return rest, count, err == nil
}
