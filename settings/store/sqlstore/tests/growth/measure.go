package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

const publicURL = "https://app.example.com/auth"

// people are the accounts that requests are made for, at each size new ones.
const people = 200

// rounds is how often everything is measured; the fastest one counts, since
// nothing makes a request faster than it is.
const rounds = 10

// figures are those of one size.
type figures struct {
	read, submit   time.Duration // of a request
	bytes          [kinds]int64  // of a record
	idle, sweeping time.Duration // the longest read
	swept          int
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// newHandler is an installation over a store.
func newHandler(g stores) (*settings.Handler, error) {
	return settings.New(settings.Config{
		PublicURL: publicURL, UIURL: "https://app.example.com/settings", LoginURL: "https://app.example.com/login",
		Keys:  [][]byte{settings.NewKey()},
		Flows: g, Sessions: g, Identities: g, Backend: g,
		Methods: []settings.Method{
			password.New(password.Config{Writer: settingstest.FastHash()}),
			profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
				profile.Field{Name: "email", Type: profile.Email, Identifier: true, Required: true},
				profile.Field{Name: "name"},
			)}}),
		},
		Logger: slog.New(slog.DiscardHandler),
	})
}

// person is somebody who is signed in and has a form open.
type person struct{ id, email, token, form string }

// newPerson makes one who has changed the password, as most have some day.
func newPerson(ctx context.Context, g stores, h *settings.Handler) (person, error) {
	p := person{id: strings.ToLower(rand.Text())}
	p.email = p.id + "@example.com"
	r := identity.Record{
		ID: p.id, Active: true, Traits: fmt.Appendf(nil, `{"email":%q}`, p.email),
		Keys: []identity.Key{{Kind: identity.Identifier, Value: p.email}},
	}
	if err := g.CreateIdentity(ctx, r); err != nil {
		return p, err
	}
	var err error
	if _, p.token, err = h.Sessions.IssueToken(ctx, p.id, session.Device{UserAgent: "growth"}, aal.Code); err != nil {
		return p, err
	}
	if err := p.open(h); err != nil {
		return p, err
	}
	a, err := p.ask(h, http.MethodPost, "/self-service/settings?flow="+p.form, map[string]any{"method": "password", "password": "a long enough " + p.token[len(p.token)-8:]})
	if err != nil {
		return p, err
	}
	var answer struct {
		Token string `json:"session_token"`
	}
	if err := json.Unmarshal(a, &answer); err != nil {
		return p, err
	}
	p.token = answer.Token
	return p, p.open(h)
}

func (p *person) open(h *settings.Handler) error {
	a, err := p.ask(h, http.MethodGet, "/self-service/settings/api", nil)
	if err != nil {
		return err
	}
	var form struct{ ID string }
	err = json.Unmarshal(a, &form)
	p.form = form.ID
	return err
}

// ask makes a request that must be answered by 200.
func (p *person) ask(h *settings.Handler, method, path string, fields map[string]any) ([]byte, error) {
	var body io.Reader
	if fields != nil {
		j, err := json.Marshal(fields)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(j)
	}
	r := httptest.NewRequest(method, publicURL+path, body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Session-Token", p.token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w.Body.Bytes(), nil
}

func (p *person) read(h *settings.Handler, _ int) error {
	_, err := p.ask(h, http.MethodGet, "/self-service/settings/flows?id="+p.form, nil)
	return err
}

func (p *person) submit(h *settings.Handler, n int) error {
	_, err := p.ask(h, http.MethodPost, "/self-service/settings?flow="+p.form,
		map[string]any{"method": "profile", "traits": map[string]any{"email": p.email, "name": fmt.Sprint("Ada ", n)}})
	return err
}

// measure adds accounts to a store and measures what it is then like.
func measure(ctx context.Context, g ground, add, requests int) (f figures, err error) {
	h, err := newHandler(g)
	if err != nil {
		return f, err
	}
	crowd := make([]person, min(people, max(1, requests/2)))
	for n := range crowd {
		if crowd[n], err = newPerson(ctx, g, h); err != nil {
			return f, err
		}
	}
	like := samples{now: time.Now()}
	if like.identity, err = g.GetIdentity(ctx, crowd[0].id); err != nil {
		return f, err
	}
	if like.flow, err = g.GetFlow(ctx, "flow:"+crowd[0].form); err != nil {
		return f, err
	}
	for k := range kinds {
		before, err := g.used(ctx)
		if err != nil {
			return f, err
		}
		if err := g.grow(ctx, k, add, like); err != nil {
			return f, err
		}
		after, err := g.used(ctx)
		if err != nil {
			return f, err
		}
		f.bytes[k] = (after - before) / int64(add)
	}
	if f.read, err = fastest(h, crowd, requests, (*person).read); err != nil {
		return f, err
	}
	if f.submit, err = fastest(h, crowd, requests, (*person).submit); err != nil {
		return f, err
	}
	return f, f.sweep(ctx, g, h, crowd)
}

// fastest is what a request takes in the fastest round.
func fastest(h *settings.Handler, crowd []person, requests int, request func(*person, *settings.Handler, int) error) (time.Duration, error) {
	var least time.Duration
	for round := range rounds {
		begin := time.Now()
		for n := range requests {
			if err := request(&crowd[n%len(crowd)], h, round*requests+n); err != nil {
				return 0, err
			}
		}
		if each := time.Since(begin) / time.Duration(requests); round == 0 || each < least {
			least = each
		}
	}
	return least, nil
}

// sweep deletes what has expired while somebody reads without a pause, and finds
// their longest read; before that, for as long, without a sweep.
func (f *figures) sweep(ctx context.Context, g ground, h *settings.Handler, crowd []person) error {
	swept := make(chan error, 1)
	go func() { swept <- f.sweepAll(ctx, g) }()
	begin := time.Now()
	longest, err := longestRead(h, crowd, func(int) bool {
		select {
		case err := <-swept:
			swept <- err
			return true
		default:
			return false
		}
	})
	f.sweeping = longest
	if err := <-swept; err != nil {
		return err
	}
	if err != nil {
		return err
	}
	end := time.Now().Add(time.Since(begin))
	f.idle, err = longestRead(h, crowd, func(int) bool { return time.Now().After(end) })
	return err
}

// sweepAll is what settings.Service.Sweep does, counted.
func (f *figures) sweepAll(ctx context.Context, g ground) error {
	const step = 192
	for _, sweep := range []func(context.Context, time.Time, int) (int, error){g.DeleteExpiredFlows, g.DeleteExpiredSessions} {
		for {
			n, err := sweep(ctx, time.Now(), step)
			if err != nil {
				return err
			}
			f.swept += n
			if n < step {
				break
			}
		}
	}
	return nil
}

func longestRead(h *settings.Handler, crowd []person, enough func(n int) bool) (longest time.Duration, err error) {
	for n := 0; n == 0 || !enough(n); n++ {
		begin := time.Now()
		if err := crowd[n%len(crowd)].read(h, n); err != nil {
			return 0, err
		}
		longest = max(longest, time.Since(begin))
	}
	return longest, nil
}
