package oidc_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/settingstest"
)

// Two tabs press at once: one takes the login away, for both.
func TestUnlinkingAtOnce(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		s := newFixture(t)
		s.add(s.ada, oidc.Account{Provider: "one", Issuer: s.op.URL, Subject: "x"})
		c := s.SignIn(s.ada, kind)
		f := start(c)
		var told int
		done := make(chan *settingstest.Answer, 8)
		for range cap(done) {
			tab := c.Copy()
			go func() { done <- tab.Submit(f, fields{"unlink": "one"}) }()
		}
		for range cap(done) {
			if a := <-done; a.Status == http.StatusOK || a.Location == back {
				told++
			}
		}
		assert.GreaterOrEqual(t, told, 1)
		assert.Empty(t, s.linked(s.ada))
		assert.EqualValues(t, 2, s.Identity(s.ada).State.Factors[aal.OIDC].Serial, "once")
		assert.EqualValues(t, 1, s.Identity(s.ada).State.Generation, "once")
	})
}

// The row is changed by another session while ours is on its way: the change is
// judged again on what it has become.
func TestARowThatChangesMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		t.Run("by the same login", func(t *testing.T) {
			s := newFixture(t, func(_ *fixture, c *oidc.Config) { c.Providers[0].SeveralAccounts = true })
			c := s.SignIn(s.ada, kind)
			f := start(c)
			s.op.before = func(_ http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/token" {
					s.add(s.ada, oidc.Account{Provider: "one", Issuer: s.op.URL, Subject: "x"})
				}
				return false
			}
			s.refused(c, f, s.link(c, f, "x"), "7000010")
			assert.Equal(t, []string{"one:x"}, s.linked(s.ada))
			assert.Len(t, oidcKeys(s.Identity(s.ada)), 1)
		})
		t.Run("by another login of the provider", func(t *testing.T) {
			s := newFixture(t)
			c := s.SignIn(s.ada, kind)
			f := start(c)
			s.op.before = func(_ http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/token" {
					s.add(s.ada, oidc.Account{Provider: "one", Issuer: s.op.URL, Subject: "y"})
				}
				return false
			}
			s.refused(c, f, s.link(c, f, "x"), "7000010")
			assert.Equal(t, []string{"one:y"}, s.linked(s.ada))
		})
		t.Run("so that the login to unlink is gone", func(t *testing.T) {
			var s *fixture
			meanwhile := 0
			s = newFixtureWith(t, func(c *settings.Config) {
				c.Before = append(c.Before, func(context.Context, settings.Event) error {
					if meanwhile++; meanwhile == 1 {
						s.Edit(s.ada, func(i *identity.Identity) { i.State.Factors = nil })
					}
					return nil
				})
			})
			s.add(s.ada, oidc.Account{Provider: "one", Issuer: s.op.URL, Subject: "x"})
			c := s.SignIn(s.ada, kind)
			f := start(c)
			s.refused(c, f, c.Submit(f, fields{"unlink": "one"}), "7000010")
			assert.Equal(t, 1, meanwhile)
		})
	})
}
