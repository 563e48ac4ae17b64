package oidc_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/method/oidc"
)

// A browser that fetches ahead has not come back.
func TestACallbackThatIsFetchedAhead(t *testing.T) {
	s := newFixture(t)
	c := s.SignIn(s.ada, respond.Page)
	f, was := start(c), s.Snapshot(s.ada)
	callback := s.op.signIn(s.begin(c, f), "ada-there")
	for _, header := range []http.Header{{"Sec-Purpose": {"prefetch"}}, {"Sec-Purpose": {"prefetch;prerender"}}, {"Purpose": {"prefetch"}}} {
		c.Header = header
		assert.NotEqual(t, back, c.Get(callback).Location)
		assert.Equal(t, was, s.Snapshot(s.ada))
	}
	c.Header = http.Header{}
	s.saved(c, f, c.Get(callback))
}

// Each provider has a redirect URI of its own, so that one cannot pass for
// another (RFC 9700, section 4.4): of an API client's browser too.
func TestProvidersAreNotMixedUp(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		s := newFixture(t, func(s *fixture, c *oidc.Config) { c.Providers = append(c.Providers, s.op.provider("two")) })
		c := s.SignIn(s.ada, kind)
		f, was := start(c), s.Snapshot(s.ada)
		callback := s.op.signIn(s.begin(c, f), "x")
		a := browser(c).Get(strings.Replace(callback, "/callback/one?", "/callback/two?", 1))
		require.Equal(t, http.StatusSeeOther, a.Status)
		assert.NotContains(t, a.Location, query(t, callback).Get("code"), "nothing is handed on")
		assert.Equal(t, was, s.Snapshot(s.ada))
		assert.Zero(t, s.op.count("/token"))
		s.saved(c, f, s.comeBack(c, f, callback))
	})
}
