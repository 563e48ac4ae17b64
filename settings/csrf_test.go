package settings_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

// csrfVerdict says who may send what a row describes.
type csrfVerdict int

const (
	csrfRefused  csrfVerdict = iota // nobody: 403 and nothing is written, not even a message
	csrfJSONOnly                    // JSON needs no token there, a form does
	csrfPasses
)

func TestCSRF(t *testing.T) {
	// from is a request with these Sec-Fetch-Site and Origin, bare one without the token.
	from := func(site, origin string) func(*csrfFixture) {
		return func(s *csrfFixture) { s.from(site, origin) }
	}
	bare := func(site, origin string) func(*csrfFixture) {
		return func(s *csrfFixture) { delete(s.fields, "csrf_token"); s.from(site, origin) }
	}
	for _, row := range []struct {
		name   string
		want   csrfVerdict
		change func(s *csrfFixture)
	}{
		{"the form's token from a page of ours", csrfPasses, func(*csrfFixture) {}},
		{"the token of an earlier rendering of the same form", csrfPasses, func(s *csrfFixture) { s.flow = s.browser.Read(s.flow.ID).Flow }},
		{"the token, from a browser that sends neither Sec-Fetch-Site nor Origin", csrfPasses, from("", "")},
		{"the token, from a browser that sends Origin only", csrfPasses, from("", "https://app.example.com")},
		{"the token, sent again by the user's reload", csrfPasses, from("none", "")},
		{"the token, from a page without referrer, whose Origin is null", csrfPasses, from("same-origin", "null")},
		{"an Origin in capitals is the same one", csrfPasses, from("", "HTTPS://App.Example.COM")},
		{"the token from a configured origin on another site", csrfPasses, from("cross-site", "https://www.example.com")},
		{"the token from a configured origin on the same site", csrfPasses, from("same-site", "https://www.example.com")},
		{"the token from our own origin, with the mark of another site", csrfPasses, from("cross-site", "https://app.example.com")},
		{"the token after the session token was rotated", csrfPasses, func(s *csrfFixture) {
			stored, err := s.kit.Store.GetSession(s.Context(), session.Hash(s.cookie()))
			require.NoError(s, err)
			rotated, token := stored.Renewed()
			require.NoError(s, s.kit.Store.UpdateSession(s.Context(), rotated))
			s.plant("__Host-amend_session", token, "/")
		}},

		{"no token, same-origin by Sec-Fetch-Site and Origin", csrfJSONOnly, func(s *csrfFixture) { delete(s.fields, "csrf_token") }},
		{"no token, same-origin by Sec-Fetch-Site", csrfJSONOnly, bare("same-origin", "")},
		{"no token, same-origin by Origin", csrfJSONOnly, bare("", "https://app.example.com")},
		{"an empty token, same-origin", csrfJSONOnly, func(s *csrfFixture) { s.fields["csrf_token"] = "" }},
		{"the token in a header only, same-origin", csrfJSONOnly, func(s *csrfFixture) { s.tokenInHeader() }},
		{"the token in the query only, same-origin", csrfJSONOnly, func(s *csrfFixture) { s.tokenInQuery() }},

		{"no token, and no word of where it comes from", csrfRefused, bare("", "")},
		{"no token, from a configured origin on another site", csrfRefused, bare("cross-site", "https://www.example.com")},
		{"no token, from a configured origin that says nothing more", csrfRefused, bare("", "https://www.example.com")},
		{"no token, from our own origin with the mark of another site", csrfRefused, bare("cross-site", "https://app.example.com")},
		{"no token, from our own origin with the mark of the same site", csrfRefused, bare("same-site", "https://app.example.com")},
		{"no token, from our own origin with a mark no browser sends", csrfRefused, bare("Same-Origin", "https://app.example.com")},
		{"no token, from our own origin with two marks", csrfRefused, func(s *csrfFixture) {
			delete(s.fields, "csrf_token")
			s.browser.Header["Sec-Fetch-Site"] = []string{"same-origin", "cross-site"}
		}},
		{"no token, from our own origin with the mark of a reload", csrfRefused, bare("none", "https://app.example.com")},
		{"no token, with the mark of a reload", csrfRefused, bare("none", "")},
		{"no token, from a page without referrer", csrfRefused, bare("same-origin", "null")},
		{"the token in a header only", csrfRefused, func(s *csrfFixture) { s.tokenInHeader(); s.from("", "") }},
		{"the token in the query only", csrfRefused, func(s *csrfFixture) { s.tokenInQuery(); s.from("", "") }},
		{"the token under another name", csrfRefused, func(s *csrfFixture) {
			s.fields["_csrf_token"] = s.fields["csrf_token"]
			delete(s.fields, "csrf_token")
			s.from("", "")
		}},
		{"the token of another session of the user for the same flow", csrfRefused, func(s *csrfFixture) {
			s.fields["csrf_token"] = s.kit.SignIn(s.ada, respond.Script).Read(s.flow.ID).Flow.CSRFToken()
		}},
		{"the token of the attacker's own session and flow", csrfRefused, func(s *csrfFixture) {
			mallory := s.kit.SignIn(s.kit.AddIdentity("mallory@example.com", "a mallory of a password"), respond.Page)
			s.fields["csrf_token"] = mallory.Start().CSRFToken()
		}},
		{"the token of another flow of the session", csrfRefused, func(s *csrfFixture) { s.fields["csrf_token"] = s.browser.Start().CSRFToken() }},
		{"a random token of the right form", csrfRefused, func(s *csrfFixture) {
			s.fields["csrf_token"] = base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{7}, csrfTokenSize(s)))
		}},
		{"a token of nothing but zeros", csrfRefused, func(s *csrfFixture) {
			s.fields["csrf_token"] = base64.RawURLEncoding.EncodeToString(make([]byte, csrfTokenSize(s)))
		}},
		{"the token without its last character", csrfRefused, func(s *csrfFixture) {
			token := s.flow.CSRFToken()
			s.fields["csrf_token"] = token[:len(token)-1]
		}},
		{"the token with a character more", csrfRefused, func(s *csrfFixture) { s.fields["csrf_token"] = s.flow.CSRFToken() + "A" }},
		{"the session token as the token", csrfRefused, func(s *csrfFixture) { s.fields["csrf_token"] = s.cookie() }},
		{"a planted cookie with the matching token", csrfRefused, func(s *csrfFixture) {
			for _, name := range []string{"csrf_token", "XSRF-TOKEN", "__Host-csrf_token"} {
				s.plant(name, "planted", "/")
			}
			s.browser.Header.Set("X-CSRF-Token", "planted")
			s.fields["csrf_token"] = "planted"
		}},

		{"the token, from another site", csrfRefused, from("cross-site", "https://evil.example")},
		{"the token, from another site that hides its Origin", csrfRefused, from("cross-site", "")},
		{"the token, from another site with an Origin of null", csrfRefused, from("cross-site", "null")},
		{"the token, from a sub-domain", csrfRefused, from("same-site", "https://blog.example.com")},
		{"the token, from the same site without an Origin", csrfRefused, from("same-site", "")},
		{"the token, from another site by Origin alone", csrfRefused, from("", "https://evil.example")},
		{"the token, with a Sec-Fetch-Site no browser sends", csrfRefused, from("Same-Origin", "")},
		{"the token, with two Sec-Fetch-Site headers", csrfRefused, func(s *csrfFixture) {
			s.from("", "")
			s.browser.Header["Sec-Fetch-Site"] = []string{"same-origin", "cross-site"}
		}},
		{"the token, with an Origin of null and no Sec-Fetch-Site", csrfRefused, from("", "null")},
		{"the token, with an Origin of null and the mark of a reload", csrfRefused, from("none", "null")},
		{"the token, with an Origin of null from the same site", csrfRefused, from("same-site", "null")},
		{"the token, from the http twin of our https host", csrfRefused, from("", "http://app.example.com")},
		{"the token, from the http twin with the mark of the same origin", csrfRefused, from("same-origin", "http://app.example.com")},
		{"the token, from the http twin of a configured origin", csrfRefused, from("cross-site", "http://www.example.com")},
		{"the token, from another port", csrfRefused, from("", "https://app.example.com:8443")},
		{"the token, from a host that ours is the start of", csrfRefused, from("", "https://app.example.com.evil.example")},
		{"the token, from a host that ours is the end of", csrfRefused, from("", "https://evilapp.example.com")},
		{"the token, from a host after ours as a user name", csrfRefused, from("", "https://app.example.com@evil.example")},
		{"the token, with ours and more in the Origin", csrfRefused, from("", "https://app.example.com https://evil.example")},
		{"the token, with a path in the Origin", csrfRefused, from("", "https://app.example.com/auth")},
		{"the token, with two Origin headers", csrfRefused, func(s *csrfFixture) {
			s.browser.Header["Origin"] = []string{"https://app.example.com", "https://evil.example"}
		}},
		{"the token, with two Origin headers, ours last", csrfRefused, func(s *csrfFixture) {
			s.browser.Header["Origin"] = []string{"https://evil.example", "https://app.example.com"}
		}},

		{"the token from before a logout and another login", csrfRefused, func(s *csrfFixture) {
			require.NoError(s, s.kit.Handler.Sessions.EndToken(s.Context(), s.cookie()))
			s.browser = s.kit.SignIn(s.ada, s.browser.Kind)
		}},
		{"the token from before another login without a logout", csrfRefused, func(s *csrfFixture) { s.browser = s.kit.SignIn(s.ada, s.browser.Kind) }},
		{"the token, with the session in X-Session-Token only", csrfRefused, func(s *csrfFixture) {
			token := s.cookie()
			s.browser = s.kit.Anonymous(s.browser.Kind)
			s.browser.Header.Set("X-Session-Token", token)
		}},
		{"the token, with the session in Authorization only", csrfRefused, func(s *csrfFixture) {
			token := s.cookie()
			s.browser = s.kit.Anonymous(s.browser.Kind)
			s.browser.Header.Set("Authorization", "Bearer "+token)
		}},
	} {
		for _, by := range csrfSenders {
			t.Run(row.name+", "+by.name, func(t *testing.T) {
				s := newCSRFFixture(t, by.kind)
				row.change(s)
				before, stored := snapshot(t, s.kit, s.ada), flowRecord(t, s.kit, s.flow.ID)
				a := s.send(by)
				if row.want == csrfPasses || row.want == csrfJSONOnly && by.json {
					require.Equal(t, map[respond.Client]int{respond.Page: 303, respond.Script: 200}[by.kind], a.Status, "%v", a)
					require.NotContains(t, a.Location, "/errors")
					require.True(t, s.kit.PasswordIs(s.ada, csrfNewPassword))
					return
				}
				requireError(t, a, by.kind, 403, "security_csrf_violation")
				assert.Empty(t, a.Header["Set-Cookie"])
				assert.Equal(t, before, snapshot(t, s.kit, s.ada))
				assert.Equal(t, stored, flowRecord(t, s.kit, s.flow.ID), "not even a message")
				assert.True(t, s.kit.PasswordIs(s.ada, csrfOldPassword))
			})
		}
	}
}

// A token that is no string is no token: it neither passes nor counts as one
// left out.
func TestCSRFTokenOfAnotherType(t *testing.T) {
	for _, token := range []any{1, true, nil, []string{"a"}, map[string]string{"a": "b"}} {
		t.Run(fmt.Sprintf("%T", token), func(t *testing.T) {
			s := newCSRFFixture(t, respond.Script)
			s.fields["csrf_token"] = token
			before, stored := snapshot(t, s.kit, s.ada), flowRecord(t, s.kit, s.flow.ID)
			requireError(t, s.send(csrfSenders[3]), respond.Script, 403, "security_csrf_violation")
			assert.Equal(t, before, snapshot(t, s.kit, s.ada))
			assert.Equal(t, stored, flowRecord(t, s.kit, s.flow.ID))
		})
	}
}

// A forged request learns nothing: neither that its body is bad, nor that the
// method is not offered, nor that the flow has expired.
func TestCSRFComesBeforeTheBodyIsJudged(t *testing.T) {
	for _, row := range []struct{ name, body string }{
		{"a malformed body", `{"method":"password","method":"password"}`},
		{"a method that is not offered", `{"method":"totp","totp_code":"123456"}`},
		{"no method", `{}`},
		{"a password the policy refuses", `{"method":"password","password":"short"}`},
	} {
		for _, kind := range []respond.Client{respond.Page, respond.Script} {
			for _, expired := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %v, expired %v", row.name, kind, expired), func(t *testing.T) {
					s := newCSRFFixture(t, kind)
					if expired {
						s.kit.Clock.Advance(90 * time.Minute)
					}
					s.from("cross-site", "https://evil.example")
					before, stored := snapshot(t, s.kit, s.ada), flowRecord(t, s.kit, s.flow.ID)
					a := s.browser.Post("/self-service/settings?flow="+s.flow.ID, "application/json", row.body)
					requireError(t, a, kind, 403, "security_csrf_violation")
					assert.Equal(t, before, snapshot(t, s.kit, s.ada))
					assert.Equal(t, stored, flowRecord(t, s.kit, s.flow.ID))
				})
			}
		}
	}
}

// Every rendering masks the token anew, so that a compressed page does not
// leak it; each of them verifies.
func TestCSRFTokenIsMasked(t *testing.T) {
	s := newCSRFFixture(t, respond.Script)
	seen := map[string]bool{}
	for range 20 {
		token := s.browser.Read(s.flow.ID).Flow.CSRFToken()
		require.False(t, seen[token], "a token came twice")
		seen[token] = true
		s.fields["csrf_token"], s.fields["password"] = token, "short"
		s.from("", "") // so that the token decides
		a := s.send(csrfSenders[3])
		require.Equal(t, 400, a.Status, "the token passes: %v", a)
		require.Equal(t, []string{"password:4000032"}, a.Flow.Messages())
	}
}

// A form that is open while the keys are rotated stays good as long as the old
// key is kept, and not longer.
func TestCSRFTokenAndKeyRotation(t *testing.T) {
	for _, by := range csrfSenders {
		for _, kept := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, old key kept %v", by.name, kept), func(t *testing.T) {
				s := newCSRFFixture(t, by.kind)
				old := s.kit
				keys := [][]byte{settings.NewKey()}
				if kept {
					keys = append(keys, old.Config.Keys...)
				}
				rotated := settingstest.New(t, func(c *settings.Config) {
					c.Keys, c.Flows, c.Sessions, c.Identities = keys, old.Store, old.Store, old.Store
				})
				rotated.Store, s.kit, s.browser.Kit = old.Store, rotated, rotated
				s.from("", "") // so that the token decides
				stored := flowRecord(t, rotated, s.flow.ID)
				a := s.send(by)
				if kept {
					require.True(t, rotated.PasswordIs(s.ada, csrfNewPassword), "%v", a)
					return
				}
				requireError(t, a, by.kind, 403, "security_csrf_violation")
				require.True(t, rotated.PasswordIs(s.ada, csrfOldPassword))
				require.Equal(t, stored, flowRecord(t, rotated, s.flow.ID))
			})
		}
	}
}

// A host that carries the token inside a cookie of its own gets the same check.
func TestCSRFWithTheHostsOwnTransport(t *testing.T) {
	for _, row := range []struct {
		name, fetchSite string
		status          int
	}{
		{"from a page of ours", "same-origin", 200},
		{"from another site", "cross-site", 403},
	} {
		t.Run(row.name, func(t *testing.T) {
			kit := settingstest.New(t, func(c *settings.Config) { c.Transport = session.Cookie{Name: "host_session"} })
			ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
			browser := kit.SignIn(ada, respond.Script)
			browser.Header["Origin"] = nil
			browser.Header.Set("Sec-Fetch-Site", row.fetchSite)
			a := browser.Submit(browser.Start(), settingstest.Fields{"method": "password", "password": csrfNewPassword})
			require.Equal(t, row.status, a.Status, "%v", a)
			require.Equal(t, row.status == 200, kit.PasswordIs(ada, csrfNewPassword))
		})
	}
}

// A form that was shown before its user signed in again is no forgery, and no longer
// good: its user gets a fresh one, with what they typed. One of a session that has
// ended is a stranger's.
func TestAFormFromBeforeANewerSignIn(t *testing.T) {
	for _, kind := range []respond.Client{respond.Page, respond.Script} {
		t.Run(kind.String(), func(t *testing.T) {
			kit := settingstest.New(t, offering(profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
				profile.Field{Name: "email", Type: profile.Email}, profile.Field{Name: "nickname"},
			)}})), func(c *settings.Config) { c.Behaviour = settings.LikeKratos() })
			ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
			c := kit.SignIn(ada, kind)
			f, ended := c.Start(), c.Start()
			c.SignInAs(ada)
			was := kit.Snapshot(ada)
			fields := settingstest.Fields{"method": "profile", "traits": map[string]any{"email": "ada@example.com", "nickname": "countess"}}
			a := c.Submit(f, fields)
			var fresh *settingstest.Flow
			if kind == respond.Page {
				require.Equal(t, 303, a.Status, a)
				fresh = a.Follow().Flow
			} else {
				require.Equal(t, 410, a.Status, a)
				var body struct {
					Fresh string `json:"use_flow_id"`
				}
				decodeInto(t, a.Body, &body)
				fresh = c.Read(body.Fresh).Flow
			}
			require.NotEqual(t, f.ID, fresh.ID)
			assert.Equal(t, []string{"4050001"}, fresh.Messages())
			assert.Contains(t, string(c.Read(fresh.ID).Body), `"value":"countess"`, "what was typed is there")
			assert.Equal(t, was, kit.Snapshot(ada))
			require.Equal(t, 1, len(kit.Identity(ada).Keys))
			if kind == respond.Page {
				assert.Equal(t, a.Location, c.Submit(f, fields).Location, "the same one for every repeat")
			}
			_ = c.Submit(fresh, fields)
			assert.Contains(t, string(kit.Identity(ada).Traits), "countess")

			other := kit.SignIn(ada, kind) // signed in anew, not again
			requireError(t, other.Submit(ended, fields), kind, 403, "security_csrf_violation")
		})
	}
}
