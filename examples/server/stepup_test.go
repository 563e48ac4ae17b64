package main_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStepUp(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	app, passkey := p.plant(id, "totp"), p.plant(id, "passkey")
	url2 := p.public + "/login?aal=aal2&return_to=/settings"

	t.Run("who is signed in is asked for the second factor only", func(t *testing.T) {
		v := newPerson(t)
		before := p.session(v.client, id)
		v.open(p.public + "/settings") // which asks for aal2
		assert.NotContains(t, v.page, `name="password"`)
		assert.Contains(t, v.page, email)
		assert.Equal(t, p.public+"/settings", withoutQuery(v.submit("totp_code", app.code(t, 0))))
		assert.Equal(t, "aal2", p.level(v))
		assert.Equal(t, before.ID, p.whoami(v.client).ID)
		assert.Nil(t, p.whoami(newClient(t), "X-Session-Token", before.Token), "with a new token")
	})
	t.Run("a passkey will do", func(t *testing.T) {
		v := newPerson(t)
		before := p.session(v.client, id)
		v.open(url2)
		v.usePasskey(passkey)
		assert.Equal(t, "aal2", p.level(v))
		assert.Equal(t, before.ID, p.whoami(v.client).ID)
	})
	t.Run("who has done that goes on", func(t *testing.T) {
		v := newPerson(t)
		p.session(v.client, id)
		v.open(url2)
		v.usePasskey(passkey)
		assert.Equal(t, p.public+"/settings", withoutQuery(v.get(url2).location(303)))
		assert.Equal(t, p.public+"/settings", v.form(p.public+"/login", url.Values{"method": {"totp"}, "totp_code": {"000000"}, "return_to": {"/settings"}}).location(303), "also who presses a button twice")
	})
	t.Run("who is not signed in begins with the first", func(t *testing.T) {
		v := newPerson(t)
		v.open(url2)
		v.submit("identifier", email, "password", oldPassword)
		assert.Contains(t, v.page, `name="totp_code"`)
	})
	t.Run("who has no second factor is told so", func(t *testing.T) {
		grace := p.identity("grace@example.com")
		v := newPerson(t)
		p.session(v.client, grace)
		v.open(url2)
		assert.Contains(t, v.page, "your account has none")
		v = newPerson(t)
		v.open(url2)
		v.submit("identifier", "grace@example.com", "password", oldPassword)
		assert.Contains(t, v.page, "your account has none", "after the first factor, too")
	})
}

func TestRefresh(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	app, passkey := p.plant(id, "totp"), p.plant(id, "passkey")
	again := p.public + "/login?refresh=true&return_to=/settings"
	long := func(t *testing.T) (*person, *whoami) {
		v := newPerson(t)
		v.open(p.public + "/login")
		v.usePasskey(passkey)
		return v, p.whoami(v.client)
	}
	t.Run("by the password", func(t *testing.T) {
		v, before := long(t)
		v.open(again)
		assert.Contains(t, v.page, "Sign in again")
		assert.Contains(t, v.page, ` value="`+email+`"`, "they need not type who they are")
		assert.Equal(t, p.public+"/settings", withoutQuery(v.submit("password", oldPassword)))
		now := p.whoami(v.client)
		assert.Equal(t, before.ID, now.ID)
		assert.True(t, now.AuthenticatedAt.After(before.AuthenticatedAt))
		assert.Equal(t, "aal2", now.Level, "what was proved before stays proved")
	})
	t.Run("by a passkey", func(t *testing.T) {
		v, before := long(t)
		v.open(again)
		v.usePasskey(passkey)
		now := p.whoami(v.client)
		assert.Equal(t, before.ID, now.ID)
		assert.True(t, now.AuthenticatedAt.After(before.AuthenticatedAt))
	})
	t.Run("a session of one factor is asked for the other, too", func(t *testing.T) {
		v := newPerson(t)
		before := p.session(v.client, id, ago(time.Hour))
		v.open(again + "&aal=aal2")
		require.Contains(t, v.page, `name="password"`)
		v.submit("password", oldPassword)
		v.submit("totp_code", app.code(t, 0))
		assert.Equal(t, before.ID, p.whoami(v.client).ID)
		assert.Equal(t, "aal2", p.level(v))
	})
}

func TestRequiredAAL(t *testing.T) {
	for _, row := range []struct {
		name  string
		flags []string
		asked bool
	}{
		{"by default the highest level", nil, true},
		{"the highest level, as asked for", []string{"-required-aal", "highest_available"}, true},
		{"aal1", []string{"-required-aal", "aal1"}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := start(t, row.flags...)
			id := p.identity(email)
			p.plant(id, "totp")
			script := newClient(t, "Accept", "application/json")
			p.session(script, id)
			r := script.get(p.public + "/self-service/settings/browser")
			if row.asked {
				assert.Equal(t, "session_aal2_required", r.errorID(403))
			} else {
				assert.Equal(t, 200, r.Status)
			}
			v := newPerson(t)
			v.open(p.public + "/login")
			v.submit("identifier", email, "password", oldPassword)
			assert.Equal(t, row.asked, strings.Contains(v.page, `name="totp_code"`), "after the first factor")
			v.open(p.public + "/login?aal=aal2")
			assert.Contains(t, v.page, `name="totp_code"`, "whoever asks for it")
		})
	}
}
