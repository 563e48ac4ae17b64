package main_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatIsPlantedSignsIn(t *testing.T) {
	p := start(t, "-public-url", "http://localhost:4455")
	p.public = p.at // cookies and links of this test go where the server is
	id := p.identity(email)
	script := newClient(t)
	s := p.session(script, id)

	app, codes := p.plant(id, "totp"), p.plant(id, "lookup_secret")
	assert.Regexp(t, `^[A-Z2-7]{32}$`, app.Secret)
	assert.Len(t, codes.Codes, 12)
	key, passkey := p.plant(id, "webauthn"), p.plant(id, "passkey")
	for _, d := range []planted{key, passkey} {
		assert.Equal(t, "localhost", d.RPID)
		assert.Equal(t, "http://localhost:4455", d.Origin)
	}
	chosen := p.plant(id, "password")
	assert.True(t, p.knows(email, chosen.Password))
	assert.False(t, p.knows(email, oldPassword), "it is in the place of the old one")
	assert.Equal(t, "session_aal2_required", newClient(t).get(p.at+"/sessions/whoami", "X-Session-Token", s.Token).errorID(403), "sessions go on, and are asked for what their account has now")

	// How each signs in stands in the tests of the login. All of them at once:
	c := newClient(t)
	c.prove(p.at+"/login", url.Values{"method": {"password"}, "identifier": {email}, "password": {chosen.Password}}).location(303)
	c.prove(p.at+"/login", url.Values{"method": {"totp"}, "totp_code": {app.code(t, 0)}}).location(303)
	assert.Equal(t, "aal2", p.whoami(c).Level)

	// What is planted is what its owner can remove.
	var flow settingsFlow
	c.get(p.at+"/self-service/settings/browser", "Accept", "application/json").decode(200, &flow)
	var removable []string
	for _, n := range flow.UI.Nodes {
		switch n.Attributes.Name {
		case "webauthn_remove", "passkey_remove", "totp_unlink", "lookup_secret_disable":
			removable = append(removable, n.Attributes.Name)
		}
	}
	assert.ElementsMatch(t, []string{"webauthn_remove", "passkey_remove", "totp_unlink", "lookup_secret_disable"}, removable)
	for _, method := range []string{"totp", "lookup_secret", "webauthn", "passkey"} {
		assert.Equal(t, 204, newClient(t).send("DELETE", p.at+"/demo/identities/"+id+"/credentials/"+method, "", "").Status)
		p.plant(id, method)
	}
}

func TestPlantingIsRefused(t *testing.T) {
	p := start(t, "-oidc", "work=https://id.example.com,app,s3cret", "-oidc", "home=https://id.example.com,other,s3cret")
	id, grace := p.identity(email), p.identity("grace@example.com")
	p.plant(id, "totp")
	at := func(id string) string { return p.public + "/demo/identities/" + id + "/credentials" }
	require.Equal(t, 201, p.script().json(at(id), `{"method":"oidc","provider":"work","subject":"1"}`).Status)
	require.Equal(t, 201, p.script().json(at(id), `{"method":"oidc","provider":"elsewhere","subject":"1"}`).Status)
	for _, row := range []struct {
		name, id, body string
		status         int
	}{
		{"a second app", id, `{"method":"totp"}`, 409},
		{"a login that the identity has", id, `{"method":"oidc","provider":"work","subject":"1"}`, 409},
		{"a login that another identity has", grace, `{"method":"oidc","provider":"work","subject":"1"}`, 409},
		{"the same account by another name of its issuer", grace, `{"method":"oidc","provider":"home","subject":"1"}`, 409},
		{"another one that another identity has", grace, `{"method":"oidc","provider":"elsewhere","subject":"1"}`, 409},
		{"an identity that does not exist", "1", `{"method":"totp"}`, 404},
		{"no method", id, `{}`, 400},
		{"a method that does not exist", id, `{"method":"magic"}`, 400},
		{"the profile, which is no credential", id, `{"method":"profile"}`, 400},
		{"a login without a subject", id, `{"method":"oidc","provider":"work"}`, 400},
		{"an app with a password", id, `{"method":"totp","password":"x"}`, 400},
		{"a field that does not exist", id, `{"method":"totp","secret":"x"}`, 400},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := p.script().json(at(row.id), row.body)
			assert.Equal(t, row.status, r.Status, r.Body)
			assert.Contains(t, r.Body, `"message"`)
		})
	}
	off := start(t, "-public-url", "https://192.0.2.1")
	var made struct{ ID string }
	off.script().json(off.at+"/demo/identities", ada).decode(201, &made)
	assert.Equal(t, 409, off.script().json(off.at+"/demo/identities/"+made.ID+"/credentials", `{"method":"passkey"}`).Status, "the server has none")
}
