package totp_test

import (
	"context"
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
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/settingstest"
)

// Every form that this method shows, before, after and after an error.
func TestFormsOnTheWire(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			w := newFixture(t)
			c := w.SignIn(w.ada, kind)
			f := c.Start()
			secret := w.secret(f)
			golden := func(name string, a *settingstest.Answer) {
				if kind == respond.Page && a.Flow == nil {
					a = a.Follow()
				}
				if name == "removed" { // and there is the next one
					secret = w.secret(a.Flow)
				}
				a.Golden(kind.String()+"_"+name, secret, "SECRET")
			}
			golden("before", c.Read(f.ID))
			golden("error", c.Submit(f, enrol("12345x")))
			golden("added", c.Submit(f, enrol(w.code(secret))))
			golden("after", c.Read(f.ID))
			golden("removed", c.Submit(f, fields{"method": "totp", "totp_unlink": "true"}))
		})
	}
}

func TestWithoutAnEncoderThereIsNoPicture(t *testing.T) {
	w := newFixture(t, func(c *settings.Config) { c.Methods = []settings.Method{totp.New(totp.Config{Issuer: "Example"})} })
	c := w.SignIn(w.ada, respond.Script)
	var names []string
	for _, n := range c.Start().UI.Nodes {
		names = append(names, n.Name())
	}
	assert.Equal(t, []string{"csrf_token", "totp_secret_key", "totp_code", "method"}, names)
	w.enrolled(c)
}

func TestAnAppIsAddedAndRemoved(t *testing.T) {
	inBothModes(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		var events []string
		w := newFixture(t, mode, func(c *settings.Config) {
			c.After = append(c.After, func(_ context.Context, e settings.Event) error {
				events = append(events, e.Name+" by "+e.Method)
				return nil
			})
		})
		c, elsewhere := w.SignIn(w.ada, kind), w.SignIn(w.ada, kind)
		f := c.Start()
		first := w.secret(f)
		w.saved(c, c.Submit(f, enrol(w.code(first))))

		ada := w.Identity(w.ada)
		require.Len(t, ada.State.Factors[aal.TOTP].Credentials, 1)
		assert.Equal(t, w.Clock.Now(), ada.State.Factors[aal.TOTP].Credentials[0].AddedAt)
		assert.EqualValues(t, 1, ada.State.Factors[aal.TOTP].Serial)
		assert.Equal(t, aal.AAL2, ada.Required(nil))
		assert.Equal(t, 401, elsewhere.Whoami().Status, "a credential change ends the other sessions")
		require.Equal(t, 200, c.Whoami().Status, "the session that added the app has proved it")

		w.saved(c, c.Submit(c.Start(), unlink))
		ada = w.Identity(w.ada)
		assert.Empty(t, ada.State.Factors[aal.TOTP].Credentials)
		assert.EqualValues(t, 2, ada.State.Factors[aal.TOTP].Serial, "what is derived from the serial never comes again")
		assert.Equal(t, aal.AAL1, ada.Required(nil))
		assert.Equal(t, []string{"totp.added by totp", "totp.removed by totp"}, events)

		second := w.secret(c.Start())
		assert.NotEqual(t, first, second, "the removed secret is not shown again")
		w.saved(c, c.Submit(c.Start(), enrol(w.code(second))))
		third := w.SignIn(w.ada, kind, aal.Password, aal.TOTP)
		w.saved(third, third.Submit(third.Start(), unlink))
	})
}

func TestThePendingSecret(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			w := newFixture(t)
			c := w.SignIn(w.ada, kind)
			f := c.Start()
			secret := w.secret(f)
			assert.Equal(t, secret, w.secret(c.Read(f.ID).Flow), "a reload does not break a QR code that is scanned")
			assert.Equal(t, secret, w.secret(c.Start()), "nor does a fresh flow")
			c.Submit(f, enrol("000000"))
			assert.Equal(t, secret, w.secret(c.Read(f.ID).Flow), "nor does a wrong code")

			assert.NotEqual(t, secret, w.secret(w.SignIn(w.ada, kind).Start()), "another session has another secret")
			bob := w.AddIdentity("bob@example.com", "")
			bobs := w.SignIn(bob, kind, aal.OIDC)
			assert.NotEqual(t, secret, w.secret(bobs.Start()), "and so has another account")

			w.saved(c, c.Submit(f, enrol(w.code(secret))))
			for _, n := range c.Read(f.ID).Flow.UI.Nodes {
				assert.NotEqual(t, "totp_secret_key", n.Name(), "after the confirmation it is never shown again")
			}
			assert.NotContains(t, string(c.Read(c.Start().ID).Body), "totp_secret_key", "nor in another flow")
		})
	}
}

// typed are the ways that people write a code.
var typed = map[string]func(code string) string{
	"in halves, as apps show it (devise-two-factor/devise-two-factor#195)": func(c string) string { return c[:3] + " " + c[3:] },
	"with a space behind it (WordPress/two-factor#317)":                    func(c string) string { return c + " " },
	"with a no-break space":                                   func(c string) string { return c[:3] + "\u00a0" + c[3:] },
	"with the end of a line":                                  func(c string) string { return c + "\r\n" },
	"in Arabic-Indic digits (devfolioco/react-otp-input#440)": func(c string) string { return inDigits(c, '\u0660') },
	"in Persian digits (jadijadi/sms_serial_verification#2)":  func(c string) string { return inDigits(c, '\u06f0') },
	"in full-width digits (longbridge/gpui-kit#2261)":         func(c string) string { return inDigits(c, '\uff10') },
}

// inDigits writes a code in the digits of a script, by its zero.
func inDigits(code string, zero rune) string {
	return strings.Map(func(r rune) rune { return zero + r - '0' }, code)
}

func TestACodeIsTakenHoweverItIsTyped(t *testing.T) {
	for name, as := range typed {
		t.Run(name, func(t *testing.T) {
			for _, kind := range everyClient {
				w := newFixture(t)
				c := w.SignIn(w.ada, kind)
				f := c.Start()
				secret := w.secret(f)
				w.saved(c, c.Submit(f, enrol(as(w.code(secret)))))
				w.Clock.Advance(time.Minute)
				require.NoError(t, w.login(as(w.code(secret))))
				assert.ErrorIs(t, w.login(w.code(secret)), method.ErrWrong, "it is the same code, and used up")
			}
		})
	}
}

// What is no code is not called a wrong one, whose user would look at the clock.
func TestWhatIsNoCodeIsToldFromAWrongOne(t *testing.T) {
	const six, clock = "A code has six digits. Type the one that your authenticator app shows now.", "This code is not right. Check the clock of your device and try the next code."
	for given, want := range map[string]string{
		"12345": six, "1234567": six, "12345x": six, "1,23456": six, "+12345": six, "١٢٣": six, "①②③④⑤⑥": six, strings.Repeat("1", 60_000): six,
		" \u00a0": six, "000 000": clock, "٠٠٠٠٠٠": clock,
	} {
		w := newFixture(t)
		c := w.SignIn(w.ada, respond.Script)
		f := c.Submit(c.Start(), enrol(given)).Flow
		require.NotNil(t, f)
		for _, n := range f.UI.Nodes {
			if n.Name() == "totp_code" {
				require.Len(t, n.Messages, 1, "%.20q", given)
				assert.Equal(t, want, n.Messages[0].Text, "%.20q", given)
				assert.EqualValues(t, 4000008, n.Messages[0].ID)
			}
		}
	}
}

func TestTheCodeThatAddsAnApp(t *testing.T) {
	for name, row := range map[string]struct {
		off   time.Duration // of the app's clock
		taken bool
	}{
		"of now":                     {0, true},
		"of the step before":         {-30 * time.Second, true},
		"of the step after":          {30 * time.Second, true},
		"of a minute ago":            {-60 * time.Second, false},
		"of 90 seconds ago":          {-90 * time.Second, false},
		"of an app a minute ahead":   {60 * time.Second, false},
		"of an app an hour behind":   {-time.Hour, false},
		"of an app an hour ahead":    {time.Hour, false},
		"of an app of another time":  {-50 * 365 * 24 * time.Hour, false},
		"of an app before the epoch": {-61 * 365 * 24 * time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t)
			c := w.SignIn(w.ada, respond.Script)
			f := c.Start()
			a := c.Submit(f, enrol(app(t, w.secret(f), w.Clock.Now().Add(row.off))))
			if row.taken {
				w.saved(c, a)
			} else {
				assert.Equal(t, "400 totp_code:4000008", a.Brief())
			}
			assert.Equal(t, row.taken, w.has())
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

// A double click, or the request again because its answer was lost, is the
// success that the first one was; anything else with the old token is nothing.
func TestTheSameSubmitAgain(t *testing.T) {
	inBothModes(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for name, row := range map[string]struct {
			given  func(w *fixture, c *settingstest.Client)
			submit func(w *fixture, f *settingstest.Flow) fields
		}{
			"adding an app": {
				func(*fixture, *settingstest.Client) {},
				func(w *fixture, f *settingstest.Flow) fields { return enrol(w.code(w.secret(f))) },
			},
			"removing it": {
				func(w *fixture, c *settingstest.Client) { w.enrolled(c) },
				func(*fixture, *settingstest.Flow) fields { return unlink },
			},
		} {
			t.Run(name, func(t *testing.T) {
				w := newFixture(t, mode)
				c := w.SignIn(w.ada, kind)
				row.given(w, c)
				f := c.Start()
				body := row.submit(w, f)
				second := c.Copy()
				w.saved(c, c.Submit(f, body))
				after := w.Snapshot(w.ada)
				w.Clock.Advance(100 * time.Second)
				if kind == respond.API && name == "removing it" { // that shows no secret of the change
					assert.Equal(t, "401 session_inactive", second.Submit(f, body).Brief())
				} else {
					w.saved(second, second.Submit(f, body))
					assert.Equal(t, 200, second.Whoami().Status)
				}
				assert.Equal(t, after, w.Snapshot(w.ada), "nothing is written a second time")
			})
			t.Run(name+", the second in the middle of the first", func(t *testing.T) {
				var meanwhile func()
				w := newFixture(t, mode, inTheMiddle(&meanwhile))
				c := w.SignIn(w.ada, kind)
				row.given(w, c)
				f := c.Start()
				body := row.submit(w, f)
				serial := w.Identity(w.ada).State.Factors[aal.TOTP].Serial
				second := c.Copy()
				meanwhile = func() { w.saved(second, second.Submit(f, body)) }
				w.saved(c, c.Submit(f, body))
				assert.Nil(t, meanwhile)
				assert.Equal(t, serial+1, w.Identity(w.ada).State.Factors[aal.TOTP].Serial, "one change")
				assert.Equal(t, 200, c.Whoami().Status)
			})
		}
		t.Run("another code with the old token", func(t *testing.T) {
			w := newFixture(t, mode)
			c := w.SignIn(w.ada, kind)
			f := c.Start()
			secret := w.secret(f)
			second := c.Copy()
			w.saved(c, c.Submit(f, enrol(w.code(secret))))
			after := w.Snapshot(w.ada)
			for _, off := range []time.Duration{30 * time.Second, -time.Hour} {
				got := second.Submit(f, enrol(app(t, secret, w.Clock.Now().Add(off)))).Brief()
				assert.Contains(t, []string{"401 session_inactive", "303 LOGIN"}, got)
			}
			assert.Equal(t, after, w.Snapshot(w.ada))
		})
	})
}

// Two forms of one account, each for its own change.
func TestAChangeElsewhereIsNotUndone(t *testing.T) {
	lax := func(c *settings.Config) { // so that only the method itself stands in the way
		c.KeepOtherSessions, c.AllowAAL1, c.AllowFactorChangeAtAAL1 = true, true, true
	}
	for name, row := range map[string]struct {
		given  bool // an app is there
		change func(w *fixture, f *settingstest.Flow) fields
		meant  func(i *identity.Identity)
		serial int
	}{
		"an app was added": {false,
			func(w *fixture, f *settingstest.Flow) fields { return enrol(w.code(w.secret(f))) },
			func(i *identity.Identity) {
				i.State.Factors = map[aal.Method]identity.Factor{aal.TOTP: {Serial: 1, Credentials: []identity.Credential{{ID: "1", Data: []byte(`{"secret":"AAAAAAAAAAAAAAAAAAAAAAAAAAA=","used":1}`)}}}}
			}, 1,
		},
		"the app was replaced": {true,
			func(*fixture, *settingstest.Flow) fields { return unlink },
			func(i *identity.Identity) {
				f := i.State.Factors[aal.TOTP]
				f.Serial += 2
				i.State.Factors[aal.TOTP] = f
			}, 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var meanwhile func()
			w := newFixture(t, lax, inTheMiddle(&meanwhile))
			c := w.SignIn(w.ada, respond.Script)
			if row.given {
				w.enrolled(c)
			}
			f := c.Start()
			body := row.change(w, f)
			meanwhile = func() { w.Edit(w.ada, row.meant) }
			got := c.Submit(f, body).Brief()
			assert.True(t, strings.HasPrefix(got, "400 7000010"), got)
			assert.True(t, w.has())
			assert.EqualValues(t, row.serial, w.Identity(w.ada).State.Factors[aal.TOTP].Serial)
		})
	}
}
