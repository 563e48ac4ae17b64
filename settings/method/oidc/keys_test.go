package oidc_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/oidc"
)

func TestMetadataIsReadOnceForAll(t *testing.T) {
	s := newFixture(t)
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	s.op.before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == discovery {
			arrived <- struct{}{} // a second request would wait here, and be counted
			<-release
		}
		return false
	}
	c := s.SignIn(s.ada, respond.Script)
	f := start(c)
	assert.Zero(t, s.op.count(discovery), "nobody is asked before it is needed")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			assert.Equal(t, http.StatusUnprocessableEntity, c.Copy().Submit(f, fields{"link": "one"}).Status)
		})
	}
	<-arrived
	close(release)
	wg.Wait()
	assert.Equal(t, 1, s.op.count(discovery))
	s.begin(c, f)
	assert.Equal(t, 1, s.op.count(discovery))
	s.Clock.Advance(time.Hour)
	c = s.SignIn(s.ada, respond.Script)
	s.begin(c, start(c))
	assert.Equal(t, 2, s.op.count(discovery), "an hour later it is read again")
}

func TestKeysThatChange(t *testing.T) {
	s := newFixtureWith(t, func(c *settings.Config) { c.KeepOtherSessions = true }, func(_ *fixture, c *oidc.Config) { c.Providers[0].SeveralAccounts = true })
	first := s.op.key
	c := s.SignIn(s.ada, respond.Script)
	f := start(c)
	s.saved(c, f, s.link(c, f, "a"))
	assert.Equal(t, 1, s.op.count("/keys"))
	s.saved(c, f, s.link(c, f, "b"))
	assert.Equal(t, 1, s.op.count("/keys"), "keys are read once")

	s.op.rotate(newKey("two"))
	s.saved(c, f, s.link(c, f, "c"))
	assert.Equal(t, 2, s.op.count("/keys"), "a new key is found")

	s.op.sign = first.sign
	s.refused(c, f, s.link(c, f, "d"), "4000001")

	// A key that is withdrawn without another is trusted for an hour.
	s.op.sign = nil
	withdrawn := s.op.key
	s.op.rotate(newKey("three"))
	s.op.sign = withdrawn.sign
	s.saved(c, f, s.link(c, f, "e"))
	s.Clock.Advance(time.Hour)
	c = s.SignIn(s.ada, respond.Script)
	f = start(c)
	s.refused(c, f, s.link(c, f, "f"), "4000001")
	assert.Equal(t, []string{"one:a", "one:b", "one:c", "one:e"}, s.linked(s.ada))
}

// A key that cannot be read here is no reason not to read the others.
func TestOneKeyDoesNotSpoilTheSet(t *testing.T) {
	without := func(key map[string]any, name string) map[string]any {
		delete(key, name)
		return key
	}
	with := func(key map[string]any, name string, value any) map[string]any {
		key[name] = value
		return key
	}
	other := func() map[string]any { return without(newKey("other").public(), "alg") }
	for name, odd := range map[string]any{
		"of a curve that is not known, without alg (coreos/go-oidc#490)": with(other(), "crv", "secp256k1"),
		"X25519, for encryption (go-jose/go-jose#25)":                    map[string]any{"kty": "OKP", "crv": "X25519", "kid": "other", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"},
		"Ed448, without alg (coreos/go-oidc#499)":                        map[string]any{"kty": "OKP", "crv": "Ed448", "kid": "other", "x": "X9dEm1m0Yf0s54fsYWrUah2hNCSFpw4fig6nXYDpZ3jt8SR2m0bHBhvWeD3x5Q9s0foavq_oJWGA"},
		"of a type that is not known":                                    map[string]any{"kty": "AKP", "kid": "other", "pub": "AAAA"},
		"of no type":                                                     without(other(), "kty"),
		"without a coordinate":                                           without(other(), "y"),
		"that is not on its curve":                                       with(other(), "y", "AAAA"),
		"with a certificate that is none":                                with(other(), "x5c", []string{"AAAA"}),
		"with a certificate's hash that is none":                         with(other(), "x5t", "*"),
		"with an algorithm of no text":                                   with(other(), "alg", 7),
		"that is no object":                                              7,
		"that is null":                                                   nil,
	} {
		t.Run("a key "+name, func(t *testing.T) {
			s := newFixture(t)
			s.op.keys = func(own map[string]any) []any { return []any{odd, own} }
			c := s.SignIn(s.ada, respond.Script)
			f := start(c)
			s.saved(c, f, s.link(c, f, "ada-there"))
			assert.Empty(t, s.told())
		})
	}
	t.Run("the key that signs, without alg (centrifugal/centrifugo#962)", func(t *testing.T) {
		s := newFixture(t)
		s.op.keys = func(own map[string]any) []any { return []any{other(), without(own, "alg")} }
		c := s.SignIn(s.ada, respond.Script)
		f := start(c)
		s.saved(c, f, s.link(c, f, "ada-there"))
	})
	t.Run("no key that can be read", func(t *testing.T) {
		s := newFixture(t)
		s.op.keys = func(own map[string]any) []any { return []any{without(own, "kty")} }
		c := s.SignIn(s.ada, respond.Script)
		f := start(c)
		s.refused(c, f, s.link(c, f, "ada-there"), "4000001")
	})
}
