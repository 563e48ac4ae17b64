package page_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/settingstest"
)

const formType = "application/x-www-form-urlencoded"

// The page ends sessions by its own POST. Each row is what was sent, and whether the
// phone is signed in after it.
func TestEndingSessionsOnThePage(t *testing.T) {
	type fixture struct {
		kit         *settingstest.Kit
		laptop, bob *settingstest.Client
		phone       *settingstest.Client
		flow        *settingstest.Flow
		phoneID     string
	}
	for _, c := range []struct {
		name  string
		as    func(w *fixture) *settingstest.Client
		form  func(w *fixture) url.Values
		want  string
		said  string // of the flow, after it
		phone int
	}{
		{"one device", nil, func(w *fixture) url.Values { return url.Values{"end_session": {w.phoneID}} }, "303 UI ⇒ 7000040", "One device is signed out.", 401},
		{"all others", nil, func(w *fixture) url.Values { return url.Values{"other_sessions": {"end"}} }, "303 UI ⇒ 7000040", "One device is signed out.", 401},
		{"without a token", nil, func(w *fixture) url.Values { return url.Values{"other_sessions": {"end"}, "csrf_token": {""}} }, "303 ERR ⇒ security_csrf_violation", "", 200},
		{"with the token of another flow", nil, func(w *fixture) url.Values {
			return url.Values{"other_sessions": {"end"}, "csrf_token": {w.laptop.Start().CSRFToken()}}
		}, "303 ERR ⇒ security_csrf_violation", "", 200},
		{"with the token of somebody else", nil, func(w *fixture) url.Values {
			return url.Values{"other_sessions": {"end"}, "csrf_token": {w.bob.Start().CSRFToken()}}
		}, "303 ERR ⇒ security_csrf_violation", "", 200},
		{"by somebody else", func(w *fixture) *settingstest.Client { return w.bob }, func(w *fixture) url.Values { return url.Values{"end_session": {w.phoneID}} }, "303 ERR ⇒ security_identity_mismatch", "", 200},
		{"a session of somebody else", nil, func(w *fixture) url.Values { return url.Values{"end_session": {idOf(w.bob)}} }, "303 UI ⇒ 7000040", "No other device is signed in.", 200},
		{"the very session that asks", nil, func(w *fixture) url.Values { return url.Values{"end_session": {idOf(w.laptop)}} }, "303 UI ⇒ 4010004", "Choose what to change: the form named nothing that is offered here.", 200},
		{"two things at once", nil, func(w *fixture) url.Values {
			return url.Values{"end_session": {w.phoneID}, "other_sessions": {"end"}}
		}, "303 UI ⇒ 4010004", "Choose what to change: the form named nothing that is offered here.", 200},
		{"signing out, and others too", nil, func(w *fixture) url.Values {
			return url.Values{"sign_out": {"true"}, "other_sessions": {"end"}}
		}, "303 UI ⇒ 4010004", "Choose what to change: the form named nothing that is offered here.", 200},
		{"nothing", nil, func(w *fixture) url.Values { return url.Values{} }, "303 UI ⇒ 4010004", "Choose what to change: the form named nothing that is offered here.", 200},
		{"long after the sign-in", func(w *fixture) *settingstest.Client { w.kit.Clock.Advance(16 * time.Minute); return w.laptop },
			func(w *fixture) url.Values { return url.Values{"other_sessions": {"end"}} }, "303 REFRESH", "", 200},
		{"with a stolen password, of an account with a second factor", func(w *fixture) *settingstest.Client {
			w.kit.AddFactor(accountOf(w.laptop), aal.TOTP)
			return w.laptop
		}, func(w *fixture) url.Values { return url.Values{"other_sessions": {"end"}} }, "303 STEPUP", "", 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, laptop := kit(t)
			w := &fixture{kit: k, laptop: laptop}
			w.phone, w.bob = k.SignIn(accountOf(laptop), respond.API), k.SignIn(k.AddIdentity("bob@example.com", "correct horse battery staple"), respond.Page)
			w.phoneID = idOf(w.phone)
			w.flow = w.laptop.Start()
			form := c.form(w)
			if !form.Has("csrf_token") {
				form.Set("csrf_token", w.flow.CSRFToken())
			}
			by := w.laptop
			if c.as != nil {
				by = c.as(w)
			}
			a := by.Do("POST", settingstest.UIURL+"?flow="+w.flow.ID, formType, form.Encode())
			assert.Equal(t, c.want, a.Brief())
			if c.said != "" {
				assert.Contains(t, string(w.laptop.Do("GET", settingstest.UIURL+"?flow="+w.flow.ID, "", "").Body), "autofocus>"+c.said+"</p>")
			}
			assert.Equal(t, c.phone, w.phone.Whoami().Status)
		})
	}
}

func idOf(c *settingstest.Client) string {
	return regexp.MustCompile(`"id":"([^"]*)"`).FindStringSubmatch(string(c.Whoami().Body))[1]
}

func accountOf(c *settingstest.Client) string {
	return regexp.MustCompile(`"identity":\{"id":"([^"]*)"`).FindStringSubmatch(string(c.Whoami().Body))[1]
}

func TestSigningOutOnThePage(t *testing.T) {
	k, laptop := kit(t)
	phone := k.SignIn(accountOf(laptop), respond.API)
	f := laptop.Start()
	forged := laptop.Do("POST", settingstest.UIURL+"?flow="+f.ID, formType, "sign_out=true")
	assert.Equal(t, "303 ERR ⇒ security_csrf_violation", forged.Brief())
	require.Equal(t, 200, laptop.Whoami().Status)

	body := string(laptop.Do("GET", settingstest.UIURL+"?flow="+f.ID, "", "").Body)
	assert.Contains(t, body, `<form method="post" action="?flow=`+f.ID+`" id="sessions"><input type="hidden" name="csrf_token" value="`)
	assert.Contains(t, body, `<button form="sessions" class="plain" name="sign_out" value="true">Sign out</button>`)
	out := laptop.Do("POST", settingstest.UIURL+"?flow="+f.ID, formType, url.Values{"sign_out": {"true"}, "csrf_token": {f.CSRFToken()}}.Encode())
	assert.Equal(t, 303, out.Status)
	assert.True(t, strings.HasPrefix(out.Location, settingstest.LoginURL), out.Location)
	assert.Equal(t, 401, laptop.Whoami().Status)
	assert.Equal(t, 200, phone.Whoami().Status, "others stay")
}

func TestTheDevicesOfThePage(t *testing.T) {
	k, laptop := kit(t)
	k.SignIn(accountOf(laptop), respond.API)
	f := laptop.Start()
	body := string(laptop.Do("GET", settingstest.UIURL+"?flow="+f.ID, "", "").Body)
	devices := between(t, body, `id="devices"`, `</section>`)
	assert.Equal(t, 1, strings.Count(devices, "This device"))
	assert.Equal(t, 1, strings.Count(devices, `name="end_session"`), "this one ends by signing out")
	assert.NotContains(t, devices, `name="end_session" value="`+idOf(laptop))
	assert.Contains(t, devices, `<button form="sessions" name="other_sessions" value="end">Sign out all others</button>`)
	assert.NotContains(t, devices, "192.", "no address is shown")
}
