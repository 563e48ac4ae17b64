package settings_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
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
	"github.com/amend-go/amend/settings/settingstest"
)

type hook = func(context.Context, settings.Event) error

func beforeHooks(hooks ...hook) func(*settings.Config) {
	return func(c *settings.Config) { c.Before = hooks }
}

func afterHooks(hooks ...hook) func(*settings.Config) {
	return func(c *settings.Config) { c.After = append(c.After, hooks...) }
}

func TestABeforeHookThatDoesNotAgree(t *testing.T) {
	const cause = "ldap: dial tcp 10.0.0.7 at directory.go:31"
	rows := []struct {
		name    string
		hook    hook
		refused bool // of the input, with the reason
	}{
		{"it refuses", func(context.Context, settings.Event) error { return settings.Refuse("Ask the help desk.") }, true},
		{"it refuses, and a library wraps that", func(context.Context, settings.Event) error {
			return fmt.Errorf(cause+": %w", settings.Refuse("Ask the help desk."))
		}, true},
		{"it fails", func(context.Context, settings.Event) error { return errors.New(cause) }, false},
		{"it panics", func(context.Context, settings.Event) error { panic(cause) }, false},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, row := range rows {
			for _, fields := range []settingstest.Fields{toNewPassword, toTest} {
				t.Run(fmt.Sprint(row.name, "/", fields["method"]), func(t *testing.T) {
					asked, askedNext := 0, 0
					kit, stores := watchedKit(t, mode, offering(fakeMethod{edit: named}), beforeHooks(
						func(ctx context.Context, e settings.Event) error { asked++; return row.hook(ctx, e) },
						func(context.Context, settings.Event) error { askedNext++; return nil },
					))
					ada := kit.AddIdentity("ada@example.com", oldPassword)
					c, phone := kit.SignIn(ada, kind), kit.SignIn(ada, kind)
					f := c.Start()
					was := snapshot(t, kit, ada)
					stores.forget()

					a := c.Submit(f, fields)
					if row.refused {
						wantInvalid(t, c, a, "4000001")
						assert.Equal(t, "Ask the help desk.", c.Read(f.ID).Flow.UI.Messages[0].Context["reason"])
					} else {
						wantRefused(t, c, a, http.StatusServiceUnavailable, "unavailable")
						assert.Contains(t, kit.Log.String(), "10.0.0.7", "the cause is in the log")
					}
					assert.NotContains(t, string(a.Body), "10.0.0.7")
					assert.Equal(t, was, snapshot(t, kit, ada))
					assert.Equal(t, []string{"UpdateFlow"}, stores.written(), "nothing but the message")
					assert.Equal(t, 1, asked)
					assert.Zero(t, askedNext, "one no is enough")
					assert.Equal(t, http.StatusOK, phone.Whoami().Status)
				})
			}
		}
	})
}

func TestWhatHooksAreTold(t *testing.T) {
	rows := []struct {
		name, event string
		fields      settingstest.Fields
		keep, kept  bool
	}{
		{"a password", "password.changed", toNewPassword, false, true},
		{"a password, and other sessions are kept", "password.changed", toNewPassword, true, false},
		{"a profile", "test.changed", toTest, false, false},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				var kit *settingstest.Kit
				var ada string
				var asked, told []settings.Event
				var stored []identity.Identity // at the time of the hook
				kit = settingstest.New(t, mode, offering(fakeMethod{edit: named}),
					func(c *settings.Config) { c.KeepOtherSessions = row.keep },
					beforeHooks(func(_ context.Context, e settings.Event) error {
						asked, stored = append(asked, e), append(stored, kit.Identity(ada))
						return nil
					}),
					afterHooks(func(_ context.Context, e settings.Event) error {
						told, stored = append(told, e), append(stored, kit.Identity(ada))
						return nil
					}))
				ada = kit.AddIdentity("ada@example.com", oldPassword)
				was := kit.Identity(ada)
				c := kit.SignIn(ada, kind)
				sessions, err := kit.Store.ListSessions(t.Context(), ada)
				require.NoError(t, err)
				f := c.Start()
				wantSaved(t, c, c.Submit(f, row.fields))

				require.Len(t, asked, 1)
				require.Len(t, told, 1)
				e := told[0]
				assert.Equal(t, asked[0].Event, e.Event, "both are told of the same change")
				assert.NotEmpty(t, e.ID)
				assert.Equal(t, row.event, e.Name)
				assert.Equal(t, f.ID, e.Flow)
				assert.Equal(t, sessions[0].ID, e.Session)
				assert.Equal(t, row.fields["method"], e.Method)
				assert.Equal(t, kit.Clock.Now(), e.At)
				assert.Equal(t, ada, e.IdentityID)
				assert.Equal(t, map[bool]string{true: sessions[0].ID}[row.kept], e.KeptSession)
				assert.Equal(t, row.kept, e.SessionsEnded)
				assert.Empty(t, e.Actor, "the user")
				assert.Equal(t, was.PasswordHash, asked[0].Before.PasswordHash)
				assert.Equal(t, was.Traits, asked[0].Before.Traits)
				assert.Equal(t, kit.Identity(ada).PasswordHash, asked[0].After.PasswordHash)
				assert.Equal(t, kit.Identity(ada).Traits, asked[0].After.Traits)
				assert.Nil(t, e.Before, "what an After hook is told is told again alike, also much later")
				assert.Nil(t, e.After)
				assert.Equal(t, was, stored[0], "before: nothing is written yet")
				assert.Equal(t, kit.Identity(ada).PasswordHash, stored[1].PasswordHash, "after: it is")
				assert.Equal(t, kit.Identity(ada).Traits, stored[1].Traits)
				assert.Empty(t, kit.Identity(ada).State.Events, "what was told is struck")
			})
		}
	})
}

func TestAHookCannotAlterTheChange(t *testing.T) {
	tamper := func(e settings.Event) {
		for _, i := range []*identity.Identity{e.Before, e.After} {
			i.PasswordHash = "planted"
			i.Traits[2] = 'X'
			i.Keys[0].Value = "mallory@example.com"
			i.Active = false
			i.State.Generation += 100
			i.State.KeptSession = "mallory"
			i.State.Factors[aal.TOTP].Credentials[0].ID = "mallory"
			i.State.Factors[aal.WebAuthn] = identity.Factor{}
		}
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode,
			beforeHooks(func(_ context.Context, e settings.Event) error { tamper(e); return nil }))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		kit.AddFactor(ada, aal.TOTP)
		was := kit.Identity(ada)
		c := kit.SignIn(ada, kind, aal.Password, aal.TOTP)
		a := c.Submit(c.Start(), toNewPassword)
		wantSaved(t, c, a)
		if a.Flow != nil {
			assert.Equal(t, map[string]any{"email": "ada@example.com"}, a.Flow.Identity["traits"])
		}
		assert.True(t, kit.PasswordIs(ada, newPassword))
		is := kit.Identity(ada)
		assert.Equal(t, was.Traits, is.Traits)
		assert.Equal(t, was.Keys, is.Keys)
		assert.Equal(t, was.State.Factors, is.State.Factors)
		assert.EqualValues(t, 1, is.State.Generation)
		assert.Equal(t, http.StatusOK, c.Whoami().Status)
	})
}

func TestHooksAreNotToldOfWhatDidNotHappen(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		var events eventLog
		asked := 0
		kit := settingstest.New(t, mode, events.hook, offering(fakeMethod{edit: func(*identity.Identity) error { return nil }}),
			beforeHooks(func(context.Context, settings.Event) error { asked++; return nil }))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, kind)
		f := c.Start()
		wantSaved(t, c, c.Submit(f, toTest)) // a change that changes nothing
		wantInvalid(t, c, c.Submit(f, settingstest.Fields{"method": "password", "password": "short"}), "password:4000032")
		wantInvalid(t, c, c.Submit(f, settingstest.Fields{"method": "password", "password": oldPassword}), "password:4000039")
		kit.Clock.Advance(16 * time.Minute)
		wantRefused(t, c, c.Submit(f, toNewPassword), http.StatusForbidden, "session_refresh_required")
		assert.Zero(t, asked)
		assert.Empty(t, events.all())
	})
}

func TestLogEvents(t *testing.T) {
	var log bytes.Buffer
	kit := settingstest.New(t, afterHooks(settings.LogEvents(slog.New(slog.NewJSONHandler(&log, nil)))))
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	c := kit.SignIn(ada, respond.API)
	f := c.Start()
	wantSaved(t, c, c.Submit(f, toNewPassword))

	assert.Equal(t, 1, strings.Count(log.String(), "\n"), "one line")
	var line map[string]any
	require.NoError(t, json.Unmarshal(log.Bytes(), &line))
	last := kit.Identity(ada).State.LastChange
	assert.Equal(t, map[string]any{
		"time": line["time"], "level": "INFO", "msg": "account changed",
		"event": "password.changed", "change": last.ID, "identity": ada, "flow": f.ID, "session": last.Session,
		"method": "password", "actor": "", "at": "2030-01-02T12:00:00Z",
	}, line)
	assert.NotContains(t, log.String(), "argon2", "no hash")
}

// An After hook is told at least once of every change. The event's id is the
// same if it is told again.
func ExampleConfig_after() {
	mailed := map[string]bool{} // in a table, in an app
	c := settings.Config{
		After: []func(context.Context, settings.Event) error{func(_ context.Context, e settings.Event) error {
			if !mailed[e.ID] {
				mailed[e.ID] = true
				fmt.Printf("mail to user %s: %s\n", e.IdentityID, e.Name)
			}
			return nil // an error, and it is told again
		}},
	}
	event := settings.Event{IdentityID: "42", Event: identity.Event{ID: "7f0c", Name: "password.changed"}}
	_ = c.After[0](context.Background(), event)
	_ = c.After[0](context.Background(), event)
	// Output: mail to user 42: password.changed
}
