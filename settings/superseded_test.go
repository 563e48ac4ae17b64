package settings_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestASupersededTokenOpensNothingElse(t *testing.T) {
	type fixture struct {
		*settingstest.Client
		f, other *settingstest.Flow
	}
	const submitPath = "/self-service/settings?flow="
	rows := []struct {
		name string
		do   func(s fixture) *settingstest.Answer
		json bool // even a page is answered in JSON
	}{
		{"whoami", func(s fixture) *settingstest.Answer { return s.Whoami() }, true},
		{"the list of sessions", func(s fixture) *settingstest.Answer { return s.Get("/sessions") }, true},
		{"ending the other sessions", func(s fixture) *settingstest.Answer { return s.Do("DELETE", "/sessions", "", "") }, true},
		{"ending one session", func(s fixture) *settingstest.Answer { return s.Do("DELETE", "/sessions/"+s.f.ID, "", "") }, true},
		{"reading the flow", func(s fixture) *settingstest.Answer { return s.Read(s.f.ID) }, true},
		{"reading another flow", func(s fixture) *settingstest.Answer { return s.Read(s.other.ID) }, true},
		{"starting a flow", func(s fixture) *settingstest.Answer {
			return s.Get("/self-service/settings/" + map[bool]string{true: "api", false: "browser"}[s.Kind == respond.API])
		}, false},
		{"resuming the flow", func(s fixture) *settingstest.Answer { return s.Get(submitPath + s.f.ID) }, false},
		{"the same submit to another flow", func(s fixture) *settingstest.Answer { return s.Submit(s.other, toNewPassword) }, false},
		{"another password", func(s fixture) *settingstest.Answer {
			return s.Submit(s.f, settingstest.Fields{"method": "password", "password": "a password of the thief"})
		}, false},
		{"the old password", func(s fixture) *settingstest.Answer {
			return s.Submit(s.f, settingstest.Fields{"method": "password", "password": oldPassword})
		}, false},
		{"a password that the policy refuses", func(s fixture) *settingstest.Answer {
			return s.Submit(s.f, settingstest.Fields{"method": "password", "password": "short"})
		}, false},
		{"no password", func(s fixture) *settingstest.Answer {
			return s.Submit(s.f, settingstest.Fields{"method": "password"})
		}, false},
		{"another method", func(s fixture) *settingstest.Answer {
			return s.Submit(s.f, settingstest.Fields{"method": "test"})
		}, false},
		{"another method that has nothing to do", func(s fixture) *settingstest.Answer {
			return s.Submit(s.f, settingstest.Fields{"method": "idle"})
		}, false},
		{"a method that is not offered", func(s fixture) *settingstest.Answer {
			return s.Submit(s.f, settingstest.Fields{"method": "totp"})
		}, false},
		{"no method", func(s fixture) *settingstest.Answer {
			return s.Submit(s.f, settingstest.Fields{"password": newPassword})
		}, false},
		{"a body that is no JSON", func(s fixture) *settingstest.Answer {
			return s.Post(submitPath+s.f.ID, "application/json", `{"method":"password",`)
		}, false},
		{"a body of another media type", func(s fixture) *settingstest.Answer {
			return s.Post(submitPath+s.f.ID, "text/plain", "method=password")
		}, false},
		{"a body that is too large", func(s fixture) *settingstest.Answer {
			return s.Post(submitPath+s.f.ID, "application/json", `{"method":"`+strings.Repeat("x", 70_000)+`"}`)
		}, false},
		{"a forged request", func(s fixture) *settingstest.Answer {
			s.Header = http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}
			return s.Submit(s.f, toNewPassword)
		}, false},
	}
	idle := fakeMethod{name: "idle", do: func(context.Context, method.View) (method.Result, error) { return method.Unchanged{}, nil }}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				kit, stores := watchedKit(t, mode, offering(fakeMethod{edit: settingTraits(`{"email":"thief@example.com"}`)}, idle))
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				c := kit.SignIn(ada, kind)
				s := fixture{c.Copy(), c.Start(), c.Start()}
				token := wantSaved(t, c, c.Submit(s.f, toNewPassword))
				before := snapshot(t, kit, ada)
				stores.forget()

				a := row.do(s)
				if row.json {
					wantNoSession(t, a)
				} else {
					wantRefused(t, s.Client, a, http.StatusUnauthorized, "session_inactive")
				}
				assert.Nil(t, a.Flow)
				if guesses := kind == respond.API && (row.name == "another password" || row.name == "the old password"); guesses {
					assert.Equal(t, []string{"CreateFlow"}, stores.written(), "a try is counted")
				} else {
					assert.Empty(t, stores.written(), "nothing is written, not even a message")
				}
				assert.Equal(t, before, snapshot(t, kit, ada))

				s.Header = http.Header{}
				assert.Equal(t, token, wantSaved(t, s.Client, s.Submit(s.f, toNewPassword)), "it was the superseded token, and still opens the retry")
			})
		}
	})
}

func TestASupersededTokenIsWorthARetryForTwoMinutes(t *testing.T) {
	rows := []struct {
		name  string
		after time.Duration
		ok    bool
	}{
		{"at once", 0, true},
		{"a nanosecond before two minutes", 2*time.Minute - time.Nanosecond, true},
		{"at exactly two minutes", 2 * time.Minute, false},
		{"later", time.Hour - time.Minute, false},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				kit := settingstest.New(t, mode)
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				c := kit.SignIn(ada, kind)
				f := c.Start()
				lost := c.Copy()
				token := wantSaved(t, lost, lost.Submit(f, toNewPassword))
				before := snapshot(t, kit, ada)

				kit.Clock.Advance(row.after)
				a := c.Submit(f, toNewPassword)
				if row.ok {
					assert.Equal(t, token, wantSaved(t, c, a))
				} else {
					wantRefused(t, c, a, http.StatusUnauthorized, "session_inactive")
				}
				assert.Equal(t, before, snapshot(t, kit, ada))
			})
		}
	})
}

func TestWhatEndsASessionEndsItsRetryToo(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for name, end := range map[string]func(kit *settingstest.Kit, id, token string) error{
			"the account is blocked": func(kit *settingstest.Kit, id, _ string) error {
				return kit.Store.SetActive(kit.T.Context(), id, false)
			},
			"all sessions are ended": func(kit *settingstest.Kit, id, _ string) error {
				return kit.Handler.Sessions.RevokeAll(kit.T.Context(), id)
			},
			"the session ends": func(kit *settingstest.Kit, _, token string) error {
				return kit.Handler.Sessions.EndToken(kit.T.Context(), token)
			},
			"its user signs in again": func(kit *settingstest.Kit, _, token string) error {
				_, fresh, err := kit.Handler.Sessions.RenewToken(kit.T.Context(), token, aal.Password)
				kit.Secret("session token", fresh)
				return err
			},
		} {
			t.Run(name, func(t *testing.T) {
				kit := settingstest.New(t, mode)
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				c := kit.SignIn(ada, kind)
				f := c.Start()
				lost := c.Copy()
				wantSaved(t, lost, lost.Submit(f, toNewPassword))
				require.NoError(t, end(kit, ada, heldToken(t, lost)))

				wantRefused(t, c, c.Submit(f, toNewPassword), http.StatusUnauthorized, "session_inactive")
				wantRefused(t, lost, lost.Submit(f, toNewPassword), http.StatusUnauthorized, "session_inactive")
			})
		}
	})
}

// The new token is worth the session. Who holds the superseded one gets it only by what
// a thief of that token lacks: the form that was sent, or a secret of the change.
func TestASupersededTokenDoesNotBuyTheNewOne(t *testing.T) {
	removal := fakeMethod{name: "removal", do: func(_ context.Context, v method.View) (method.Result, error) {
		if !v.Identity.Has(aal.OIDC) {
			return method.Unchanged{}, nil
		}
		return method.Change{Event: "test.removed", Edit: func(i *identity.Identity) error {
			i.State.Factors[aal.OIDC] = identity.Factor{Serial: 2}
			return nil
		}}, nil
	}}
	withoutToken := func(f *settingstest.Flow) *settingstest.Flow { return &settingstest.Flow{ID: f.ID} }
	for _, c := range []struct {
		name   string
		kind   respond.Client
		fields settingstest.Fields
		form   func(sent, own *settingstest.Flow) *settingstest.Flow // of the repeated submit
		same   bool
	}{
		{"the removal again, by the form that was sent", respond.Page, settingstest.Fields{"method": "removal"}, func(sent, _ *settingstest.Flow) *settingstest.Flow { return sent }, true},
		{"the removal again, by a script that sends that form", respond.Script, settingstest.Fields{"method": "removal"}, func(sent, _ *settingstest.Flow) *settingstest.Flow { return sent }, true},
		{"the removal, by a form that the thief has rendered", respond.Page, settingstest.Fields{"method": "removal"}, func(_, own *settingstest.Flow) *settingstest.Flow { return own }, false},
		{"the removal, by a script with a form of the thief's", respond.Script, settingstest.Fields{"method": "removal"}, func(_, own *settingstest.Flow) *settingstest.Flow { return own }, false},
		{"the removal, by JSON without a token", respond.Script, settingstest.Fields{"method": "removal"}, func(sent, _ *settingstest.Flow) *settingstest.Flow { return withoutToken(sent) }, false},
		{"the removal, by an API client", respond.API, settingstest.Fields{"method": "removal"}, func(sent, _ *settingstest.Flow) *settingstest.Flow { return sent }, false},
		{"the password again, by the form that was sent", respond.Page, toNewPassword, func(sent, _ *settingstest.Flow) *settingstest.Flow { return sent }, true},
		{"the password again, by JSON without a token", respond.Script, toNewPassword, func(sent, _ *settingstest.Flow) *settingstest.Flow { return withoutToken(sent) }, true},
		{"the password again, by an API client", respond.API, toNewPassword, func(sent, _ *settingstest.Flow) *settingstest.Flow { return sent }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
				kit := settingstest.New(t, mode, offering(removal))
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				kit.AddFactor(ada, aal.OIDC)
				owner := kit.SignIn(ada, c.kind)
				sent := owner.Start()
				holder := owner.Copy()
				own := holder.Read(sent.ID).Flow // while the token was still good
				token := wantSaved(t, owner, owner.Submit(sent, c.fields))
				a := holder.Submit(c.form(sent, own), c.fields)
				if c.same {
					assert.Equal(t, token, wantSaved(t, holder, a))
				} else {
					wantRefused(t, holder, a, http.StatusUnauthorized, "session_inactive")
				}
				assert.Equal(t, 200, owner.Whoami().Status, "its owner stays signed in")
			})
		})
	}
}

// A guess at the secret of the change is a try.
func TestGuessesAtAChangeAreCounted(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	owner := kit.SignIn(ada, respond.API)
	f := owner.Start()
	thief := owner.Copy()
	wantSaved(t, owner, owner.Submit(f, toNewPassword))
	for range 32 {
		wantRefused(t, thief, thief.Submit(f, settingstest.Fields{"method": "password", "password": "a password that is a guess"}), 401, "session_inactive")
	}
	wantRefused(t, thief, thief.Submit(f, toNewPassword), 429, "too_many_tries")
	_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: ada, Value: newPassword})
	assert.NoError(t, err, "and they lock no login")
}
