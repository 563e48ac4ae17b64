package main_test

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnAppChangesAPassword(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	phone, laptop := newClient(t), newClient(t)
	other := p.session(laptop, id)
	token := p.session(newClient(t), id).Token
	tokenHeader := []string{"X-Session-Token", token}

	var flow settingsFlow
	phone.get(p.public+"/self-service/settings/api", tokenHeader...).decode(200, &flow)

	var refused settingsFlow
	phone.json(flow.UI.Action, `{"method":"password","password":"short"}`, tokenHeader...).decode(400, &refused)
	assert.Equal(t, []int64{4000032}, refused.messages())
	assert.True(t, p.knows(email, oldPassword))

	var done settingsFlow
	phone.json(flow.UI.Action, body(newPassword), tokenHeader...).decode(200, &done)
	assert.Equal(t, "success", done.State)
	assert.Equal(t, []int64{1050001}, done.messages())
	assert.False(t, p.knows(email, oldPassword))
	assert.True(t, p.knows(email, newPassword))

	// The token it has to go on with, and no other.
	require.NotEmpty(t, done.SessionToken)
	assert.NotEqual(t, token, done.SessionToken)
	assert.NotNil(t, p.whoami(phone, "X-Session-Token", done.SessionToken))
	assert.Nil(t, p.whoami(phone, tokenHeader...))
	assert.Nil(t, p.whoami(laptop))
	assert.Nil(t, p.whoami(phone, "X-Session-Token", other.Token))
}

func TestAScriptInABrowserChangesAPassword(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	script, laptop := newClient(t, "Accept", "application/json"), newClient(t)
	p.session(script, id)
	p.session(laptop, id)

	var flow settingsFlow
	script.get(p.public+"/self-service/settings/browser").decode(200, &flow)
	form := func(password string) string {
		return fmt.Sprintf(`{"method":"password","password":%q,"csrf_token":%q}`, password, flow.value("csrf_token"))
	}
	assert.Equal(t, "security_csrf_violation", script.json(flow.UI.Action, body(newPassword)).errorID(403), "without the token of the form")
	assert.Equal(t, "security_csrf_violation", script.json(flow.UI.Action, form(newPassword), "Sec-Fetch-Site", "cross-site").errorID(403), "the library's own refusal, also of what came from elsewhere")

	var refused settingsFlow
	script.json(flow.UI.Action, form("short")).decode(400, &refused)
	assert.Equal(t, []int64{4000032}, refused.messages())
	assert.True(t, p.knows(email, oldPassword))

	r := script.json(flow.UI.Action, form(newPassword))
	var done settingsFlow
	r.decode(200, &done)
	assert.Equal(t, "success", done.State)
	assert.NotEmpty(t, r.Header.Get("Set-Cookie"))
	assert.Empty(t, done.SessionToken, "a script of a page has no business with the token")
	assert.True(t, p.knows(email, newPassword))
	assert.NotNil(t, p.whoami(script))
	assert.Nil(t, p.whoami(laptop))
}

// A person without JavaScript: links, forms, and what the pages say.
func TestAPersonChangesAPassword(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	person, laptop := newPerson(t), newClient(t)
	p.session(laptop, id)

	// Settings ask to sign in first, and come back.
	at := person.open(p.public + "/settings")
	assert.Equal(t, p.public+"/login", withoutQuery(at))
	at = person.submit("identifier", email, "password", oldPassword)
	assert.Equal(t, p.public+"/settings", withoutQuery(at))

	at = person.submit("password", "short")
	assert.Equal(t, p.public+"/settings", withoutQuery(at))
	assert.Contains(t, person.page, `data-id="4000032"`)
	assert.NotContains(t, person.page, "short\"", "what was typed is not shown again")
	assert.True(t, p.knows(email, oldPassword))

	at = person.submit("password", newPassword)
	assert.Equal(t, p.public+"/settings", withoutQuery(at))
	assert.Contains(t, person.page, `data-id="1050001"`)
	assert.True(t, p.knows(email, newPassword))
	assert.NotNil(t, p.whoami(person.client))
	assert.Nil(t, p.whoami(laptop))
}

func TestAPersonSignsInAgainForAChange(t *testing.T) {
	p := start(t)
	person := newPerson(t)
	before := p.session(person.client, p.identity(email), ago(time.Hour))

	person.open(p.public + "/settings")
	at := person.submit("password", newPassword)
	require.Equal(t, p.public+"/login", withoutQuery(at))
	assert.Equal(t, "true", query(t, at, "refresh"))
	assert.True(t, p.knows(email, oldPassword), "nothing is changed yet")

	person.submit("identifier", email, "password", oldPassword)
	p.replaced(person.client, before)
	assert.True(t, p.knows(email, newPassword), "the change that waited is made")
	assert.Contains(t, person.page, `data-id="1050001"`)
}

// person is a client that sees pages and submits their forms, without running
// scripts.
type person struct {
	*client
	at   string
	page string
}

func newPerson(t testing.TB) *person {
	return &person{client: newClient(t, "Accept", "text/html,application/xhtml+xml,*/*;q=0.8")}
}

// open gets a page, through redirects, and says where it came to.
func (v *person) open(target string) string {
	v.t.Helper()
	return v.arrive(target, v.get(target))
}

func (v *person) arrive(at string, r reply) string {
	v.t.Helper()
	for range 10 {
		if r.Status/100 != 3 {
			v.at, v.page = at, r.Body
			assert.Contains(v.t, r.Header.Get("Content-Type"), "text/html")
			for _, tag := range scriptTag.FindAllString(r.Body, -1) {
				assert.Regexp(v.t, `/\.well-known/ory/webauthn\.js"|src="\?script=[0-9a-f]+"`, tag)
				assert.Contains(v.t, tag, ` integrity="sha384-`)
			}
			return at
		}
		here, err := url.Parse(at)
		require.NoError(v.t, err)
		next, err := here.Parse(r.Header.Get("Location"))
		require.NoError(v.t, err)
		at = next.String()
		r = v.get(at)
	}
	v.t.Fatalf("redirected for ever, to %s", at)
	return ""
}

var (
	scriptTag = regexp.MustCompile(`<script[^>]*>`)
	formTag   = regexp.MustCompile(`(?s)<form method="post"(?: action="([^"]*)")?.*?</form>`)
	inputTag  = regexp.MustCompile(`<(?:input|button)[^>]*>`)
	attribute = regexp.MustCompile(` (name|value|type)="([^"]*)"`)
)

// submit fills in the first form that has the first of the fields, and presses
// its last button.
func (v *person) submit(typed ...string) string {
	v.t.Helper()
	target, fields := v.formWith(typed[0])
	for i := 0; i < len(typed); i += 2 {
		require.Contains(v.t, v.page, ` name="`+typed[i]+`"`)
		fields.Set(typed[i], typed[i+1])
	}
	here, err := url.Parse(v.at)
	require.NoError(v.t, err)
	return v.arrive(target, v.form(target, fields, "Origin", here.Scheme+"://"+here.Host, "Sec-Fetch-Site", "same-origin"))
}

// formWith finds where a form leads, and what is filled in already.
func (v *person) formWith(name string) (target string, fields url.Values) {
	v.t.Helper()
	for _, form := range formTag.FindAllStringSubmatch(v.page, -1) {
		ofARow := strings.Contains(form[0], ` id="rows"`) && regexp.MustCompile(`<button form="rows"[^>]* name="`+name+`"`).MatchString(v.page)
		if !ofARow && !strings.Contains(form[0], ` name="`+name+`"`) {
			continue
		}
		fields = url.Values{}
		for _, tag := range inputTag.FindAllString(form[0], -1) {
			has := map[string]string{}
			for _, a := range attribute.FindAllStringSubmatch(tag, -1) {
				has[a[1]] = html.UnescapeString(a[2])
			}
			if has["name"] != "" && has["type"] != "checkbox" && has["type"] != "button" {
				fields.Set(has["name"], has["value"])
			}
		}
		here, err := url.Parse(v.at)
		require.NoError(v.t, err)
		u, err := here.Parse(html.UnescapeString(form[1]))
		require.NoError(v.t, err)
		return u.String(), fields
	}
	v.t.Fatalf("no form has a field %q: %s", name, v.page)
	return "", nil
}

func body(password string) string {
	return fmt.Sprintf(`{"method":"password","password":%q}`, password)
}

func withoutQuery(target string) string {
	return regexp.MustCompile(`\?.*`).ReplaceAllString(target, "")
}
