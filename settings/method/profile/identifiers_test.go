package profile_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

// contacts has each kind of field that needs a recent sign-in, and one that
// does not.
var contacts = profile.Fields(
	profile.Field{Name: "username", Identifier: true},
	profile.Field{Name: "phone", Type: profile.Tel, Verify: profile.BySMS},
	profile.Field{Name: "spare", Type: profile.Email, Recover: profile.ByEmail},
	profile.Field{Name: "iban", Protected: true},
	profile.Field{Name: "nickname"},
)

func stale(kit *settingstest.Kit) { kit.Clock.Advance(15*time.Minute + 1) }

func TestWhatNeedsARecentSignIn(t *testing.T) {
	const stored = `{"username":"ada","phone":"+44111111","spare":"a@example.com","iban":"GB00","nickname":"x"}`
	for _, c := range []struct {
		name, traits string
		refused      bool
	}{
		{"an identifier", `{"username":"eve","phone":"+44111111","spare":"a@example.com","iban":"GB00","nickname":"x"}`, true},
		{"an identifier, in its case", `{"username":"Ada","phone":"+44111111","spare":"a@example.com","iban":"GB00","nickname":"x"}`, true},
		{"an address to verify", `{"username":"ada","phone":"+44222222","spare":"a@example.com","iban":"GB00","nickname":"x"}`, true},
		{"an address to verify, emptied", `{"username":"ada","spare":"a@example.com","iban":"GB00","nickname":"x"}`, true},
		{"an address to recover by", `{"username":"ada","phone":"+44111111","spare":"eve@example.com","iban":"GB00","nickname":"x"}`, true},
		{"a protected field", `{"username":"ada","phone":"+44111111","spare":"a@example.com","iban":"GB01","nickname":"x"}`, true},
		{"any of them beside others", `{"username":"ada","phone":"+44111111","spare":"a@example.com","iban":"GB01","nickname":"y"}`, true},
		{"another field", `{"username":"ada","phone":"+44111111","spare":"a@example.com","iban":"GB00","nickname":"y"}`, false},
		{"nothing", stored, false},
	} {
		for _, kind := range everyClient {
			t.Run(c.name+"/"+kind.String(), func(t *testing.T) {
				kit, id := newKit(t, contacts, stored)
				kit.Edit(id, func(i *identity.Identity) { i.Keys = []identity.Key{{Kind: identity.Identifier, Value: "ada"}} })
				client := kit.SignIn(id, kind)
				f := client.Start()
				stale(kit)
				before := kit.Snapshot(id)
				a := client.Submit(f, submission(t, json.RawMessage(c.traits)))
				if !c.refused {
					assert.Equal(t, "success", followed(t, client, a).State)
					return
				}
				assert.Equal(t, before, kit.Snapshot(id))
				if kind == respond.Page {
					assert.Contains(t, a.Location, "refresh=true")
				} else {
					require.NotNil(t, a.Error, "%v", a)
					assert.Equal(t, "session_refresh_required", a.Error.ID)
				}
			})
		}
	}
}

// What was sent before a login is done after it.
func TestAChangeThatWaitsForALogin(t *testing.T) {
	kit, id := newKit(t, customers, ada)
	c := kit.SignIn(id, respond.Page)
	f := c.Start()
	stale(kit)
	a := c.Submit(f, submission(t, json.RawMessage(`{"email":"lovelace@example.com","name":{"first":"Ada"}}`)))
	require.Contains(t, a.Location, "refresh=true")
	sessions, err := kit.Store.ListSessions(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, sessions, 1)
	kit.Clock.Advance(time.Minute)
	s := sessions[0]
	s.AuthenticatedAt = kit.Clock.Now()
	require.NoError(t, kit.Store.UpdateSession(t.Context(), s))
	a = c.Get("/self-service/settings?flow=" + f.ID)
	assert.Equal(t, "success", a.Follow().Flow.State)
	assert.Equal(t, []string{"lovelace@example.com"}, kit.Identity(id).Identifiers())
}

func TestKeysFollowTheIdentifiers(t *testing.T) {
	key := func(values ...string) (keys []identity.Key) {
		for _, v := range values {
			kind := identity.Identifier
			if rest, linked := strings.CutPrefix(v, "oidc:"); linked {
				kind, v = identity.OIDC, rest
			}
			keys = append(keys, identity.Key{Kind: kind, Value: v})
		}
		return keys
	}
	login := profile.Fields(
		profile.Field{Name: "email", Type: profile.Email, Identifier: true},
		profile.Field{Name: "phone", Type: profile.Tel, Identifier: true},
		profile.Field{Name: "aliases", Type: profile.Other, Identifier: true},
		profile.Field{Name: "nickname"},
	)
	for _, c := range []struct {
		name, stored, submitted string
		keys, want              []identity.Key
	}{
		{"another address", `{"email":"a@example.com"}`, `{"email":"b@example.com"}`, key("a@example.com"), key("b@example.com")},
		{"normalised", `{"email":"a@example.com"}`, `{"email":"B@Example.com"}`, key("a@example.com"), key("b@example.com")},
		{"stored in another case", `{"email":"A@Example.com"}`, `{"email":"b@example.com"}`, key("A@example.COM"), key("b@example.com")},
		{"only its case", `{"email":"a@example.com"}`, `{"email":"A@example.com"}`, key("a@example.com"), key("a@example.com")},
		{"other keys stay, and their order", `{"email":"a@example.com"}`, `{"email":"b@example.com"}`, key("oidc:a@example.com", "a@example.com", "ada"), key("oidc:a@example.com", "ada", "b@example.com")},
		{"one more", `{"email":"a@example.com"}`, `{"email":"a@example.com","phone":"+44 (0) 111-111"}`, key("a@example.com"), key("a@example.com", "+440111111")},
		{"a phone that is only written otherwise", `{"phone":"+44111111"}`, `{"phone":"+44 111.111"}`, key("+44111111"), key("+44111111")},
		{"one of two goes", `{"email":"a@example.com","phone":"+44111111"}`, `{"email":"a@example.com"}`, key("a@example.com", "+44111111"), key("a@example.com")},
		{"a list", `{"aliases":["ada","countess"]}`, `{"aliases":["Ada","enchantress"]}`, key("ada", "countess"), key("ada", "enchantress")},
		{"two fields that say the same", `{"email":"a@example.com","aliases":["a@example.com"]}`, `{"aliases":["a@example.com"]}`, key("a@example.com"), key("a@example.com")},
		{"one that its host gave it already", `{}`, `{"email":"a@example.com"}`, key("A@example.com"), key("A@example.com")},
		{"another field: keys that do not follow are let be", `{"email":"a@example.com","nickname":"x"}`, `{"email":"a@example.com","nickname":"y"}`, key("old@example.com"), key("old@example.com")},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := withTraits(c.stored)
			i.Keys = c.keys
			plan, err := newMethod(login).Plan(method.View{Identity: i}, jsonBody(t, c.submitted))
			require.NoError(t, err)
			require.Empty(t, plan.Errors)
			result, err := plan.Do(t.Context())
			require.NoError(t, err)
			require.NoError(t, result.(method.Change).Edit(&i))
			assert.Equal(t, c.want, i.Keys)
		})
	}
}

func TestAHostsOwnWayToCompareIdentifiers(t *testing.T) {
	m := profile.New(profile.Config{
		Schemas:   map[string]profile.Schema{"": contacts},
		Normalize: func(_ profile.Type, v string) string { return strings.ReplaceAll(strings.ToLower(v), ".", "") },
	})
	i := withTraits(`{"username":"a.da"}`)
	i.Keys = []identity.Key{{Kind: identity.Identifier, Value: "A.D.A"}}
	plan, err := m.Plan(method.View{Identity: i}, jsonBody(t, `{"username":"E.ve"}`))
	require.NoError(t, err)
	result, err := plan.Do(t.Context())
	require.NoError(t, err)
	require.NoError(t, result.(method.Change).Edit(&i))
	assert.Equal(t, []string{"eve"}, i.Identifiers())
}

// A password is worth nothing without a name to sign in with.
func TestTheLastIdentifierStays(t *testing.T) {
	for _, c := range []struct {
		name, hash string
		keys       []string
		want       []string
	}{
		{"of an account with a password", "$hash", []string{"ada"}, []string{"traits.username:4000001"}},
		{"of one with another name", "$hash", []string{"ada", "ada@example.com"}, nil},
		{"of one without a password", "", []string{"ada"}, nil},
		{"of one whose names the host keeps", "$hash", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := withTraits(`{"username":"ada"}`)
			i.PasswordHash = c.hash
			for _, k := range c.keys {
				i.Keys = append(i.Keys, identity.Key{Kind: identity.Identifier, Value: k})
			}
			plan, err := newMethod(contacts).Plan(method.View{Identity: i}, jsonBody(t, `{}`))
			require.NoError(t, err)
			require.Len(t, plan.Errors, len(c.want))
			for n, m := range plan.Errors {
				assert.Equal(t, c.want[n], m.Node+":4000001")
				assert.EqualValues(t, 4000001, m.ID)
				assert.False(t, plan.Needs.Privileged, "nobody is sent to a login for that")
			}
		})
	}
}

// addressesIn is what whoami says of the addresses of who is signed in.
func addressesIn(t *testing.T, c *settingstest.Client) (verified map[string]bool, recovery []string) {
	t.Helper()
	var session struct {
		Identity struct {
			Verifiable []struct {
				Value    string
				Verified bool
			} `json:"verifiable_addresses"`
			Recovery []struct{ Value string } `json:"recovery_addresses"`
		}
	}
	a := c.Whoami()
	require.NoError(t, json.Unmarshal(a.Body, &session), "%v", a)
	verified = map[string]bool{}
	for _, v := range session.Identity.Verifiable {
		verified[v.Value] = v.Verified
	}
	for _, r := range session.Identity.Recovery {
		recovery = append(recovery, r.Value)
	}
	return verified, recovery
}

func TestAnAddressThatChangesIsNotVerified(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			kit, id := newKit(t, customers, ada)
			c := kit.SignIn(id, kind)
			submit := func(traits map[string]any) {
				t.Helper()
				require.Equal(t, "success", followed(t, c, c.Submit(c.Start(), settingstest.Fields{"method": "profile", "traits": traits})).State)
			}
			verified, recovery := addressesIn(t, c)
			assert.Equal(t, map[string]bool{"ada@example.com": false}, verified)
			assert.Equal(t, []string{"ada@example.com"}, recovery)

			require.NoError(t, kit.Handler.Service.MarkVerified(t.Context(), id, "email", "ada@example.com"))
			require.ErrorIs(t, kit.Handler.Service.MarkVerified(t.Context(), id, "email", "eve@example.com"), identity.ErrNotFound)
			submit(traitsOf("ada@example.com", "Augusta", ""))
			verified, _ = addressesIn(t, c)
			assert.Equal(t, map[string]bool{"ada@example.com": true}, verified, "another field changes nothing of it")

			submit(traitsOf("lovelace@example.com", "Augusta", ""))
			verified, recovery = addressesIn(t, c)
			assert.Equal(t, map[string]bool{"lovelace@example.com": false}, verified)
			assert.Equal(t, []string{"lovelace@example.com"}, recovery)

			submit(traitsOf("ada@example.com", "Augusta", ""))
			verified, _ = addressesIn(t, c)
			assert.Equal(t, map[string]bool{"ada@example.com": false}, verified, "one that comes back is verified anew")
		})
	}
}

func TestAddresses(t *testing.T) {
	s := profile.Fields(
		profile.Field{Name: "email", Type: profile.Email, Verify: profile.ByEmail, Recover: profile.ByEmail},
		profile.Field{Name: "spare", Type: profile.Email, Recover: profile.ByEmail},
		profile.Field{Name: "phone", Type: profile.Tel, Verify: profile.BySMS},
		profile.Field{Name: "hidden", Type: profile.Email, Verify: profile.ByEmail, Access: profile.Hide},
		profile.Field{Name: "website"},
	)
	m := newMethod(s).(method.Addressed)
	assert.Equal(t, []identity.Address{
		{Via: "email", Value: "a@example.com", Verifiable: true, Recovery: true},
		{Via: "sms", Value: "+44111111", Verifiable: true},
		{Via: "email", Value: "h@example.com", Verifiable: true},
	}, m.Addresses(withTraits(`{"phone":"+44111111","spare":"a@example.com","email":"a@example.com","hidden":"h@example.com","website":"x"}`)))
	assert.Empty(t, m.Addresses(withTraits(`{"email":""}`)))
	assert.Empty(t, m.Addresses(withTraits(`[]`)))
	other := withTraits(`{"email":"a@example.com"}`)
	other.SchemaID = "employee"
	assert.Empty(t, m.Addresses(other), "nobody knows what an address is in an unknown schema")
}
