package webauthn_test

import (
	"encoding/hex"
	"net/http"
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

func TestWhoMayChangeCredentials(t *testing.T) {
	for _, kind := range everyClient {
		for _, v := range variants {
			for _, act := range []string{"add", "remove"} {
				fields := func(w *fixture, f *settingstest.Flow, id string) settingstest.Fields {
					if act == "add" {
						return settingstest.Fields{v.add: newDevice(t).create(options(t, f, v))}
					}
					return settingstest.Fields{v.remove: id}
				}
				t.Run(kind.String()+" "+string(v.method)+" "+act, func(t *testing.T) {
					for table, responses := range map[string]settings.Behaviour{"documented": settings.Strict(), "kratos": settings.LikeKratos()} {
						t.Run("not after a sign-in of long ago, "+table, func(t *testing.T) {
							w := newFixture(t, func(c *settings.Config) { c.Behaviour = responses })
							id := hex.EncodeToString(w.enrol(w.ada, v).cred.ID)
							c := w.SignIn(w.ada, kind, w.Identity(w.ada).Methods()...)
							f := c.Start()
							w.Clock.Advance(15*time.Minute + 1)
							was := w.Snapshot(w.ada)
							asked(t, kind, c.Submit(f, fields(w, f, id)), "session_refresh_required", "refresh=true")
							assert.Equal(t, was, w.Snapshot(w.ada))
							if kind == respond.API {
								return // it keeps its body, and posts again
							}
							w.Clock.Advance(time.Minute)
							c.SignInAs(w.ada, w.Identity(w.ada).Methods()...)
							a := c.Get("/self-service/settings?flow=" + f.ID)
							if act == "add" {
								assert.Equal(t, []string{"1050001", "7000014"}, flowOf(t, a).Messages())
								assert.Len(t, w.Identity(w.ada).State.Factors[v.method].Credentials, 2, "the ceremony need not be done twice")
								return
							}
							f = flowOf(t, a)
							assert.Equal(t, []string{"7000015"}, f.Messages(), "what goes is asked again")
							saved(t, kind, c.Submit(f, fields(w, f, id)))
							assert.Empty(t, w.Identity(w.ada).State.Factors[v.method].Credentials)
						})
					}
					t.Run("not with one factor of two", func(t *testing.T) {
						w := newFixture(t, func(c *settings.Config) { c.AllowAAL1 = true })
						id := hex.EncodeToString(w.enrol(w.ada, v).cred.ID)
						w.AddFactor(w.ada, aal.TOTP)
						c := w.SignIn(w.ada, kind)
						f := c.Start()
						form := w.SignIn(w.ada, kind, w.Identity(w.ada).Methods()...).Read(f.ID).Flow // its own shows no options
						was := w.Snapshot(w.ada)
						asked(t, kind, c.Submit(f, fields(w, form, id)), "session_aal2_required", "aal=aal2")
						assert.Equal(t, was, w.Snapshot(w.ada))
					})
				})
			}
		}
	}
}

// asked asserts that a client is asked to sign in again.
func asked(t *testing.T, kind respond.Client, a *settingstest.Answer, id, query string) {
	t.Helper()
	if kind == respond.Page {
		require.Equal(t, http.StatusSeeOther, a.Status, "%v", a)
		require.Contains(t, a.Location, "/login")
		require.Contains(t, a.Location, query)
		return
	}
	require.Equal(t, http.StatusForbidden, a.Status, "%v", a)
	require.Equal(t, id, a.Error.ID)
}

// The last way to sign in stays, whatever a client sends.
func TestTheLastWayToSignIn(t *testing.T) {
	for _, kind := range everyClient {
		w := newFixture(t)
		w.Edit(w.ada, noPassword)
		c := w.SignIn(w.ada, kind, aal.Code)
		f := c.Start()
		f = saved(t, kind, c.Submit(f, settingstest.Fields{passkeys.add: newDevice(t).create(options(t, f, passkeys))}))
		f = saved(t, kind, c.Submit(f, settingstest.Fields{keys.add: newDevice(t).create(options(t, f, keys))}))
		last, key := node(f, passkeys.remove), node(f, keys.remove)
		assert.Equal(t, true, last.Attributes["disabled"])
		require.Len(t, last.Messages, 1)
		assert.Equal(t, 7000013, last.Messages[0].ID)
		assert.Equal(t, false, key.Attributes["disabled"], "a second factor signs nobody in")

		was := w.Snapshot(w.ada)
		a := shown(t, kind, c.Submit(f, settingstest.Fields{passkeys.remove: last.Attributes["value"]}), http.StatusBadRequest)
		assert.Equal(t, []string{"4000001", passkeys.remove + ":7000013"}, a.Messages())
		assert.Equal(t, was, w.Snapshot(w.ada))

		f = saved(t, kind, c.Submit(f, settingstest.Fields{passkeys.add: newDevice(t).create(options(t, a, passkeys))}))
		for _, n := range nodes(f, passkeys.remove) {
			assert.Equal(t, false, n.Attributes["disabled"], "there are two")
		}
		saved(t, kind, c.Submit(f, settingstest.Fields{passkeys.remove: last.Attributes["value"]}))
	}
}

func noPassword(i *identity.Identity) { i.PasswordHash = "" }

// flowOf is the flow of an answer, also behind the redirect of a page.
func flowOf(t *testing.T, a *settingstest.Answer) *settingstest.Flow {
	t.Helper()
	if a.Flow == nil {
		a = a.Follow()
	}
	require.NotNil(t, a.Flow)
	return a.Flow
}
