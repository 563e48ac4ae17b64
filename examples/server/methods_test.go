package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// groups are the groups of a flow's nodes, each once.
func (f settingsFlow) groups() (groups []string) {
	for _, n := range f.UI.Nodes {
		if len(groups) == 0 || groups[len(groups)-1] != n.Group {
			groups = append(groups, n.Group)
		}
	}
	return groups
}

func TestEveryMethodIsOn(t *testing.T) {
	const provider = "work=https://id.example.com,app,s3cret"
	all := []string{"default", "profile", "password", "oidc", "lookup_secret", "webauthn", "passkey", "totp"}
	p := start(t, "-oidc", provider)
	id := p.identity(email)
	_, flow, _ := p.page(id)
	alone := slices.DeleteFunc(slices.Clone(all), func(group string) bool { return group == "lookup_secret" })
	assert.Equal(t, alone, flow.groups(), "recovery codes stand in for another second factor")
	c := newClient(t)
	p.plant(id, "totp")
	p.sessionBy(c, id, []string{"password", "totp"})
	var beside settingsFlow
	c.get(p.public+"/self-service/settings/browser", "Accept", "application/json").decode(200, &beside)
	assert.Equal(t, all, beside.groups(), "and are offered beside one")

	kratos := start(t, "-oidc", provider, "-responses", "kratos")
	_, flow, _ = kratos.page(kratos.identity(email))
	assert.Equal(t, all, flow.groups(), "which Kratos does not ask for")
}

func TestTheStandardProfile(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	app, flow := p.app(id)
	var names []string
	for _, n := range flow.UI.Nodes {
		if n.Group == "profile" && n.Attributes.Name != "method" {
			names = append(names, n.Attributes.Name)
		}
	}
	assert.Equal(t, []string{"traits.email", "traits.username", "traits.name.first", "traits.name.last", "traits.nickname", "traits.newsletter"}, names)

	var done settingsFlow
	app.json(flow.UI.Action, `{"method":"profile","traits":{"email":"lovelace@example.com","username":"Ada","newsletter":true}}`).decode(200, &done)
	assert.True(t, p.knows("lovelace@example.com", oldPassword))
	assert.True(t, p.knows("ADA", oldPassword), "a new identifier signs in, as somebody types it")
	assert.False(t, p.knows(email, oldPassword), "the old one does not")
	assert.Equal(t, 400, app.json(flow.UI.Action, `{"method":"profile","traits":{"username":"Ada"}}`, "X-Session-Token", done.SessionToken).Status, "an e-mail address is required")
}

const schemaOfAClub = `{
	"$id": "club", "$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
	"properties": {"traits": {"type": "object", "required": ["phone"], "properties": {
		"phone": {"type": "string", "format": "tel", "title": "Phone", "ory.sh/kratos": {"credentials": {"password": {"identifier": true}}}},
		"member": {"type": "object", "properties": {"number": {"type": "string", "ory.sh/kratos": {"credentials": {"password": {"identifier": true}}}}}}
	}}}}`

func TestASchemaOfOnesOwn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "schema.json")
	require.NoError(t, os.WriteFile(file, []byte(schemaOfAClub), 0o600))
	p := start(t, "-schema", file)
	var made struct{ ID string }
	p.script().json(p.public+"/demo/identities", `{"traits":{"phone":"+44 20 7946 0000","member":{"number":"A-1"}},"password":"correct horse battery staple"}`).decode(201, &made)
	assert.Equal(t, 409, p.script().json(p.public+"/demo/identities", `{"traits":{"phone":"+442079460000"}}`).Status, "the same number")
	assert.Equal(t, 201, p.script().json(p.public+"/demo/identities", `{"traits":{"email":"A-1"}}`).Status, "no identifier of this schema")
	for _, typed := range []string{"+44 20 7946 0000", "+442079460000", "+44 (20) 7946-0000", "a-1"} {
		assert.True(t, p.knows(typed, oldPassword), typed)
		assert.Equal(t, 303, signIn(p, newClient(t), typed, oldPassword, "").Status, typed)
	}
	_, flow := p.app(made.ID)
	assert.Equal(t, "+44 20 7946 0000", flow.value("traits.phone"))
	assert.Nil(t, flow.value("traits.email"))
	assert.JSONEq(t, schemaOfAClub, newClient(t).get(p.public+"/schemas/default").Body)
}

func TestProviders(t *testing.T) {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		issuer := "http://" + r.Host
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q,"jwks_uri":%q}`, issuer, issuer+"/auth", issuer+"/token", issuer+"/keys")
	}))
	defer provider.Close()
	issuer := provider.URL
	said := refusal(t, 2, "", "-addr", "127.0.0.1:0", "-oidc", "work="+issuer+"/,app,s3cret")
	assert.Contains(t, said, "write it as the provider does", "it calls itself something else")
	p := start(t, "-oidc", "work="+issuer+",app,s3cret,Example, Ltd.", "-oidc", "other=https://id.example.com,app,")
	id := p.identity(email)
	app, flow := p.app(id)
	var labels, links []string
	for _, n := range flow.UI.Nodes {
		if n.Attributes.Name == "link" {
			links = append(links, n.Attributes.Value.(string))
			labels = append(labels, n.Meta.Label.Context["provider"].(string))
		}
	}
	assert.Equal(t, []string{"work", "other"}, links)
	assert.Equal(t, []string{"Example, Ltd.", "other"}, labels)

	var leave struct {
		To string `json:"redirect_browser_to"`
	}
	app.json(flow.UI.Action, `{"link":"work"}`).decode(422, &leave)
	assert.Equal(t, issuer+"/auth", withoutQuery(leave.To))
	assert.Equal(t, "app", query(t, leave.To, "client_id"))
	assert.Equal(t, p.public+"/self-service/methods/oidc/callback/work", query(t, leave.To, "redirect_uri"))
	assert.NotContains(t, leave.To, "s3cret")

	require.Equal(t, 201, p.script().json(p.public+"/demo/identities/"+id+"/credentials", `{"method":"oidc","provider":"work","subject":"1"}`).Status)
	var done settingsFlow
	app.json(flow.UI.Action, `{"unlink":"work"}`).decode(200, &done)
	assert.Equal(t, 201, p.script().json(p.public+"/demo/identities", `{"traits":{},"oidc":[["work","1"]]}`).Status, "it is anybody's again")
}

func TestWhomKeysAreFor(t *testing.T) {
	for _, row := range []struct {
		name         string
		flags        []string
		says         string // a line that is printed
		rpID, origin string // "" where there can be no keys
	}{
		{"an address of this machine is called localhost", nil, "Browsers use security keys and passkeys for a name only", "localhost", "http://localhost:$"},
		{"localhost", []string{"-public-url", "http://localhost:4455/auth"}, "", "localhost", "http://localhost:4455"},
		{"a domain", []string{"-public-url", "https://app.example.com:8443/auth"}, "", "app.example.com", "https://app.example.com:8443"},
		{"a parent domain", []string{"-public-url", "https://app.example.com", "-rp-id", "example.com"}, "", "example.com", "https://app.example.com"},
		{"an origin of its own", []string{"-rp-id", "example.com", "-rp-origin", "https://ui.example.com", "-rp-origin", "https://app.example.com"}, "", "example.com", "https://ui.example.com"},
		{"a domain as somebody may write it", []string{"-public-url", "https://APP.example.com:443"}, "", "app.example.com", "https://app.example.com"},
		{"an address of this machine, of IPv6", []string{"-addr", "[::1]:0"}, "Browsers use security keys and passkeys for a name only", "localhost", "http://localhost:$"},
		{"an address", []string{"-public-url", "https://192.0.2.1"}, "Security keys and passkeys are off", "", ""},
		{"plain http", []string{"-public-url", "http://app.example.com", "-insecure-cookies"}, "Security keys and passkeys are off", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := start(t, row.flags...)
			if row.says != "" {
				p.awaitLine(row.says)
			}
			var made struct{ ID string }
			p.script().json(p.at+"/demo/identities", ada).decode(201, &made)
			r := p.script().json(p.at+"/demo/identities/"+made.ID+"/credentials", `{"method":"passkey"}`)
			if row.rpID == "" {
				assert.Equal(t, 409, r.Status)
				return
			}
			var d planted
			r.decode(201, &d)
			assert.Equal(t, row.rpID, d.RPID)
			assert.Equal(t, strings.ReplaceAll(row.origin, "$", p.at[strings.LastIndex(p.at, ":")+1:]), d.Origin)
		})
	}
}

// The script stands among the nodes of security keys. Without those, passkeys
// bring it.
func TestPasskeysWithoutSecurityKeysHaveTheirScript(t *testing.T) {
	p := start(t, "-disable", "webauthn")
	v := newPerson(t)
	p.session(v.client, p.identity(email))
	v.open(p.public + "/settings")
	assert.Contains(t, v.page, "oryPasskeySettingsRegistration")
	assert.Len(t, regexp.MustCompile(`<script id="webauthn_script"`).FindAllString(v.page, -1), 1)
}
