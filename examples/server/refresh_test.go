package main_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRefresh(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	app, passkey := p.plant(id, "totp"), p.plant(id, "passkey")
	again := p.public + "/login?refresh=true&return_to=/settings"
	signedIn := func(t *testing.T) (*person, started, *whoami) {
		v := newPerson(t)
		v.open(p.public + "/login")
		v.usePasskey(passkey)
		s := p.whoami(v.client)
		return v, started{s.ID, v.token(p)}, s
	}
	t.Run("by the password", func(t *testing.T) {
		v, before, was := signedIn(t)
		v.open(again)
		assert.Contains(t, v.page, "Confirm it is you", "whatever the level, and however recent")
		assert.Contains(t, v.page, ` value="`+email+`"`, "they need not type who they are")
		assert.Equal(t, p.public+"/settings", withoutQuery(v.submit("password", oldPassword)))
		p.replaced(v.client, before)
		now := p.whoami(v.client)
		assert.True(t, now.AuthenticatedAt.After(was.AuthenticatedAt))
		assert.Equal(t, "aal2", now.Level, "what was proved before stays proved")
	})
	t.Run("by a passkey", func(t *testing.T) {
		v, before, was := signedIn(t)
		v.open(again)
		v.usePasskey(passkey)
		p.replaced(v.client, before)
		assert.True(t, p.whoami(v.client).AuthenticatedAt.After(was.AuthenticatedAt))
	})
	t.Run("a session of one factor is asked for the other, too", func(t *testing.T) {
		v := newPerson(t)
		before := p.session(v.client, id, ago(time.Hour))
		v.open(again + "&aal=aal2")
		require.Contains(t, v.page, `name="password"`)
		v.submit("password", oldPassword)
		v.submit("totp_code", app.code(t, 0))
		p.replaced(v.client, before)
		assert.Equal(t, "aal2", p.level(v))
	})
}

// A refresh asks for what lies too far back, and for nothing else: first factors
// first, and of each kind any that the account has.
func TestWhatARefreshAsksFor(t *testing.T) {
	p := start(t)
	hourAgo := ago(time.Hour)
	for n, row := range []struct {
		name    string
		methods []string // of the session
		age     string   // of them; "" is just now
		since   bool     // the password was given once more since
		url     string   // what is asked for
		first   bool     // the first page is shown
		second  []string // the fields of the second one, nil if it does not follow
	}{
		{"both are stale", []string{"password", "totp"}, hourAgo, false, "?refresh=true&aal=aal2", true, []string{"totp_code", "lookup_secret", "passkey_login"}},
		{"both are stale, and nothing is said of the second", []string{"password", "totp"}, hourAgo, false, "?refresh=true", true, []string{"totp_code"}},
		{"the second is stale", []string{"password", "totp"}, hourAgo, true, "?refresh=true&aal=aal2", false, []string{"totp_code", "lookup_secret", "passkey_login"}},
		{"the second is stale, and nothing is said of it", []string{"password", "totp"}, hourAgo, true, "?refresh=true", false, []string{"totp_code"}},
		{"nothing is stale", []string{"password", "totp"}, "", false, "?refresh=true", true, nil},
		{"nothing is stale, and the second is wanted all the same", []string{"password", "totp"}, "", false, "?refresh=true&aal=aal2", false, []string{"totp_code"}},
		{"a passkey is stale, and its owner gives the password", []string{"passkey"}, hourAgo, false, "?refresh=true&aal=aal2", true, []string{"totp_code", "passkey_login"}},
		{"a linked login is stale, and its owner gives the password", []string{"oidc", "totp"}, hourAgo, false, "?refresh=true&aal=aal2", true, []string{"totp_code"}},
		{"an account recovery is no sign-in, however recent", []string{"code_recovery", "totp"}, "", false, "?refresh=true", true, nil},
		{"no refresh: the level is enough", []string{"password", "totp"}, hourAgo, false, "?aal=aal2", false, nil},
		{"no refresh: the second is missing", []string{"password"}, hourAgo, false, "?aal=aal2", false, []string{"totp_code"}},
		{"no refresh: the second is missing after an account recovery", []string{"code_recovery"}, "", false, "?aal=aal2", false, []string{"totp_code"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			name := fmt.Sprintf("%d@example.com", n)
			id := p.identity(name)
			app := p.plant(id, "totp")
			p.plant(id, "lookup_secret")
			p.plant(id, "passkey")
			v := newPerson(t)
			p.sessionBy(v.client, id, row.methods, row.age)
			if row.since {
				signIn(p, v.client, name, oldPassword, "").location(303)
			}
			at := v.open(p.public + "/login" + row.url + "&return_to=/settings")
			if row.first {
				require.Contains(t, v.page, ` name="password"`)
				assert.NotContains(t, v.page, ` name="totp_code"`, "first factors first")
				at = v.submit("password", oldPassword)
			} else {
				assert.NotContains(t, v.page, ` name="identifier"`)
			}
			if row.second != nil {
				for _, field := range row.second {
					require.Contains(t, v.page, ` name="`+field+`"`)
				}
				assert.NotContains(t, v.page, ` name="identifier"`)
				assert.Contains(t, v.page, name)
				target, fields := v.formWith("totp_code")
				fields.Set("totp_code", "12345")
				require.Equal(t, 401, v.form(target, fields).Status, "there is no way round it")
				at = v.submit("totp_code", app.code(t, 0))
			}
			assert.Equal(t, p.public+"/settings", withoutQuery(at), "nothing else is asked for")
		})
	}
}

// Who lost the app removes it by what they kept.
func TestARecoveryCodeRefreshesTheSecondFactor(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	p.plant(id, "totp")
	codes := p.plant(id, "lookup_secret")
	v := newPerson(t)
	p.sessionBy(v.client, id, []string{"password", "totp"}, ago(time.Hour))
	v.open(p.public + "/settings")
	v.submit("totp_unlink", "true")
	v.submit("password", oldPassword)
	v.submit("lookup_secret", codes.Codes[0])
	v.submit("totp_unlink", "true")
	assert.Contains(t, v.page, `data-id="1050001"`)
	assert.Equal(t, 404, p.withdraw(id, "totp"), "it is gone")
}

// withdraw takes a credential of an account away, by the demo API: 404 if there is
// none.
func (p *process) withdraw(id, method string) int {
	p.t.Helper()
	return p.script().send("DELETE", p.public+"/demo/identities/"+id+"/credentials/"+method, "", "").Status
}

// An authenticator app is removed in a session whose factors both lie too far back.
// Each is proved once, nothing leads in a circle, and the removal is asked for again:
// somebody else may have asked for it before.
func TestRemovingAnAppWithBothFactorsStale(t *testing.T) {
	for _, table := range []string{"documented", "kratos"} {
		p := start(t, "-responses", table)
		stale := func(c *client, name string) (id string, app planted) {
			id = p.identity(name)
			app = p.plant(id, "totp")
			p.sessionBy(c, id, []string{"password", "totp"}, ago(time.Hour))
			return id, app
		}
		proveBoth := func(t *testing.T, v *person, app planted) string {
			assert.Equal(t, p.public+"/login", withoutQuery(v.at))
			assert.Equal(t, "true", query(t, v.at, "refresh"))
			assert.Equal(t, "aal2", query(t, v.at, "aal"))
			for _, proof := range [][2]string{{"password", oldPassword}, {"totp_code", app.code(t, 0)}} {
				assert.Contains(t, v.page, "A change of your authenticator app was asked for in this browser just now", "it is announced with "+proof[0])
				v.submit(proof[0], proof[1])
			}
			assert.NotContains(t, v.page, "was asked for in this browser")
			return v.at
		}
		t.Run(table+", by a page", func(t *testing.T) {
			v := newPerson(t)
			id, app := stale(v.client, "page@example.com")
			v.open(p.public + "/settings")
			v.submit("totp_unlink", "true")
			at := proveBoth(t, v, app)
			assert.Equal(t, p.public+"/settings", withoutQuery(at))
			assert.Contains(t, v.page, `data-id="7000015"`, "it is asked for again")
			assert.Contains(t, v.page, `name="totp_unlink"`)

			v.submit("totp_unlink", "true")
			assert.Contains(t, v.page, `data-id="1050001"`)
			assert.Equal(t, "aal1", p.whoami(v.client).Level)
			assert.Equal(t, 404, p.withdraw(id, "totp"), "it is gone")
		})
		t.Run(table+", by a script", func(t *testing.T) {
			script := newClient(t, "Accept", "application/json", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "empty")
			id, app := stale(script, "script@example.com")
			var flow settingsFlow
			script.get(p.public+"/self-service/settings/browser").decode(200, &flow)
			unlink := func() reply {
				return script.json(flow.UI.Action, `{"method":"totp","totp_unlink":"true"}`)
			}
			r := unlink()
			assert.Equal(t, "session_refresh_required", r.errorID(403))
			var sent struct {
				To    string `json:"redirect_browser_to"`
				Error struct {
					Details struct {
						Login struct {
							Refresh bool
							AAL     string
						}
					}
				}
			}
			r.decode(403, &sent)
			assert.True(t, sent.Error.Details.Login.Refresh)
			assert.Equal(t, "aal2", sent.Error.Details.Login.AAL)

			v := newPerson(t) // the same browser, whose script goes where it is sent
			v.http.Jar = script.http.Jar
			v.open(sent.To)
			back := proveBoth(t, v, app)
			assert.Equal(t, p.public+"/settings", withoutQuery(back))

			flow = settingsFlow{}
			script.get(p.public+"/self-service/settings/flows?id="+query(t, back, "flow")).decode(200, &flow)
			assert.Equal(t, []int64{7000015}, flow.messages())
			var done settingsFlow
			unlink().decode(200, &done)
			assert.Equal(t, "success", done.State)
			assert.Equal(t, 404, p.withdraw(id, "totp"), "it is gone")
		})
		t.Run(table+", with the second stale alone", func(t *testing.T) {
			v := newPerson(t)
			id, app := stale(v.client, "second@example.com")
			signIn(p, v.client, "second@example.com", oldPassword, "").location(303)
			v.open(p.public + "/settings")
			at := v.submit("totp_unlink", "true")
			assert.Equal(t, "aal2", query(t, at, "aal"))
			assert.NotContains(t, v.page, ` name="password"`, "the first is not asked for again")
			at = v.submit("totp_code", app.code(t, 0))
			assert.Equal(t, p.public+"/settings", withoutQuery(at))
			v.submit("totp_unlink", "true")
			assert.Equal(t, 404, p.withdraw(id, "totp"), "it is gone")
		})
		t.Run(table+", with the first stale alone", func(t *testing.T) {
			v := newPerson(t)
			id := p.identity("first@example.com")
			app := p.plant(id, "totp")
			p.session(v.client, id, ago(time.Hour))
			v.open(p.public + "/login?aal=aal2")
			v.submit("totp_code", app.code(t, 0))
			v.open(p.public + "/settings")
			at := v.submit("totp_unlink", "true")
			assert.Equal(t, "true", query(t, at, "refresh"))
			assert.Empty(t, query(t, at, "aal"))
			at = v.submit("password", oldPassword)
			assert.Equal(t, p.public+"/settings", withoutQuery(at), "the second is not asked for again")
			v.submit("totp_unlink", "true")
			assert.Equal(t, 404, p.withdraw(id, "totp"), "it is gone")
		})
	}
}

// What waits for a sign-in is said on each page of the login, to who may know.
func TestAWaitingChangeIsAnnounced(t *testing.T) {
	p := start(t)
	id, grace := p.identity(email), p.identity("grace@example.com")
	const said = "A change of your password was asked for in this browser just now, and waits for you to sign in."
	v := newPerson(t)
	p.session(v.client, id, ago(time.Hour))
	v.open(p.public + "/login")
	assert.NotContains(t, v.page, "was asked for", "nothing waits")
	v.open(p.public + "/settings")
	login := v.submit("password", newPassword)
	assert.Contains(t, v.page, said)
	v.submit("password", "not the password")
	assert.Contains(t, v.page, said, "after a wrong one, too")

	t.Run("to who is signed out by now", func(t *testing.T) {
		require.Equal(t, 204, p.script().send("DELETE", p.public+"/demo/sessions/"+p.whoami(v.client).ID, "", "").Status)
		require.Nil(t, p.whoami(v.client))
		v.open(login)
		assert.Contains(t, v.page, said)
	})
	t.Run("not to somebody else", func(t *testing.T) {
		p.session(v.client, grace)
		v.open(login)
		assert.NotContains(t, v.page, "was asked for")
	})
	t.Run("not in another browser", func(t *testing.T) {
		other := newPerson(t)
		p.session(other.client, id, ago(time.Hour))
		other.open(login)
		assert.Contains(t, other.page, `name="password"`)
		assert.NotContains(t, other.page, "was asked for")
		other.submit("password", oldPassword)
		assert.True(t, p.knows(email, oldPassword), "and it is not made there")
	})
	t.Run("and it goes on", func(t *testing.T) {
		p.session(v.client, id, ago(time.Hour))
		v.open(login)
		v.submit("password", oldPassword)
		assert.Contains(t, v.page, `data-id="7000014"`)
		assert.True(t, p.knows(email, newPassword))
		v.open(p.public + "/login")
		assert.NotContains(t, v.page, "was asked for", "it waits no longer")
	})
}
