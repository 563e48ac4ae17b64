package main_test

import (
	"net/http"
	"testing"
	"time"

	ory "github.com/ory/client-go"
	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
)

func documented(c *settings.Config) { c.Behaviour = settings.Strict() }

// With the documented branching the SDK does all it does with the one of Kratos,
// but for a flow that has expired: see TestAnExpiredFlowAsDocumented.
func TestTheDocumentedBranching(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t, documented)
		c := w.signIn(w.ada, kind)
		before := c.token
		f := c.start()
		c.invalid(f, c.submit(f, withPassword(f, "short")), "password:4000032")
		away := refused[ory.ErrorBrowserLocationChangeRequired](t, http.StatusUnprocessableEntity, c.submit(f, withLogin(f, "one")))
		assert.Contains(t, away.GetRedirectBrowserTo(), w.provider.URL+"/authorize?")

		done := c.saved(f, c.submit(f, withPassword(f, newPassword)))
		if kind == respond.API {
			assert.NotEqual(t, before, c.token)
			assert.Equal(t, c.token, done.AdditionalProperties["session_token"], "the token stands beside the flow too")
		}
		full := c.saved(f, c.submit(f, withTraits(f, map[string]any{"email": adaEmail, "colour": "red"})))
		assert.Len(t, full.ContinueWith, 1, "an app is told its token, whether it is new or not")

		failed(t, http.StatusUnauthorized, "session_inactive", w.anonymous(kind).submit(f, withPassword(f, adaPassword)))
		bob := w.signIn(w.AddIdentity("bob@example.com", ""), kind, aal.OIDC)
		failed(t, http.StatusForbidden, "security_identity_mismatch", bob.submit(f, withPassword(f, adaPassword)))
		other := *f
		other.Id = nowhere
		failed(t, http.StatusNotFound, "self_service_flow_not_found", c.submit(&other, withPassword(f, adaPassword)))
		w.Clock.Advance(16 * time.Minute)
		stale := failed(t, http.StatusForbidden, "session_refresh_required", c.submit(f, withPassword(f, adaPassword)))
		assert.Contains(t, stale.AdditionalProperties["redirect_browser_to"], w.url+"/login?refresh=true&return_to=")
		assert.True(t, w.PasswordIs(w.ada, newPassword))
	})
}
