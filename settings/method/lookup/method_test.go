package lookup_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/settingstest"
)

// Every form that this method shows, in the order of a life.
func TestFormsOnTheWire(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			w := newFixture(t)
			c := w.SignIn(w.ada, kind)
			f := c.Start()
			var hidden []string
			golden := func(name string, a *settingstest.Answer) {
				if kind == respond.Page && a.Flow == nil {
					a = a.Follow()
				}
				a.Golden(kind.String()+"_"+name, hidden...)
			}
			hide := func(f *settingstest.Flow) {
				for _, code := range w.codes(f) {
					hidden = append(hidden, code, "xxxxx-xxxx-xxxx")
				}
			}
			golden("none", c.Read(f.ID))
			golden("error", c.Submit(f, confirm))
			a := c.Submit(f, regenerate)
			hide(flow(t, a))
			golden("made", a)
			golden("confirmed", c.Submit(f, confirm))
			golden("left", c.Read(c.Start().ID))
			f = c.Start()
			a = c.Submit(f, regenerate)
			hide(flow(t, a))
			golden("made_again", a)
			golden("disabled", c.Submit(f, disable))
		})
	}
}

func TestALifeOfRecoveryCodes(t *testing.T) {
	inBothModes(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		var events []string
		w := newFixture(t, mode, func(c *settings.Config) {
			c.After = append(c.After, func(_ context.Context, e settings.Event) error {
				events = append(events, e.Name+" by "+e.Method)
				return nil
			})
		})
		c, elsewhere := w.SignIn(w.ada, kind), w.SignIn(w.ada, kind)
		before := w.Snapshot(w.ada)
		f := c.Start()
		assert.Equal(t, []string{"lookup_secret_regenerate"}, names(f))

		made := flow(t, c.Submit(f, regenerate))
		assert.Equal(t, []string{"lookup_secret_codes", "lookup_secret_confirm"}, names(made))
		assert.Equal(t, "show_form", made.State)
		first := w.codes(made)
		assert.Equal(t, first, w.codes(c.Read(f.ID).Flow), "a reload shows the same")
		assert.Equal(t, before, w.Snapshot(w.ada), "nothing is stored before they are confirmed")
		assert.ErrorIs(t, w.login(first[0]), method.ErrWrong)

		w.saved(c, c.Submit(f, confirm))
		ada := w.Identity(w.ada)
		require.Len(t, ada.State.Factors[aal.Lookup].Credentials, 12)
		assert.EqualValues(t, 1, ada.State.Factors[aal.Lookup].Serial)
		assert.Equal(t, w.Clock.Now(), ada.State.Factors[aal.Lookup].Credentials[11].AddedAt)
		assert.Equal(t, aal.AAL2, ada.Required([]aal.Method{aal.Lookup}), "a password and a recovery code")
		assert.Equal(t, 401, elsewhere.Whoami().Status, "a credential change ends the other sessions")
		for _, again := range []*settingstest.Flow{c.Read(f.ID).Flow, c.Start()} {
			assert.Equal(t, []string{"lookup_secret_left", "lookup_secret_regenerate", "lookup_secret_disable"}, names(again), "they are shown once")
		}

		second := w.codes(flow(t, c.Submit(f, regenerate)))
		assert.NotSubset(t, first, second, "in the same flow, too")
		require.NoError(t, w.login(first[1]), "the old ones live until the new ones are confirmed")
		f = c.Start()
		third := w.codes(flow(t, c.Submit(f, regenerate)))
		assert.NotEqual(t, second, third, "those of another flow are others")
		w.saved(c, c.Submit(f, confirm))
		assert.ErrorIs(t, w.login(first[2]), method.ErrWrong, "dead")
		assert.ErrorIs(t, w.login(second[0]), method.ErrWrong, "never alive")
		require.NoError(t, w.login(third[0]))

		w.saved(c, c.Submit(c.Start(), disable))
		assert.ErrorIs(t, w.login(third[1]), method.ErrWrong)
		assert.Equal(t, []string{"lookup_secret_regenerate"}, names(c.Start()))
		assert.EqualValues(t, 3, w.Identity(w.ada).State.Factors[aal.Lookup].Serial, "what is derived from the serial never comes again")
		assert.Equal(t, aal.AAL1, w.Identity(w.ada).Required(nil))
		assert.Equal(t, []string{"lookup_secret.confirmed by lookup_secret", "lookup_secret.confirmed by lookup_secret", "lookup_secret.disabled by lookup_secret"}, events)
	})
}

func TestPendingCodesAreOfOneFlowSessionAndSignIn(t *testing.T) {
	w := newFixture(t)
	c := w.SignIn(w.ada, respond.Script)
	f := c.Start()
	codes := w.codes(flow(t, c.Submit(f, regenerate)))
	seen := map[string]bool{}
	for _, code := range codes {
		assert.False(t, seen[code])
		seen[code] = true
	}
	assert.NotSubset(t, codes, w.codes(flow(t, c.Submit(c.Start(), regenerate))), "another flow")
	assert.Equal(t, []string{"lookup_secret_regenerate"}, names(w.SignIn(w.ada, respond.Script).Read(f.ID).Flow), "another session in the same flow")
	w.Clock.Advance(time.Second)
	c.SignInAgain()
	f = c.Read(f.ID).Flow
	assert.Equal(t, codes, w.codes(f), "those that are shown can still be confirmed")
	assert.NotSubset(t, codes, w.codes(flow(t, c.Submit(f, regenerate))), "after another sign-in")
	bob := w.SignIn(w.AddIdentity("bob@example.com", ""), respond.Script, aal.OIDC)
	assert.NotSubset(t, codes, w.codes(flow(t, bob.Submit(bob.Start(), regenerate))), "another account")
}

// A store may fail while codes are confirmed. They are still the ones on the
// screen, and can be confirmed again.
func TestCodesStayWhileTheStoreIsDown(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			var down bool
			w := newFixture(t, func(c *settings.Config) {
				c.Before = append(c.Before, func(context.Context, settings.Event) error {
					if down {
						return errors.New("the database is down")
					}
					return nil
				})
			})
			c := w.SignIn(w.ada, kind)
			f := c.Start()
			c.Submit(f, regenerate)
			codes := w.codes(c.Read(f.ID).Flow)
			down = true
			a := c.Submit(f, confirm)
			assert.Contains(t, []int{303, 503}, a.Status)
			down = false
			assert.Equal(t, codes, w.codes(c.Read(f.ID).Flow))
			w.saved(c, c.Submit(f, confirm))
			assert.NoError(t, w.login(codes[0]))
		})
	}
}

// Codes follow from a key. An instance that does not have it must not confirm codes
// that nobody has seen.
func TestCodesOfAnUnknownKeyAreNotConfirmed(t *testing.T) {
	w := newFixture(t)
	c := w.SignIn(w.ada, respond.API)
	f := c.Start()
	w.codes(flow(t, c.Submit(f, regenerate)))
	there := c.At(w.Beside(func(c *settings.Config) { c.Keys = [][]byte{settings.NewKey()} }))
	assert.Equal(t, []string{"lookup_secret_regenerate"}, names(there.Read(f.ID).Flow))
	assert.Equal(t, "400 4000001", there.Submit(f, confirm).Brief())
	assert.False(t, w.Identity(w.ada).Has(aal.Lookup))
}

func TestCodesMadeWithoutTheForm(t *testing.T) {
	w := newFixture(t)
	secrets, err := method.NewSecrets("lookup_secret", w.ada, w.Config.Keys...)
	require.NoError(t, err)
	set, codes, err := lookup.Credentials(secrets, w.Clock.Now())
	require.NoError(t, err)
	require.Len(t, codes, 12)
	w.Edit(w.ada, func(i *identity.Identity) {
		i.State.Factors = map[aal.Method]identity.Factor{aal.Lookup: {Serial: 1, Credentials: set}}
	})
	for _, code := range codes {
		require.NoError(t, w.login(code))
		require.ErrorIs(t, w.login(code), method.ErrWrong)
	}
	other, err := method.NewSecrets("lookup_secret", "somebody else", w.Config.Keys...)
	require.NoError(t, err)
	set, codes, err = lookup.Credentials(other, w.Clock.Now())
	require.NoError(t, err)
	w.Edit(w.ada, func(i *identity.Identity) { i.State.Factors[aal.Lookup] = identity.Factor{Serial: 2, Credentials: set} })
	assert.ErrorIs(t, w.login(codes[0]), method.ErrWrong, "a set is of one identity")
}

// Codes are shown, and can be confirmed, while making them was the last submit
// and it was not refused.
func TestWhatHidesTheCodes(t *testing.T) {
	for name, hide := range map[string]func(w *fixture, c *settingstest.Client, f *settingstest.Flow) *settingstest.Flow{
		"another submit": func(_ *fixture, c *settingstest.Client, f *settingstest.Flow) *settingstest.Flow {
			c.Submit(f, regenerate)
			c.Submit(f, fields{"method": "password", "password": "short"})
			return f
		},
		"a refused submit with the button in it": func(_ *fixture, c *settingstest.Client, f *settingstest.Flow) *settingstest.Flow {
			c.Submit(f, fields{"lookup_secret_regenerate": "true", "lookup_secret_confirm": "true"})
			return f
		},
		"a sign-in that is too old": func(w *fixture, c *settingstest.Client, f *settingstest.Flow) *settingstest.Flow {
			w.Clock.Advance(16 * time.Minute)
			c.Submit(f, regenerate)
			return f
		},
		"an expired flow: the fresh one has the button, but made nothing": func(w *fixture, c *settingstest.Client, f *settingstest.Flow) *settingstest.Flow {
			w.Clock.Advance(time.Hour)
			return flow(w.t, c.Submit(f, regenerate))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t)
			start := w.Clock.Now()
			c := w.SignIn(w.ada, respond.Page)
			f := hide(w, c, c.Start())
			assert.Equal(t, []string{"lookup_secret_regenerate"}, names(c.Read(f.ID).Flow))
			w.Clock.Advance(start.Sub(w.Clock.Now())) // so that the sign-in is recent again
			assert.Equal(t, "303 UI ⇒ 4000001", c.Submit(c.Read(f.ID).Flow, confirm).Brief())
			assert.False(t, w.Identity(w.ada).Has(aal.Lookup))
		})
	}
}

// A confirmation that waits for a sign-in is of the codes that its user has seen.
func TestAConfirmationThatWaits(t *testing.T) {
	w := newFixture(t)
	c := w.SignIn(w.ada, respond.Page)
	f := c.Start()
	codes := w.codes(flow(t, c.Submit(f, regenerate)))
	w.Clock.Advance(16 * time.Minute)
	require.Equal(t, "303 REFRESH", c.Submit(f, confirm).Brief())
	require.Equal(t, "303 UI ⇒ 7000001", c.Get("/self-service/settings?flow="+f.ID).Brief(), "the login page let her through")
	assert.Equal(t, []string{"lookup_secret_regenerate"}, names(c.Read(f.ID).Flow), "who could not confirm codes does not see them")
	w.Clock.Advance(time.Second)
	c.SignInAgain()
	assert.Equal(t, "303 UI ⇒ 1050001 7000014", c.Get("/self-service/settings?flow="+f.ID).Brief())
	assert.NoError(t, w.login(codes[0]))
}

// The UI kits of Kratos show codes until they are confirmed, however long that takes.
func TestCodesOfAStaleSession(t *testing.T) {
	for name, row := range map[string]struct {
		behaviour settings.Behaviour
		want      []string
	}{
		"strict":      {settings.Strict(), []string{"lookup_secret_regenerate"}},
		"like Kratos": {settings.LikeKratos(), []string{"lookup_secret_codes", "lookup_secret_confirm"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, func(c *settings.Config) { c.Behaviour = row.behaviour })
			c := w.SignIn(w.ada, respond.Script)
			f := c.Start()
			codes := w.codes(flow(t, c.Submit(f, regenerate)))
			w.Clock.Advance(16 * time.Minute)
			assert.Equal(t, row.want, names(c.Read(f.ID).Flow))
			c.SignInAgain()
			assert.Equal(t, codes, w.codes(c.Read(f.ID).Flow))
		})
	}
}

// inTheMiddle does something once, after a change is judged and before it is
// written.
func inTheMiddle(meanwhile *func()) func(*settings.Config) {
	return func(c *settings.Config) {
		c.Before = append(c.Before, func(context.Context, settings.Event) error {
			if do := *meanwhile; do != nil {
				*meanwhile = nil
				do()
			}
			return nil
		})
	}
}

// And so it is with making them.
func TestCodesThatWait(t *testing.T) {
	w := newFixture(t)
	c := w.SignIn(w.ada, respond.Page)
	f := c.Start()
	w.Clock.Advance(16 * time.Minute)
	require.Equal(t, "303 REFRESH", c.Submit(f, regenerate).Brief())
	assert.Equal(t, []string{"lookup_secret_regenerate"}, names(c.Read(f.ID).Flow))
	w.Clock.Advance(time.Second)
	c.SignInAgain()
	f = flow(t, c.Get("/self-service/settings?flow="+f.ID)) // the form as it is since
	codes := w.codes(f)
	w.saved(c, c.Submit(f, confirm))
	assert.NoError(t, w.login(codes[0]))
}

// A double click, or the request again because its answer was lost.
func TestTheSameSubmitAgain(t *testing.T) {
	inBothModes(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for name, row := range map[string]struct {
			given  func(w *fixture, c *settingstest.Client) *settingstest.Flow
			submit fields
		}{
			"confirming": {func(w *fixture, c *settingstest.Client) *settingstest.Flow {
				f := c.Start()
				c.Submit(f, regenerate)
				return f
			}, confirm},
			"disabling": {func(w *fixture, c *settingstest.Client) *settingstest.Flow {
				w.confirmed(c)
				return c.Start()
			}, disable},
		} {
			t.Run(name, func(t *testing.T) {
				w := newFixture(t, mode)
				c := w.SignIn(w.ada, kind)
				f := row.given(w, c)
				second := c.Copy()
				w.saved(c, c.Submit(f, row.submit))
				after := w.Snapshot(w.ada)
				w.Clock.Advance(100 * time.Second)
				if kind == respond.API { // that shows no secret of the change
					assert.Equal(t, "401 session_inactive", second.Submit(f, row.submit).Brief())
				} else {
					w.saved(second, second.Submit(f, row.submit))
					assert.Equal(t, 200, second.Whoami().Status)
				}
				assert.Equal(t, after, w.Snapshot(w.ada), "nothing is written a second time")
			})
			t.Run(name+", the second in the middle of the first", func(t *testing.T) {
				var meanwhile func()
				w := newFixture(t, mode, inTheMiddle(&meanwhile))
				c := w.SignIn(w.ada, kind)
				f := row.given(w, c)
				serial := w.Identity(w.ada).State.Factors[aal.Lookup].Serial
				second := c.Copy()
				meanwhile = func() { w.saved(second, second.Submit(f, row.submit)) }
				w.saved(c, c.Submit(f, row.submit))
				assert.Nil(t, meanwhile)
				assert.Equal(t, serial+1, w.Identity(w.ada).State.Factors[aal.Lookup].Serial, "one change")
				assert.Equal(t, 200, c.Whoami().Status)
			})
		}
		t.Run("another button with the old token", func(t *testing.T) {
			w := newFixture(t, mode)
			c := w.SignIn(w.ada, kind)
			f := c.Start()
			c.Submit(f, regenerate)
			old := c.Copy()
			w.saved(c, c.Submit(f, confirm))
			after := w.Snapshot(w.ada)
			for _, submit := range []fields{disable, regenerate, reveal} {
				assert.Contains(t, []string{"401 session_inactive", "303 LOGIN"}, old.Submit(f, submit).Brief())
			}
			assert.Equal(t, after, w.Snapshot(w.ada))

			old = c.Copy()
			w.saved(c, c.Submit(f, disable))
			after = w.Snapshot(w.ada)
			for _, submit := range []fields{confirm, regenerate, reveal} {
				assert.Contains(t, []string{"401 session_inactive", "303 LOGIN"}, old.Submit(f, submit).Brief())
			}
			assert.Equal(t, after, w.Snapshot(w.ada))
		})
	})
}

// A change between the judging and the commit is not undone.
func TestAChangeElsewhereIsNotUndone(t *testing.T) {
	for name, submit := range map[string]fields{"confirming": confirm, "disabling": disable} {
		t.Run(name, func(t *testing.T) {
			var meanwhile func()
			w := newFixture(t, inTheMiddle(&meanwhile), func(c *settings.Config) {
				c.KeepOtherSessions, c.AllowAAL1, c.AllowFactorChangeAtAAL1 = true, true, true // so that only the method itself stands in the way
			})
			c := w.SignIn(w.ada, respond.Script)
			codes := w.confirmed(c)
			f := c.Start()
			if name == "confirming" {
				c.Submit(f, regenerate)
			}
			meanwhile = func() {
				w.Edit(w.ada, func(i *identity.Identity) {
					f := i.State.Factors[aal.Lookup]
					f.Serial++
					i.State.Factors[aal.Lookup] = f
				})
			}
			assert.Equal(t, "400 7000010", c.Submit(f, submit).Brief())
			assert.NoError(t, w.login(codes[0]))
		})
	}
}
