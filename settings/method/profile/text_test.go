package profile_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

// members sign in with an address or a user name.
var members = profile.Fields(
	profile.Field{Name: "email", Type: profile.Email, Identifier: true, Verify: profile.ByEmail},
	profile.Field{Name: "username", Identifier: true},
	profile.Field{Name: "spare", Type: profile.Email, Recover: profile.ByEmail},
	profile.Field{Name: "nickname"},
)

// someText is a Text that knows a few spellings. The module settings/text knows all.
var someText = method.Text{
	Identifier: func(s string) (string, error) {
		if strings.ContainsRune(s, '\a') {
			return "", errors.New("it has a control character")
		}
		return strings.NewReplacer("e\u0301", "é", "\u200b", "").Replace(s), nil
	},
	Domain: func(s string) (string, error) {
		s = strings.ReplaceAll(s, "münchen", "xn--mnchen-3ya")
		if strings.ContainsFunc(s, func(r rune) bool { return r > '~' }) {
			return "", errors.New("its domain is none")
		}
		return s, nil
	},
}

func taking(text method.Text) func(*settings.Config) {
	return func(c *settings.Config) { c.Text = text }
}

const ascii, unseen = "Only the letters a to z, digits and common signs can be used here.",
	"There is a space or a character in it that cannot be seen. Type it anew, rather than paste it."

func TestNamesAndAddressesBeyondASCII(t *testing.T) {
	const stored = `{"email":"ada@example.com","username":"ada"}`
	for _, c := range []struct {
		name      string
		text      method.Text
		stored    string
		submitted string
		refused   string   // where and why
		keys      []string // after it
		same      bool     // the traits are as they were
	}{
		{name: "a user name, without a Text", submitted: `{"email":"ada@example.com","username":"renée"}`, refused: "traits.username: " + ascii},
		{name: "a domain, without a Text (mailcow/mailcow-dockerized#7395)", submitted: `{"email":"ada@münchen.de","username":"ada"}`, refused: "traits.email: " + ascii},
		{name: "the part before the @, without a Text (PHPMailer/PHPMailer#668)", submitted: `{"email":"renée@example.com","username":"ada"}`, refused: "traits.email: " + ascii},
		{name: "an address that nobody signs in with, without a Text", submitted: `{"email":"ada@example.com","username":"ada","spare":"ada@münchen.de"}`, refused: "traits.spare: " + ascii},
		{name: "what is no name is anything", submitted: `{"email":"ada@example.com","username":"ada","nickname":"Čapek 🦊"}`, keys: []string{"ada", "ada@example.com"}},
		{name: "a user name from before stays", stored: `{"email":"ada@example.com","username":"renée"}`, submitted: `{"email":"ada@example.com","username":"renée","nickname":"R"}`, keys: []string{"ada@example.com", "renée"}},
		{name: "a Text for domains takes no others", text: method.Text{Domain: someText.Domain}, submitted: `{"email":"renée@münchen.de","username":"ada"}`, refused: "traits.email: " + ascii},
		{name: "a Text for names takes no domains", text: method.Text{Identifier: someText.Identifier}, submitted: `{"email":"renée@münchen.de","username":"ada"}`, refused: "traits.email: " + ascii},

		{name: "a user name", text: someText, submitted: `{"email":"ada@example.com","username":"Renée"}`, keys: []string{"ada@example.com", "renée"}},
		{name: "a user name in two pieces", text: someText, submitted: `{"email":"ada@example.com","username":"rene\u0301e"}`, keys: []string{"ada@example.com", "rene\u0301e", "renée"}},
		{name: "a user name with what nobody sees", text: someText, submitted: `{"email":"ada@example.com","username":"ad\u200bam"}`, keys: []string{"adam", "ada@example.com", "ad\u200bam"}},
		{name: "a user name that the Text refuses", text: someText, submitted: `{"email":"ada@example.com","username":"ad\u0007a"}`, refused: "traits.username: This cannot be used: it has a control character."},
		{name: "a domain (directus/directus#2122)", text: someText, submitted: `{"email":"Ada@MÜNCHEN.de","username":"ada"}`, keys: []string{"ada", "ada@münchen.de", "ada@xn--mnchen-3ya.de"}},
		{name: "a domain in punycode", text: someText, submitted: `{"email":"ada@xn--mnchen-3ya.de","username":"ada"}`, keys: []string{"ada", "ada@xn--mnchen-3ya.de"}},
		{name: "the part before the @", text: someText, submitted: `{"email":"rene\u0301@example.com","username":"ada"}`, keys: []string{"ada", "rene\u0301@example.com", "rené@example.com"}},
		{name: "an address to recover by", text: someText, submitted: `{"email":"ada@example.com","username":"ada","spare":"renée@münchen.de"}`, keys: []string{"ada", "ada@example.com"}},
		{name: "a domain that is none", text: someText, submitted: `{"email":"ada@köln.de","username":"ada"}`, refused: "traits.email: This is not an e-mail address."},
		{name: "an address without a domain", text: someText, submitted: `{"email":"renée","username":"ada"}`, refused: "traits.email: This is not an e-mail address."},
		{name: "an address with signs that none has", text: someText, submitted: `{"email":"renée, ada@example.com","username":"ada"}`, refused: "traits.email: This is not an e-mail address."},
		{name: "letters that are joined", text: someText, submitted: `{"email":"\u0645\u06cc\u200c\u062e@example.com","username":"ada"}`, keys: []string{"ada", "\u0645\u06cc\u200c\u062e@example.com"}},
		{name: "an address that was pasted", text: someText, submitted: `{"email":"ada@example.com\u200b","username":"ada"}`, refused: "traits.email: " + unseen},
		{name: "an address that was pasted, without a Text", submitted: `{"email":"ada\u00a0@example.com","username":"ada"}`, refused: "traits.email: " + unseen},
		{name: "a part before the @ that is too long for mail", text: someText, submitted: `{"email":"` + strings.Repeat("é", 33) + `@example.com","username":"ada"}`, refused: "traits.email: This is not an e-mail address."},

		{name: "the same address, as a browser sends it", text: someText, stored: `{"email":"ada@münchen.de","username":"ada"}`, submitted: `{"email":"ada@xn--mnchen-3ya.de","username":"ada","nickname":"A"}`,
			keys: []string{"ada", "ada@münchen.de"}},
		{name: "the same address, and nothing else", text: someText, stored: `{"email":"ada@münchen.de","username":"ada"}`, submitted: `{"email":"ada@xn--mnchen-3ya.de","username":"ada"}`, keys: []string{"ada", "ada@münchen.de"}, same: true},
		{name: "the same address in other letters", stored: stored, submitted: `{"email":"ada@EXAMPLE.com","username":"ada"}`, keys: []string{"ada", "ada@example.com"}, same: true},
		{name: "an address of somebody else's at the same domain", text: someText, stored: `{"email":"ada@münchen.de","username":"ada"}`, submitted: `{"email":"bob@xn--mnchen-3ya.de","username":"ada"}`,
			keys: []string{"ada", "bob@xn--mnchen-3ya.de"}},
		{name: "away from one, both of its keys go", text: someText, stored: `{"email":"ada@münchen.de","username":"rene\u0301e"}`, submitted: `{"email":"ada@example.com","username":"ada"}`, keys: []string{"ada", "ada@example.com"}},
	} {
		for _, kind := range everyClient {
			t.Run(c.name+"/"+kind.String(), func(t *testing.T) {
				if c.stored == "" {
					c.stored = stored
				}
				kit, id := newKit(t, members, c.stored, taking(c.text))
				var before struct{ Email, Username string }
				require.NoError(t, json.Unmarshal([]byte(c.stored), &before))
				kit.Edit(id, func(i *identity.Identity) { i.Keys = keys(before.Email, before.Username) })
				was := kit.Identity(id)
				client := kit.SignIn(id, kind)
				f := followed(t, client, client.Submit(client.Start(), submission(t, json.RawMessage(c.submitted))))
				now := kit.Identity(id)
				if c.refused != "" {
					assert.Equal(t, []string{c.refused}, said(f))
					assert.Equal(t, was, now)
					return
				}
				assert.Equal(t, "success", f.State, "%v", said(f))
				assert.ElementsMatch(t, c.keys, now.Identifiers())
				if c.same {
					assert.Equal(t, string(was.Traits), string(now.Traits))
				}
			})
		}
	}
}

// said are the messages of a form with their nodes.
func said(f *settingstest.Flow) (all []string) {
	for _, n := range f.UI.Nodes {
		for _, m := range n.Messages {
			all = append(all, n.Name()+": "+m.Text)
		}
	}
	return all
}

func keys(values ...string) (all []identity.Key) {
	for _, v := range values {
		all = append(all, identity.Key{Kind: identity.Identifier, Value: v})
	}
	return all
}

// A Normalize of the host's own is asked, and no Text.
func TestAHostThatComparesNamesItself(t *testing.T) {
	kit, id := newKit(t, members, `{"username":"ada"}`, taking(someText), func(c *settings.Config) {
		c.Methods[len(c.Methods)-1] = profile.New(profile.Config{
			Schemas: map[string]profile.Schema{"": members}, Normalize: func(_ profile.Type, s string) string { return "key of " + s },
		})
	})
	client := kit.SignIn(id, respond.Script)
	f := client.Submit(client.Start(), submission(t, json.RawMessage(`{"username":"rene\u0301e"}`))).Flow
	require.Equal(t, "success", f.State, "%v", said(f))
	assert.Contains(t, kit.Identity(id).Identifiers(), "key of rene\u0301e")
	found, _, err := kit.Handler.Service.FindIdentity(t.Context(), "rene\u0301e")
	require.NoError(t, err)
	assert.Equal(t, id, found)
}

// In another spelling a name is as taken as in its own, and so is one that somebody
// has from before there was a Text.
func TestANameIsTakenInEverySpelling(t *testing.T) {
	for name, row := range map[string]struct{ taken, wanted string }{
		"composed, wanted in pieces":                        {"renée", `"username":"rene\u0301e"`},
		"with what nobody sees":                             {"adam", `"username":"ad\u200bam"`},
		"a domain in punycode, wanted in Unicode":           {"bob@xn--mnchen-3ya.de", `"email":"bob@münchen.de"`},
		"a domain in Unicode from before, wanted so":        {"bob@münchen.de", `"email":"Bob@MÜNCHEN.de"`},
		"a name in pieces from before, wanted so":           {"rene\u0301e", `"username":"rene\u0301e"`},
		"a name with what nobody sees from before":          {"ad\u200bam", `"username":"ad\u200bam"`},
		"an address, wanted as a user name is no other one": {"bob@xn--mnchen-3ya.de", `"username":"bob@xn--mnchen-3ya.de"`},
	} {
		t.Run(name, func(t *testing.T) {
			kit, id := newKit(t, members, `{"username":"ada"}`, taking(someText))
			require.NoError(t, kit.Store.CreateIdentity(t.Context(), identity.Record{ID: "other", Active: true, Keys: keys(row.taken)}))
			client := kit.SignIn(id, respond.Script)
			was := kit.Snapshot(id)
			f := client.Submit(client.Start(), submission(t, json.RawMessage(`{"nickname":"x",`+row.wanted+`}`))).Flow
			require.NotNil(t, f)
			require.Len(t, f.Messages(), 1)
			assert.Regexp(t, `^traits\.(email|username|phone):4000007$`, f.Messages()[0])
			assert.Equal(t, was, kit.Snapshot(id))
		})
	}
}

// countedOwners counts how often somebody is looked for.
type countedOwners struct {
	store.IdentityStore
	asked int
	fail  error
}

func (c *countedOwners) IdentityOwner(ctx context.Context, k identity.Key) (string, error) {
	if c.asked++; c.fail != nil {
		return "", c.fail
	}
	return c.IdentityStore.IdentityOwner(ctx, k)
}

func TestWhoSignsIn(t *testing.T) {
	phones := profile.Fields(profile.Field{Name: "email", Type: profile.Email, Identifier: true}, profile.Field{Name: "username", Identifier: true}, profile.Field{Name: "phone", Type: profile.Tel, Identifier: true})
	var owners *countedOwners
	kit, _ := newKit(t, phones, `{}`, taking(someText), func(c *settings.Config) {
		owners = &countedOwners{IdentityStore: c.Identities}
		c.Identities = owners
	})
	for id, of := range map[string][]string{
		"ada": {"ada@münchen.example", "ada"}, "bob": {"bob@xn--mnchen-3ya.de"}, "old": {"old@münchen.de"}, "renée": {"renée"}, "pieces": {"zoe\u0301"}, "composed": {"zoé"}, "phone": {"+4912345"},
	} {
		require.NoError(t, kit.Store.CreateIdentity(t.Context(), identity.Record{ID: id, Active: true, Keys: keys(of...)}))
	}
	for _, c := range []struct{ name, typed, id string }{
		{"a user name", "ada", "ada"},
		{"with case and space", "  Ada\t", "ada"},
		{"a domain in Unicode, kept in punycode", "bob@münchen.de", "bob"},
		{"in capitals", "BOB@MÜNCHEN.DE", "bob"},
		{"a domain in punycode", "bob@xn--mnchen-3ya.de", "bob"},
		{"an address from before", "old@münchen.de", "old"},
		{"a name in pieces, kept composed", "rene\u0301e", "renée"},
		{"with what nobody sees", "re\u200bnée", "renée"},
		{"of two from before the one that has what was typed", "zoe\u0301", "pieces"},
		{"and the other one", "zoé", "composed"},
		{"a number with what makes it readable", "+49 (123) 45", "phone"},
		{"nobody", "eve", ""},
		{"nobody's address", "eve@münchen.de", ""},
		{"nothing", "", ""},
		{"what is no text", "\xff\x00", ""},
		{"a megabyte", strings.Repeat("ä", 1<<19), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, _, err := kit.Handler.Service.FindIdentity(t.Context(), c.typed)
			require.NoError(t, err)
			assert.Equal(t, c.id, id)
		})
	}
	t.Run("how often the store is asked does not tell who exists", func(t *testing.T) {
		asked := func(typed string) int {
			before := owners.asked
			_, _, err := kit.Handler.Service.FindIdentity(t.Context(), typed)
			require.NoError(t, err)
			return owners.asked - before
		}
		assert.Equal(t, 2, asked("bob@münchen.de"))
		assert.Equal(t, 2, asked("old@münchen.de"))
		assert.Equal(t, 2, asked("eve@münchen.de"))
		assert.Equal(t, 1, asked("ada"))
		assert.Equal(t, 1, asked("eve"))
	})
	t.Run("a name is one, however it is typed, and whoever has it", func(t *testing.T) {
		for want, ways := range map[string][]string{
			"ada": {"ada", " ADA\t", "a\u200bda"}, "renée": {"renée", "RENE\u0301E"}, "bob@xn--mnchen-3ya.de": {"bob@münchen.de", "Bob@XN--MNCHEN-3YA.de"},
			"eve@xn--mnchen-3ya.de": {"eve@münchen.de", "eve@xn--mnchen-3ya.de"}, "+4912345": {"+49 (123) 45", "+4912345"}, "": {"", " "},
		} {
			for _, typed := range ways {
				_, name, err := kit.Handler.Service.FindIdentity(t.Context(), typed)
				require.NoError(t, err)
				assert.Equal(t, want, name, "%q", typed)
			}
		}
	})
	t.Run("a store that fails is no nobody", func(t *testing.T) {
		owners.fail = errors.New("down")
		_, _, err := kit.Handler.Service.FindIdentity(t.Context(), "ada")
		assert.ErrorIs(t, err, owners.fail)
	})
}

// A host that makes accounts gives them the keys that settings would.
func TestKeysOfANewAccount(t *testing.T) {
	kit, _ := newKit(t, members, `{}`, taking(someText))
	all, err := kit.Handler.Service.IdentityKeys(identity.Identity{Record: identity.Record{Traits: json.RawMessage(`{"email":" Ada@MÜNCHEN.de","username":"rene\u0301","nickname":"x"}`)}})
	require.NoError(t, err)
	assert.Equal(t, keys("ada@xn--mnchen-3ya.de", "ada@münchen.de", "rené", "rene\u0301"), all)
	_, err = kit.Handler.Service.IdentityKeys(identity.Identity{Record: identity.Record{SchemaID: "none"}})
	assert.Error(t, err)

	plain := settingstest.New(t, taking(someText)) // without a method that knows names
	ada := plain.AddIdentity("ada@xn--mnchen-3ya.de", "")
	for typed, want := range map[string]string{" Ada@MÜNCHEN.de": ada, "eve": "", "": ""} {
		found, _, err := plain.Handler.Service.FindIdentity(t.Context(), typed)
		require.NoError(t, err)
		assert.Equal(t, want, found, typed)
	}
	_, err = plain.Handler.Service.IdentityKeys(identity.Identity{})
	assert.Error(t, err)
}

// Where letters beyond ASCII are taken, a browser must let them through.
func TestTheInputOfAnAddress(t *testing.T) {
	for kind, text := range map[string]method.Text{"email": {}, "text": someText} {
		in := inputs(t, members, method.View{Text: text})[0]
		assert.Equal(t, kind, string(in.Type))
		assert.Equal(t, kind == "text", in.InputMode == "email")
		assert.Equal(t, "email", in.Autocomplete)
	}
}
