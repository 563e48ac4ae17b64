package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
)

// person is somebody who is signed in and has a form open.
type person struct {
	id, email, token, form string
	typ                    flow.Type
}

// newcomer makes one who has changed nothing yet, and has a form of a type open.
func newcomer(ctx context.Context, s stores, h *settings.Handler, typ flow.Type) (*person, error) {
	p := &person{id: strings.ToLower(rand.Text()), typ: typ}
	p.email = p.id + "@example.com"
	r := identity.Record{
		ID: p.id, Active: true, Traits: fmt.Appendf(nil, `{"email":%q,"name":{"first":"Ada","last":"Lovelace"},"newsletter":true}`, p.email),
		Keys: []identity.Key{{Kind: identity.Identifier, Value: p.email}},
	}
	if err := s.CreateIdentity(ctx, r); err != nil {
		return nil, err
	}
	var err error
	if _, p.token, err = h.Sessions.IssueToken(ctx, p.id, session.Device{UserAgent: "bench"}, aal.Code); err != nil {
		return nil, err
	}
	return p, p.open(h)
}

// newPerson makes one who has changed the password, as most have some day: then
// there is a sealed state to open. They have a form of a type open.
func newPerson(ctx context.Context, s stores, h *settings.Handler, typ flow.Type) (*person, error) {
	p, err := newcomer(ctx, s, h, flow.API)
	if err != nil {
		return nil, err
	}
	if err := p.changePassword(h); err != nil {
		return nil, err
	}
	p.typ = typ
	return p, p.open(h)
}

// changePassword sets a new one, and goes on with the token that follows. It is
// for API clients, who are told it.
func (p *person) changePassword(h *settings.Handler) error {
	a, err := answerTo(h, p.submit(map[string]any{"method": "password", "password": "a long enough " + rand.Text()}))
	if err != nil {
		return err
	}
	var answer struct {
		Token string `json:"session_token"`
	}
	err = json.Unmarshal(a.Body.Bytes(), &answer)
	p.token = answer.Token
	return err
}

// open starts a form, and goes on with it.
func (p *person) open(h http.Handler) error {
	a, err := answerTo(h, p.start())
	if err != nil {
		return err
	}
	var form struct{ ID string }
	err = json.Unmarshal(a.Body.Bytes(), &form)
	p.form = form.ID
	return err
}

// request is one of an API client, or of a script in a page of ours.
func (p *person) request(method, path string, body io.Reader) *http.Request {
	r := httptest.NewRequest(method, publicURL+path, body)
	r.Header.Set("Accept", "application/json")
	if p.typ == flow.API {
		r.Header.Set("X-Session-Token", p.token)
		return r
	}
	r.Header.Set("Cookie", "__Host-amend_session="+p.token)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func (p *person) start() *http.Request {
	return p.request(http.MethodGet, "/self-service/settings/"+string(p.typ), nil)
}

func (p *person) read() *http.Request {
	return p.request(http.MethodGet, "/self-service/settings/flows?id="+p.form, nil)
}

func (p *person) submit(fields map[string]any) *http.Request {
	body, err := json.Marshal(fields)
	if err != nil {
		panic(err) // a map of texts
	}
	r := p.request(http.MethodPost, "/self-service/settings?flow="+p.form, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// profile is a submit that changes a name; n tells one from the next.
func (p *person) profile(n int) *http.Request {
	return p.submit(map[string]any{"method": "profile", "traits": map[string]any{
		"email": p.email, "name": map[string]any{"first": "Ada", "last": fmt.Sprintf("Lovelace %09d", n)}, "newsletter": true,
	}})
}

// answerTo is the answer to a request, which must be 200.
func answerTo(h http.Handler, r *http.Request) (*httptest.ResponseRecorder, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %d %s", r.Method, r.URL, w.Code, w.Body)
	}
	return w, nil
}
