package identity_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/identity"
)

func byPath(leaves []identity.PathLeaf) map[string]string {
	values := map[string]string{}
	for _, l := range leaves {
		values[l.Path] = l.Value
	}
	return values
}

func TestLeaves(t *testing.T) {
	for _, c := range []struct {
		name, object string
		want         map[string]string
	}{
		{"nothing", ``, map[string]string{}},
		{"an empty object", `{}`, map[string]string{}},
		{"null", `null`, map[string]string{}},
		{"values of every kind", `{"s":"Ada","n":1,"t":true,"f":false}`, map[string]string{"s": `"Ada"`, "n": `1`, "t": `true`, "f": `false`}},
		{"an empty string is a value", `{"s":""}`, map[string]string{"s": `""`}},
		{"objects in objects", `{"name":{"first":"Ada","more":{"last":"Lovelace"}}}`, map[string]string{"name.first": `"Ada"`, "name.more.last": `"Lovelace"`}},
		{"an array is one leaf, whatever is in it", `{"a": [1, {"b": [ ]}]}`, map[string]string{"a": `[1,{"b":[]}]`}},
		{"what holds nothing has no leaf", `{"a":null,"b":{},"c":{"d":null}}`, map[string]string{}},
		{"numbers stay as they are written", `{"a":1.50,"b":9007199254740993,"c":1e400}`, map[string]string{"a": `1.50`, "b": `9007199254740993`, "c": `1e400`}},
		{"space and escapes do not count", "{ \"a\" : \"\\u0041\" }", map[string]string{"a": `"A"`}},
		{"a name with a dot is no path", `{"a.b":1,"a":{"b":2}}`, map[string]string{`a\.b`: `1`, `a.b`: `2`}},
		{"a name with a backslash hides no dot", `{"a\\.b":1,"a\\":{"b":2}}`, map[string]string{`a\\\.b`: `1`, `a\\.b`: `2`}},
		{"empty names", `{"":1,"a":{"":2}}`, map[string]string{"": `1`, "a.": `2`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := identity.Leaves(json.RawMessage(c.object))
			require.NoError(t, err)
			assert.Equal(t, c.want, byPath(got))
			assert.True(t, slices.IsSortedFunc(got, func(a, b identity.PathLeaf) int { return strings.Compare(a.Path, b.Path) }))
		})
	}
	for name, object := range map[string]string{"an array": `[]`, "a string": `"a"`, "a number": `1`, "half an object": `{"a":`, "two objects": `{}{}`, "text after it": `{} x`} {
		t.Run("no object: "+name, func(t *testing.T) {
			got, err := identity.Leaves(json.RawMessage(object))
			require.Error(t, err)
			assert.Nil(t, got)
		})
	}
}

// What one leaf is alone it is among all: a submitted value is compared so.
func TestALeafAlone(t *testing.T) {
	for _, value := range []any{"<b>&\u2028", json.Number("1.50"), true, []any{json.Number("1"), map[string]any{"b": "", "a": nil}}} {
		object, err := json.Marshal(map[string]any{"x": value})
		require.NoError(t, err)
		leaves, err := identity.Leaves(object)
		require.NoError(t, err)
		alone, err := identity.Leaf(value)
		require.NoError(t, err)
		assert.Equal(t, byPath(leaves)["x"], alone)
	}
	alone, err := identity.Leaf(nil)
	require.NoError(t, err)
	assert.Empty(t, alone)
	_, err = identity.Leaf(json.Number("no number"))
	assert.Error(t, err)
}

// A flow remembers hashes of leaves: they must be what they always were.
func FuzzALeafIsWhatEncodingJSONMakes(f *testing.F) {
	for _, text := range []string{"", "Ada", "Zoë", "a\"b", `a\b`, "<b>&", "\x00\x1f\x7f", "\u2028", "\xff", "🙂"} {
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, yes bool) {
		for _, value := range []any{text, yes, []any{text}} {
			want, err := json.Marshal(value)
			require.NoError(t, err)
			got, err := identity.Leaf(value)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		}
	})
}
