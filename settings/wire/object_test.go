package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/settings/wire"
)

func TestAnObjectIsReadInOneWay(t *testing.T) {
	most := wire.Limits{Depth: 3, Values: 4}
	for _, row := range []struct {
		name, text string
		want       map[string]any
		err        error
	}{
		{"an empty object", " {} ", map[string]any{}, nil},
		{"values of all kinds", `{"a":"x","b":[true,null],"c":-1.50e3}`, nil, wire.ErrMany},
		{"as many values as there may be", `{"a":"x","b":[true],"c":-1.50e3}`, map[string]any{"a": "x", "b": []any{true}, "c": json.Number("-1.50e3")}, nil},
		{"escapes", `{"\u0061":"\n\ud83d\ude42\/"}`, map[string]any{"a": "\n🙂/"}, nil},
		{"as deep as there may be", `{"a":{"b":{"c":null}}}`, map[string]any{"a": map[string]any{"b": map[string]any{"c": nil}}}, nil},
		{"deeper, by an object", `{"a":{"b":{"c":{}}}}`, nil, wire.ErrDeep},
		{"deeper, by an array", `{"a":{"b":{"c":[]}}}`, nil, wire.ErrDeep},
		{"a key twice", `{"a":1,"a":2}`, nil, wire.ErrTwice},
		{"a key twice, spelled in two ways", `{"a":1,"\u0061":2}`, nil, wire.ErrTwice},
		{"a key in another case is another key", `{"a":1,"A":2}`, map[string]any{"a": json.Number("1"), "A": json.Number("2")}, nil},
		{"half a surrogate pair", `{"a":"\ud83d"}`, nil, wire.ErrSurrogate},
		{"half a surrogate pair in a key", `{"\ude42":1}`, nil, wire.ErrSurrogate},
		{"two first halves", `{"a":"\ud83d\ud83d"}`, nil, wire.ErrSurrogate},
		{"no Unicode", "{\"a\":\"\xff\"}", nil, wire.ErrUTF8},
		{"nothing", "", nil, wire.ErrJSON},
		{"text after it", `{} x`, nil, wire.ErrJSON},
		{"two objects", `{}{}`, nil, wire.ErrJSON},
		{"an array", `[{}]`, nil, wire.ErrNoObject},
		{"null", `null`, nil, wire.ErrNoObject},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := wire.Object([]byte(row.text), most)
			assert.Equal(t, row.err, err)
			assert.Equal(t, row.want, got)
		})
	}
	_, err := wire.Object([]byte(`{"a":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+`}`), wire.Limits{})
	assert.NoError(t, err, "0 is no bound")
}
