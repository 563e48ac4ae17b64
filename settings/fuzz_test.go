package settings_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/wire"
)

// fuzzFixture is a service with a flow of each type, without HTTP.
type fuzzFixture struct {
	kit          *settingstest.Kit
	ada, token   string
	api, browser *settingstest.Flow
}

func newFuzzFixture(t *testing.T) fuzzFixture {
	s := fuzzFixture{kit: settingstest.New(t, func(c *settings.Config) { c.TrustedOrigins = []string{"https://www.example.com"} })}
	s.ada = s.kit.AddIdentity("ada@example.com", csrfOldPassword)
	app := s.kit.SignIn(s.ada, respond.API)
	s.token = app.Token
	s.api = app.Start()
	app.Header.Set("Accept", "application/json")
	s.browser = app.Get("/self-service/settings/browser").Flow
	return s
}

// Whatever the body and whatever it says it is: nothing panics or fails as a
// bug, and the password is changed if and only if the outcome says so.
func FuzzSubmitBody(f *testing.F) {
	for _, seed := range []struct{ contentType, body string }{
		{"application/json", `{"csrf_token":"TOKEN","method":"password","password":"a very different horse"}`},
		{"application/json; charset=utf-8", `{"method":"password","password":"a very different horse","transient_payload":{"a":[1e400,null]}}`},
		{"application/x-www-form-urlencoded", `csrf_token=TOKEN&method=password&password=a+very+different+horse&transient_payload.a.b=1`},
		{"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"method\"\r\n\r\npassword\r\n--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\na very different horse\r\n--b--\r\n"},
		{"application/json", `{"method":"password","password":"short"}`},
		{"application/json", `{"method":"password","method":"password"}`},
		{"application/json", `{"method":"totp","totp_unlink":true}`},
		{"application/json", `{"method":1,"password":["a"],"transient_payload":"x"}`},
		{"application/json", `[[[[`},
		{"application/json", "\ufeff{}"},
		{"text/plain", `{}`},
		{"", ""},
		{"application/x-www-form-urlencoded", `traits.a=1&traits.a.b=2&%=%&;`},
	} {
		f.Add(seed.contentType, []byte(seed.body))
	}
	allowed := []respond.Kind{respond.Succeeded, respond.Invalid, respond.Disabled, respond.TooLarge, respond.WrongMedia, respond.Forged}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		s := newFuzzFixture(t)
		submit := func(form *settingstest.Flow, req settings.Request) {
			before := s.kit.Identity(s.ada).PasswordHash
			req.Flow, req.ContentType, req.Accept, req.WantsForm = []string{form.ID}, contentType, "application/json", true
			req.Body = bytes.NewReader(bytes.ReplaceAll(body, []byte("TOKEN"), []byte(form.CSRFToken())))
			o := s.kit.Handler.Service.Submit(t.Context(), req)
			require.True(t, slices.Contains(allowed, o.Kind), "%v: %v", o.Kind, o.Err)
			require.False(t, form == s.api && o.Kind == respond.Forged, "a flow of an API client has no such check")
			changed := s.kit.Identity(s.ada).PasswordHash != before
			require.Equal(t, o.Kind == respond.Succeeded, changed, "%v", o.Kind)
			if o.Form != nil {
				w := wire.New(1024)
				o.Form.WriteJSON(w, flow.Extra{})
				require.True(t, json.Valid(w.Bytes()), "%s", w.Bytes())
			}
			for _, id := range []string{s.api.ID, s.browser.ID} {
				r, err := s.kit.Store.GetFlow(t.Context(), flow.Key(id))
				require.NoError(t, err)
				require.LessOrEqual(t, len(r.Data), 16<<10)
			}
			if o.Token != "" {
				s.token = o.Token
			}
		}
		submit(s.browser, settings.Request{Tokens: session.Presented{Cookie: []string{s.token}}, Cookies: []string{"__Host-amend_session"}, FetchSite: "same-origin"})
		if s.kit.PasswordIs(s.ada, csrfOldPassword) { // else the other flow is from before the change
			submit(s.api, settings.Request{Tokens: session.Presented{Header: []string{s.token}}})
		}
	})
}

// Whatever a browser says about where a request comes from: without the form's
// token only JSON from our own origin passes, with it nothing from a foreign one.
func FuzzOrigin(f *testing.F) {
	for _, site := range []string{"", "none", "same-origin", "same-site", "cross-site", "Same-Origin", "same-origin,same-origin", "same-origin "} {
		for _, origin := range []string{
			"", "null", "https://app.example.com", "HTTPS://APP.EXAMPLE.COM", "https://www.example.com", "http://app.example.com",
			"https://app.example.com:443", "https://app.example.com:8443", "https://app.example.com.evil.example", "https://evil.example",
			"https://app.example.com/", "https://app.example.com,https://evil.example", "NULL", " ", "https://ſpp.example.com",
		} {
			f.Add(site, origin, true)
			f.Add(site, origin, false)
		}
	}
	f.Fuzz(func(t *testing.T, site, origin string, isForm bool) {
		configured := slices.Contains([]string{"https://app.example.com", "https://www.example.com"}, asciiLower(origin))
		foreign := origin != "" && origin != "null" && !configured ||
			origin == "null" && site != "same-origin" ||
			site != "" && site != "none" && site != "same-origin" && !configured
		ownPage := !foreign && (site == "" && asciiLower(origin) == "https://app.example.com" || site == "same-origin" && origin != "null")

		s := newFuzzFixture(t)
		submit := func(password, token string) respond.Kind {
			contentType, body := csrfJSON(t, settingstest.Fields{"method": "password", "password": password, "csrf_token": token})
			if isForm {
				contentType, body = csrfURLEncoded(t, settingstest.Fields{"method": "password", "password": password, "csrf_token": token})
			}
			return s.kit.Handler.Service.Submit(t.Context(), settings.Request{
				Flow: []string{s.browser.ID}, Tokens: session.Presented{Cookie: []string{s.token}}, Cookies: []string{"__Host-amend_session"},
				ContentType: contentType, Accept: "application/json", Body: strings.NewReader(body), FetchSite: site, Origin: origin,
			}).Kind
		}
		want := respond.Invalid
		if foreign {
			want = respond.Forged
		}
		require.Equal(t, want, submit("short", s.browser.CSRFToken()), "with the token")

		if want = respond.Forged; ownPage && !isForm {
			want = respond.Succeeded
		}
		require.Equal(t, want, submit(csrfNewPassword, ""), "without it")
		require.Equal(t, want == respond.Succeeded, s.kit.PasswordIs(s.ada, csrfNewPassword))
	})
}

// asciiLower is what two origins have in common that are the same.
func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
