package main_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	email       = "ada@example.com"
	oldPassword = "correct horse battery staple"
	newPassword = "four other words entirely"
)

// script uses the demo API of a server, as a test's set-up would.
func (p *process) script() *client { return newClient(p.t) }

// identity makes an account that signs in with email and oldPassword.
func (p *process) identity(email string) (id string) {
	p.t.Helper()
	var made struct{ ID string }
	p.script().json(p.public+"/demo/identities", fmt.Sprintf(`{"traits":{"email":%q},"password":%q}`, email, oldPassword)).decode(201, &made)
	require.NotEmpty(p.t, made.ID)
	return made.ID
}

// started is a session that the demo API made.
type started struct {
	ID    string
	Token string `json:"session_token"`
}

// session signs c in by the password: it gets the cookie. more is further JSON of
// the request.
func (p *process) session(c *client, id string, more ...string) started {
	p.t.Helper()
	return p.sessionBy(c, id, []string{"password"}, more...)
}

// sessionBy is session for somebody who has completed the methods.
func (p *process) sessionBy(c *client, id string, methods []string, more ...string) started {
	p.t.Helper()
	var s started
	body := fmt.Sprintf(`{"identity_id":%q,"methods":["%s"]%s}`, id, strings.Join(methods, `","`), strings.Join(more, ""))
	c.json(p.public+"/demo/sessions", body).decode(201, &s)
	require.NotEmpty(p.t, s.Token)
	return s
}

// ago is the JSON of a session that was authenticated so long ago.
func ago(d time.Duration) string {
	return fmt.Sprintf(`,"authenticated_at":%q`, time.Now().Add(-d).Format(time.RFC3339Nano))
}

// knows reports whether a password is the account's, by the demo API.
func (p *process) knows(email, password string) bool {
	p.t.Helper()
	var v struct{ OK bool }
	p.script().json(p.public+"/demo/verify", fmt.Sprintf(`{"identifier":%q,"password":%q}`, email, password)).decode(200, &v)
	return v.OK
}

// whoami is the session of a client, nil without one.
func (p *process) whoami(c *client, headers ...string) *whoami {
	p.t.Helper()
	r := c.get(p.public+"/sessions/whoami", headers...)
	if r.Status == 401 {
		return nil
	}
	var w whoami
	r.decode(200, &w)
	return &w
}

// others are the ids of the user's other sessions.
func (p *process) others(c *client) (ids []string) {
	p.t.Helper()
	var all []whoami
	c.get(p.public+"/sessions", "Accept", "application/json").decode(200, &all)
	for _, s := range all {
		ids = append(ids, s.ID)
	}
	return ids
}

// replaced asserts that a sign-in took the place of a session: under a new id, with a
// new token, and without leaving the old one beside it.
func (p *process) replaced(c *client, before started) {
	p.t.Helper()
	now := p.whoami(c)
	require.NotNil(p.t, now)
	assert.NotEqual(p.t, before.ID, now.ID, "a whole sign-in gets a new id")
	assert.NotContains(p.t, p.others(c), before.ID)
	assert.Nil(p.t, p.whoami(newClient(p.t), "X-Session-Token", before.Token), "with a new token")
}

type whoami struct {
	ID              string
	Identity        struct{ ID string }
	Level           string    `json:"authenticator_assurance_level"`
	AuthenticatedAt time.Time `json:"authenticated_at"`
	IssuedAt        time.Time `json:"issued_at"`
	ExpiresAt       time.Time `json:"expires_at"`
}

// settingsFlow is a flow as its clients read it.
type settingsFlow struct {
	ID        string
	State     string
	IssuedAt  time.Time `json:"issued_at"`
	ExpiresAt time.Time `json:"expires_at"`
	UI        struct {
		Action   string
		Messages []message
		Nodes    []struct {
			Group      string
			Attributes struct {
				Name  string
				Value any
			}
			Meta     struct{ Label message }
			Messages []message
		}
	}
	SessionToken string            `json:"session_token"`
	ContinueWith []json.RawMessage `json:"continue_with"`
}

type message struct {
	ID      int64
	Context map[string]any
}

// value is what an input of the form is filled in with.
func (f settingsFlow) value(name string) any {
	for _, n := range f.UI.Nodes {
		if n.Attributes.Name == name {
			return n.Attributes.Value
		}
	}
	return nil
}

// messages are the ids of all messages, those of the form first.
func (f settingsFlow) messages() (ids []int64) {
	for _, m := range f.UI.Messages {
		ids = append(ids, m.ID)
	}
	for _, n := range f.UI.Nodes {
		for _, m := range n.Messages {
			ids = append(ids, m.ID)
		}
	}
	return ids
}
