package totp_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

func likeKratos(c *settings.Config) { c.Behaviour = settings.LikeKratos() }

// names are the nodes of a form without the password and the form's token.
func names(f *settingstest.Flow) (all []string) {
	for _, n := range f.UI.Nodes {
		if n.Group == "totp" {
			all = append(all, n.Name())
		}
	}
	return all
}

// shown is the form that an answer shows, without an error: of a page, the one
// behind the redirect. It has these messages.
func (w *fixture) shown(c *settingstest.Client, a *settingstest.Answer, messages ...string) *settingstest.Flow {
	w.t.Helper()
	if c.Kind == respond.Page {
		require.Equal(w.t, 303, a.Status, "%v", a)
		a = a.Follow()
	}
	require.Equal(w.t, 200, a.Status, "%v", a)
	require.Equal(w.t, "show_form", a.Flow.State)
	require.ElementsMatch(w.t, messages, a.Flow.Messages())
	return a.Flow
}

// comeBack is what a client does after the sign-in that a submit was refused for: a
// browser resumes, an app sends its body again.
func comeBack(c *settingstest.Client, f *settingstest.Flow, submit fields) *settingstest.Answer {
	c.Kit.T.Helper()
	if c.Kind == respond.API {
		return c.Submit(f, submit)
	}
	return c.Get("/self-service/settings?flow=" + url.QueryEscape(f.ID))
}

var (
	refreshes = map[respond.Client]string{respond.API: "403 session_refresh_required", respond.Page: "303 REFRESH", respond.Script: "403 session_refresh_required"}
	malformed = map[respond.Client]string{respond.API: "400 totp_code:4000008", respond.Page: "303 UI ⇒ totp_code:4000008", respond.Script: "400 totp_code:4000008"}
	stepsUp   = map[respond.Client]string{respond.API: "403 session_aal2_required", respond.Page: "303 STEPUP", respond.Script: "403 session_aal2_required"}
)

// A session that could not add an app sees no secret. Its form has a button that
// asks for what is missing, and then shows the secret.
func TestTheFormOfASessionThatMayNotAddAnApp(t *testing.T) {
	for name, row := range map[string]struct {
		config func(*settings.Config)
		lack   func(w *fixture)
		asked  map[respond.Client]string
		login  []aal.Method
	}{
		"its sign-in is too old": {
			func(*settings.Config) {}, func(w *fixture) { w.Clock.Advance(15*time.Minute + 1) }, refreshes, []aal.Method{aal.Password},
		},
		"it has not proved the factor that there is": {
			func(c *settings.Config) { c.AllowAAL1 = true }, func(w *fixture) { w.AddFactor(w.ada, aal.WebAuthn) }, stepsUp, []aal.Method{aal.WebAuthn},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBothModes(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
				w := newFixture(t, mode, row.config)
				c := w.SignIn(w.ada, kind)
				secret := w.secret(c.Start())
				row.lack(w)

				f := c.Start()
				require.Equal(t, []string{"totp_begin"}, names(f))
				assert.Equal(t, row.asked[kind], c.Submit(f, begin).Brief())
				answers := []*settingstest.Answer{c.Read(f.ID), c.Submit(f, fields{"method": "totp", "totp_code": ""})}
				for _, a := range answers {
					assert.NotContains(t, string(a.Body), secret)
				}

				c.Submit(f, begin)
				w.Clock.Advance(time.Second)
				c.SignInAgain(row.login...)
				before := w.Snapshot(w.ada, "totp", "totp_enrol")
				open := w.shown(c, comeBack(c, f, begin))
				assert.Equal(t, []string{"totp_qr", "totp_secret_key", "totp_code", "method"}, names(open))
				assert.NotEqual(t, secret, w.secret(open), "the secret is of one sign-in")
				assert.Equal(t, before, w.Snapshot(w.ada, "totp", "totp_enrol"), "nothing is changed yet")
				w.saved(c, c.Submit(open, enrol(w.code(w.secret(open)))))
			})
		})
	}
}

// Whoever held the session for a moment has seen a secret. Its user signs in again
// and adds an app: that has another one.
func TestAStolenSecretIsNotTheOneThatIsAdded(t *testing.T) {
	for name, behaviour := range map[string]func(*settings.Config){"strict": func(*settings.Config) {}, "like Kratos": likeKratos} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, behaviour)
			c := w.SignIn(w.ada, respond.Script)
			thief := c.Copy()
			stolen := w.secret(thief.Start())
			w.Clock.Advance(time.Hour)
			c.SignInAgain()
			secret := w.enrolled(c)
			assert.NotEqual(t, stolen, secret)
			w.Clock.Advance(time.Minute)
			for given, want := range map[string]error{w.code(stolen): settings.ErrWrong, w.code(secret): nil} {
				_, err := w.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.TOTP, IdentityID: w.ada, Value: given})
				assert.ErrorIs(t, err, want)
			}
		})
	}
}

// With the UI kit of Kratos a form shows its secret at once, the first code asks for
// a sign-in, and that makes another secret. It ends enrolled after one second scan.
// So does a form that was still good when it was shown.
func TestACodeWhoseSecretHasGone(t *testing.T) {
	for name, row := range map[string]struct {
		config func(*settings.Config)
		wait   func(w *fixture, c *settingstest.Client) *settingstest.Flow
	}{
		"a stale form, like Kratos": {likeKratos, func(w *fixture, c *settingstest.Client) *settingstest.Flow {
			w.Clock.Advance(time.Hour)
			return c.Start()
		}},
		"a form that became stale": {func(*settings.Config) {}, func(w *fixture, c *settingstest.Client) *settingstest.Flow {
			f := c.Start()
			w.Clock.Advance(16 * time.Minute)
			return f
		}},
	} {
		for given, spell := range map[string]func(code string) string{
			"the right code":        func(code string) string { return code },
			"a wrong one":           func(string) string { return "000000" },
			"what cannot be a code": func(code string) string { return code[:5] + "x" },
		} {
			t.Run(name+"/"+given, func(t *testing.T) {
				inBothModes(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
					if kind == respond.API {
						t.Skip("an app's code does not wait: see TestACodeThatIsSentAgain")
					}
					w := newFixture(t, mode, row.config)
					c := w.SignIn(w.ada, kind)
					f := row.wait(w, c)
					first := w.secret(f)
					submit := enrol(spell(w.code(first)))
					if name == "a form that became stale" && given == "what cannot be a code" {
						wants := strings.ReplaceAll(malformed[kind], "totp_code:", "") // the form has no field for it any more
						assert.Equal(t, wants, c.Submit(f, submit).Brief(), "nobody signs in again to hear that")
						return
					}
					require.Equal(t, refreshes[kind], c.Submit(f, submit).Brief())

					w.Clock.Advance(time.Minute)
					c.SignInAgain()
					before := w.Snapshot(w.ada, "totp", "totp_enrol")
					again := w.shown(c, comeBack(c, f, submit), "7000020")
					second := w.secret(again)
					assert.NotEqual(t, first, second)
					assert.Equal(t, before, w.Snapshot(w.ada, "totp", "totp_enrol"), "neither a try nor a change")
					w.shown(c, c.Get("/self-service/settings?flow="+f.ID), "7000020") // who reloads reads it again

					require.Equal(t, malformed[kind],
						c.Submit(again, enrol(w.code(first))).Brief(), "the first entry is of no use")
					w.saved(c, c.Submit(again, enrol(w.code(second))))
					assert.True(t, w.has())
				})
			})
		}
	}
}

// An app sends its body again after the sign-in. Its code is wrong then, and counts
// as a try; the form says why, once, and shows the new secret.
func TestACodeThatIsSentAgain(t *testing.T) {
	w := newFixture(t, likeKratos)
	c := w.SignIn(w.ada, respond.API)
	w.Clock.Advance(time.Hour)
	f := c.Start()
	first := w.secret(f)
	require.Equal(t, "403 session_refresh_required", c.Submit(f, enrol(w.code(first))).Brief())
	w.Clock.Advance(time.Second)
	c.SignInAgain()
	a := c.Submit(f, enrol(w.code(first)))
	require.Equal(t, "400 7000020 totp_code:4000008", a.Brief())
	require.Equal(t, "400 totp_code:4000008", c.Submit(f, enrol(w.code(first))).Brief(), "it was told")
	w.saved(c, c.Submit(f, enrol(w.code(w.secret(a.Flow)))))

	fresh := w.SignIn(w.AddIdentity("bob@example.com", "correct horse battery staple"), respond.API)
	require.Equal(t, "400 totp_code:4000008", fresh.Submit(fresh.Start(), enrol("000000")).Brief(), "where no secret has gone nothing is said of one")
}

// The bodies and answers of the UI kit, as they stand on the wire.
func TestAStaleEnrolmentInTheUIKit(t *testing.T) {
	w := newFixture(t, likeKratos)
	c := w.SignIn(w.ada, respond.Script)
	w.Clock.Advance(time.Hour)
	visit := func(path string) *settingstest.Flow { // the browser goes there, and the kit reads the flow that it is led to
		c.Header.Set("Accept", "text/html,*/*;q=0.8")
		a := c.Get(path)
		require.Equal(t, 303, a.Status, "%v", a)
		c.Header.Set("Accept", "*/*")
		return a.Follow().Flow
	}
	submit := func(f *settingstest.Flow, code string) *settingstest.Answer {
		return c.Post(strings.TrimPrefix(f.UI.Action, settingstest.PublicURL), "application/json",
			`{"method":"totp","totp_code":"`+code+`","csrf_token":"`+f.CSRFToken()+`"}`)
	}
	f := visit("/self-service/settings/browser")
	refused := submit(f, w.code(w.secret(f)))
	require.Equal(t, "403 session_refresh_required", refused.Brief())
	var body struct {
		To string `json:"redirect_browser_to"`
	}
	require.NoError(t, json.Unmarshal(refused.Body, &body))
	login, err := url.Parse(body.To)
	require.NoError(t, err)
	require.Equal(t, "/auth/self-service/login/browser", login.Path)
	require.Equal(t, "true", login.Query().Get("refresh"))

	w.Clock.Advance(time.Minute)
	c.SignInAgain()
	f = visit(strings.TrimPrefix(login.Query().Get("return_to"), settingstest.PublicURL))
	require.Equal(t, []string{"7000020"}, f.Messages())
	require.Equal(t, []string{"totp_qr", "totp_secret_key", "totp_code", "method"}, names(f))
	require.Equal(t, "200 1050001", submit(f, w.code(w.secret(f))).Brief())
	assert.True(t, w.has())
}

// While the key of a fleet is replaced, the secret that an app has scanned at one
// instance is added by another one, and its codes are right at both.
func TestTheSecretOutlivesAChangeOfKeys(t *testing.T) {
	for _, step := range settingstest.Rotations() {
		t.Run(step.Name, func(t *testing.T) {
			inBothModes(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
				w := newFixture(t, mode, func(c *settings.Config) { c.Keys = step.Shows })
				there := w.Beside(func(c *settings.Config) { c.Keys = step.Takes })
				c := w.SignIn(w.ada, kind)
				f := c.Start()
				secret := w.secret(f)
				c = c.At(there)
				c.Read(f.ID) // it may show another one
				w.saved(c, c.Submit(f, enrol(w.code(secret))))
				for _, instance := range []*settingstest.Kit{w.Kit, there} {
					w.Clock.Advance(time.Minute)
					_, err := instance.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.TOTP, IdentityID: w.ada, Value: w.code(secret)})
					require.NoError(t, err)
				}
			})
		})
	}
}
