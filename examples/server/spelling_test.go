package main_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Passwords, names and addresses of any script, as keyboards, browsers and what is
// pasted spell them.
func TestSignInInAnotherSpelling(t *testing.T) {
	p := start(t)
	const before = "cafe\u0301 brûle\u0301e" // in pieces
	made := p.script().json(p.public+"/demo/identities", fmt.Sprintf(`{"traits":{"email":"ada@münchen.de","username":"Rene\u0301e"},"password":%q}`, before))
	require.Equal(t, 201, made.Status, made.Body)
	var ada struct {
		ID string `json:"id"`
	}
	made.decode(201, &ada)
	const composed = "café brûlée"
	for name, typed := range map[string]struct{ identifier, password string }{
		"as it was typed":                               {"ada@münchen.de", before},
		"composed (ulsklyc/yuvomi#608)":                 {"Ada@MÜNCHEN.de", composed},
		"a domain in punycode (directus/directus#2122)": {"ada@xn--mnchen-3ya.de", composed},
		"a user name in pieces":                         {"rene\u0301e", before},
		"a user name composed":                          {"RENÉE", composed},
		"a user name that was pasted (openstreetmap/openstreetmap-website#4538)": {"\u200brenée\u200b", composed},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			signIn(p, c, typed.identifier, typed.password, "").location(303)
			assert.Equal(t, ada.ID, p.whoami(c).Identity.ID)
		})
	}
	t.Run("another password is wrong in any spelling", func(t *testing.T) {
		assert.Equal(t, 401, signIn(p, newClient(t), "ada@münchen.de", "cafe brulee", "").Status)
	})
	t.Run("nobody else has the name", func(t *testing.T) {
		for _, traits := range []string{`{"email":"ada@xn--mnchen-3ya.de"}`, `{"email":"ADA@münchen.de"}`, `{"username":"renée"}`, `{"username":"ren\u200bée"}`} {
			assert.Equal(t, 409, p.script().json(p.public+"/demo/identities", `{"traits":`+traits+`}`).Status, traits)
		}
	})
	t.Run("settings take it", func(t *testing.T) {
		app, flow := p.app(ada.ID)
		var done settingsFlow
		app.json(flow.UI.Action, `{"method":"profile","traits":{"email":"josé@例え.jp","username":"Renée"}}`).decode(200, &done)
		app.json(flow.UI.Action, `{"method":"password","password":"cre\u0300me\u00a0brûlée"}`).decode(200, &done)
		c := newClient(t)
		signIn(p, c, "jose\u0301@xn--r8jz45g.jp", "crème brûlée", "").location(303)
		assert.Equal(t, ada.ID, p.whoami(c).Identity.ID)
	})
}
