package main_test

import (
	"net/http"
	"testing"
	"time"

	ory "github.com/ory/client-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
)

// patient lets a sign-in count for longer than a flow lives.
func patient(c *settings.Config) { c.PrivilegedSessionMaxAge = 12 * time.Hour }

// A flow lives for an hour, and can be read for another.
func TestAnExpiredFlow(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t, patient)
		c := w.signIn(w.ada, kind)
		f := c.start()
		w.Clock.Advance(time.Hour + time.Minute)

		read := failed(t, http.StatusGone, "self_service_flow_expired", c.read(f.Id))
		details := map[string]any{"redirect_to": w.Config.PublicURL + "/self-service/settings/browser"}
		if kind == respond.API {
			details = map[string]any{"api": w.Config.PublicURL + "/self-service/settings/api"}
		}
		assert.Equal(t, details, read.Error.AdditionalProperties["details"])
		assert.Equal(t, "2030-01-02T13:00:00Z", read.AdditionalProperties["expired_at"])
		assert.Equal(t, 60e9, read.AdditionalProperties["since"], "nanoseconds")

		gone := failed(t, http.StatusGone, "self_service_flow_expired", c.submit(f, withPassword(f, newPassword)))
		assert.Equal(t, "2030-01-02T13:00:00Z", gone.AdditionalProperties["expired_at"])
		assert.Equal(t, 60e9, gone.AdditionalProperties["since"])
		assert.NotEqual(t, f.Id, gone.AdditionalProperties["use_flow_id"])
		fresh := succeeded(t, c.read(gone.AdditionalProperties["use_flow_id"].(string)))
		assert.Equal(t, gone.AdditionalProperties["use_flow_id"], fresh.Id)
		assert.Equal(t, "4050001", messages(fresh))
		assert.Equal(t, map[string]any{"expired_at": "2030-01-02T13:00:00Z", "expired_at_unix": 1893589200.0}, fresh.Ui.Messages[0].Context)
		again := failed(t, http.StatusGone, "self_service_flow_expired", c.submit(f, withPassword(f, newPassword)))
		assert.Equal(t, fresh.Id, again.AdditionalProperties["use_flow_id"], "one fresh flow, however often it is asked for")
		c.saved(fresh, c.submit(fresh, withPassword(fresh, newPassword)))

		// One from before the change is over, and leads to no other.
		over := failed(t, http.StatusGone, "self_service_flow_expired", c.submit(f, withPassword(f, adaPassword)))
		assert.NotContains(t, over.AdditionalProperties, "use_flow_id")
		assert.True(t, w.PasswordIs(w.ada, newPassword))

		w.Clock.Advance(24 * time.Hour)
		c = w.signIn(w.ada, kind)
		failed(t, http.StatusNotFound, "self_service_flow_not_found", c.read(f.Id))
		failed(t, http.StatusNotFound, "self_service_flow_not_found", c.submit(f, withPassword(f, adaPassword)))
	})
}

// What a client of the documented branching meets: a redirect. The SDK follows
// it, like any other, and takes the fresh flow that an app is led to for the
// answer to its submit. The state says that nothing was changed.
func TestAnExpiredFlowAsDocumented(t *testing.T) {
	t.Run("api: a fresh flow that looks like a success, but for its state", func(t *testing.T) {
		w := newFixture(t, patient, documented)
		c := w.signIn(w.ada, respond.API)
		f := c.start()
		w.Clock.Advance(time.Hour + time.Minute)
		fresh := succeeded(t, c.submit(f, withPassword(f, newPassword)))
		assert.NotEqual(t, f.Id, fresh.Id)
		assert.Equal(t, ory.SETTINGSFLOWSTATE_SHOW_FORM, fresh.State)
		assert.Equal(t, "4050001", messages(fresh))
		assert.True(t, w.PasswordIs(w.ada, adaPassword), "nothing was changed")
		done := succeeded(t, c.submit(fresh, withPassword(fresh, newPassword)))
		assert.Equal(t, ory.SETTINGSFLOWSTATE_SUCCESS, done.State)
	})
	t.Run("script: the login page, which is no JSON", func(t *testing.T) {
		w := newFixture(t, patient, documented)
		c := w.signIn(w.ada, respond.Script)
		f := c.start()
		w.Clock.Advance(time.Hour + time.Minute)
		a := c.submit(f, withPassword(f, newPassword))
		require.EqualError(t, a.err, "undefined response type")
		assert.Equal(t, "/login", a.res.Request.URL.Path)
		assert.Equal(t, "<h1>Sign in</h1>", string(body(a.err)))
		assert.True(t, w.PasswordIs(w.ada, adaPassword), "nothing was changed")
	})
}
