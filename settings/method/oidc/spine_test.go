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
