package settings_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

// rotated is Ada's client at an instance that shows something, and another instance
// that has other keys.
type rotated struct {
	*settingstest.Kit
	ada    string
	kind   respond.Client
	client *settingstest.Client
	there  *settingstest.Kit
	abroad *abroad
}

// node is a node of a form.
func (r *rotated) node(f *settingstest.Flow, name string) settingstest.Node {
	r.T.Helper()
	for _, n := range f.UI.Nodes {
		if n.Name() == name {
			return n
		}
	}
	require.Fail(r.T, "no node", name)
	return settingstest.Node{}
}

// shown is the text of a node that shows one.
func (r *rotated) shown(f *settingstest.Flow, name string) string {
	r.T.Helper()
	return r.node(f, name).Attributes["text"].(map[string]any)["text"].(string)
}

// form is the form that an answer leads to.
func (r *rotated) form(a *settingstest.Answer) *settingstest.Flow {
	r.T.Helper()
	if r.kind == respond.Page {
		a = a.Follow()
	}
	require.NotNil(r.T, a.Flow, "%v", a)
	return a.Flow
}

// toTheOther sends the client's next requests to the other instance.
func (r *rotated) toTheOther() { r.client = r.client.At(r.there) }

// pendingThings is everything that is shown by one instance and may come back to
// another. Authenticator apps, security keys and passkeys have tests of their own.
var pendingThings = []struct {
	name string
	not  []respond.Client // who has no such thing
	test func(t *testing.T, r *rotated)
}{
	{"the form's token", []respond.Client{respond.API}, func(t *testing.T, r *rotated) {
		f := r.client.Start()
		r.toTheOther()
		r.client.Header.Set("Sec-Fetch-Site", "none") // so that the token decides
		r.client.Header["Origin"] = nil
		wantSaved(t, r.client, r.client.Submit(f, toNewPassword))
	}},
	{"a change that waits for a sign-in", []respond.Client{respond.API}, func(t *testing.T, r *rotated) {
		r.Clock.Advance(16 * time.Minute)
		f := r.client.Start()
		r.client.Submit(f, toNewPassword)
		r.Clock.Advance(time.Second)
		r.client.SignInAgain()
		r.toTheOther()
		wantTakenUp(t, r.client, r.client.Get("/self-service/settings?flow="+f.ID))
	}},
	{"a browser that was sent elsewhere", []respond.Client{respond.API}, func(t *testing.T, r *rotated) {
		j := &journey{Kit: r.Kit, method: r.abroad, ada: r.ada, client: r.client, flow: r.client.Start()}
		j.state = j.away(t)
		r.toTheOther()
		a := j.comeBack(r.client, "code=c0de&state="+j.state)
		require.Equal(t, []string{"1050001"}, a.Follow().Flow.Messages())
		require.Equal(t, 1, j.linked())
	}},
	{"the challenge of a login", []respond.Client{respond.Page, respond.Script}, func(t *testing.T, r *rotated) {
		r.Edit(r.ada, func(i *identity.Identity) {
			i.Keys = append(i.Keys, identity.Key{Kind: identity.WebAuthn, Value: "ada's key"})
		})
		c, err := r.Handler.Service.Challenge(t.Context(), aal.Passkey, r.ada)
		require.NoError(t, err)
		_, err = r.there.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Passkey, IdentityID: r.ada, Challenge: c.ID, Value: "ada's key"})
		require.NoError(t, err)
	}},
	{"recovery codes that are shown", nil, func(t *testing.T, r *rotated) {
		f := r.client.Start()
		shown := r.form(r.client.Submit(f, settingstest.Fields{"lookup_secret_regenerate": "true"}))
		codes := r.shown(shown, "lookup_secret_codes")
		r.toTheOther()
		require.Equal(t, codes, r.shown(r.client.Read(f.ID).Flow, "lookup_secret_codes"), "the same on a reload")
		wantSaved(t, r.client, r.client.Submit(f, settingstest.Fields{"lookup_secret_confirm": "true"}))
		first, _, _ := strings.Cut(codes, ", ")
		_, err := r.there.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Lookup, IdentityID: r.ada, Value: first})
		require.NoError(t, err)
	}},
	{"what a form of the profile was rendered from", nil, func(t *testing.T, r *rotated) {
		f := r.client.Start()
		elsewhere := r.SignIn(r.ada, respond.API)
		wantSaved(t, elsewhere, elsewhere.Submit(elsewhere.Start(), settingstest.Fields{
			"method": "profile", "traits": map[string]any{"email": "ada@example.com", "city": "Paris"},
		}))
		r.toTheOther()
		wantSaved(t, r.client, r.client.Submit(f, settingstest.Fields{
			"method": "profile", "traits": map[string]any{"email": "ada@example.com", "name": "Ada", "city": "London"}, // the city is what it showed
		}))
		require.JSONEq(t, `{"email":"ada@example.com","name":"Ada","city":"Paris"}`, string(r.Identity(r.ada).Traits), "what was left alone keeps the newer value")
	}},
	{"an error that a page is led to", []respond.Client{respond.API, respond.Script}, func(t *testing.T, r *rotated) {
		a := r.client.Submit(r.client.Start(), settingstest.Fields{"method": "webauthn"})
		u, err := url.Parse(a.Location)
		require.NoError(t, err)
		read := r.there.Anonymous(respond.Script).Get("/self-service/errors?" + u.RawQuery)
		require.Equal(t, 200, read.Status, "%v", read)
		require.Equal(t, "self_service_flow_disabled", read.Error.ID)
	}},
	{"the token that took a superseded one's place", nil, func(t *testing.T, r *rotated) {
		f := r.client.Start()
		lost := r.client.Copy()
		token := wantSaved(t, lost, lost.Submit(f, toNewPassword))
		r.toTheOther()
		require.Equal(t, token, wantSaved(t, r.client, r.client.Submit(f, toNewPassword)))
	}},
	{"a session", nil, func(t *testing.T, r *rotated) {
		wantSaved(t, r.client, r.client.Submit(r.client.Start(), toNewPassword))
		r.toTheOther()
		require.Equal(t, 200, r.client.Whoami().Status)
	}},
}

// While the key of a fleet is replaced, nothing that is pending breaks: whichever
// instance has shown it, whichever takes it, and however often they take turns.
func TestNothingPendingBreaksWhileAKeyIsReplaced(t *testing.T) {
	traits := profile.Fields(
		profile.Field{Name: "email", Type: profile.Email, Required: true, Identifier: true},
		profile.Field{Name: "name"}, profile.Field{Name: "city"},
	)
	for _, thing := range pendingThings {
		for _, step := range settingstest.Rotations() {
			t.Run(thing.name+"/"+step.Name, func(t *testing.T) {
				forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
					for _, none := range thing.not {
						if none == kind {
							t.Skip("no such client has that")
						}
					}
					r := &rotated{kind: kind, abroad: &abroad{}}
					r.Kit = settingstest.New(t, mode, withKeys(step.Shows...), offering(
						profile.New(profile.Config{Schemas: map[string]profile.Schema{"": traits}}),
						lookup.New(lookup.Config{Alone: true}), &signing{}, r.abroad,
					))
					r.there = r.Kit.Beside(withKeys(step.Takes...))
					r.ada = r.AddIdentity("ada@example.com", oldPassword)
					r.Edit(r.ada, func(i *identity.Identity) { i.Traits = []byte(`{"email":"ada@example.com","city":"London"}`) })
					r.client = r.SignIn(r.ada, kind)
					thing.test(t, r)
				})
			})
		}
	}
}
