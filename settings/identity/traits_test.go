package identity_test

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/identity"
)

// Whatever a host has stored is read as encoding/json reads it.
func FuzzDecodeTraits(f *testing.F) {
	for _, text := range []string{
		"", "null", "{}", " {\n} ", `{"email":"ada@example.com","name":{"first":"Ada","last":null},"tags":["a",1,true]}`,
		`{"a":1,"a":2}`, `{"a":{"b":1},"a":{"c":2}}`, `{"a":"\ud83d\ude42","b":"\ud83d","c":"\u0000"}`, "{\"a\":\"\xff\"}", "{\"\xff\":1}",
		`{"n":1e400,"m":-0,"k":10000000000000000000000}`, `{"a":1} {}`, `{"a":1}x`, `[1]`, `"a"`, `7`, `{"a":}`, `{`,
		`{"a":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`, `{"a":` + strings.Repeat("[", 10001) + strings.Repeat("]", 10001) + `}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var want map[string]any
		d := json.NewDecoder(bytes.NewReader([]byte(text)))
		d.UseNumber()
		err := d.Decode(&want)
		if err == nil {
			if _, more := d.Token(); more != io.EOF {
				err = more
				if err == nil {
					err = io.ErrUnexpectedEOF
				}
			}
		}
		if want == nil {
			want = map[string]any{}
		}
		got, failed := identity.DecodeTraits(json.RawMessage(text))
		if text == "" {
			require.NoError(t, failed)
			require.Empty(t, got)
			return
		}
		require.Equal(t, err != nil, failed != nil, "%v, %v", err, failed)
		if err == nil {
			require.Equal(t, want, got)
		}
	})
}

func TestTraitsThatAreSharedAreThoseOfEachIdentity(t *testing.T) {
	i := identity.Identity{Record: identity.Record{Traits: json.RawMessage(`{"a":1}`)}}
	i.ShareTraits()
	read := func(i identity.Identity) map[string]any {
		traits, err := i.ReadTraits()
		require.NoError(t, err)
		return traits
	}
	same := func(a, b map[string]any) bool { return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer() }
	copied, clone := i, i.Clone()
	assert.True(t, same(read(i), read(copied)), "decoded once between an identity and its copies")
	assert.False(t, same(read(i), read(clone)), "what is cloned is its owner's to change")
	assert.True(t, same(read(clone), read(clone)), "and decoded once, too")

	copied.Traits = json.RawMessage(`{"a":2}`)
	assert.Equal(t, map[string]any{"a": json.Number("2")}, read(copied), "traits that were replaced")
	assert.Equal(t, map[string]any{"a": json.Number("1")}, read(i))
	clone.Traits[5] = '3'
	assert.Equal(t, map[string]any{"a": json.Number("3")}, read(clone), "traits that were changed in place")
	i.Traits = json.RawMessage(`{`)
	_, err := i.ReadTraits()
	assert.Error(t, err)

	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			assert.Equal(t, map[string]any{"a": json.Number("2")}, read(copied))
		})
	}
	group.Wait()
}
