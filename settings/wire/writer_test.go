package wire_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/wire"
)

func TestWriterSetsTheCommas(t *testing.T) {
	w := wire.New(0)
	w.BeginObject()
	w.Field("a", "x")
	w.Key("list")
	w.BeginArray()
	w.Int(-1)
	w.Bool(true)
	w.BeginObject()
	w.EndObject()
	w.BeginArray()
	w.EndArray()
	w.EndArray()
	w.Key("t")
	w.Time(time.Date(2030, 1, 2, 3, 4, 5, 6000, time.FixedZone("x", 3600)))
	w.Key("bytes")
	w.Base64(base64.RawURLEncoding, []byte{0xfb, 0xff, 0})
	w.Key("id")
	w.UUID([16]byte{0x0b, 0x7b, 0x1c, 0x6e, 0x6f, 0x0d, 0x4f, 0x0a, 0x9d, 0x0e, 0x5a, 0x1d, 0x3f, 0x9c, 0x2e, 0x41})
	w.Key("raw")
	w.Raw([]byte(`{"k":[1]}`))
	w.Key("any")
	w.Any(map[string]any{"b": []string{"1"}, "a": 1, "c": func() {}})
	w.EndObject()
	assert.Equal(t, `{"a":"x","list":[-1,true,{},[]],"t":"2030-01-02T02:04:05.000006Z","bytes":"-_8A","id":"0b7b1c6e-6f0d-4f0a-9d0e-5a1d3f9c2e41","raw":{"k":[1]},"any":{"a":1,"b":["1"],"c":null}}`, string(w.Bytes()))
}

func TestWhatWasBorrowedIsEmptyAgain(t *testing.T) {
	for range 100 {
		w := wire.Borrow()
		assert.Empty(t, w.Bytes())
		w.BeginArray()
		w.String("JBSW")
		w.EndArray()
		before := w.Bytes()
		assert.Equal(t, `["JBSW"]`, string(before), "no comma is left of what was written before")
		w.GiveBack()
		assert.Equal(t, make([]byte, len(before)), before, "nothing of what was written is left")
	}
}

func TestStringsCannotBreakOut(t *testing.T) {
	for _, s := range []string{"", "plain", `"\`, "\x00\x1f\n\r\t\x7f", "</script><!--", "a&b", "héllo 🙂", "\u2028\u2029", "\xff\xfea\xc3"} {
		j := string(wire.AppendString(nil, s))
		var back string
		require.NoError(t, json.Unmarshal([]byte(j), &back), j)
		assert.Equal(t, strings.ToValidUTF8(s, "\ufffd"), strings.ReplaceAll(back, "\ufffd\ufffd", "\ufffd"))
		assert.False(t, strings.ContainsAny(j, "<>&\u2028\u2029\n\r\x00"), j)
	}
}

// Texts are looked at in steps of several characters: one that is escaped is found
// wherever it stands, and whatever stands beside it.
func TestACharacterIsEscapedWhereverItStands(t *testing.T) {
	for c := range 256 {
		alone := string(wire.AppendString(nil, string([]byte{byte(c)})))
		for _, beside := range []string{"a", " ", "\x7f", "~", "@", "#", "\u00e9"} {
			for n := range 17 {
				before, after := strings.Repeat(beside, n), strings.Repeat(beside, 16-n)
				if c >= 0x80 && beside == "\u00e9" {
					continue // together they may be other characters
				}
				want := `"` + before + strings.Trim(alone, `"`) + after + `"`
				if c == '"' {
					want = `"` + before + `\"` + after + `"`
				}
				require.Equal(t, want, string(wire.AppendString(nil, before+string([]byte{byte(c)})+after)))
			}
		}
	}
}

// Every string decodes to itself, as encoding/json understands it.
func FuzzAppendString(f *testing.F) {
	f.Add("a\"\\\u2028<\x00é\xff")
	f.Fuzz(func(t *testing.T, s string) {
		var ours, std string
		require.NoError(t, json.Unmarshal(wire.AppendString(nil, s), &ours))
		j, _ := json.Marshal(s)
		require.NoError(t, json.Unmarshal(j, &std))
		require.Equal(t, std, ours)
	})
}
