package password_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
)

const (
	passwordBefore = "correct horse battery staple"
	passwordAfter  = "Sommerregen am Fenster" // its SHA-1, by sha1sum, is E67DD and the rest
	afterRest      = "3EEB0DA5E6D5C45137A54852FCFD2AF9E2B"
)

var everyClient = []respond.Client{respond.API, respond.Page, respond.Script}

// countingWriter counts how many new passwords come to be hashed.
type countingWriter struct {
	password.Writer
	hashed *atomic.Int32
}

func (w countingWriter) Hash(secret string) (string, error) {
	w.hashed.Add(1)
	return w.Writer.Hash(secret)
}

// breachFixture is Ada at one kind of client, whose new passwords are looked up.
type breachFixture struct {
	*settingstest.Kit
	ada    string
	client *settingstest.Client
	asked  atomic.Int32 // look-ups
	hashed atomic.Int32 // new passwords
}

func newBreachFixture(t *testing.T, kind respond.Client, serve http.HandlerFunc, change func(*password.Config, *password.RangeAPI)) *breachFixture {
	w := &breachFixture{}
	api := rangeServer(t, func(rw http.ResponseWriter, r *http.Request) {
		w.asked.Add(1)
		assert.Equal(t, "/range/E67DD", r.RequestURI)
		serve(rw, r)
	})
	config := password.Config{Writer: countingWriter{settingstest.FastHash(), &w.hashed}}
	if change != nil {
		change(&config, &api)
	}
	config.Breaches = api
	w.Kit = settingstest.New(t, func(c *settings.Config) {
		c.Methods = []settings.Method{password.New(config)}
	})
	w.Secret("the rest of the hash", afterRest)
	w.ada = w.AddIdentity("ada@example.com", passwordBefore)
	w.client = w.SignIn(w.ada, kind)
	return w
}

// shown is the flow that an answer shows its client, a page after its redirect.
func shown(t *testing.T, kind respond.Client, a *settingstest.Answer, status int) *settingstest.Flow {
	t.Helper()
	if kind == respond.Page {
		require.Equal(t, http.StatusSeeOther, a.Status, "%v", a)
		a = a.Follow()
		status = http.StatusOK
	}
	require.Equal(t, status, a.Status, "%v", a)
	require.NotNil(t, a.Flow, "%v", a)
	return a.Flow
}

func TestANewPasswordIsLookedUp(t *testing.T) {
	known, unknown, broken := answering(afterRest+":9"), answering(otherRest+":9\r\n"+afterRest+":0"), answering("<html>")
	closed := func(*password.Config, *password.RangeAPI) {}
	open := func(_ *password.Config, a *password.RangeAPI) { a.AllowOnFailure = true }
	lax := func(_ *password.Config, a *password.RangeAPI) { a.MinCount = 10 }
	const refused, changed, later = "refused", "changed", "later"
	for _, row := range []struct {
		name   string
		serve  http.HandlerFunc
		change func(*password.Config, *password.RangeAPI)
		want   string
	}{
		{"a breached one is refused", known, closed, refused},
		{"a breached one is refused also where failures are allowed", known, open, refused},
		{"one that was seen less often than MinCount is taken", known, lax, changed},
		{"one that is not breached is taken", unknown, closed, changed},
		{"without an answer none is taken", broken, closed, later},
		{"without an answer one is taken where failures are allowed", broken, open, changed},
	} {
		for _, kind := range everyClient {
			t.Run(row.name+"/"+kind.String(), func(t *testing.T) {
				w := newBreachFixture(t, kind, row.serve, row.change)
				before := w.Identity(w.ada)
				a := w.client.Submit(w.client.Start(), settingstest.Fields{"method": "password", "password": passwordAfter})
				assert.EqualValues(t, 1, w.asked.Load())
				if row.want == changed {
					assert.Equal(t, "success", shown(t, kind, a, 200).State)
					assert.True(t, w.PasswordIs(w.ada, passwordAfter))
					assert.Equal(t, 200, w.client.Whoami().Status)
					return
				}
				switch {
				case row.want == refused:
					f := shown(t, kind, a, 400)
					assert.Equal(t, []string{"password:4000034"}, f.Messages())
					assert.Equal(t, "show_form", f.State)
				case kind == respond.Page:
					assert.Len(t, shown(t, kind, a, 303).UI.Messages, 1)
				default:
					require.Equal(t, 503, a.Status, "%v", a)
					assert.NotEmpty(t, a.Header.Get("Retry-After"))
					require.NotNil(t, a.Error)
				}
				assert.Zero(t, w.hashed.Load(), "what is not taken is not hashed")
				assert.Equal(t, before, w.Identity(w.ada))
				assert.Equal(t, 200, w.client.Whoami().Status)
			})
		}
	}
}

func TestWhatNobodyIsAskedAbout(t *testing.T) {
	fields := settingstest.Fields{"method": "password", "password": passwordAfter}
	for _, row := range []struct {
		name   string
		submit func(w *breachFixture, f *settingstest.Flow)
	}{
		{"one that the policy refuses", func(w *breachFixture, f *settingstest.Flow) {
			w.client.Submit(f, settingstest.Fields{"method": "password", "password": "iloveyou"})
		}},
		{"a sign-in that is too old", func(w *breachFixture, f *settingstest.Flow) {
			w.Clock.Advance(16 * time.Minute)
			w.client.Submit(f, fields)
		}},
		{"a session that has ended", func(w *breachFixture, f *settingstest.Flow) {
			require.NoError(w.T, w.Handler.Sessions.RevokeAll(w.T.Context(), w.ada))
			w.client.Submit(f, fields)
		}},
	} {
		for _, kind := range everyClient {
			t.Run(row.name+"/"+kind.String(), func(t *testing.T) {
				w := newBreachFixture(t, kind, answering(otherRest+":1"), nil)
				row.submit(w, w.client.Start())
				assert.Zero(t, w.asked.Load())
				assert.Zero(t, w.hashed.Load())
				assert.True(t, w.PasswordIs(w.ada, passwordBefore))
			})
		}
	}
}

// The answer to a change may be lost, and the service be gone when the change
// comes again: it is made, so nobody is asked.
func TestARepeatedChangeIsNotLookedUpAgain(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			w := newBreachFixture(t, kind, answering(otherRest+":1"), nil)
			f, unaware := w.client.Start(), w.client.Copy()
			fields := settingstest.Fields{"method": "password", "password": passwordAfter}
			assert.Equal(t, "success", shown(t, kind, w.client.Submit(f, fields), 200).State)
			assert.Equal(t, "success", shown(t, kind, unaware.Submit(f, fields), 200).State)
			assert.EqualValues(t, 1, w.asked.Load())
			assert.EqualValues(t, 1, w.hashed.Load())
		})
	}
}

// Without the current password nobody learns what the service says of a new one.
func TestTheCurrentPasswordIsComparedBeforeAnyoneIsAsked(t *testing.T) {
	for _, row := range []struct {
		name, current string
		asked         int32
		want          []string
	}{
		{"a wrong one", "incorrect horse", 0, []string{"current_password:7000002"}},
		{"a breached one that is wrong", passwordAfter, 0, []string{"current_password:7000002"}},
		{"the right one", passwordBefore, 1, []string{"password:4000034"}},
	} {
		for _, kind := range everyClient {
			t.Run(row.name+"/"+kind.String(), func(t *testing.T) {
				w := newBreachFixture(t, kind, answering(afterRest+":1"), func(c *password.Config, _ *password.RangeAPI) { c.RequireCurrentPassword = true })
				a := w.client.Submit(w.client.Start(), settingstest.Fields{"method": "password", "password": passwordAfter, "current_password": row.current})
				assert.Equal(t, row.want, shown(t, kind, a, 400).Messages())
				assert.Equal(t, row.asked, w.asked.Load())
				assert.True(t, w.PasswordIs(w.ada, passwordBefore))
			})
		}
	}
}

// Whoever knows the current password is not locked out for what they want the
// new one to be, or because the service is down; and neither gives anyone who
// does not know it more tries.
func TestALookUpIsNoTryOfTheCurrentPassword(t *testing.T) {
	for name, serve := range map[string]http.HandlerFunc{"breached": answering(afterRest + ":1"), "down": answering("<html>")} {
		for _, kind := range everyClient {
			t.Run(name+"/"+kind.String(), func(t *testing.T) {
				w := newBreachFixture(t, kind, serve, func(c *password.Config, _ *password.RangeAPI) { c.RequireCurrentPassword = true })
				f := w.client.Start()
				submit := func(current string) *settingstest.Answer {
					return w.client.Submit(f, settingstest.Fields{"method": "password", "password": passwordAfter, "current_password": current})
				}
				for range 9 { // of ten
					shown(t, kind, submit("incorrect horse"), 400)
				}
				for range 12 {
					submit(passwordBefore)
				}
				assert.EqualValues(t, 12, w.asked.Load(), "the right one is not locked")

				shown(t, kind, submit("incorrect horse"), 400)
				submit(passwordBefore)
				assert.EqualValues(t, 12, w.asked.Load(), "the tenth wrong one locks")
			})
		}
	}
}

// A thief at an open session tries the passwords that everybody has. Whether one of
// them is the current one is not told, and ten are enough.
func TestABreachedGuessTellsNothingOfTheCurrentPassword(t *testing.T) {
	for name, current := range map[string]string{"it is the current one": passwordAfter, "it is not": passwordBefore} {
		for _, kind := range everyClient {
			t.Run(name+"/"+kind.String(), func(t *testing.T) {
				w := newBreachFixture(t, kind, answering(afterRest+":9"), nil)
				w.ada = w.AddIdentity("grace@example.com", current)
				w.client = w.SignIn(w.ada, kind)
				before := w.Identity(w.ada)
				f := w.client.Start()
				guess := func() *settingstest.Answer {
					return w.client.Submit(f, settingstest.Fields{"method": "password", "password": passwordAfter})
				}
				for range 10 {
					assert.Equal(t, []string{"password:4000034"}, shown(t, kind, guess(), 400).Messages())
				}
				a := guess()
				if kind == respond.Page {
					assert.Equal(t, []string{"7000011"}, a.Follow().Flow.Messages())
				} else {
					assert.Equal(t, http.StatusTooManyRequests, a.Status, "%v", a)
				}
				assert.EqualValues(t, 10, w.asked.Load())
				assert.Equal(t, before, w.Identity(w.ada))
			})
		}
	}
}

// list is a host's own list of breached passwords.
type list func(ctx context.Context, secret string) (bool, error)

func (l list) Breached(ctx context.Context, secret string) (bool, error) { return l(ctx, secret) }
func (l list) Check() error                                              { return nil }

// planned is the work of a submit of passwordAfter, without a Service.
func planned(t *testing.T, c password.Config) func(context.Context) (method.Result, error) {
	t.Helper()
	c.Writer = settingstest.FastHash()
	old, err := c.Writer.Hash(passwordBefore)
	require.NoError(t, err)
	sent, err := json.Marshal(map[string]string{"password": passwordAfter})
	require.NoError(t, err)
	fields, problem := body.Decode("application/json", "", strings.NewReader(string(sent)), 1<<10, []string{"password"})
	require.Nil(t, problem)
	plan, err := password.New(c).Plan(method.View{Identity: identity.Identity{Record: identity.Record{ID: "ada", PasswordHash: old}}}, method.Submission{Fields: fields})
	require.NoError(t, err)
	require.Empty(t, plan.Errors)
	return plan.Do
}

func TestAHostsOwnList(t *testing.T) {
	var asked []string
	mine := list(func(_ context.Context, secret string) (bool, error) {
		asked = append(asked, secret)
		return true, nil
	})
	result, err := planned(t, password.Config{Breaches: mine})(t.Context())
	require.NoError(t, err)
	assert.Equal(t, method.Wrong{Messages: []ui.Message{ui.On("password", ui.PasswordBreached())}}, result)
	assert.Equal(t, []string{passwordAfter}, asked)
}

func TestALookUpThatFailsIsAReasonToComeBack(t *testing.T) {
	cause := errors.New("the list is locked")
	result, err := planned(t, password.Config{Breaches: list(func(context.Context, string) (bool, error) { return false, cause })})(t.Context())
	assert.Nil(t, result)
	assert.ErrorIs(t, err, method.ErrBusy)
	assert.ErrorIs(t, err, cause)
}

// Nobody is there to come back, and nothing is to be written for them.
func TestALookUpOfAClientThatLeaves(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	result, err := planned(t, password.Config{Breaches: list(func(ctx context.Context, _ string) (bool, error) {
		leave()
		return false, ctx.Err()
	})})(ctx)
	assert.Nil(t, result)
	assert.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, err, method.ErrBusy)
}

func TestALookUpHoldsNoSlot(t *testing.T) {
	limiter := password.NewLimiter(1, 0, 0) // one slot: whoever holds it keeps all others out
	free := 0
	do := planned(t, password.Config{Limiter: limiter, Breaches: list(func(ctx context.Context, _ string) (bool, error) {
		for _, who := range []string{"ada", "grace"} {
			if err := limiter.Do(ctx, who, 0, func() error { return nil }); err == nil {
				free++
			}
		}
		return false, nil
	})})
	result, err := do(t.Context())
	require.NoError(t, err)
	assert.IsType(t, method.Change{}, result)
	assert.Equal(t, 2, free)
	assert.True(t, limiter.Idle())
}

func TestNewNamesABreachCheckThatCannotWork(t *testing.T) {
	for field, api := range map[string]password.RangeAPI{
		"BaseURL":  {BaseURL: "http://hibp.internal"},
		"Timeout":  {Timeout: -time.Second},
		"MinCount": {MinCount: -1},
	} {
		config := settingstest.New(t).Config
		config.Methods = []settings.Method{password.New(password.Config{Breaches: api})}
		_, err := settings.New(config)
		for _, name := range []string{"Config.Methods", "password", "RangeAPI." + field} {
			assert.ErrorContains(t, err, name)
		}
	}
}
