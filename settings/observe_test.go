package settings_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

type operationKey struct{}

// contextualFlows takes down under which operation it is called.
type contextualFlows struct {
	store.FlowStore
	under map[string]bool
}

func (c contextualFlows) GetFlow(ctx context.Context, key string) (flow.Record, error) {
	operation, _ := ctx.Value(operationKey{}).(string)
	c.under[operation] = true
	return c.FlowStore.GetFlow(ctx, key)
}

func (c contextualFlows) CreateFlow(ctx context.Context, r flow.Record) error {
	operation, _ := ctx.Value(operationKey{}).(string)
	c.under[operation] = true
	return c.FlowStore.CreateFlow(ctx, r)
}

func TestWhatAnObserverHears(t *testing.T) {
	var heard []string
	flows := contextualFlows{under: map[string]bool{}}
	kit := settingstest.New(t, func(c *settings.Config) {
		flows.FlowStore = c.Flows
		c.Flows = flows
		c.Observe = func(ctx context.Context, operation string) (context.Context, func(respond.Outcome)) {
			return context.WithValue(ctx, operationKey{}, operation), func(o respond.Outcome) {
				heard = append(heard, strings.TrimSpace(operation+" "+o.Kind.String()+" "+o.Method))
			}
		}
	})
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	c := kit.SignIn(ada, respond.API)
	f := c.Start()
	c.Submit(f, settingstest.Fields{"method": "password", "password": "short"})
	c.Submit(f, settingstest.Fields{"method": "password", "password": newPassword})
	c.Whoami()
	kit.Anonymous(respond.API).Whoami()
	for _, typed := range []string{oldPassword, newPassword} {
		_, _ = kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: ada, Value: typed})
	}
	require.NoError(t, kit.Handler.Service.Sweep(t.Context()))
	assert.Equal(t, []string{
		"start_api started", "submit invalid password", "submit succeeded password", "whoami done", "whoami no_session",
		"verify invalid password", "verify done password", "sweep done",
	}, heard)
	assert.False(t, flows.under[""], "each call of a store is under the context of its operation: %v", flows.under)
	assert.True(t, flows.under["submit"] && flows.under["verify"] && flows.under["start_api"], "%v", flows.under)
}

func TestVerifyAsItIsObserved(t *testing.T) {
	var got respond.Outcome
	kit := settingstest.New(t, func(c *settings.Config) {
		c.Observe = func(ctx context.Context, _ string) (context.Context, func(respond.Outcome)) {
			return ctx, func(o respond.Outcome) { got = o }
		}
		c.BeforeVerify = func(_ context.Context, try settings.Try) error {
			if try.Name == "refused" {
				return errors.New("a captcha")
			}
			return nil
		}
	})
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	verify := func(name, typed string) {
		_, _ = kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: ada, Name: name, Value: typed})
	}
	verify("refused", oldPassword)
	assert.Equal(t, respond.Unavailable, got.Kind)
	for range 10 {
		verify("ada", "a guess at it")
	}
	assert.Equal(t, respond.Invalid, got.Kind)
	assert.NoError(t, got.Err)
	verify("ada", "a guess at it")
	assert.Equal(t, respond.TooManyTries, got.Kind)
	assert.Positive(t, got.RetryAfter)
	assert.Empty(t, got.IdentityID)
}

// An observer that fails is in nobody's way.
func TestAnObserverThatFails(t *testing.T) {
	for name, observe := range map[string]func(context.Context, string) (context.Context, func(respond.Outcome)){
		"it panics at the beginning": func(context.Context, string) (context.Context, func(respond.Outcome)) { panic("at the disco") },
		"it panics at the end": func(ctx context.Context, _ string) (context.Context, func(respond.Outcome)) {
			return ctx, func(respond.Outcome) { panic("at the disco") }
		},
		"it gives nothing": func(context.Context, string) (context.Context, func(respond.Outcome)) { return nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			kit := settingstest.New(t, func(c *settings.Config) { c.Observe = observe })
			c := kit.SignIn(kit.AddIdentity("ada@example.com", oldPassword), respond.API)
			a := c.Submit(c.Start(), settingstest.Fields{"method": "password", "password": newPassword})
			assert.Equal(t, http.StatusOK, a.Status)
			assert.Equal(t, strings.HasPrefix(name, "it panics"), strings.Contains(kit.Log.String(), "at the disco"))
		})
	}
}

// What anybody can make as many of as they like does not fill a log.
func TestMissesOfNobodyAreNoNews(t *testing.T) {
	var log bytes.Buffer
	kit := settingstest.New(t, func(c *settings.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	stranger := kit.Anonymous(respond.API)
	stranger.Whoami()
	stranger.Get("/self-service/settings/api")
	stranger.Get("/wp-login.php")
	stranger.Token = "amend_guessed"
	stranger.Whoami()
	assert.Empty(t, log.String())
	kit.SignIn(ada, respond.API).Start()
	assert.Equal(t, 1, strings.Count(log.String(), "level=INFO"), log.String())
}
