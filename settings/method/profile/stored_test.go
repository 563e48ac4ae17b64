package profile_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

// stricter is a schema that has become stricter since its accounts were made.
var stricter = profile.Fields(
	profile.Field{Name: "email", Type: profile.Email, Required: true, Identifier: true},
	profile.Field{Name: "phone", Type: profile.Tel, Required: true},
	profile.Field{Name: "born", Type: profile.Date},
	profile.Field{Name: "language", Options: []string{"en", "de"}},
	profile.Field{Name: "tags", List: true, MaxLength: 3},
	profile.Field{Name: "news", Type: profile.Checkbox},
	profile.Field{Name: "nickname", MaxLength: 5},
)

const loose = `{"email":"ada@münchen.de","born":"10.12.1815","language":"fr","tags":["long tag"],"news":"yes","nickname":"ada"}`

// A value that its owner leaves alone stops no other change.
func TestOnlyWhatIsChangedIsJudged(t *testing.T) {
	const form = "traits.email=ada%40m%C3%BCnchen.de&traits.phone=&traits.born=10.12.1815&traits.language=fr&traits.tags.0=long+tag&traits.tags.1=&traits.news=false&traits.nickname=ada"
	for _, c := range []struct {
		name, old, now string // what is typed in the form
		want           string // "" for a success
	}{
		{"another field", "nickname=ada", "nickname=al", ""},
		{"nothing", "", "", ""},
		{"another field, to what it may not be", "nickname=ada", "nickname=adaada", "traits.nickname:4000017"},
		{"an address for one that would be refused", "ada%40m%C3%BCnchen.de", "ada%40b%C3%BCcher.de", "traits.email:4000001"},
		{"an address that is right", "ada%40m%C3%BCnchen.de", "ada%40example.com", ""},
		{"an address that is emptied", "ada%40m%C3%BCnchen.de", "", "traits.email:4000002"},
		{"a number that is missing", "phone=", "phone=%2B44111111", ""},
		{"a number that is none", "phone=", "phone=44", "traits.phone:4000041"},
		{"a date for one that is none", "born=10.12.1815", "born=11.12.1815", "traits.born:4000004"},
		{"a language that is not offered for another", "language=fr", "language=it", "traits.language:4000001"},
		{"another tag beside one that is too long", "tags.1=", "tags.1=abc", "traits.tags.0:4000017"},
		{"a box that is ticked", "news=false", "news=true", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, wrong := planned(t, stricter, loose, listForm(t, strings.Replace(form, c.old, c.now, 1)))
			assert.Equal(t, c.want, strings.Join(wrong, " "))
			if c.old == c.now {
				assert.Equal(t, loose, got, "to the byte")
			}
		})
	}
}

// A browser empties, cuts or rewrites what its input cannot hold.
func TestAValueThatItsInputWouldChangeIsShownAsAText(t *testing.T) {
	for _, c := range []struct {
		kind   profile.Type
		stored string
		want   string
	}{
		{profile.Email, `"ada@example.com"`, "email"},
		{profile.Email, `"ada"`, "email"},
		{profile.Email, `"ada@münchen.de"`, "text"},
		{profile.Email, `" ada@example.com"`, "text"},
		{profile.Email, `"ada@example.com\nb"`, "text, in lines"},
		{profile.Email, `5`, "email"},
		{profile.Tel, `"0207"`, "tel"},
		{profile.Tel, `"0207\n"`, "text, in lines"},
		{profile.URL, `"example"`, "url"},
		{profile.URL, `"https://example.com "`, "text"},
		{profile.Date, `"2030-01-02"`, "date"},
		{profile.Date, `"02.01.2030"`, "text"},
		{profile.Date, `5`, "text"},
		{profile.DateTime, `"2030-01-02T00:00:00Z"`, "datetime-local"},
		{profile.DateTime, `"tomorrow"`, "text"},
		{profile.Number, `1.50`, "number"},
		{profile.Number, `1e999`, "text"},
		{profile.Number, `"five"`, "text"},
		{profile.Number, `"5"`, "number"},
		{profile.Integer, `true`, "text"},
		{profile.Text, `"a"`, "text"},
		{profile.Text, `"a\rb"`, "text, in lines"},
		{profile.Checkbox, `"yes"`, "checkbox"},
		{profile.Checkbox, `5`, "checkbox"},
	} {
		s := profile.Fields(profile.Field{Name: "x", Type: c.kind})
		in := inputs(t, s, method.View{Identity: withTraits(`{"x":` + c.stored + `}`)})[0]
		got := string(in.Type)
		if in.Multiline {
			got += ", in lines"
		}
		assert.Equal(t, c.want, got, "%s %s", c.kind, c.stored)
		var value string
		if v, ok := in.Value.(string); ok {
			value = v
		} else if in.Value != nil {
			value = c.stored
		}
		got, wrong := planned(t, s, `{"x":`+c.stored+`}`, formBody(t, "x", value))
		assert.Empty(t, wrong)
		assert.Equal(t, `{"x":`+c.stored+`}`, got, "what comes back as it was shown is not changed")
	}
	typed := method.View{Identity: withTraits(`{}`), Flow: flow.Flow{Active: "profile"}, Input: map[string]string{"traits.x": "ada@münchen.de"}}
	assert.EqualValues(t, "text", inputs(t, profile.Fields(profile.Field{Name: "x", Type: profile.Email}), typed)[0].Type, "what was typed last")
}

// Nobody is sent to a login for a name that no store could find them by, and no
// store is asked.
func TestANameThatNoStoreCanIndex(t *testing.T) {
	s := profile.Fields(
		profile.Field{Name: "username", MaxLength: 5000, Identifier: true},
		profile.Field{Name: "aliases", MaxLength: 5000, List: true, Identifier: true},
	)
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			kit, id := newKit(t, s, `{"username":"ada"}`)
			kit.Edit(id, func(i *identity.Identity) { i.Keys = []identity.Key{{Kind: identity.Identifier, Value: "ada"}} })
			c := kit.SignIn(id, kind)
			f := c.Start()
			stale(kit)
			before := kit.Snapshot(id)
			for long, want := range map[string]string{
				strings.Repeat("x", identity.MaxKeyValue+1):   "traits.username:4000017",
				strings.Repeat("é", identity.MaxKeyValue/2+1): "traits.username:4000001", // without a Text, names are ASCII
			} {
				got := followed(t, c, c.Submit(f, settingstest.Fields{"method": "profile", "traits": map[string]any{"username": long}}))
				assert.Equal(t, []string{want}, got.Messages())
				assert.Equal(t, before, kit.Snapshot(id))
			}
			assert.NotContains(t, kit.Log.String(), "storable")
		})
	}
	_, wrong := planned(t, s, `{}`, jsonBody(t, `{"aliases":["a","`+strings.Repeat("x", identity.MaxKeyValue+1)+`"]}`))
	assert.Equal(t, []string{"traits.aliases.1:4000017"}, wrong)
	_, wrong = planned(t, s, `{"username":"`+strings.Repeat("x", identity.MaxKeyValue+1)+`"}`, jsonBody(t, `{"username":"`+strings.Repeat("x", identity.MaxKeyValue+1)+`","aliases":["a"]}`))
	assert.Empty(t, wrong, "one that was there before")
}

func TestMessagesHaveTheLabel(t *testing.T) {
	kit, id := newKit(t, customers, ada)
	c := kit.SignIn(id, respond.Script)
	f := c.Submit(c.Start(), settingstest.Fields{"method": "profile", "traits": map[string]any{"nickname": "ada"}}).Flow
	said := map[string]settingstest.Text{}
	for _, n := range f.UI.Nodes {
		for _, m := range n.Messages {
			said[n.Name()] = m
		}
	}
	require.Len(t, said, 2)
	assert.Equal(t, "E-mail is required.", said["traits.email"].Text)
	assert.Equal(t, map[string]any{"property": "email"}, said["traits.email"].Context, "clients translate the property")
	assert.Equal(t, "First name is required.", said["traits.name.first"].Text)
	assert.Equal(t, map[string]any{"property": "first"}, said["traits.name.first"].Context)
}
