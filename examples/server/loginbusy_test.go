package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
)

// newTestApp is the server over a store, without a network.
func newTestApp(t *testing.T, s accountStore, keys ...[]byte) *app {
	t.Helper()
	o, err := parse(nil, io.Discard)
	require.NoError(t, err)
	_, err = o.settle(4455)
	require.NoError(t, err)
	a, err := newApp(o, keys, s, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return a
}

// post sends a form to the login page, after reading it.
func (a *app) post(query string, form url.Values, cookies ...string) *httptest.ResponseRecorder {
	send := func(method string, body io.Reader) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://127.0.0.1:4455/login"+query, body)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range cookies {
			r.Header.Add("Cookie", c)
		}
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		return w
	}
	page := send("GET", nil)
	for _, c := range page.Result().Cookies() {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	form.Set("csrf_token", regexp.MustCompile(`name="csrf_token" value="([^"]*)"`).FindStringSubmatch(page.Body.String())[1])
	return send("POST", strings.NewReader(form.Encode()))
}

// While nothing can be hashed nobody gets an answer but to come again: whoever
// got another one would be known not to exist.
func TestEveryAnswerOfALoginTakesAHash(t *testing.T) {
	a := newTestApp(t, newMemoryStore(), settings.NewKey())
	hash, err := a.accounts.hash(t.Context(), "1", "a password")
	require.NoError(t, err)
	for name, hash := range map[string]string{"somebody": hash, "without a password": ""} {
		i := identity.Identity{Record: identity.Record{ID: name, Active: true, PasswordHash: hash, Keys: []identity.Key{{Kind: identity.Identifier, Value: name}}}}
		require.NoError(t, a.accounts.create(t.Context(), i))
	}

	// Strangers begin, and none of them ends, until one is told to come again: then
	// nobody else can begin.
	const strangers = 64
	over, turnedAway := make(chan bool), make(chan error, strangers)
	defer close(over)
	for n := range strangers {
		go func() {
			turnedAway <- password.ProcessLimiter().DoUnknown(context.Background(), fmt.Sprint(n), "", 0, func() error {
				<-over
				return errors.New("it hashes nothing")
			}, nil)
		}()
	}
	require.ErrorIs(t, <-turnedAway, password.ErrOverloaded)
	var wg sync.WaitGroup
	for _, name := range []string{"somebody", "without a password", "nobody"} {
		wg.Go(func() {
			w := a.post("", url.Values{"method": {"password"}, "identifier": {name}, "password": {"a password"}})
			assert.Equal(t, http.StatusServiceUnavailable, w.Code, name)
			assert.Equal(t, "2", w.Header().Get("Retry-After"), name)
			assert.Contains(t, w.Body.String(), "Try again in a moment", name)
			assert.Empty(t, w.Header().Get("Set-Cookie"), name)
		})
	}
	wg.Wait()
}
