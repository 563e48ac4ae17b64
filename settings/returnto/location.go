package returnto

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLength bounds a target in bytes. Browsers take more, but some proxies and
// servers cut or refuse header lines and request lines that are longer.
const maxLength = 2048

// The reasons for which a text is no URL that all read alike. Clients never see
// them; they explain a refused entry to whoever wrote the list.
var (
	errLong      = errors.New("is longer than 2048 bytes")
	errCharacter = errors.New(`holds invalid UTF-8, a control character, a space, a backslash or one of < > " ^ { | } or backtick`)
	errHidden    = errors.New("holds an invisible character, or one that changes the direction of text")
	errEscape    = errors.New("holds a % that is not followed by two hexadecimal digits")
	errRelative  = errors.New("is not an absolute URL of the form scheme://host/path")
	errPort      = errors.New("has an empty port")
	errPath      = errors.New("has a path with a dot segment, two leading slashes or an encoded control character")
)

// A location is a URL cut into the parts that are compared. All of it is ASCII.
type location struct {
	scheme, host, port string // lower case; port is empty if it is the scheme's own
	path               string // empty, or it begins with a slash
	rest               string // query and fragment with their ? and #
}

// String writes the URL with a single allocation.
func (u location) String() string {
	if u.port == "" {
		return u.scheme + "://" + u.host + u.path + u.rest
	}
	return u.scheme + "://" + u.host + ":" + u.port + u.path + u.rest
}

// read cuts raw. What begins with a slash is completed from base; if base is
// empty, so is then the scheme of the location, or its host.
//
// It does not look for userinfo or judge the characters of a host: whatever
// stands in the authority must equal an allowed host and port to the letter, or be
// made of valid labels before an allowed suffix.
func read(raw string, base location) (location, error) {
	raw, err := legible(raw)
	if err != nil {
		return location{}, err
	}
	u, after := base, raw
	if onSlashes, ok := strings.CutPrefix(raw, "//"); ok {
		u, after, err = cutAuthority(base.scheme, onSlashes)
	} else if !strings.HasPrefix(raw, "/") {
		scheme, onSlashes, ok := strings.Cut(raw, "://")
		if !ok {
			return location{}, errRelative
		}
		u, after, err = cutAuthority(strings.ToLower(scheme), onSlashes)
	}
	if err != nil {
		return location{}, err
	}
	end := strings.IndexAny(after, "?#")
	if end < 0 {
		end = len(after)
	}
	u.path, u.rest = after[:end], after[end:]
	if !validPath(u.path) {
		return location{}, errPath
	}
	return u, nil
}

// cutAuthority reads host and port from the text after "scheme://" and returns
// what follows them.
func cutAuthority(scheme, text string) (u location, after string, err error) {
	end := strings.IndexAny(text, "/?#")
	if end < 0 {
		end = len(text)
	}
	host, port := strings.ToLower(text[:end]), ""
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 && !strings.HasSuffix(host, "]") {
		host, port = host[:colon], host[colon+1:]
		if port == "" {
			return location{}, "", errPort
		}
	}
	if scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		port = ""
	}
	return location{scheme: scheme, host: host, port: port}, text[end:], nil
}

// legible returns raw with its non-ASCII characters percent-encoded, which also
// makes sure that no such character can ever be part of a scheme or host that
// matches. It refuses what readers of URLs strip, rewrite or disagree about.
func legible(raw string) (string, error) {
	if len(raw) > maxLength {
		return "", errLong
	}
	if !utf8.ValidString(raw) {
		return "", errCharacter
	}
	ascii := true
	for i, r := range raw {
		switch {
		case unicode.IsControl(r) || unicode.IsSpace(r) || strings.ContainsRune("\\<>\"^`{|}", r):
			return "", errCharacter
		case r == '%':
			if _, ok := decoded(raw[i:]); !ok {
				return "", errEscape
			}
		case r >= utf8.RuneSelf:
			ascii = false
		}
	}
	if !ascii {
		raw = escapeNonASCII(raw)
	}
	if encodesHidden(raw) {
		return "", errHidden
	}
	return raw, nil
}

// encodesHidden reports whether any %XX of a text, each of which is a byte, are a
// character that is not seen.
// A URL that is read and looks like another one leads where its reader does not
// expect (Unicode Technical Report 36, section 2.5).
func encodesHidden(text string) bool {
	for i := strings.IndexByte(text, '%'); i >= 0; i = strings.IndexByte(text, '%') {
		text = text[i:]
		var char [utf8.UTFMax]byte
		n := 0
		for ; n < len(char); n++ {
			b, ok := decoded(text[3*n:])
			if !ok {
				break
			}
			char[n] = b
		}
		r, size := utf8.DecodeRune(char[:n])
		if hidden(r) {
			return true
		}
		text = text[3*size:]
	}
	return false
}

// hidden reports whether a character beyond ASCII is invisible, or changes how the
// text around it is shown: controls, format controls but for those that are seen,
// separators of lines, and what Unicode says to ignore by default. A space is none:
// it stands between the words of a search.
func hidden(r rune) bool {
	if r < utf8.RuneSelf || unicode.Is(unicode.Prepended_Concatenation_Mark, r) {
		return false
	}
	const brailleBlank = '\u2800'
	return r == brailleBlank || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp,
		unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

func escapeNonASCII(text string) string {
	const hex = "0123456789ABCDEF"
	escaped := make([]byte, 0, 3*len(text))
	for i := range len(text) {
		if b := text[i]; b < utf8.RuneSelf {
			escaped = append(escaped, b)
		} else {
			escaped = append(escaped, '%', hex[b>>4], hex[b&0xf])
		}
	}
	return string(escaped)
}

// validPath refuses the paths that mean another place to whoever decodes or
// shortens them: dot segments in every spelling of the WHATWG URL standard, also
// before a ";" (servlet containers drop the rest), and two leading slashes, which
// read as the start of a host where only the path is passed on.
func validPath(path string) bool {
	if len(path) > 1 {
		second := path[1]
		if b, ok := decoded(path[1:]); ok {
			second = b
		}
		if second == '/' || second == '\\' {
			return false
		}
	}
	for segment := range strings.SplitSeq(path, "/") {
		name, _, _ := strings.Cut(segment, ";")
		if len(name) > len("%2e%2e") {
			continue
		}
		switch strings.ToLower(name) {
		case ".", "..", "%2e", ".%2e", "%2e.", "%2e%2e":
			return false
		}
	}
	return !encodes(path, isControl)
}

// encodes reports whether any %XX of the path stands for a byte of that kind.
func encodes(path string, kind func(byte) bool) bool {
	for i := range len(path) {
		if b, ok := decoded(path[i:]); ok && kind(b) {
			return true
		}
	}
	return false
}

func isControl(b byte) bool    { return b < ' ' || b == 0x7f }
func isPathSyntax(b byte) bool { return b == '.' || b == '/' || b == '\\' || b == '%' }

// decoded returns the byte that text begins with in the form %XX.
func decoded(text string) (byte, bool) {
	if len(text) < 3 || text[0] != '%' {
		return 0, false
	}
	high, okHigh := digit(text[1])
	low, okLow := digit(text[2])
	return high<<4 | low, okHigh && okLow
}

func digit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
