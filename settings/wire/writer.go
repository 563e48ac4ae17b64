package wire

import (
	"encoding/base64"
	"encoding/json"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Writer appends JSON to a buffer. The zero value is ready to use. It sets the
// commas; that objects and arrays are closed in order is up to its caller.
type Writer struct {
	buf  []byte
	next bool // a value stands before: the next one needs a comma
}

// New starts with room for size bytes.
func New(size int) *Writer { return &Writer{buf: make([]byte, 0, size)} }

// Bytes is what was written so far, in the writer's own buffer.
func (w *Writer) Bytes() []byte { return w.buf }

func (w *Writer) value() {
	if w.next {
		w.buf = append(w.buf, ',')
	}
	w.next = true
}

func (w *Writer) open(c byte) {
	w.value()
	w.buf = append(w.buf, c)
	w.next = false
}

func (w *Writer) close(c byte) {
	w.buf = append(w.buf, c)
	w.next = true
}

func (w *Writer) BeginObject() { w.open('{') }
func (w *Writer) EndObject()   { w.close('}') }
func (w *Writer) BeginArray()  { w.open('[') }
func (w *Writer) EndArray()    { w.close(']') }

// Name is an object key that stands in the source, of characters that need no escape.
// Only a constant becomes one without a conversion, so a name from outside does not.
type Name string

// Key writes an object key; a value must follow.
func (w *Writer) Key(k Name) {
	w.value()
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, k...)
	w.buf = append(w.buf, '"', ':')
	w.next = false
}

// AnyKey writes an object key of any characters; a value must follow.
func (w *Writer) AnyKey(k string) {
	w.String(k)
	w.buf = append(w.buf, ':')
	w.next = false
}

func (w *Writer) String(s string) {
	w.value()
	w.buf = AppendString(w.buf, s)
}

func (w *Writer) Int(n int64) {
	w.value()
	w.buf = strconv.AppendInt(w.buf, n, 10)
}

func (w *Writer) Bool(b bool) {
	w.value()
	w.buf = strconv.AppendBool(w.buf, b)
}

// Time writes t as RFC 3339 in UTC, to the nanosecond where there are any.
func (w *Writer) Time(t time.Time) {
	w.value()
	w.buf = append(w.buf, '"')
	w.buf = t.UTC().AppendFormat(w.buf, time.RFC3339Nano)
	w.buf = append(w.buf, '"')
}

// Base64 writes bytes as a string in an encoding of base64.
func (w *Writer) Base64(encoding *base64.Encoding, b []byte) {
	w.value()
	w.buf = append(w.buf, '"')
	w.buf = encoding.AppendEncode(w.buf, b)
	w.buf = append(w.buf, '"')
}

// UUID writes the bytes of a UUID as RFC 9562 section 4 has them.
func (w *Writer) UUID(id [16]byte) {
	w.value()
	w.buf = append(w.buf, '"')
	for n, b := range id {
		if n == 4 || n == 6 || n == 8 || n == 10 {
			w.buf = append(w.buf, '-')
		}
		w.buf = append(w.buf, hex[b>>4], hex[b&15])
	}
	w.buf = append(w.buf, '"')
}

// Raw writes a JSON value as it is; the caller vouches for it.
func (w *Writer) Raw(j []byte) {
	w.value()
	w.buf = append(w.buf, j...)
}

// Field writes a key and a string.
func (w *Writer) Field(k Name, v string) {
	w.Key(k)
	w.String(v)
}

// Any writes a value of a kind JSON has: the scalars and maps this project
// puts into contexts at once, anything else by encoding/json. A value that
// cannot be encoded is written as null.
func (w *Writer) Any(v any) {
	switch v := v.(type) {
	case string:
		w.String(v)
	case bool:
		w.Bool(v)
	case int:
		w.Int(int64(v))
	case int64:
		w.Int(v)
	case time.Time:
		w.Time(v)
	case map[string]any:
		w.BeginObject()
		keys := make([]string, 0, 8) // as many as contexts have: stays on the stack
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			w.AnyKey(k)
			w.Any(v[k])
		}
		w.EndObject()
	default:
		j, err := json.Marshal(v)
		if err != nil {
			j = []byte("null")
		}
		w.Raw(j)
	}
}

const hex = "0123456789abcdef"

// asIs are the ASCII characters that a string has as they are.
var asIs = func() (table [256]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		table[c] = !strings.ContainsRune(`"\<>&`, rune(c))
	}
	return table
}()

// plain is how many bytes at the beginning of s are asIs. It looks at eight at once, for most
// of an answer is long texts that have no other: x-1 borrows into the highest bit of a byte
// only if the byte is 0, or if a byte before it is, so the first of those bits is right.
func plain(s string) (n int) {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; len(s)-n >= 8; n += 8 {
		b := s[n : n+8]
		x := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 | uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		backslash := x ^ ones*'\\'
		angle := (x | ones*2) ^ ones*'>'      // < is > without this bit
		quoteOrAnd := (x | ones*4) ^ ones*'&' // and " is & without that one
		if other := (x | (x - ones*' ') | (backslash - ones) | (angle - ones) | (quoteOrAnd - ones)) & highs; other != 0 {
			return n + bits.TrailingZeros64(other)/8
		}
	}
	for n < len(s) && asIs[s[n]] {
		n++
	}
	return n
}

// AppendString appends s as a JSON string. Control characters, quotes, the
// characters <, > and &, and the line separators U+2028 and U+2029 are
// escaped; invalid UTF-8 becomes U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = slices.Grow(dst, len(s)+2)
	dst = append(dst, '"')
	for {
		n := plain(s)
		dst = append(dst, s[:n]...)
		if s = s[n:]; s == "" {
			return append(dst, '"')
		}
		c, size := s[0], 1
		r := rune(c)
		if c >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s)
		}
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c < utf8.RuneSelf, size == 1, r == '\u2028', r == '\u2029':
			dst = append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		default:
			dst = append(dst, s[:size]...)
		}
		s = s[size:]
	}
}
