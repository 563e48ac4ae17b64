package oidc_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/store/memory"
)

func TestALoginIsLinked(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		s := newFixture(t)
		c, phone := s.SignIn(s.ada, kind), s.SignIn(s.ada, respond.API)
		f := start(c)
		assert.Equal(t, []string{"link=one"}, buttons(f))
		names := []string{s.op.URL, "ISSUER"}
		c.Read(f.ID).Golden(kind.String()+"_before", names...)

		begun := c.Submit(f, fields{"link": "one"})
		u := away(t, c, begun)
		begun.Golden(kind.String()+"_away", u, "AUTHORIZATION-URL")
		a := s.comeBack(c, f, s.op.signIn(u, "ada-there"))
		a.Golden(kind.String()+"_success", names...)
		s.saved(c, f, a)

		ada := s.Identity(s.ada)
		require.Equal(t, []identity.Credential{{
			ID: "one:ada-there", Data: []byte(`{"provider":"one","issuer":"` + s.op.URL + `","subject":"ada-there"}`),
			Name: "ada-there@provider.example", AddedAt: s.Clock.Now(),
		}}, ada.State.Factors[aal.OIDC].Credentials)
		assert.EqualValues(t, 1, ada.State.Factors[aal.OIDC].Serial)
		assert.Equal(t, []string{`["` + s.op.URL + `","ada-there"]`}, oidcKeys(ada))
		owner, err := s.Store.IdentityOwner(t.Context(), oidc.Key(s.op.URL, "ada-there"))
		require.NoError(t, err)
		assert.Equal(t, s.ada, owner)

		read := c.Read(f.ID)
		assert.Equal(t, []string{"unlink=one"}, buttons(read.Flow))
		read.Golden(kind.String()+"_linked", names...)
		assert.Equal(t, http.StatusUnauthorized, phone.Whoami().Status, "a linked login is a credential: other sessions are over")
	})
}

// What the provider says of its own factors (acr, amr) is its own business.
func TestALinkedLoginRaisesNoLevel(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		s := newFixture(t)
		c := s.SignIn(s.ada, kind)
		f := start(c)
		s.saved(c, f, s.link(c, f, "ada-there"))
		who := string(c.Whoami().Body)
		assert.Contains(t, who, `"authenticator_assurance_level":"aal1"`)
		sessions, err := s.Store.ListSessions(t.Context(), s.ada)
		require.NoError(t, err)
		require.Len(t, sessions, 1)
		assert.Equal(t, []aal.Method{aal.Password}, sessions[0].Completed())
	})
}

func TestALoginOfSomebodyElse(t *testing.T) {
	for name, mode := range map[string]func(*settings.Config){
		"three stores": nil,
		"a backend":    func(c *settings.Config) { c.Backend = c.Flows.(*memory.Store) },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, kind respond.Client) {
				s := newFixtureWith(t, mode)
				bob := s.AddIdentity("bob@example.com", "the horse of bob")
				s.add(bob, oidc.Account{Provider: "one", Issuer: s.op.URL, Subject: "bob-there"})
				c := s.SignIn(s.ada, kind)
				f, was, wasBob := start(c), s.Snapshot(s.ada), s.Snapshot(bob)
				a := s.link(c, f, "bob-there")
				assert.NotContains(t, string(a.Body), "bob", "whose it is stays untold")
				s.refused(c, f, a, "4000007")
				assert.Equal(t, was, s.Snapshot(s.ada))
				assert.Equal(t, wasBob, s.Snapshot(bob))
				c.Read(f.ID).Golden(kind.String() + "_of_another")
			})
		})
	}
}

func TestALoginThatIsLinkedAlready(t *testing.T) {
	several := func(_ *fixture, c *oidc.Config) { c.Providers[0].SeveralAccounts = true }
	each(t, func(t *testing.T, kind respond.Client) {
		t.Run("by the same provider", func(t *testing.T) {
			s := newFixture(t, several)
			c := s.SignIn(s.ada, kind)
			f := start(c)
			s.saved(c, f, s.link(c, f, "ada-there"))
			was := s.Snapshot(s.ada)
			s.refused(c, f, s.link(c, f, "ada-there"), "4000001")
			assert.Equal(t, was, s.Snapshot(s.ada))
		})
		t.Run("by another name of the provider", func(t *testing.T) {
			s := newFixture(t)
			s.add(s.ada, oidc.Account{Provider: "uno", Issuer: s.op.URL, Subject: "ada-there"})
			c := s.SignIn(s.ada, kind)
			f, was := start(c), s.Snapshot(s.ada)
			s.refused(c, f, s.link(c, f, "ada-there"), "4000001")
			assert.Equal(t, was, s.Snapshot(s.ada))
		})
		t.Run("by a credential that a host made of its own accord", func(t *testing.T) {
			s := newFixture(t, several)
			s.Edit(s.ada, func(i *identity.Identity) {
				i.State.Factors = map[aal.Method]identity.Factor{aal.OIDC: {Serial: 1, Credentials: []identity.Credential{{ID: "one:ada-there"}}}}
			})
			c := s.SignIn(s.ada, kind)
			f, was := start(c), s.Snapshot(s.ada)
			s.refused(c, f, s.link(c, f, "ada-there"), "4000001")
			assert.Equal(t, was, s.Snapshot(s.ada))
		})
	})
}

func TestSeveralAccountsOfOneProvider(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		t.Run("are not linked unless the host says so", func(t *testing.T) {
			s := newFixture(t)
			c := s.SignIn(s.ada, kind)
			f := start(c)
			s.saved(c, f, s.link(c, f, "first"))
			was := s.Snapshot(s.ada)
			s.refused(c, f, c.Submit(f, fields{"link": "one"}), "4000001")
			assert.Equal(t, was, s.Snapshot(s.ada))
		})
		t.Run("not by two tabs either", func(t *testing.T) {
			s := newFixtureWith(t, func(c *settings.Config) { c.KeepOtherSessions = true })
			c := s.SignIn(s.ada, kind)
			f := start(c)
			slow := s.op.signIn(s.begin(c, f), "second")
			s.saved(c, f, s.link(c, f, "first"))
			was := s.Snapshot(s.ada)
			s.refused(c, f, s.comeBack(c, f, slow), "4000001")
			assert.Equal(t, was, s.Snapshot(s.ada))
		})
		t.Run("are linked, told apart, and taken away one by one", func(t *testing.T) {
			s := newFixture(t, func(_ *fixture, c *oidc.Config) { c.Providers[0].SeveralAccounts = true })
			c := s.SignIn(s.ada, kind)
			f := start(c)
			s.saved(c, f, s.link(c, f, "first"))
			s.saved(c, f, s.link(c, f, "second"))
			require.Equal(t, []string{"one:first", "one:second"}, s.linked(s.ada))
			read := c.Read(f.ID)
			all := buttons(read.Flow)
			require.Len(t, all, 3)
			assert.Equal(t, "link=one", all[0])
			assert.Regexp(t, "^unlink=one:[0-9a-f]{16}$", all[1])
			assert.Regexp(t, "^unlink=one:[0-9a-f]{16}$", all[2])
			assert.NotEqual(t, all[1], all[2])
			assert.Contains(t, string(read.Body), "Unlink The one (second@provider.example)")

			was := s.Snapshot(s.ada)
			s.refused(c, f, c.Submit(f, fields{"unlink": "one"}), "4000001")
			assert.Equal(t, was, s.Snapshot(s.ada), "which one was meant is not ours to guess")
			s.saved(c, f, c.Submit(f, fields{"unlink": strings.TrimPrefix(all[2], "unlink=")}))
			assert.Equal(t, []string{"one:first"}, s.linked(s.ada))
			assert.Equal(t, []string{`["` + s.op.URL + `","first"]`}, oidcKeys(s.Identity(s.ada)))
			s.saved(c, f, c.Submit(f, fields{"unlink": "one"}))
			assert.Empty(t, s.linked(s.ada))
		})
		t.Run("have an end", func(t *testing.T) {
			s := newFixture(t, func(_ *fixture, c *oidc.Config) { c.Providers[0].SeveralAccounts = true })
			for _, sub := range "abcdefghij" {
				s.add(s.ada, oidc.Account{Provider: "one", Issuer: s.op.URL, Subject: string(sub)})
			}
			c := s.SignIn(s.ada, kind)
			f, was := start(c), s.Snapshot(s.ada)
			s.refused(c, f, c.Submit(f, fields{"link": "one"}), "4000001")
			assert.Equal(t, was, s.Snapshot(s.ada))
		})
	})
}
