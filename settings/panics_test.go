package settings_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

// What a method or a hook says when it fails is for the log. Its client learns
// that it failed, nothing of how, and that nothing was changed.
func TestFailuresOfMethodsAndHooksStayInside(t *testing.T) {
	for _, row := range []struct {
		name    string
		offer   func(fail func() error) func(*settings.Config)
		outcome string // of an error, where it is not that of a panic
	}{
		{"the plan", func(fail func() error) func(*settings.Config) {
			return offering(fakeMethod{plan: func(method.View, method.Submission) (method.Plan, error) { return method.Plan{}, fail() }})
		}, "bug"},
		{"the work", func(fail func() error) func(*settings.Config) {
			return offering(fakeMethod{do: func(context.Context, method.View) (method.Result, error) { return nil, fail() }})
		}, "bug"},
		{"the work, with a result beside the error", func(fail func() error) func(*settings.Config) {
			return offering(fakeMethod{do: func(context.Context, method.View) (method.Result, error) {
				return method.Change{Event: "test.changed", Edit: panicsEdit}, fail()
			}})
		}, "bug"},
		{"the edit", func(fail func() error) func(*settings.Config) {
			return offering(fakeMethod{edit: func(i *identity.Identity) error {
				_ = panicsEdit(i)
				return fail()
			}})
		}, "bug"},
		{"a hook before the change", func(fail func() error) func(*settings.Config) {
			return func(c *settings.Config) {
				offering(fakeMethod{edit: panicsEdit})(c)
				c.Before = append(c.Before, func(context.Context, settings.Event) error { return fail() })
			}
		}, "unavailable"},
	} {
		for _, panics := range []bool{false, true} {
			for _, kind := range bodyKinds {
				t.Run(fmt.Sprintf("%s, panics %v, %v", row.name, panics, kind), func(t *testing.T) {
					broken := false
					kit := settingstest.New(t, row.offer(func() error {
						switch {
						case !broken:
							return nil
						case panics:
							panic(leakCause)
						}
						return errors.New(leakCause)
					}))
					ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
					client := kit.SignIn(ada, kind)
					f := client.Start()
					before := snapshot(t, kit, ada)
					broken = true
					a := client.Submit(f, settingstest.Fields{"method": "test"})
					requireNoCause(t, a)
					require.Contains(t, kit.Log.String(), "secret.go:12", "it stands in the log")
					switch {
					case row.outcome == "bug":
						requireError(t, a, kind, 500, "internal_error")
					case kind == respond.Page:
						require.Equal(t, 303, a.Status)
						require.Equal(t, "https://app.example.com/settings?flow="+f.ID, a.Location)
					default:
						requireError(t, a, kind, 503, "unavailable")
						require.NotEmpty(t, a.Header.Get("Retry-After"))
					}
					require.Equal(t, before, snapshot(t, kit, ada))
					require.NotEqual(t, "success", client.Read(f.ID).Flow.State)

					broken = false // and nothing is held: the next submit is as good as any
					a = client.Submit(f, settingstest.Fields{"method": "password", "password": csrfNewPassword})
					require.Less(t, a.Status, 400, "%v", a)
					require.True(t, kit.PasswordIs(ada, csrfNewPassword))
				})
			}
		}
	}
}

// panicsEdit is a change that shows.
func panicsEdit(i *identity.Identity) error {
	i.Traits = []byte(`{"email":"ada@example.com","changed":true}`)
	return nil
}

// A method whose part of the form cannot be made fails every answer with one.
func TestFailuresOfNodesStayInside(t *testing.T) {
	for _, panics := range []bool{false, true} {
		for _, kind := range bodyKinds {
			t.Run(fmt.Sprintf("panics %v, %v", panics, kind), func(t *testing.T) {
				broken := false
				kit := settingstest.New(t, offering(fakeMethod{nodes: func(context.Context, method.View) ([]ui.Node, error) {
					switch {
					case !broken:
						return nil, nil
					case panics:
						panic(leakCause)
					}
					return nil, errors.New(leakCause)
				}}))
				ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
				client := kit.SignIn(ada, kind)
				f := client.Start()
				broken = true
				for name, a := range map[string]*settingstest.Answer{
					"read":    client.Read(f.ID),
					"start":   client.Get("/self-service/settings/" + map[bool]string{true: "api", false: "browser"}[kind == respond.API]),
					"resume":  client.Get("/self-service/settings?flow=" + f.ID),
					"invalid": client.Submit(f, settingstest.Fields{"method": "password", "password": "short"}),
				} {
					requireNoCause(t, a)
					if kind == respond.Page && name != "read" { // is sent on without a form, and finds the error where it is read
						a = a.Follow()
						requireNoCause(t, a)
					}
					requireError(t, a, respond.API, 500, "internal_error") // in JSON: no page is asked here
				}
			})
		}
	}
}

// After the commit the change is made, whatever a hook does. The event is told
// again to a hook that did not take it.
func TestFailuresOfHooksAfterAChange(t *testing.T) {
	for _, kind := range bodyKinds {
		t.Run(kind.String(), func(t *testing.T) {
			var told []string
			broken := true
			kit := settingstest.New(t, func(c *settings.Config) {
				c.After = append(c.After, func(_ context.Context, e settings.Event) error {
					if broken {
						panic(leakCause)
					}
					told = append(told, e.Name)
					return nil
				})
			})
			ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
			client := kit.SignIn(ada, kind)
			a := client.Submit(client.Start(), settingstest.Fields{"method": "password", "password": csrfNewPassword})
			requireNoCause(t, a)
			require.Equal(t, map[respond.Client]int{respond.API: 200, respond.Page: 303, respond.Script: 200}[kind], a.Status)
			require.True(t, kit.PasswordIs(ada, csrfNewPassword))
			require.Contains(t, kit.Log.String(), "secret.go:12")
			require.Empty(t, told)

			broken = false
			kit.Clock.Advance(2 * time.Minute)
			client.Start()
			require.Equal(t, []string{"password.changed"}, told)
		})
	}
}

// Nor does a form that cannot be made any more: its client gets the success, and
// with it the session that goes on.
func TestFailuresOfNodesAfterAChange(t *testing.T) {
	for _, panics := range []bool{false, true} {
		for _, kind := range bodyKinds {
			t.Run(fmt.Sprintf("panics %v, %v", panics, kind), func(t *testing.T) {
				broken := false
				kit := settingstest.New(t, offering(fakeMethod{nodes: func(context.Context, method.View) ([]ui.Node, error) {
					switch {
					case !broken:
						return nil, nil
					case panics:
						panic(leakCause)
					}
					return nil, errors.New(leakCause)
				}}), func(c *settings.Config) {
					c.After = append(c.After, func(context.Context, settings.Event) error { broken = true; return nil })
				})
				ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
				client := kit.SignIn(ada, kind)
				a := client.Submit(client.Start(), settingstest.Fields{"method": "password", "password": csrfNewPassword})
				requireNoCause(t, a)
				require.True(t, kit.PasswordIs(ada, csrfNewPassword))
				if kind == respond.Page { // has no form yet
					requireError(t, a.Follow(), respond.API, 500, "internal_error")
				}
				require.Contains(t, kit.Log.String(), "secret.go:12")
				require.Equal(t, map[respond.Client]int{respond.API: 200, respond.Page: 303, respond.Script: 200}[kind], a.Status, "%v", a)
				if a.Flow != nil {
					require.Equal(t, "success", a.Flow.State)
					require.Equal(t, []string{"1050001"}, a.Flow.Messages())
				}
				require.Equal(t, 200, client.Whoami().Status, "the client has the new session token")
			})
		}
	}
}

// What reads JSON, sealed ids and tokens has errors of its own that quote what
// it read.
func TestErrorsOfDecodersStayInside(t *testing.T) {
	const quoted = "zzsecretzz"
	for _, kind := range bodyKinds {
		t.Run(kind.String(), func(t *testing.T) {
			kit := settingstest.New(t)
			ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
			client := kit.SignIn(ada, kind)
			f := client.Start()
			answers := []*settingstest.Answer{
				client.Get("/self-service/errors?id=" + quoted),
				client.Get("/self-service/errors/page?id=" + quoted),
				client.Get("/self-service/settings/flows?id=" + quoted),
				client.Get("/self-service/settings?flow=" + quoted),
				client.Do("DELETE", "/sessions/"+quoted, "", ""),
			}
			for _, body := range []string{`{"` + quoted + `":`, quoted, `{"method":` + quoted + `}`, `{"password":"\u` + quoted + `"}`, `{"method":"` + quoted + `"}`} {
				answers = append(answers, bodyPost(client, f, bodyIsJSON, body), bodyPost(client, f, bodyIsForm, "csrf_token=TOKEN&%"+body))
				if kind == respond.Page {
					answers = append(answers, client.Read(f.ID))
				}
			}
			for _, a := range answers {
				requireNoCause(t, a)
				for _, word := range []string{quoted, "invalid character", "unmarshal", "json:", "base64", "chacha20", "uuid"} {
					assert.NotContains(t, string(a.Body), word)
				}
				assert.Less(t, a.Status, 500)
			}
		})
	}
}
