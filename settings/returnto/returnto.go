package returnto

import (
	"slices"
	"strings"
)

// A List is an allow-list of redirect targets. It never changes and may be used
// by many goroutines. The zero List allows nothing; [Parse] makes one.
type List struct {
	base    location // only scheme, host and port
	entries []entry
}

// Check judges a return_to value as it came, and returns the URL to emit in its
// place: absolute, ASCII, with scheme and host in lower case and non-ASCII text
// percent-encoded. A value that begins with one slash gets the default's origin,
// one that begins with two gets its scheme; both must then be allowed like any
// other.
//
// If the value is not allowed, ok is false and target is empty. The answer depends
// on nothing but the list and raw, and a target is its own target, so a stored
// one can be checked again before it is emitted.
func (l *List) Check(raw string) (target string, ok bool) {
	u, err := read(raw, l.base)
	if err != nil || !slices.ContainsFunc(l.entries, func(e entry) bool { return e.covers(u) }) {
		return "", false
	}
	// It may have grown by the origin and by escapes. What is too long to be
	// checked again is too long to be emitted.
	if target = u.String(); len(target) > maxLength {
		return "", false
	}
	return target, true
}

// Single gives the one return_to among the values of that query parameter; raw is "" if
// there is none. Empty values are ignored, equal ones count once. ok is false if two
// differ, because two readers of the request could take different ones.
func Single(values []string) (raw string, ok bool) {
	for _, value := range values {
		switch {
		case value == "" || value == raw:
		case raw == "":
			raw = value
		default:
			return "", false
		}
	}
	return raw, true
}

// An entry is what one line of the list allows.
type entry struct {
	scheme, port string
	host         string // for a wildcard the common suffix, ".example.org"
	wildcard     bool
	path         string // "/" for all
}

func (e entry) covers(u location) bool {
	return e.scheme == u.scheme && e.port == u.port && e.coversHost(u.host) && e.coversPath(u.path)
}

func (e entry) coversHost(host string) bool {
	if !e.wildcard {
		return host == e.host
	}
	labels, ok := strings.CutSuffix(host, e.host)
	return ok && validLabels(labels)
}

func (e entry) coversPath(path string) bool {
	if e.path == "/" {
		return true
	}
	below, ok := strings.CutPrefix(path, e.path)
	onBoundary := below == "" || below[0] == '/' || strings.HasSuffix(e.path, "/")
	return ok && onBoundary && !encodes(path, isPathSyntax)
}
