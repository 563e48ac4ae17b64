package wire

// maxDepth is how deep encoding/json lets arrays and objects nest.
const maxDepth = 10_000

// Scanner walks over a text and judges while it walks that it is one JSON value, by
// the rules of encoding/json: RFC 8259, and at most 10,000 brackets deep. Its methods
// expect to stand before a token, and leave it behind. After the first thing that is
// wrong all of them find nothing, and AtEnd is false: what was found until then is not
// to be used before AtEnd has said that all of it is JSON. That it is UTF-8 is up to its
// caller.
type Scanner struct {
	text      string
	at, depth int
	wrong     bool
}

// Scan begins to walk over a text.
func Scan(text string) Scanner { return Scanner{text: text} }

func (s *Scanner) fail() { s.at, s.wrong = len(s.text), true }

// Peek is the next character that is no white space, 0 at the end.
func (s *Scanner) Peek() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// AtEnd reports whether nothing follows, and all before it was right.
func (s *Scanner) AtEnd() bool { return s.Peek() == 0 && s.at == len(s.text) && !s.wrong }

func (s *Scanner) pass(c byte) {
	if s.Peek() != c {
		s.fail()
		return
	}
	s.at++
}

// Open passes over the bracket that begins an object or an array.
func (s *Scanner) Open(bracket byte) {
	if s.pass(bracket); s.depth == maxDepth {
		s.fail()
	}
	s.depth++
}

// More reports whether there is another member or element after the n before it, and
// passes over what is between: a comma, or else the closing bracket.
func (s *Scanner) More(closing byte, n int) bool {
	if s.Peek() == closing {
		s.at++
		s.depth--
		return false
	}
	if n > 0 {
		s.pass(',')
	}
	if s.at == len(s.text) {
		s.fail()
	}
	return !s.wrong
}

// Colon passes over what is between a name and its value.
func (s *Scanner) Colon() { s.pass(':') }

// String is what stands between the quotes of a string, and whether it has an escape.
func (s *Scanner) String() (text string, escaped bool) {
	s.pass('"')
	for begin := s.at; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[begin : s.at-1], escaped
		case c < ' ':
			s.fail()
		case c == '\\':
			escaped = true
			s.escape()
		}
	}
	s.fail()
	return "", false
}

// escape goes from a backslash to the last character of its escape.
func (s *Scanner) escape() {
	if s.at++; s.at == len(s.text) {
		return
	}
	switch s.text[s.at] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return
	case 'u':
		for range 4 {
			if s.at++; s.at == len(s.text) || !isHex(s.text[s.at]) {
				s.fail()
				return
			}
		}
		return
	}
	s.fail()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// Value is the text of any value, without the white space around it; "" if there is
// none.
func (s *Scanner) Value() string {
	c := s.Peek()
	begin := s.at
	switch c {
	case '{':
		n := 0
		for s.Open(c); s.More('}', n); n++ {
			s.String()
			s.Colon()
			s.Value()
		}
	case '[':
		n := 0
		for s.Open(c); s.More(']', n); n++ {
			s.Value()
		}
	case '"':
		s.String()
	case 't':
		s.word("true")
	case 'f':
		s.word("false")
	case 'n':
		s.word("null")
	default:
		s.number()
	}
	if s.wrong {
		return ""
	}
	return s.text[begin:s.at]
}

func (s *Scanner) word(w string) {
	if len(s.text)-s.at < len(w) || s.text[s.at:s.at+len(w)] != w {
		s.fail()
		return
	}
	s.at += len(w)
}

func (s *Scanner) number() {
	s.skip('-', '-')
	if !s.skip('0', '0') {
		s.digits()
	}
	if s.skip('.', '.') {
		s.digits()
	}
	if s.skip('e', 'e') || s.skip('E', 'E') {
		_ = s.skip('+', '+') || s.skip('-', '-')
		s.digits()
	}
}

// skip passes over a character of a range, if one is next.
func (s *Scanner) skip(from, to byte) bool {
	if s.at == len(s.text) || s.text[s.at] < from || s.text[s.at] > to {
		return false
	}
	s.at++
	return true
}

// digits passes over as many as there are, of which there must be one.
func (s *Scanner) digits() {
	if !s.skip('0', '9') {
		s.fail()
	}
	for s.skip('0', '9') {
	}
}
