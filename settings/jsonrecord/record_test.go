package jsonrecord_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/jsonrecord"
)

// account has what records of the library have: a head, maps of structs, lists of
// structs, an embedded struct, times and raw JSON.
type account struct {
	jsonrecord.Head
	Count   uint64            `json:"count,omitempty"`
	Last    change            `json:"last,omitzero"`
	Factors map[string]factor `json:"factors,omitempty"`
	Notes   []note            `json:"notes,omitempty"`
	Input   map[string]string `json:"input,omitempty"`
	Plain   struct {
		A int `json:"a"`
	} `json:"plain,omitzero"`
	Untagged int `json:",omitempty"`
	Version  int `json:"-"`
}

type change struct {
	ID      string             `json:"id"`
	At      time.Time          `json:"at,omitzero"`
	Unknown jsonrecord.Unknown `json:"-"`
}

type factor struct {
	Serial      uint64             `json:"serial"`
	Credentials []credential       `json:"credentials,omitempty"`
	Unknown     jsonrecord.Unknown `json:"-"`
}

type credential struct {
	ID      string             `json:"id"`
	Data    json.RawMessage    `json:"data,omitempty"`
	Unknown jsonrecord.Unknown `json:"-"`
}

type Text struct {
	Text string `json:"text"`
}

type note struct {
	Node string `json:"node,omitempty"`
	Text
	Unknown jsonrecord.Unknown `json:"-"`
}

func decode(t *testing.T, text string) account {
	t.Helper()
	var a account
	require.NoError(t, jsonrecord.Decode([]byte(text), &a))
	return a
}

func encode(t *testing.T, a account) string {
	t.Helper()
	text, err := jsonrecord.Encode(&a)
	require.NoError(t, err)
	return string(text)
}

// meaning is JSON without what is only its form. Numbers stay as they are written.
func meaning(t *testing.T, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v))
	return v
}

func TestARecordIsWrittenBackWithWhatItsReaderDoesNotKnow(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                                     `{}`,
		"nothing unknown":                             `{"count":3,"last":{"id":"x","at":"2030-01-02T03:04:05Z"},"factors":{"totp":{"serial":1}}}`,
		"a member of the record":                      `{"new":1}`,
		"members of any type":                         `{"a":null,"b":[1,[2,{"c":"]}"}]],"d":{"e":{"f":false}},"g":"\"}","h":-1.5e300,"i":12345678901234567890}`,
		"a member beside zeros that are left out":     `{"new":{"count":3},"last":{"id":"","later":1}}`,
		"a member of a struct":                        `{"last":{"id":"x","proof":"y"}}`,
		"a member of an element of a map":             `{"factors":{"totp":{"serial":1,"new":2},"lookup":{"serial":2}}}`,
		"a map of what this build has no name of":     `{"factors":{"voice":{"serial":1,"credentials":[{"id":"1","new":2}]}}}`,
		"a member of an element of a list":            `{"factors":{"totp":{"serial":1,"credentials":[{"id":"1"},{"id":"2","data":{"any":[1]},"new":{"a":1}}]}}}`,
		"a member beside those of an embedded struct": `{"notes":[{"text":"a"},{"node":"n","text":"b","link":"https://example.com/?a&b<c>"}]}`,
		"a member at every level":                     `{"n":1,"last":{"id":"x","n":2},"factors":{"totp":{"serial":1,"n":3,"credentials":[{"id":"1","n":4}]}},"notes":[{"text":"a","n":5}]}`,
		"names with escapes":                          `{"a\"b":1,"ä\u0000":2,"\\":3,"factors":{"\"":{"serial":1,"n\n":2}}}`,
		"an empty name":                               `{"":1,"last":{"id":"","":2}}`,
		"white space":                                 " {\n\t\"new\" : [ 1 , 2 ] ,\r\n \"factors\" : { \"totp\" : { \"serial\" : 1 , \"x\" : \"y\" } } }\n",
		"the name of a field of another struct":       `{"serial":1,"last":{"id":"x","count":2}}`,
		"a field without a name of its own":           `{"Untagged":1,"n":2}`,
		"what is not stored of a field":               `{"Version":2,"Unknown":"x"}`,
	} {
		t.Run(name, func(t *testing.T) {
			written := encode(t, decode(t, text))
			assert.Equal(t, meaning(t, text), meaning(t, written))
			assert.Equal(t, meaning(t, text), meaning(t, encode(t, decode(t, written))), "and once more")
		})
	}
}

func TestWhatIsKnownIsTheReadersOwn(t *testing.T) {
	a := decode(t, `{"count":3,"n":1,"last":{"id":"x","n":2},"factors":{"totp":{"serial":1,"n":3,"credentials":[{"id":"1","n":4},{"id":"2","n":5}]}}}`)
	totp := a.Factors["totp"]
	totp.Serial, totp.Credentials = 2, totp.Credentials[1:]
	totp.Credentials[0].Data = json.RawMessage(`{"used":7}`)
	a.Count, a.Last, a.Factors["totp"] = 4, change{ID: "y"}, totp
	assert.JSONEq(t, `{"count":4,"n":1,"last":{"id":"y"},"factors":{"totp":{"serial":2,"n":3,"credentials":[{"id":"2","data":{"used":7},"n":5}]}}}`, encode(t, a),
		"what a record is replaced by has nothing of the one before, and what is taken away takes its own along")

	a.Factors = nil
	assert.JSONEq(t, `{"count":4,"n":1,"last":{"id":"y"}}`, encode(t, a))
}

// encoding/json takes a name in any case for a field, and has one for a field without
// a tag. What it has taken is not kept
// a second time, beside what the field becomes.
func TestANameInAnotherCaseIsNoUnknownOne(t *testing.T) {
	a := decode(t, `{"COUNT":3,"Last":{"ID":"x"},"Untagged":1}`)
	assert.Equal(t, uint64(3), a.Count)
	a.Count, a.Untagged = 0, 0
	assert.JSONEq(t, `{"last":{"id":"x"}}`, encode(t, a))
}

func TestARecordSaysWhoMayReadIt(t *testing.T) {
	for name, text := range map[string]string{
		"a newer reader":                          `{"min_reader":2}`,
		"and a member of another type by now":     `{"count":"many","min_reader":2}`,
		"and a time that is none by now":          `{"last":{"at":7},"min_reader":99,"format":99}`,
		"and members this build has no field for": `{"n":1,"min_reader":2,"last":{"n":2}}`,
	} {
		t.Run(name, func(t *testing.T) {
			err := jsonrecord.Decode([]byte(text), new(account))
			require.ErrorIs(t, err, jsonrecord.ErrNewer)
		})
	}
	for name, text := range map[string]string{
		"a record that does not say":           `{"count":3}`,
		"one for this reader":                  `{"count":3,"min_reader":1}`,
		"one of a newer build for any reader":  `{"count":3,"format":9}`,
		"one of a newer build for this reader": `{"count":3,"format":9,"min_reader":1}`,
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, uint64(3), decode(t, text).Count) })
	}
	assert.JSONEq(t, `{"min_reader":1}`, encode(t, decode(t, `{"format":9,"min_reader":1}`)),
		"who writes it says so, and does not lower what a reader must know")
}

func TestDamage(t *testing.T) {
	for _, text := range []string{``, `{`, `[]`, `"x"`, `{"count":"many"}`, `{"min_reader":2`, `{"min_reader":"2"}`, `{} {}`, `{"last":{"at":7},"n":1}`} {
		err := jsonrecord.Decode([]byte(text), new(account))
		require.Error(t, err, "%q", text)
		assert.NotErrorIs(t, err, jsonrecord.ErrNewer, "%q", text)
	}
}

// A copy is one: who changes it changes nothing of the record.
func TestUnknownMembersAreCopiedWithTheirStruct(t *testing.T) {
	a := decode(t, `{"last":{"id":"x","n":2}}`)
	b := a
	b.Last.Unknown = ""
	assert.NotEqual(t, a.Last, b.Last, "records that differ in them differ")
	assert.JSONEq(t, `{"last":{"id":"x","n":2}}`, encode(t, a))
}

// Whatever a newer build adds, a record means the same after an older one has
// written it.
func FuzzRecord(f *testing.F) {
	f.Add(`{"a":1}`, `[{"b":"c"}]`)
	f.Add(`null`, `"\\\""`)
	f.Fuzz(func(t *testing.T, one, other string) {
		if !json.Valid([]byte(one)) || !json.Valid([]byte(other)) {
			return
		}
		text := strings.NewReplacer("ONE", one, "OTHER", other).Replace(
			`{"x":ONE,"last":{"id":"","y":OTHER},"factors":{"f":{"z":ONE,"serial":1,"credentials":[{"id":"","data":{},"w":OTHER}]}},"v":ONE}`)
		assert.Equal(t, meaning(t, text), meaning(t, encode(t, decode(t, text))))
	})
}

// A record that is read plainly, and one that is not, is what encoding/json makes of it.
func FuzzARecordIsReadAsEncodingJSONReadsIt(f *testing.F) {
	for _, text := range []string{
		`{"count":3,"last":{"id":"x","at":"2030-01-02T03:04:05.6+07:00"},"factors":{"totp":{"serial":1,"credentials":[{"id":"1","data":{"used": [7]}},{"id":"2"}]}},"notes":[{"node":"n","text":"t"}],"input":{"a":"b","":""},"plain":{"a":-1},"Untagged":7,"deep":{"a":[1.5,null,{"b":"c"}]},"twice":"x"}`,
		" {\n\t\"count\" : 3 , \"last\" : { } , \"notes\" : [ ] , \"factors\" : { } }\r\n", // empty is not absent
		`{"count":null,"last":null,"notes":null,"factors":null,"input":{"a":null},"plain":null}`,
		`{"notes":[null],"factors":{"totp":null},"deep":null,"factors":{"totp":{"credentials":[{"data":null}]}}}`,
		`{"count":1,"count":2}`, `{"notes":[{"node":"n"}],"notes":[{"text":"t"}]}`, `{"last":{"id":"x"},"last":{"at":"2030-01-02T03:04:05Z"}}`, // twice
		`{"COUNT":1,"Last":{"Id":"x"}}`, `{"co\u0075nt":1,"last":{"id":"\u0041\"\\"},"input":{"\n":"\ud83d"}}`, "{\"last\":{\"id\":\"\xff\"}}",
		`{"count":-1}`, `{"count":1.0}`, `{"count":1e2}`, `{"count":18446744073709551616}`, `{"format":9223372036854775808}`, `{"count":"1"}`, `{"count":{}}`, // no such numbers
		`{"last":{"at":"today"}}`, `{"last":{"at":1}}`, `{"last":[]}`, `{"notes":{}}`, `{"notes":["x"]}`, `{"input":["x"]}`, `{"last":{"id":1}}`, `{"input":{"a":true}}`,
		`{"spelt":"1"}`, `{"spelt":1}`, `{"bytes":"AQID"}`, `{"bytes":[1]}`, `{"yes":true}`, `{"yes":"true"}`, `{"yes":1}`,
		`{"count":1`, `{"count":1}}`, `{"count":1,}`, `{,}`, `{"count" 1}`, `[]`, `"x"`, `null`, ``, `{"notes":[{}{}]}`,
	} {
		f.Add(text)
	}
	type record struct {
		account
		Deep  map[string]any `json:"deep,omitempty"`
		Spelt int            `json:"spelt,string,omitempty"`
		Bytes []byte         `json:"bytes,omitempty"`
		Yes   bool           `json:"yes,omitempty"`
	}
	f.Fuzz(func(t *testing.T, text string) {
		var ours, theirs record
		failed := jsonrecord.Decode([]byte(text), &ours)
		if want := json.Unmarshal([]byte(text), &theirs); want != nil || failed != nil {
			if !errors.Is(failed, jsonrecord.ErrNewer) {
				require.Equal(t, want, failed)
			}
			return
		}
		// What is unknown encoding/json has dropped.
		ours.Unknown, ours.Last.Unknown = "", ""
		for name, f := range ours.Factors {
			f.Unknown = ""
			for n := range f.Credentials {
				f.Credentials[n].Unknown = ""
			}
			ours.Factors[name] = f
		}
		for n := range ours.Notes {
			ours.Notes[n].Unknown = ""
		}
		require.Equal(t, theirs, ours)
	})
}

func TestDecodingWhatIsKnownCostsLess(t *testing.T) {
	record := []byte(`{"count":3,"last":{"id":"x","at":"2030-01-02T03:04:05Z"},"factors":{"totp":{"serial":1,"credentials":[{"id":"1","data":{"used":7}}]}},"notes":[{"node":"n","text":"t"}]}`)
	plain := testing.AllocsPerRun(100, func() { _ = json.Unmarshal(record, new(account)) })
	ours := testing.AllocsPerRun(100, func() { _ = jsonrecord.Decode(record, new(account)) })
	assert.Less(t, ours, plain, "allocations")
}
