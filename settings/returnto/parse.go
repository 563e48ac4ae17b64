package returnto

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Parse reads the allow-list. Each entry is an absolute URL with a host and
// perhaps a port and a path, as the package comment shows; a host may begin with
// "*." to stand for its sub-domains. Letter case of scheme and host does not matter.
// def is the absolute http or https URL whose origin completes values that
// begin with a slash; it is not itself allowed unless an entry covers it.
//
// The error names the entry and what is wrong with it. Refused are "*" alone, a
// wildcard that is not the whole first label, or that stands directly over a single
// label (https://*.com) or an address; userinfo, query, fragment; opaque and
// relative URLs; an empty or non-ASCII host (write its xn-- form); an address that
// is not in canonical form; and the schemes that a browser runs or renders by
// itself, such as javascript. An empty list is valid and allows nothing.
func Parse(entries []string, def string) (*List, error) {
	base, err := parseDefault(def)
	if err != nil {
		return nil, fmt.Errorf("returnto: the default URL %q %w", def, err)
	}
	list := &List{base: base}
	for _, text := range entries {
		e, err := parseEntry(text)
		if err != nil {
			return nil, fmt.Errorf("returnto: the entry %q %w", text, err)
		}
		list.entries = append(list.entries, e)
	}
	return list, nil
}

func parseDefault(text string) (location, error) {
	u, err := read(text, location{})
	switch {
	case err != nil:
		return location{}, err
	case u.scheme != "http" && u.scheme != "https":
		return location{}, errors.New("is not an absolute http or https URL")
	}
	return location{scheme: u.scheme, host: u.host, port: u.port}, validAuthority(u.host, u.port)
}

func parseEntry(text string) (entry, error) {
	u, err := read(text, location{})
	switch {
	case err != nil:
		return entry{}, err
	case !schemePattern.MatchString(u.scheme):
		return entry{}, errRelative
	case slices.Contains(browserSchemes, u.scheme):
		return entry{}, errors.New("has a scheme that a browser runs or renders by itself")
	case u.rest != "":
		return entry{}, errors.New("has a query or fragment")
	case encodes(u.path, isPathSyntax):
		return entry{}, errors.New("has a path with an encoded dot, slash, backslash or percent sign")
	case strings.Contains(u.path, "*"):
		return entry{}, errors.New("has a * in its path; a path covers all that lies below it anyway")
	}
	e := entry{scheme: u.scheme, host: u.host, port: u.port, path: u.path}
	if e.path == "" {
		e.path = "/"
	}
	if domain, ok := strings.CutPrefix(u.host, "*."); ok {
		if _, err := netip.ParseAddr(domain); err == nil || !strings.Contains(domain, ".") {
			return entry{}, errors.New("has a wildcard that is not followed by a domain of two or more labels")
		}
		e.host, e.wildcard = "."+domain, true
		return e, validAuthority(domain, u.port)
	}
	return e, validAuthority(u.host, u.port)
}

var (
	// RFC 3986, section 3.1, in lower case.
	schemePattern = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)

	// Not the guard of the redirects, which is the list itself; these would only
	// ever be listed by mistake, and a page that follows one runs what it says.
	browserSchemes = []string{"about", "blob", "data", "file", "filesystem", "javascript", "vbscript", "view-source"}
)

func validAuthority(host, port string) error {
	if strings.Contains(host, "@") || strings.Contains(port, "@") {
		return errors.New("has userinfo")
	}
	if port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || port != strconv.FormatUint(n, 10) {
			return errors.New("has a port that is not a number from 1 to 65535")
		}
	}
	switch {
	case host == "":
		return errors.New("has no host")
	case strings.Contains(host, "*"):
		return errors.New("has a * that is not the whole first label of its host")
	case strings.HasPrefix(host, "["):
		return validIPv6(host)
	case !validLabels(host):
		return errors.New("has a host that is not made of ASCII labels (letters, digits, - and _)")
	case endsInNumber(host):
		return validIPv4(host)
	}
	return nil
}

// validLabels reports whether text is one or more labels with a dot between each
// two. An underscore is not in the grammar of host names (RFC 1123), but in names
// that resolve, such as those of containers, and Go and browsers both take it.
func validLabels(text string) bool {
	for label := range strings.SplitSeq(text, ".") {
		if label == "" {
			return false
		}
		for _, c := range label {
			if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
				return false
			}
		}
	}
	return true
}

// endsInNumber tells the hosts that a browser reads as an IPv4 address (WHATWG
// URL, "ends in a number checker"): 2130706433 and 0x7f.1 are 127.0.0.1 to it.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if digits, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

func validIPv4(host string) error {
	if _, err := netip.ParseAddr(host); err != nil {
		return errors.New("has a host that browsers read as an IPv4 address, but not in the form 192.0.2.1")
	}
	return nil
}

func validIPv6(host string) error {
	address, err := netip.ParseAddr(strings.TrimSuffix(host[1:], "]"))
	if err != nil || address.Zone() != "" || address.Is4In6() || host != "["+address.String()+"]" {
		return errors.New("has an address in brackets that is not a canonical IPv6 address (RFC 5952)")
	}
	return nil
}
