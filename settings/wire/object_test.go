package wire_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
			got, err := wire.Object(row.text, most)
			assert.Equal(t, row.err, err)
			assert.Equal(t, row.want, got)
		})
	}
	nested := func(n int) string { return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	_, err := wire.Object(nested(9_999), wire.Limits{})
	assert.NoError(t, err, "0 is no bound")
	assert.True(t, json.Valid([]byte(nested(9_999))))
	_, err = wire.Object(nested(10_000), wire.Limits{})
	assert.Equal(t, wire.ErrJSON, err, "nor is what encoding/json does not read")
	assert.False(t, json.Valid([]byte(nested(10_000))))
}

// What is read is what encoding/json reads, and nothing else is.
func FuzzObject(f *testing.F) {
	for _, text := range []string{
		`{"a":[1,-0.5e+3,true,false,null,"x\u00e9\n"],"b":{"c":{}}} `, `{`, `{"a":1,}`, `{"a":01}`, `{"a":1.}`, `{"a":-}`, `{"a":.5}`, `{"a":1e}`, `{"a":+1}`,
		`{"a":tru}`, `{"a":nul`, `{"a" 1}`, `{"a":1 "b":2}`, `{"a":[1,]}`, `{"a":[,1]}`, `{"a":[1}`, `{a:1}`, "{\"a\":\"\t\"}", `{"a":"\x"}`, `{"a":"\u12g4"}`, `{"a":"\u12`, `{"a":"\`,
		"{\"a\":1\x00}", "{}\x00", "\ufeff{}", "{\v}", `{"a":}`, `{"a"}`, `{"a":1}}`, `{,"a":1}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := wire.Object(text, wire.Limits{})
		s := wire.Scan(text)
		value := s.Value()
		require.Equal(t, json.Valid([]byte(text)), value != "" && s.AtEnd())
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var want any
		failed := d.Decode(&want)
		switch {
		case !utf8.ValidString(text):
			require.Equal(t, wire.ErrUTF8, err)
		case !json.Valid([]byte(text)):
			require.Equal(t, wire.ErrJSON, err)
		case err == nil:
			require.NoError(t, failed)
			require.Equal(t, want, any(got))
		default:
			require.Contains(t, []error{wire.ErrNoObject, wire.ErrTwice, wire.ErrSurrogate}, err)
		}
	})
}
