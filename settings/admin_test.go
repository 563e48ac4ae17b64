package settings_test

import (
	"context"
	"errors"
	"net/http"
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

// administration is what an administrator does to ada's account.
type administration struct {
	name, event string
	do          func(ctx context.Context, s *settings.Service, id string) error
	asked       bool // Before hooks are
	removed     []aal.Method
}

var administrations = []administration{
	{"a password is set", "password.changed", func(ctx context.Context, s *settings.Service, id string) error {
		return s.SetPassword(ctx, id, newPassword)
	}, true, nil},
	{"an app is removed", "totp.removed", func(ctx context.Context, s *settings.Service, id string) error {
		return s.RemoveFactor(ctx, id, aal.TOTP, "")
	}, true, []aal.Method{aal.TOTP}},
	{"a phone is lost", "factors.removed", func(ctx context.Context, s *settings.Service, id string) error {
		return s.RemoveFactors(ctx, id, aal.TOTP, aal.WebAuthn, aal.Passkey)
	}, true, []aal.Method{aal.Passkey, aal.TOTP}},
	{"sessions are ended", "sessions.ended", func(ctx context.Context, s *settings.Service, id string) error {
		return s.EndSessions(ctx, id)
	}, false, nil},
}

func TestWhatAnAdministratorChangesIsOneWriteWithItsEvent(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, row := range administrations {
			t.Run(row.name, func(t *testing.T) {
				var events eventLog
				asked := 0
				kit, stores := watchedKit(t, mode, events.hook, beforeHooks(func(_ context.Context, e settings.Event) error {
					asked++
					assert.Equal(t, "help desk: 17", e.Actor)
					return nil
				}))
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				kit.AddFactor(ada, aal.TOTP)
				kit.AddFactor(ada, aal.Passkey)
				kit.Edit(ada, func(i *identity.Identity) { i.State.LastChange = identity.LastChange{ID: "earlier", Flow: "f"} })
				c := kit.SignIn(ada, kind, aal.Password, aal.TOTP)
				f := c.Start()
				was := kit.Identity(ada)
				kit.Secret("password", newPassword)
				stores.forget()
				ctx := settings.WithActor(t.Context(), "help desk: 17")
				require.NoError(t, row.do(ctx, kit.Handler.Service, ada))

				writes := 0
				for _, op := range stores.written() {
					if op == "UpdateIdentity" {
						writes++
					}
				}
				assert.Equal(t, 2, writes, "the change, and its event that is struck")
				assert.Equal(t, map[bool]int{true: 1}[row.asked], asked)
				is := kit.Identity(ada)
				assert.Equal(t, was.State.Generation+1, is.State.Generation)
				assert.Equal(t, is.State.Generation, is.State.DevicesSince, "no device is known")
				assert.Empty(t, is.State.LastChange, "and nothing repeats")
				require.Len(t, events.all(), 1)
				e := events.all()[0]
				assert.Equal(t, row.event, e.Name)
				assert.Equal(t, "help desk: 17", e.Actor)
				assert.True(t, e.SessionsEnded)
				assert.Empty(t, e.KeptSession+e.Flow+e.Session)
				assert.Equal(t, kit.Clock.Now(), e.At)
				var removed []aal.Method
				for _, a := range e.Removed.Authenticators {
					removed = append(removed, a.Method)
				}
				assert.Equal(t, row.removed, removed)
				wantRefused(t, c, c.Submit(f, toTest), http.StatusUnauthorized, "session_inactive")
				assert.Equal(t, http.StatusUnauthorized, c.Whoami().Status, "its session is over")
			})
		}
	})
}

func TestWhatAnAdministratorIsRefused(t *testing.T) {
	ctx := settings.WithActor(context.Background(), "admin")
	remove := func(m aal.Method, id string) func(context.Context, *settings.Service, string) error {
		return func(ctx context.Context, s *settings.Service, ada string) error {
			return s.RemoveFactor(ctx, ada, m, id)
		}
	}
	set := func(password string) func(context.Context, *settings.Service, string) error {
		return func(ctx context.Context, s *settings.Service, ada string) error {
			return s.SetPassword(ctx, ada, password)
		}
	}
	rows := []struct {
		name string
		ctx  context.Context
		do   func(ctx context.Context, s *settings.Service, ada string) error
		want any // an error, or a part of its text
	}{
		{"who does not say who they are", context.Background(), set(newPassword), "see WithActor"},
		{"who says so, and is nobody", settings.WithActor(ctx, ""), func(ctx context.Context, s *settings.Service, ada string) error {
			return s.EndSessions(ctx, ada)
		}, "see WithActor"},
		{"an account that there is not", ctx, func(ctx context.Context, s *settings.Service, _ string) error { return s.EndSessions(ctx, "nobody") }, identity.ErrNotFound},
		{"a password for an account that there is not", ctx, func(ctx context.Context, s *settings.Service, _ string) error {
			return s.SetPassword(ctx, "nobody", newPassword)
		}, identity.ErrNotFound},
		{"an account that there is not, erased", ctx, func(ctx context.Context, s *settings.Service, _ string) error { return s.Erase(ctx, "nobody") }, identity.ErrNotFound},
		{"a password that the policy refuses", ctx, set("short"), "at least 8"},
		{"a password like the name", ctx, set("ada@example.com"), "too close"},
		{"a factor that there is not", ctx, remove(aal.WebAuthn, ""), identity.ErrNotFound},
		{"a credential of another method", ctx, remove(aal.TOTP, "passkey"), identity.ErrNotFound},
		{"the last way to sign in", ctx, remove(aal.Passkey, "passkey"), settings.ErrLastWay},
		{"the last way to sign in, among others", ctx, func(ctx context.Context, s *settings.Service, ada string) error {
			return s.RemoveFactors(ctx, ada, aal.TOTP, aal.Passkey)
		}, settings.ErrLastWay},
		{"one linked login where the method is not offered that knows its key", ctx, remove(aal.OIDC, "op:1"), "where the method oidc is offered"},
		{"no method at all", ctx, func(ctx context.Context, s *settings.Service, ada string) error { return s.RemoveFactors(ctx, ada) }, "no method"},
		{"what a Before hook refuses", settings.WithActor(ctx, "refused"), set(newPassword), "Ask the board."},
		{"an erasure that a Before hook refuses", settings.WithActor(ctx, "refused"), func(ctx context.Context, s *settings.Service, ada string) error {
			return s.Erase(ctx, ada)
		}, "Ask the board."},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			var events eventLog
			kit := settingstest.New(t, events.hook, beforeHooks(func(_ context.Context, e settings.Event) error {
				if e.Actor == "refused" {
					return settings.Refuse("Ask the board.")
				}
				return nil
			}))
			ada := kit.AddIdentity("ada@example.com", "")
			kit.Edit(ada, func(i *identity.Identity) {
				i.State.Factors = map[aal.Method]identity.Factor{
					aal.Passkey: {Credentials: []identity.Credential{{ID: "passkey"}}}, aal.TOTP: {Credentials: []identity.Credential{{ID: "app"}}},
				}
			})
			c := kit.SignIn(ada, respond.API, aal.Passkey)
			was := snapshot(t, kit, ada)
			err := row.do(row.ctx, kit.Handler.Service, ada)
			if want, is := row.want.(error); is {
				require.ErrorIs(t, err, want)
			} else {
				require.ErrorContains(t, err, row.want.(string))
			}
			assert.Equal(t, was, snapshot(t, kit, ada), "nothing is written")
			assert.Empty(t, events.all())
			assert.Equal(t, http.StatusOK, c.Whoami().Status)
		})
	}
}

// What the host is told of a password that is refused can be shown to who typed it.
func TestWhyAPasswordIsNotSet(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	var refused *method.RefusedError
	require.ErrorAs(t, kit.Handler.Service.SetPassword(settings.WithActor(t.Context(), "admin"), ada, "short"), &refused)
	assert.EqualValues(t, 4000032, refused.Text.ID)
}

// The only passkey was on the phone. Who is known by other means gets a recovery
// session, which can set a password and nothing else.
func TestTheLastWayMayGoIfThatIsSaidAloud(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", "")
	kit.AddFactor(ada, aal.Passkey)
	thief := kit.SignIn(ada, respond.API, aal.Passkey)
	ctx := settings.AllowLastWay(settings.WithActor(t.Context(), "admin"))
	require.NoError(t, kit.Handler.Service.RemoveFactors(ctx, ada, aal.TOTP, aal.Passkey))
	assert.Equal(t, http.StatusUnauthorized, thief.Whoami().Status)
	assert.False(t, identity.CanSignIn(kit.Identity(ada)))
	c := kit.SignIn(ada, respond.API, aal.LinkRecovery)
	wantSaved(t, c, c.Submit(c.Start(), toNewPassword))
	proved, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: ada, Value: newPassword})
	require.NoError(t, err)
	assert.Equal(t, ada, proved)
}

// A user saves what the administrator does not know of, between its read and its write.
func TestAnAdministratorUndoesNoOtherChange(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		for _, row := range administrations {
			t.Run(row.name, func(t *testing.T) {
				kit, stores := watchedKit(t, mode)
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				kit.AddFactor(ada, aal.TOTP)
				kit.AddFactor(ada, aal.Passkey)
				kit.Secret("password", newPassword)
				meanwhile(stores, func() { kit.AddFactor(ada, aal.OIDC) })
				require.NoError(t, row.do(settings.WithActor(t.Context(), "admin"), kit.Handler.Service, ada))
				i := kit.Identity(ada)
				assert.True(t, i.Has(aal.OIDC))
				assert.EqualValues(t, 1, i.State.Generation)
			})
		}
		t.Run("the last other way goes meanwhile", func(t *testing.T) {
			kit, stores := watchedKit(t, mode)
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			kit.AddFactor(ada, aal.Passkey)
			meanwhile(stores, func() { kit.Edit(ada, func(i *identity.Identity) { i.PasswordHash = "" }) })
			require.ErrorIs(t, kit.Handler.Service.RemoveFactor(settings.WithActor(t.Context(), "admin"), ada, aal.Passkey, ""), settings.ErrLastWay)
			assert.True(t, kit.Identity(ada).Has(aal.Passkey))
		})
	})
}

// Ten wrong tries have closed the password to strangers. Who gets a new one from the
// help desk gets in.
func TestAPasswordThatIsSetOpensItsLock(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	service, wrong := kit.Handler.Service, settings.Proof{Method: aal.Password, IdentityID: ada, Value: "not the password"}
	for range 10 {
		_, err := service.Verify(t.Context(), wrong)
		require.Error(t, err)
	}
	account, err := service.Identity(t.Context(), ada)
	require.NoError(t, err)
	assert.Equal(t, []identity.Lock{{Class: "password", Wrong: 10, Until: kit.Clock.Now().Add(15 * time.Minute)}}, account.Locks)
	require.NoError(t, service.SetPassword(settings.WithActor(t.Context(), "admin"), ada, newPassword))
	kit.Secret("password", newPassword)
	_, err = service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: ada, Value: newPassword})
	require.NoError(t, err)
	account, err = service.Identity(t.Context(), ada)
	require.NoError(t, err)
	assert.Empty(t, account.Locks)
}

func TestWhatAnAdministratorSees(t *testing.T) {
	mend, hooks := brokenAtFirst(&eventLog{})
	kit := settingstest.New(t, everything, hooks)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	kit.AddFactor(ada, aal.TOTP)
	kit.Edit(ada, func(i *identity.Identity) {
		i.State.Factors[aal.TOTP].Credentials[0].Name = "phone"
		i.State.Factors[aal.TOTP].Credentials[0].Data = []byte(`{"secret":"canary"}`)
	})
	require.NoError(t, kit.Handler.Service.MarkVerified(t.Context(), ada, "email", "ada@example.com"))
	c := kit.SignIn(ada, respond.API, aal.Password, aal.TOTP)
	kit.Clock.Advance(time.Second)
	kit.SignIn(ada, respond.Page)
	wantSaved(t, c, c.Submit(c.Start(), settingstest.Fields{"method": "profile", "traits": map[string]any{"email": "ada@example.com", "name": "Ada"}}))
	service := kit.Handler.Service
	account, err := service.Identity(t.Context(), ada)
	require.NoError(t, err)
	i := kit.Identity(ada)
	assert.JSONEq(t, `{"email":"ada@example.com","name":"Ada"}`, string(account.Traits))
	account.Traits = nil
	assert.Equal(t, identity.Account{
		ID: ada, Active: true, Identifiers: []string{"ada@example.com"},
		Addresses: []identity.Address{{Via: "email", Value: "ada@example.com", Verifiable: true}}, Verified: i.State.Verified,
		Authenticators: []identity.Authenticator{{Method: aal.Password}, {Method: aal.TOTP, ID: i.State.Factors[aal.TOTP].Credentials[0].ID, Name: "phone", AddedAt: i.CreatedAt}},
		SignsInHere:    true, Required: aal.AAL2, Sessions: 2, Events: i.State.Events,
		Version: i.Version, CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
	}, account)
	require.Len(t, account.Events, 1)

	sessions, err := service.ListSessions(t.Context(), ada)
	require.NoError(t, err)
	require.Len(t, sessions, 2)
	assert.Equal(t, []aal.Method{aal.Password}, sessions[0].Completed(), "newest first")
	for _, s := range sessions {
		assert.Empty(t, s.TokenHash+s.Superseded.TokenHash+string(s.Superseded.Successor))
		assert.Equal(t, "settingstest", s.UserAgent)
	}
	mend()
	require.NoError(t, service.EndSessions(settings.WithActor(t.Context(), "admin"), ada))
	sessions, err = service.ListSessions(t.Context(), ada)
	require.NoError(t, err)
	assert.Empty(t, sessions)
	for _, id := range []string{"nobody", ""} {
		_, err = service.Identity(t.Context(), id)
		require.ErrorIs(t, err, identity.ErrNotFound)
		_, err = service.ListSessions(t.Context(), id)
		require.ErrorIs(t, err, identity.ErrNotFound)
	}
}

// The store could not tell; the change may be made. It is no success, and its event is
// told all the same.
func TestAnAdministratorsChangeThatTheStoreCouldNotTell(t *testing.T) {
	var events eventLog
	kit, stores := watchedKit(t, events.hook)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	lost := errors.New("the answer is lost")
	stores.once(storeCall.identity, func(run func() error) error {
		require.NoError(t, run())
		return lost
	})
	require.ErrorIs(t, kit.Handler.Service.EndSessions(settings.WithActor(t.Context(), "admin"), ada), lost)
	assert.Empty(t, events.all())
	kit.Clock.Advance(time.Minute)
	kit.SignIn(ada, respond.API).Start()
	require.Len(t, events.all(), 1)
	assert.Equal(t, "sessions.ended", events.all()[0].Name)
}
