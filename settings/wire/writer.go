package wire

import (
	"encoding/base64"
	"encoding/json"
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

// Key writes an object key; a value must follow.
func (w *Writer) Key(k string) {
	w.value()
	w.buf = AppendString(w.buf, k)
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

// Raw writes a JSON value as it is; the caller vouches for it.
func (w *Writer) Raw(j []byte) {
	w.value()
	w.buf = append(w.buf, j...)
}

// Field writes a key and a string.
func (w *Writer) Field(k, v string) {
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
			w.Key(k)
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

// AppendString appends s as a JSON string. Control characters, quotes, the
// characters <, > and &, and the line separators U+2028 and U+2029 are
// escaped; invalid UTF-8 becomes U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if asIs[c] {
			i++
			continue
		}
		size := 1
		r := rune(c)
		if c >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
			if r != '\u2028' && r != '\u2029' && !(r == utf8.RuneError && size == 1) {
				i += size
				continue
			}
		}
		dst = append(dst, s[start:i]...)
		switch r {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		default:
			dst = append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		}
		i += size
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
