package jsonrecord

import "bytes"

// scanner walks over a record to find out whether it has a member without a field.
// Every request reads records, and next to none has one, so it allocates nothing
// and looks at names only. The text is known to be valid JSON. Each method expects
// to stand before a value or on it, and leaves it behind.
type scanner struct {
	text []byte
	at   int
}

// known reports whether all members of a value have a field. If not, the scanner
// stands anywhere.
func (s *scanner) known(sh *shape) bool {
	open := s.peek()
	if sh == nil || open != '{' && open != '[' {
		s.skip()
		return true
	}
	s.at++
	for c := s.peek(); c != '}' && c != ']'; c = s.peek() {
		inner := sh.elem
		if c == ',' {
			s.at++
			continue
		}
		if open == '{' {
			begin := s.at + 1
			name := s.text[begin : s.skip()-1]
			s.peek()
			s.at++ // the colon
			if sh.fields != nil {
				var known bool
				if inner, known = sh.fields[string(name)]; !known { // or it is spelt with an escape, which who collects will see
					return false
				}
			}
		}
		if !s.known(inner) {
			return false
		}
	}
	s.at++
	return true
}

// peek is the next character that is no white space.
func (s *scanner) peek() byte {
	for s.text[s.at] <= ' ' {
		s.at++
	}
	return s.text[s.at]
}

// skip passes over a value and says where it ends.
func (s *scanner) skip() int {
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
			if end := bytes.IndexAny(s.text[s.at:], ",]} \t\r\n"); end > 0 {
				s.at += end - 1
			} else {
				s.at = len(s.text) - 1
			}
		}
		if s.at++; depth == 0 {
			return s.at
		}
	}
}
