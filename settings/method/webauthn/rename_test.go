package webauthn_test

import (
	"context"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/settingstest"
)

func (v variant) rename() string  { return string(v.method) + "_rename" }
func (v variant) newName() string { return string(v.method) + "_rename_displayname" }

func (w *fixture) names(v variant) (all []string) {
	for _, c := range w.Identity(w.ada).State.Factors[v.method].Credentials {
		all = append(all, c.Name)
	}
	return all
}

// A name is the owner's, and proves nothing: no session ends, no token turns, no option
// that stands in another form is spoilt.
func TestACredentialIsRenamed(t *testing.T) {
	forEach(t, func(t *testing.T, v variant, kind respond.Client, mode func(*settings.Config)) {
		var told []string
		w := newFixture(t, mode, func(c *settings.Config) {
			c.After = append(c.After, func(_ context.Context, e settings.Event) error { told = append(told, e.Name); return nil })
		})
		first, second := w.enrol(w.ada, v), w.enrol(w.ada, v)
		id := hex.EncodeToString(second.cred.ID)
		other := w.SignIn(w.ada, respond.Script, aal.Password, v.method)
		c := w.SignIn(w.ada, kind, aal.Password, v.method)
		f := c.Start()
		was := w.Identity(w.ada)
		told = nil
		f = saved(t, kind, c.Submit(f, settingstest.Fields{v.rename(): id, v.newName(): "  Ada’s laptop 💻 "}))
		assert.Equal(t, []string{"", "Ada’s laptop 💻"}, w.names(v))
		assert.Equal(t, []string{string(v.method) + ".renamed"}, told)
		now := w.Identity(w.ada)
		assert.Equal(t, was.State.Generation, now.State.Generation, "no session ends")
		assert.Equal(t, was.State.Factors[v.method].Serial, now.State.Factors[v.method].Serial)
		assert.Equal(t, was.State.LastChange, now.State.LastChange)
		assert.Equal(t, 200, other.Read(other.Start().ID).Status)
		assert.Equal(t, "Ada’s laptop 💻", nodes(f, v.remove)[1].Meta.Label.Context["own_name"])
		assert.Equal(t, "Ada’s laptop 💻", nodes(f, v.rename())[1].Meta.Label.Context["display_name"])
		assert.Empty(t, node(f, v.newName()).Attributes["value"], "the field is empty for the next one")

		before := now.Version
		saved(t, kind, c.Submit(f, settingstest.Fields{v.rename(): id, v.newName(): "Ada’s laptop 💻"}))
		assert.Equal(t, before, w.Identity(w.ada).Version, "it is called so already")

		saved(t, kind, c.Submit(c.Start(), settingstest.Fields{v.rename(): id, v.newName(): " "}))
		assert.Equal(t, []string{"", ""}, w.names(v), "an empty name is none of its own")

		p, options := w.ask(v, false)
		p.Value = first.get(options)
		_, err := w.Handler.Service.Verify(t.Context(), p)
		assert.NoError(t, err)
	})
}

func TestNamesThatAreRefused(t *testing.T) {
	const of = "the account’s other method"
	for _, kind := range everyClient {
		for name, row := range map[string]struct {
			id     string
			to     any
			also   settingstest.Fields
			onName string // the message on the field, "" for one on the form
		}{
			"one that is too long":                {to: strings.Repeat("ü", 65), onName: "4000017"},
			"a line break":                        {to: "Laptop\r\nfrom your bank", onName: "7000063"},
			"a terminal's escape":                 {to: "blue\x1b[31mkey", onName: "7000063"},
			"letters that turn the others around": {to: "evil\u202eyek", onName: "7000063"},
			"nothing that is seen":                {to: "\u200b", onName: "7000063"},
			"a letter that nobody sees":           {to: "\u3164", onName: "7000063"},
			"a blank in a name":                   {to: "key\u2800of your bank", onName: "7000063"},
			"signs that stand on nothing":         {to: "\ufe0f\u0301", onName: "7000063"},
			"a number":                            {to: 7, onName: "4000026"},
			"a list":                              {to: []string{"a"}, onName: "4000026"},
			"a credential that there is not":      {id: "deadbeef", to: "Laptop"},
			"a key of the other method":           {id: of, to: "Laptop"},
			"true in the place of an id":          {id: "true", to: "Laptop"},
			"a removal at once":                   {to: "Laptop", also: settingstest.Fields{"remove": true}},
			"a sign-in to begin at once":          {to: "Laptop", also: settingstest.Fields{"begin": "true"}},
		} {
			if kind == respond.Page && row.onName == "4000026" {
				continue // a form has texts alone
			}
			for _, v := range variants {
				t.Run(kind.String()+" "+string(v.method)+" "+name, func(t *testing.T) {
					w := newFixture(t)
					id := hex.EncodeToString(w.enrol(w.ada, v).cred.ID)
					foreign := hex.EncodeToString(w.enrol(w.ada, v.other()).cred.ID)
					fields := settingstest.Fields{v.rename(): id, v.newName(): row.to}
					switch row.id {
					case "":
					case of:
						fields[v.rename()] = foreign
					default:
						fields[v.rename()] = row.id
					}
					if row.also["remove"] != nil {
						fields[v.remove] = id
					}
					if row.also["begin"] != nil {
						fields[string(v.method)+"_begin"] = "true"
					}
					c := w.SignIn(w.ada, kind, w.Identity(w.ada).Methods()...)
					f := c.Start()
					was := w.Snapshot(w.ada)
					want := "4000001"
					if row.onName != "" {
						want = v.newName() + ":" + row.onName
					}
					shownFlow := shown(t, kind, c.Submit(f, fields), 400)
					assert.Equal(t, []string{want}, shownFlow.Messages())
					assert.Equal(t, was, w.Snapshot(w.ada))
					if text, ok := row.to.(string); ok && row.onName != "" && kind != respond.Page {
						assert.Equal(t, text, node(shownFlow, v.newName()).Attributes["value"], "it is there to be mended")
						assert.Equal(t, true, node(shownFlow, v.rename()).Meta.Label.Context["asked"], "and for which it was meant")
					}
				})
			}
		}
	}
}

// The name that is given answers the one that was seen.
func TestTwoNamesAtOnce(t *testing.T) {
	store := &interrupted{}
	w := newFixture(t, func(c *settings.Config) { store.IdentityStore, c.Identities = c.Identities, store })
	id := hex.EncodeToString(w.enrol(w.ada, passkeys).cred.ID)
	rename := func(c *settingstest.Client, f *settingstest.Flow, to string) *settingstest.Answer {
		return c.Submit(f, settingstest.Fields{"passkey_rename": id, "passkey_rename_displayname": to})
	}
	c := w.SignIn(w.ada, respond.Script)
	f := c.Start()
	as := func(name string) {
		store.by = func() {
			w.Edit(w.ada, func(i *identity.Identity) { i.State.Factors["passkey"].Credentials[0].Name = name })
		}
	}
	as("by another tab")
	refused(t, c.Kind, rename(c, f, "Laptop"), "7000010")
	assert.Equal(t, []string{"by another tab"}, w.names(passkeys))
	as("Laptop")
	saved(t, c.Kind, rename(c, f, "Laptop"))
	store.by = func() { w.Edit(w.ada, func(i *identity.Identity) { delete(i.State.Factors, "passkey") }) }
	refused(t, c.Kind, rename(c, f, "Phone"), "7000010")
	require.Empty(t, w.names(passkeys))
}

// Who has a session, and not what a change of credentials takes, renames nothing.
func TestWhatARenameNeeds(t *testing.T) {
	for name, row := range map[string]struct {
		methods  []aal.Method
		after    time.Duration
		location string
		id       string
	}{
		"the password alone, of an account with a key": {methods: []aal.Method{aal.Password}, location: "aal=aal2", id: "session_aal2_required"},
		"a sign-in of too long ago":                    {methods: []aal.Method{aal.Password, aal.WebAuthn}, after: 16 * time.Minute, location: "refresh=true", id: "session_refresh_required"},
	} {
		for _, kind := range everyClient {
			t.Run(name+" "+kind.String(), func(t *testing.T) {
				w := newFixture(t)
				id := hex.EncodeToString(w.enrol(w.ada, keys).cred.ID)
				c := w.SignIn(w.ada, kind, aal.Password, aal.WebAuthn)
				f := c.Start()
				if len(row.methods) == 1 {
					c = w.SignIn(w.ada, kind, row.methods...)
				}
				w.Clock.Advance(row.after)
				a := c.Submit(f, settingstest.Fields{"webauthn_rename": id, "webauthn_rename_displayname": "Laptop"})
				if kind == respond.Page {
					assert.Contains(t, a.Location, row.location)
				} else {
					assert.Equal(t, 403, a.Status, "%v", a)
					assert.Contains(t, string(a.Body), row.id)
				}
				assert.Equal(t, []string{""}, w.names(keys))
			})
		}
	}
}

// Nor does who has the password alone, where a host lets them see their settings.
func TestARenameBelowTheRequiredLevel(t *testing.T) {
	w := newFixture(t, func(c *settings.Config) { c.AllowAAL1 = true })
	id := hex.EncodeToString(w.enrol(w.ada, keys).cred.ID)
	thief := w.SignIn(w.ada, respond.API, aal.Password)
	a := thief.Submit(thief.Start(), settingstest.Fields{"webauthn_rename": id, "webauthn_rename_displayname": "Laptop"})
	assert.Equal(t, "403 session_aal2_required", a.Brief())
	assert.Equal(t, []string{""}, w.names(keys))
}

// A name that was typed before the sign-in that it needs is not typed again.
func TestANameWaitsForASignIn(t *testing.T) {
	w := newFixture(t)
	id := hex.EncodeToString(w.enrol(w.ada, keys).cred.ID)
	c := w.SignIn(w.ada, respond.Page, aal.Password, aal.WebAuthn)
	f := c.Start()
	w.Clock.Advance(16 * time.Minute)
	a := c.Submit(f, settingstest.Fields{"webauthn_rename": id, "webauthn_rename_displayname": "Laptop"})
	login, err := url.Parse(a.Location)
	require.NoError(t, err)
	w.Clock.Advance(time.Second)
	c.SignInAgain(aal.Password, aal.WebAuthn)
	c.Get(strings.TrimPrefix(login.Query().Get("return_to"), settingstest.PublicURL))
	assert.Equal(t, []string{"Laptop"}, w.names(keys))
}

// Who reads the mail of somebody may set a password, and exchanges no names of keys.
func TestARecoveryRenamesNothing(t *testing.T) {
	for _, kind := range everyClient {
		for _, v := range variants {
			t.Run(kind.String()+" "+string(v.method), func(t *testing.T) {
				w := newFixture(t)
				id := hex.EncodeToString(w.enrol(w.ada, v).cred.ID)
				methods := []aal.Method{aal.LinkRecovery}
				if v.method == aal.WebAuthn {
					methods = append(methods, aal.WebAuthn)
				}
				c := w.SignIn(w.ada, kind, methods...)
				a := c.Submit(c.Start(), settingstest.Fields{v.rename(): id, v.newName(): "Laptop"})
				if kind == respond.Page {
					assert.Contains(t, a.Location, "refresh=true")
				} else {
					assert.Equal(t, "403 session_refresh_required", a.Brief())
				}
				assert.Equal(t, []string{""}, w.names(v))
			})
		}
	}
}
