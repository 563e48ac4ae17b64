package main_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
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
		p.replaced(v.client, before)
	})
	t.Run("a passkey will do", func(t *testing.T) {
		v := newPerson(t)
		before := p.session(v.client, id)
		v.open(url2)
		v.usePasskey(passkey)
		assert.Equal(t, "aal2", p.level(v))
		p.replaced(v.client, before)
	})
	t.Run("who has done that goes on", func(t *testing.T) {
		v := newPerson(t)
		p.session(v.client, id)
		v.open(url2)
		v.usePasskey(passkey)
		assert.Equal(t, p.public+"/settings", withoutQuery(v.get(url2).location(303)))
		token := tokenField.FindStringSubmatch(v.get(p.public + "/login").Body)[1]
		again := v.form(url2, url.Values{"csrf_token": {token}, "method": {"totp"}, "totp_code": {"000000"}})
		assert.Equal(t, p.public+"/settings", again.location(303), "also who presses a button twice")
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

// A passkey is a way to sign in that reaches aal2, and recovery codes stand in for
// another second factor: having one locks nobody out who signs in by the password.
func TestWhatASignInByThePasswordIsAskedForBesides(t *testing.T) {
	documented, kratos := start(t), start(t, "-responses", "kratos")
	for n, row := range []struct {
		name  string
		p     *process
		has   []string
		asked string // a field of the second page, "" if there is none
	}{
		{"no more", documented, nil, ""},
		{"a passkey", documented, []string{"passkey"}, ""},
		{"recovery codes", documented, []string{"lookup_secret"}, ""},
		{"an app", documented, []string{"totp"}, "totp_code"},
		{"a security key", documented, []string{"webauthn"}, "webauthn_login"},
		{"an app, or a code", documented, []string{"totp", "lookup_secret"}, "lookup_secret"},
		{"an app, or a passkey", documented, []string{"totp", "passkey"}, "passkey_login"},
		{"a passkey, as Kratos", kratos, []string{"passkey"}, ""},
		{"recovery codes, which Kratos offers alone", kratos, []string{"lookup_secret"}, "lookup_secret"},
	} {
		t.Run(row.name, func(t *testing.T) {
			name := fmt.Sprintf("%d@example.com", n)
			id := row.p.identity(name)
			for _, m := range row.has {
				row.p.plant(id, m)
			}
			v := newPerson(t)
			v.open(row.p.public + "/login")
			at := v.submit("identifier", name, "password", oldPassword)
			if row.asked == "" {
				assert.Equal(t, row.p.public+"/", at)
				assert.Contains(t, v.page, "Hello, "+name)
				return
			}
			assert.Equal(t, row.p.public+"/login", withoutQuery(at))
			assert.Contains(t, v.page, ` name="`+row.asked+`"`)
			v.open(row.p.public + "/")
			assert.NotContains(t, v.page, name, "until then they are a stranger")
		})
	}
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
