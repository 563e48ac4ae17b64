package flow_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/jsonrecord"
)

const limit = 16 * 1024

func TestFlowIsStoredAndRead(t *testing.T) {
	f := hour(flow.API)
	f.State, f.ReplacedBy, f.Paused, f.Active, f.Version = flow.Success, "r", "p", "profile", 4
	f.Head = jsonrecord.Head{MinReader: 1, Unknown: `"new":1`}
	f.Messages = []ui.Message{ui.On("traits.email", ui.BadEmail("x")), ui.Form(ui.Saved())}
	f.Messages[1].Unknown = `"new":2`
	f.Input = map[string]string{"traits.email": "x"}
	f.TransientPayload = json.RawMessage(`{"a":[1]}`)

	r, err := f.Record()
	require.NoError(t, err)
	assert.Equal(t, "flow:"+f.ID, r.Key)
	assert.Equal(t, ownerID, r.Owner)
	assert.EqualValues(t, 4, r.Version)
	assert.Equal(t, f.ExpiresAt.Add(24*time.Hour), r.ExpiresAt, "the record outlives the flow for as long as it is recognised")

	back, err := flow.Parse(r)
	require.NoError(t, err)
	assert.Equal(t, f, back)
}

// A version is the store's: what stands in the data does not count.
func TestVersionIsThatOfTheRecord(t *testing.T) {
	f := hour(flow.API)
	r, err := f.Record()
	require.NoError(t, err)
	r.Version = 9
	back, err := flow.Parse(r)
	require.NoError(t, err)
	assert.EqualValues(t, 9, back.Version)
}

func TestDamagedOrForeignRecordIsRefused(t *testing.T) {
	const other = "11111111-2222-4333-8444-555555555555"
	f := hour(flow.Browser)
	for _, c := range []struct {
		name   string
		damage func(r *flow.Record)
	}{
		{"no data", func(r *flow.Record) { r.Data = nil }},
		{"cut short", func(r *flow.Record) { r.Data = r.Data[:len(r.Data)-1] }},
		{"data after the flow", func(r *flow.Record) { r.Data = append(r.Data, "{}"...) }},
		{"null", func(r *flow.Record) { r.Data = []byte("null") }},
		{"an empty object", func(r *flow.Record) { r.Data = []byte("{}") }},
		{"a list", func(r *flow.Record) { r.Data = []byte("[]") }},
		{"copied under another flow's key", func(r *flow.Record) { r.Key = "flow:" + other }},
		{"copied to a paused change", func(r *flow.Record) { r.Key = "paused:" + f.ID }},
		{"without a key", func(r *flow.Record) { r.Key = "" }},
		{"given to another owner", func(r *flow.Record) { r.Owner = other }},
		{"without an owner", func(r *flow.Record) { r.Owner = "" }},
		{"an id that no flow has", func(r *flow.Record) {
			r.Data, r.Key = replace(r.Data, f.ID, strings.ToUpper(f.ID)), "flow:"+strings.ToUpper(f.ID)
		}},
		{"no id and no key", func(r *flow.Record) { r.Data, r.Key = replace(r.Data, f.ID, ""), "" }},
		{"a type nobody has", func(r *flow.Record) { r.Data = replace(r.Data, `"browser"`, `"admin"`) }},
		{"no type", func(r *flow.Record) { r.Data = replace(r.Data, `"browser"`, `""`) }},
		{"a state nobody has", func(r *flow.Record) { r.Data = replace(r.Data, `"show_form"`, `"passed"`) }},
		{"a time that is none", func(r *flow.Record) { r.Data = replace(r.Data, "2030-", "2030+") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := f.Record()
			require.NoError(t, err)
			before := string(r.Data) + r.Key + r.Owner
			c.damage(&r)
			require.NotEqual(t, before, string(r.Data)+r.Key+r.Owner, "the damage was done")
			got, err := flow.Parse(r)
			require.Error(t, err)
			assert.Zero(t, got)
		})
	}
}

func replace(data []byte, old, new string) []byte {
	return []byte(strings.ReplaceAll(string(data), old, new))
}

// A client must not be able to make a stored flow grow.
func TestRecordIsBounded(t *testing.T) {
	huge := strings.Repeat("x", 100_000)
	for _, c := range []struct {
		name   string
		fill   func(f *flow.Flow)
		input  bool // is it kept?
		saying bool
	}{
		{"a small submit", func(f *flow.Flow) { f.Input["traits.a"] = "x" }, true, true},
		{"one huge field", func(f *flow.Flow) { f.Input["traits.a"] = huge }, false, true},
		{"a huge name of a field", func(f *flow.Flow) { f.Input[huge] = "x" }, false, true},
		{"characters that grow when they are written", func(f *flow.Flow) { f.Input["traits.a"] = strings.Repeat("<", 4000) }, false, true},
		{"very many fields", func(f *flow.Flow) {
			for i := range 1000 {
				f.Input[fmt.Sprint("traits.", i)] = "some value"
			}
		}, false, true},
		{"a huge payload", func(f *flow.Flow) { f.TransientPayload = json.RawMessage(`"` + huge + `"`) }, false, true},
		{"a huge message", func(f *flow.Flow) { f.Messages = []ui.Message{ui.Form(ui.BadEmail(huge))} }, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := hour(flow.Browser)
			f.Input, f.Messages = map[string]string{"traits.name": "Ada"}, []ui.Message{ui.Form(ui.Refused("no"))}
			c.fill(&f)
			r, err := f.Record()
			require.NoError(t, err)
			assert.LessOrEqual(t, len(r.Data), limit)
			back, err := flow.Parse(r)
			require.NoError(t, err)
			assert.Equal(t, c.input, back.Input != nil, "input")
			assert.Equal(t, c.saying, back.Messages != nil, "messages")
			assert.Equal(t, f.ID, back.ID)
			assert.Equal(t, f.State, back.State)
			assert.NotEmpty(t, f.Input, "the flow itself is as it was")
		})
	}

	f := hour(flow.Browser)
	f.RequestURL = "https://id.example/?" + huge
	r, err := f.Record()
	require.Error(t, err, "a flow that fits in no way is not stored")
	assert.Zero(t, r)
}

func TestRecordDoesNotGrowWithSubmits(t *testing.T) {
	f, size := hour(flow.Browser), 0
	for i := range 100 {
		var err error
		f, err = f.After(flow.Refused, "profile", []ui.Message{ui.Form(ui.Refused("no"))}, map[string]string{"traits.a": "x"})
		require.NoError(t, err)
		r, err := f.Record()
		require.NoError(t, err)
		if i == 0 {
			size = len(r.Data)
		}
		require.Equal(t, size, len(r.Data), "after submit %d", i)
		f, err = flow.Parse(r)
		require.NoError(t, err)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	r := flow.Record{Key: "flow:x", Owner: "o", Version: 2, ExpiresAt: start, Data: []byte("abc")}
	c := r.Clone()
	assert.Equal(t, r, c)
	c.Data[0] = 'X'
	assert.Equal(t, "abc", string(r.Data))
	assert.Nil(t, flow.Record{}.Clone().Data)
}

// An error means no flow; a flow is the one its key and owner say, in a state
// that exists, and is stored as it was read.
func FuzzParse(f *testing.F) {
	valid := hour(flow.Browser)
	valid.ID = flowID
	valid.Messages, valid.Input = []ui.Message{ui.On("x", ui.Missing("x"))}, map[string]string{"traits.a": "\xff<"}
	valid.TransientPayload = json.RawMessage(`{"a": 1e3}`)
	r, err := valid.Record()
	require.NoError(f, err)
	f.Add(r.Key, r.Owner, r.Data)
	f.Add("", "", []byte("{}"))
	f.Add("flow:", "", []byte(`{"id":"","type":"api","state":"success"}`))
	f.Add(r.Key, "o", []byte(`{"id":"`+flowID+`","type":"api","state":"success","identity":"o","expires_at":"9999-12-31T23:59:59Z"}`))
	f.Add(r.Key, "o", []byte(`{"ID":"`+flowID+`","type":"browser","State":"show_form","identity":"x","identity":"o","messages":[{"context":{"a":[null,1.50]}}]}`))
	f.Fuzz(func(t *testing.T, key, owner string, data []byte) {
		got, err := flow.Parse(flow.Record{Key: key, Owner: owner, Version: 3, Data: data})
		if err != nil {
			require.Zero(t, got)
			return
		}
		require.Equal(t, key, "flow:"+got.ID)
		require.True(t, flow.ValidID(got.ID))
		require.Equal(t, owner, got.IdentityID)
		require.Contains(t, []flow.Type{"api", "browser"}, got.Type)
		require.Contains(t, []flow.State{"show_form", "success"}, got.State)
		require.EqualValues(t, 3, got.Version)

		once, err := got.Record()
		if err != nil { // it fits in no way
			require.Zero(t, once)
			return
		}
		require.LessOrEqual(t, len(once.Data), limit)
		again, err := flow.Parse(once)
		require.NoError(t, err)
		twice, err := again.Record()
		require.NoError(t, err)
		require.Equal(t, string(once.Data), string(twice.Data))
	})
}
