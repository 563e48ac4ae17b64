package oidc_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/oidc"
)

func TestALoginIsUnlinked(t *testing.T) {
	for _, value := range []string{"one", "one:4ed5ce8c17ecaeac"} { // SHA-256 of "one:ada-there"
		each(t, func(t *testing.T, kind respond.Client) {
			s := newFixture(t)
			s.add(s.ada, oidc.Account{Provider: "one", Issuer: s.op.URL, Subject: "ada-there"})
			s.add(s.ada, oidc.Account{Provider: "two", Issuer: "https://two.example", Subject: "ada-there"})
			c, phone := s.SignIn(s.ada, kind), s.SignIn(s.ada, respond.API)
			f := start(c)
			require.Equal(t, []string{"unlink=one", "unlink=two"}, buttons(f), "also of a provider that is not offered any more")
			s.saved(c, f, c.Submit(f, fields{"unlink": value}))
			ada := s.Identity(s.ada)
			assert.Equal(t, []string{"two:ada-there"}, s.linked(s.ada))
			assert.Equal(t, []string{`["https://two.example","ada-there"]`}, oidcKeys(ada))
			assert.EqualValues(t, 3, ada.State.Factors[aal.OIDC].Serial)
			assert.Equal(t, []string{"link=one", "unlink=two"}, buttons(c.Read(f.ID).Flow))
			assert.Equal(t, http.StatusUnauthorized, phone.Whoami().Status)
			assert.Zero(t, s.op.count("/.well-known/openid-configuration"), "the provider is not asked")
			if value == "one" {
				c.Read(f.ID).Golden(kind.String()+"_unlinked", s.op.URL, "ISSUER")
			}
		})
	}
}

// Hosts have made credentials with an ID of "provider:subject" and nothing else.
func TestACredentialOfTheHostsOwnIsUnlinked(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		s := newFixture(t)
		s.Edit(s.ada, func(i *identity.Identity) {
			i.State.Factors = map[aal.Method]identity.Factor{aal.OIDC: {Serial: 1, Credentials: []identity.Credential{{ID: "one:ada:there"}, {ID: "bare"}}}}
			i.Keys = append(i.Keys, identity.Key{Kind: identity.OIDC, Value: "one:ada:there"}, identity.Key{Kind: identity.OIDC, Value: "bare"})
		})
		c := s.SignIn(s.ada, kind)
		f := start(c)
		require.Equal(t, []string{"unlink=one", "unlink=bare"}, buttons(f))
		s.saved(c, f, c.Submit(f, fields{"unlink": "one"}))
		assert.Equal(t, []string{"bare"}, s.linked(s.ada))
		assert.Equal(t, []string{"bare"}, oidcKeys(s.Identity(s.ada)))
	})
}

func TestTheLastWayToSignInStays(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		s := newFixture(t)
		bob := s.AddIdentity("bob@example.com", "")
		s.add(bob, oidc.Account{Provider: "one", Issuer: s.op.URL, Subject: "bob-there"})
		c := s.SignIn(bob, kind, aal.OIDC)
		f, was := start(c), s.Snapshot(bob)
		assert.Equal(t, []string{"unlink=one disabled"}, buttons(f))
		assert.Equal(t, []string{"unlink:7000013"}, f.Messages())
		s.refused(c, f, c.Submit(f, fields{"unlink": "one"}), "4000001", "unlink:7000013")
		assert.Equal(t, was, s.Snapshot(bob))
		c.Read(f.ID).Golden(kind.String()+"_last", s.op.URL, "ISSUER")
	})
}

func TestOfTwoLoginsOneMayGo(t *testing.T) {
	s := newFixture(t)
	bob := s.AddIdentity("bob@example.com", "")
	s.add(bob, oidc.Account{Provider: "one", Issuer: s.op.URL, Subject: "bob-there"})
	s.add(bob, oidc.Account{Provider: "two", Issuer: "https://two.example", Subject: "bob-there"})
	c := s.SignIn(bob, respond.Page, aal.OIDC)
	f := start(c)
	require.Equal(t, []string{"unlink=one", "unlink=two"}, buttons(f))
	require.Equal(t, back, c.Submit(f, fields{"unlink": "two"}).Location)
	require.Equal(t, []string{"unlink=one disabled"}, buttons(c.Read(f.ID).Flow))
	was := s.Snapshot(bob)
	s.refused(c, f, c.Submit(f, fields{"unlink": "one"}), "4000001", "unlink:7000013")
	assert.Equal(t, was, s.Snapshot(bob))
}

// A double click: the second submit has the token of before.
func TestUnlinkingTwiceIsOnce(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		s := newFixture(t)
		s.add(s.ada, oidc.Account{Provider: "one", Issuer: s.op.URL, Subject: "ada-there"})
		c := s.SignIn(s.ada, kind)
		f := start(c)
		again := c.Copy()
		s.saved(c, f, c.Submit(f, fields{"unlink": "one"}))
		was := s.Snapshot(s.ada)
		if kind == respond.API { // that shows no secret of the change
			assert.Contains(t, again.Submit(f, fields{"unlink": "one"}).Brief(), "401 session_inactive")
		} else {
			s.saved(again, f, again.Submit(f, fields{"unlink": "one"}))
			assert.Equal(t, http.StatusOK, again.Whoami().Status, "it has the same new token")
		}
		assert.Equal(t, was, s.Snapshot(s.ada))
		// With the new token it is a submit like any other, for what is not there.
		assert.Contains(t, c.Submit(f, fields{"unlink": "one"}).Brief(), "not_found")
	})
}

// An administrator takes one of several, also of a provider that is not offered any
// more, with its key.
func TestAnAdministratorUnlinks(t *testing.T) {
	s := newFixture(t)
	s.add(s.ada, oidc.Account{Provider: "one", Issuer: s.op.URL, Subject: "ada-there"})
	s.add(s.ada, oidc.Account{Provider: "two", Issuer: "https://two.example", Subject: "ada-there"})
	phone := s.SignIn(s.ada, respond.API)
	ctx, service := settings.WithActor(t.Context(), "admin"), s.Handler.Service
	require.ErrorIs(t, service.RemoveFactor(ctx, s.ada, aal.OIDC, "one"), identity.ErrNotFound, "a provider is no credential")
	require.NoError(t, service.RemoveFactor(ctx, s.ada, aal.OIDC, "two:ada-there"))
	assert.Equal(t, []string{"one:ada-there"}, s.linked(s.ada))
	assert.Equal(t, []string{oidc.Key(s.op.URL, "ada-there").Value}, oidcKeys(s.Identity(s.ada)))
	assert.Equal(t, http.StatusUnauthorized, phone.Whoami().Status)
}
