package main_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	ory "github.com/ory/client-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/store"
)

// nowhere is the id of no flow.
const nowhere = "00000000-0000-4000-8000-000000000000"

func TestWithoutASession(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		f := w.signIn(w.ada, kind).start()
		nobody := w.anonymous(kind)
		const status, id = http.StatusUnauthorized, "session_inactive"
		failed(t, status, id, wrap(nobody.begin()))
		failed(t, status, id, nobody.read(f.Id))
		failed(t, status, id, nobody.read(nowhere))
		failed(t, status, id, nobody.submit(f, withPassword(f, newPassword)))
		failed(t, status, id, nobody.whoami())
		failed(t, status, id, nobody.sessions())
		failed(t, status, id, nobody.endOthers())
		failed(t, status, id, nobody.end(nowhere))
	})
}

func TestAStaleSession(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		w.linked()
		c := w.signIn(w.ada, kind)
		f := c.start()
		w.Clock.Advance(16 * time.Minute)
		before := w.Snapshot(w.ada)
		for name, body := range map[string]ory.UpdateSettingsFlowBody{
			"password":                    withPassword(f, newPassword),
			"a password that is too long": withPassword(f, strings.Repeat("long", 100)),
			"profile":                     withTraits(f, map[string]any{"email": "countess@example.com"}),
			"totp":                        withTOTP(f, "000000"),
			"lookup":                      withLookup(f, regenerate),
			"webauthn":                    withKey(f, "", create(t, input(f, "webauthn_register_trigger").Value)),
			"passkey":                     withPasskey(f, create(t, input(f, "passkey_create_data").Value)),
			"oidc":                        withoutLogin(f, "one"),
		} {
			t.Run(name, func(t *testing.T) {
				e := failed(t, http.StatusForbidden, "session_refresh_required", c.submit(f, body))
				assert.Equal(t, w.Config.PublicURL+"/self-service/login/browser?refresh=true&return_to="+
					strings.NewReplacer(":", "%3A", "/", "%2F", "?", "%3F", "=", "%3D").Replace(f.Ui.Action), e.AdditionalProperties["redirect_browser_to"])
				assert.Equal(t, map[string]any{"login": map[string]any{"refresh": true}}, e.Error.AdditionalProperties["details"])
				assert.Equal(t, before, w.Snapshot(w.ada))
			})
		}
	})
}

func TestALevelThatIsTooLow(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		c := w.signIn(w.ada, kind)
		f := c.start()
		w.AddFactor(w.ada, aal.TOTP)
		const status, id = http.StatusForbidden, "session_aal2_required"
		for name, e := range map[string]ory.ErrorGeneric{
			"start":  failed(t, status, id, wrap(c.begin())),
			"read":   failed(t, status, id, c.read(f.Id)),
			"submit": failed(t, status, id, c.submit(f, withPassword(f, newPassword))),
		} {
			assert.Contains(t, e.AdditionalProperties["redirect_browser_to"], w.Config.PublicURL+"/self-service/login/browser?aal=aal2", name)
			assert.Equal(t, map[string]any{"login": map[string]any{"aal": "aal2"}}, e.Error.AdditionalProperties["details"], name)
		}
		assert.Equal(t, w.ada, succeeded(t, c.whoami()).Identity.Id, "who asks only who it is, is told")
		assert.True(t, w.PasswordIs(w.ada, adaPassword))
	})
}

func TestTheFlowOfSomebodyElse(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		f := w.signIn(w.ada, kind).start()
		bob := w.signIn(w.AddIdentity("bob@example.com", ""), kind, aal.OIDC)
		failed(t, http.StatusForbidden, "security_identity_mismatch", bob.read(f.Id))
		failed(t, http.StatusForbidden, "security_identity_mismatch", bob.submit(f, withPassword(f, newPassword)))
		assert.True(t, w.PasswordIs(w.ada, adaPassword))
	})
}

func TestAForgedSubmit(t *testing.T) {
	w := newFixture(t)
	c := w.signIn(w.ada, respond.Script)
	f, other := c.start(), w.signIn(w.ada, respond.Script).start()
	plain := ory.UpdateSettingsFlowWithPasswordMethodAsUpdateSettingsFlowBody(&ory.UpdateSettingsFlowWithPasswordMethod{Method: "password", Password: newPassword})
	for name, a := range map[string]answer[*ory.SettingsFlow]{
		"without the form's token":         c.submit(f, plain),
		"with the token of another form":   c.submit(f, withPassword(other, newPassword)),
		"from a page of another site":      c.with("Sec-Fetch-Site", "cross-site").submit(f, withPassword(f, newPassword)),
		"from a page of another origin":    c.with("Origin", "https://evil.example").submit(f, withPassword(f, newPassword)),
		"with an app's token, not cookies": w.signIn(w.ada, respond.API).submit(f, withPassword(f, newPassword)),
	} {
		t.Run(name, func(t *testing.T) {
			failed(t, http.StatusForbidden, "security_csrf_violation", a)
		})
	}
	assert.True(t, w.PasswordIs(w.ada, adaPassword))
	c.saved(f, c.with("Sec-Fetch-Site", "same-origin").submit(f, plain))
}

// The flow of an app takes nothing that a browser may have sent.
func TestAnAppThatLooksLikeABrowser(t *testing.T) {
	w := newFixture(t)
	c := w.signIn(w.ada, respond.API)
	f := c.start()
	c.invalid(f, c.with("Origin", w.url).submit(f, withPassword(f, newPassword)), "4000001")
	c.invalid(f, c.with("Cookie", "theme=dark").submit(f, withPassword(f, newPassword)), "4000001")
	c.saved(f, c.submit(f, withPassword(f, newPassword)))
}

func TestAFlowThatIsNotThere(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		c := w.signIn(w.ada, kind)
		f := c.start()
		other := *f
		other.Id = nowhere
		failed(t, http.StatusNotFound, "self_service_flow_not_found", c.read(nowhere))
		failed(t, http.StatusNotFound, "self_service_flow_not_found", c.read("no id"))
		failed(t, http.StatusNotFound, "self_service_flow_not_found", c.read(""))
		failed(t, http.StatusNotFound, "self_service_flow_not_found", c.submit(&other, withPassword(f, newPassword)))
	})
}

// The SDK takes every 400 of a submit for a flow. Without a flow there is none to
// answer with, here as with Kratos; the error is in the body.
func TestASubmitWithoutAFlowID(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		c := w.signIn(w.ada, kind)
		f := c.start()
		other := *f
		other.Id = "no id"
		a := c.submit(&other, withPassword(f, newPassword))
		require.EqualError(t, a.err, "no value given for required property expires_at")
		assert.Equal(t, http.StatusBadRequest, a.res.StatusCode)
		assert.Contains(t, string(body(a.err)), `"id":"self_service_flow_missing"`)
	})
}

func TestMethodsThatAreNotOffered(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t, without("totp"))
		c := w.signIn(w.ada, kind)
		f := c.start()
		failed(t, http.StatusNotFound, "self_service_flow_disabled", c.submit(f, withTOTP(f, "000000")))

		// These two are for services that this is none of.
		c.invalid(f, c.submit(f, ory.UpdateSettingsFlowWithSamlMethodAsUpdateSettingsFlowBody(&ory.UpdateSettingsFlowWithSamlMethod{
			Method: "saml", CsrfToken: csrf(f),
		})), "4010004")
		c.invalid(f, c.submit(f, ory.UpdateSettingsFlowWithDeviceAuthnMethodAsUpdateSettingsFlowBody(&ory.UpdateSettingsFlowWithDeviceAuthnMethod{
			Method: "deviceauthn", CsrfToken: csrf(f), DeviceauthnRemove: new("00"),
		})), "4010004")
	})
}

func TestAReturnToThatIsForbidden(t *testing.T) {
	w := newFixture(t)
	c := w.signIn(w.ada, respond.Script)
	to := func(target string) answer[*ory.SettingsFlow] {
		return wrap(c.CreateBrowserSettingsFlow(t.Context()).ReturnTo(target).Execute())
	}
	failed(t, http.StatusBadRequest, "self_service_flow_return_to_forbidden", to("https://evil.example/"))
	f := succeeded(t, to(w.url+"/back?a=b"))
	assert.Equal(t, w.url+"/back?a=b", f.GetReturnTo())
	done := c.saved(f, c.submit(f, withPassword(f, newPassword)))
	assert.Equal(t, w.url+"/back?a=b", done.ContinueWith[0].ContinueWithRedirectBrowserTo.RedirectBrowserTo)
}

func TestABodyThatIsTooLarge(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		c := w.signIn(w.ada, kind)
		f := c.start()
		failed(t, http.StatusRequestEntityTooLarge, "body_too_large", c.submit(f, withPassword(f, strings.Repeat("long", 20_000))))
		failed(t, http.StatusUnsupportedMediaType, "unsupported_media_type", c.with("Content-Encoding", "gzip").submit(f, withPassword(f, newPassword)))
	})
}

func TestTooManyTries(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		c := w.signIn(w.ada, kind)
		f := c.start()
		for range 10 {
			c.invalid(f, c.submit(f, withTOTP(f, "000000")), "totp_code:4000008")
		}
		a := c.submit(f, withTOTP(f, code(t, secret(t, f), w.Clock.Now())))
		failed(t, http.StatusTooManyRequests, "too_many_tries", a)
		assert.Equal(t, "900", a.res.Header.Get("Retry-After"))
	})
}

// Two sessions in one request are refused before anything is known.
func TestTwoSessionsAtOnce(t *testing.T) {
	w := newFixture(t)
	c, other := w.signIn(w.ada, respond.API), w.signIn(w.ada, respond.API)
	f := c.start()
	both := c.with("Authorization", "Bearer "+other.token)
	failed(t, http.StatusBadRequest, "bad_request", wrap(both.begin()))
	failed(t, http.StatusBadRequest, "bad_request", both.read(f.Id))
	failed(t, http.StatusBadRequest, "session_ambiguous", both.whoami())
	failed(t, http.StatusBadRequest, "session_ambiguous", both.sessions())
	failed(t, http.StatusBadRequest, "session_ambiguous", both.endOthers())
	failed(t, http.StatusBadRequest, "session_ambiguous", both.end(nowhere))
}

// down is a store that can be switched off.
type down struct {
	store.SessionStore
	off bool
}

func (d *down) GetSession(ctx context.Context, hash string) (session.Session, error) {
	if d.off {
		return session.Session{}, errors.New("the cable is out")
	}
	return d.SessionStore.GetSession(ctx, hash)
}

func TestAStoreThatIsDown(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		store := &down{}
		w := newFixture(t, func(c *settings.Config) {
			store.SessionStore = c.Sessions
			c.Sessions = store
		})
		c := w.signIn(w.ada, kind)
		f := c.start()
		store.off = true
		const status, id = http.StatusServiceUnavailable, "unavailable"
		failed(t, status, id, wrap(c.begin()))
		failed(t, status, id, c.read(f.Id))
		failed(t, status, id, c.submit(f, withPassword(f, newPassword)))
		failed(t, status, id, c.whoami())
		failed(t, status, id, c.sessions())
		failed(t, status, id, c.endOthers())
		failed(t, status, id, c.end(nowhere))
		store.off = false
		c.saved(f, c.submit(f, withPassword(f, newPassword)))
	})
}
