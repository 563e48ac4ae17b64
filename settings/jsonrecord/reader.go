package jsonrecord

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/amend-go/amend/settings/wire"
)

// Every request reads records, and next to all of them are as Encode writes them:
// each member has a field, none stands there twice or is null, texts have no escapes.
// Those are read here, with a third of the effort. What a reader finds to be otherwise
// it leaves to encoding/json, whose rules these are.

// reader reads a value of one type into its zero value. It gives false if encoding/json
// is to read the whole record; then it may have written some of it. What the scanner finds
// wrong it says at the end.
type reader func(*wire.Scanner, reflect.Value) bool

var readers sync.Map // of reflect.Type: reader

func readerOf(t reflect.Type) reader {
	if r, ok := readers.Load(t); ok {
		return r.(reader)
	}
	r := newReader(t)
	readers.Store(t, r)
	return r
}

// readPlainly reads a record, if it is one that a reader can read.
func readPlainly(text []byte, into reflect.Value) bool {
	if !utf8.Valid(text) || !into.IsZero() {
		return false
	}
	s := wire.Scan(string(text))
	return readerOf(into.Type())(&s, into) && s.AtEnd()
}

func newReader(t reflect.Type) reader {
	switch p := reflect.PointerTo(t); {
	case t == reflect.TypeFor[time.Time]():
		return readTime
	case t == reflect.TypeFor[json.RawMessage]():
		return readRaw
	case p.Implements(reflect.TypeFor[json.Unmarshaler]()), p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return readOther
	}
	switch t.Kind() {
	case reflect.String:
		return readString
	case reflect.Bool:
		return readBool
	case reflect.Int, reflect.Int64:
		return readInt
	case reflect.Uint64:
		return readUint
	case reflect.Struct:
		return newStruct(t)
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 { // which is base64
			return newList(newReader(t.Elem()))
		}
	case reflect.Map:
		if t.Key().Kind() == reflect.String && !reflect.PointerTo(t.Key()).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
			return newMap(t, newReader(t.Elem()))
		}
	}
	return readOther
}

// readOther reads a value of a type that has no reader.
func readOther(s *wire.Scanner, v reflect.Value) bool {
	return json.Unmarshal([]byte(s.Value()), v.Addr().Interface()) == nil
}

func readTime(s *wire.Scanner, v reflect.Value) bool {
	text := s.Value()
	return strings.HasPrefix(text, `"`) && v.Addr().Interface().(*time.Time).UnmarshalJSON([]byte(text)) == nil
}

func readRaw(s *wire.Scanner, v reflect.Value) bool {
	v.SetBytes([]byte(s.Value()))
	return true
}

func readString(s *wire.Scanner, v reflect.Value) bool {
	text, escaped := s.String()
	v.SetString(text)
	return !escaped
}

func readBool(s *wire.Scanner, v reflect.Value) bool {
	text := s.Value()
	v.SetBool(text == "true")
	return text == "true" || text == "false"
}

func readInt(s *wire.Scanner, v reflect.Value) bool {
	n, err := strconv.ParseInt(s.Value(), 10, 64)
	v.SetInt(n)
	return err == nil && !v.OverflowInt(n)
}

func readUint(s *wire.Scanner, v reflect.Value) bool {
	n, err := strconv.ParseUint(s.Value(), 10, 64)
	v.SetUint(n)
	return err == nil
}

func newStruct(t reflect.Type) reader {
	type member struct {
		index []int
		read  reader
	}
	members := map[string]member{}
	fieldsOf(t, nil, func(name string, f reflect.StructField, index []int) {
		read := newReader(f.Type)
		_, twice := members[name]
		if _, options, _ := strings.Cut(f.Tag.Get("json"), ","); twice || strings.Contains(options, "string") {
			read = func(*wire.Scanner, reflect.Value) bool { return false }
		}
		members[name] = member{index, read}
	})
	return func(s *wire.Scanner, v reflect.Value) bool {
		n := 0
		for s.Open('{'); s.More('}', n); n++ {
			name, escaped := s.String()
			m, known := members[name]
			if escaped || !known {
				return false
			}
			s.Colon()
			if field := v.FieldByIndex(m.index); !field.IsZero() || !m.read(s, field) {
				return false
			}
		}
		return true
	}
}

func newList(read reader) reader {
	return func(s *wire.Scanner, v reflect.Value) bool {
		v.Set(reflect.MakeSlice(v.Type(), 0, 1))
		for s.Open('['); s.More(']', v.Len()); {
			n := v.Len()
			v.Grow(1)
			v.SetLen(n + 1)
			if !read(s, v.Index(n)) {
				return false
			}
		}
		return true
	}
}

func newMap(t reflect.Type, read reader) reader {
	return func(s *wire.Scanner, v reflect.Value) bool {
		v.Set(reflect.MakeMap(t))
		n := 0
		for s.Open('{'); s.More('}', n); n++ {
			name, escaped := s.String()
			if escaped {
				return false
			}
			s.Colon()
			elem := reflect.New(t.Elem()).Elem()
			if !read(s, elem) {
				return false
			}
			v.SetMapIndex(reflect.ValueOf(name).Convert(t.Key()), elem)
		}
		return true
	}
}
