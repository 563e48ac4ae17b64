package jsonrecord

import "strings"

// scanner walks over text that is known to be valid JSON. Its methods expect to stand
// before a token, and leave it behind.
type scanner struct {
	text string
	at   int
}

// peek is the next character that is no white space.
func (s *scanner) peek() byte {
	for s.text[s.at] <= ' ' {
		s.at++
	}
	return s.text[s.at]
}

// enter passes over the one character of a bracket or a colon.
func (s *scanner) enter() {
	s.peek()
	s.at++
}

// more reports whether there is another element or member before the closing bracket,
// and passes over what is before it: a comma, or else the bracket.
func (s *scanner) more(closing byte) bool {
	c := s.peek()
	if c == ',' || c == closing {
		s.at++
	}
	return c != closing
}

// plain is a text, which may also be the name of a member. It gives false for one with
// an escape, and for what is no text.
func (s *scanner) plain() (string, bool) {
	if s.peek() != '"' {
		return "", false
	}
	text, _, _ := strings.Cut(s.text[s.at+1:], `"`)
	s.at += len(text) + 2
	return text, strings.IndexByte(text, '\\') < 0
}

// value is the text of any value, without the white space around it.
func (s *scanner) value() string {
	s.peek()
	begin := s.at
	for depth := 0; ; {
		switch s.peek() {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			for s.at++; s.text[s.at] != '"'; s.at++ {
				if s.text[s.at] == '\\' {
					s.at++
				}
			}
		case ',', ':':
		default: // a number, true, false or null
			if end := strings.IndexAny(s.text[s.at:], ",]} \t\r\n"); end > 0 {
				s.at += end - 1
			} else {
				s.at = len(s.text) - 1
			}
		}
		if s.at++; depth == 0 {
			return s.text[begin:s.at]
		}
	}
}
