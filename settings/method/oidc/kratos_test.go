package oidc_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/settingstest"
)

// What a running Ory Kratos v26.2.0 was seen to answer, and where we differ, as Brief
// writes it.
func TestOutcomes(t *testing.T) {
	const (
		refresh   = "403 session_refresh_required"
		stepUp    = "403 session_aal2_required"
		nothing   = "400 4000001"
		noMethod  = "400 4010004"
		away      = "422 browser_location_change_required"
		saved     = "200 1050001"
		lastOfAll = "400 4000001 unlink:7000013"
	)
	page := func(cell string) string { return "303 UI ⇒ " + strings.TrimPrefix(cell, "400 ") }
	stale := func(s *fixture) { s.Clock.Advance(2 * time.Hour) }
	second := func(s *fixture) { s.AddFactor(s.ada, aal.TOTP) }
	linked := func(s *fixture) { s.add(s.ada, oidc.Account{Provider: "one", Issuer: s.op.URL, Subject: "x"}) }
	for _, row := range []struct {
		name      string
		before    func(s *fixture)
		fields    fields
		json      string // what pages and scripts alike answer, but for the shape
		page      string
		unchanged bool
	}{
		{"oidc/link", nil, fields{"link": "one"}, away, "303 AWAY", true},
		{"oidc/link with method", nil, fields{"method": "oidc", "link": "one"}, away, "303 AWAY", true},
		{"oidc/link (unknown provider)", nil, fields{"link": "nobody"}, nothing, page(nothing), true},
		{"oidc/link (linked already)", linked, fields{"link": "one"}, nothing, page(nothing), true},
		{"oidc/link (link and unlink)", linked, fields{"link": "one", "unlink": "one"}, nothing, page(nothing), true},
		{"oidc/link (link and unlink what is not linked)", nil, fields{"link": "one", "unlink": "one"}, nothing, page(nothing), true},
		{"oidc/link (method=oidc, no link)", nil, fields{"method": "oidc"}, noMethod, page(noMethod), true},
		{"oidc/link (method=oidc, empty buttons)", nil, fields{"method": "oidc", "link": "", "unlink": ""}, noMethod, page(noMethod), true},
		{"oidc/link (another method's name)", nil, fields{"method": "password", "link": "one"}, nothing, page(nothing), true},
		{"oidc/unlink", linked, fields{"unlink": "one"}, saved, "303 " + back, false},
		{"oidc/unlink (unlink other provider)", linked, fields{"unlink": "two"}, nothing, page(nothing), true},
		{"oidc/unlink (another account of the provider)", linked, fields{"unlink": "one:0000000000000000"}, nothing, page(nothing), true},
		{"oidc/link (unlink not linked)", nil, fields{"unlink": "one"}, "404 not_found", "303 ERR ⇒ not_found", true},
		{"stale/oidc (link)", stale, fields{"link": "one"}, refresh, "303 REFRESH", true},
		{"stale/oidc (unlink)", func(s *fixture) { linked(s); stale(s) }, fields{"unlink": "one"}, refresh, "303 REFRESH", true},
		{"stale/oidc (link unknown)", stale, fields{"link": "nobody"}, nothing, page(nothing), true},
		{"aal/oidc (link)", second, fields{"link": "one"}, stepUp, "303 STEPUP", true},
		{"aal/oidc (unlink)", func(s *fixture) { linked(s); second(s) }, fields{"unlink": "one"}, stepUp, "303 STEPUP", true},
		{"oidc/unlink-last", func(s *fixture) {
			linked(s)
			id := s.Identity(s.ada)
			id.PasswordHash = ""
			r := id.Record
			require.NoError(s.T, s.Store.UpdateIdentity(s.T.Context(), r))
		}, fields{"unlink": "one"}, lastOfAll, page(lastOfAll), true},
	} {
		t.Run(row.name, func(t *testing.T) {
			for name, table := range map[string]settings.Behaviour{"documented": settings.Strict(), "kratos": settings.LikeKratos()} {
				for _, kind := range everyClient {
					s := newFixtureWith(t, func(c *settings.Config) {
						c.Behaviour, c.AllowAAL1, c.Lifespan = table, true, 4*time.Hour
					})
					c := s.SignIn(s.ada, kind)
					f := start(c)
					if row.before != nil {
						row.before(s)
					}
					was := s.Snapshot(s.ada)
					want := row.json
					if kind == respond.Page {
						want = row.page
					}
					assert.Equal(t, want, s.cell(c.Submit(f, row.fields)), "%s, %v", name, kind)
					if row.unchanged {
						assert.Equal(t, was, s.Snapshot(s.ada))
					} else {
						assert.NotEqual(t, was, s.Snapshot(s.ada))
					}
					assert.Equal(t, row.json == away, s.op.count("/.well-known/openid-configuration") > 0, "the provider is asked for nothing else")
				}
			}
		})
	}
}

// cell is Brief of an answer, and AWAY for the way to the provider, whose address is
// another one in each test.
func (s *fixture) cell(a *settingstest.Answer) string {
	if strings.HasPrefix(a.Location, s.op.URL+"/authorize?") {
		return "303 AWAY"
	}
	return a.Brief()
}

func TestEventsAreTold(t *testing.T) {
	var names []string
	s := newFixtureWith(t, func(c *settings.Config) {
		c.After = append(c.After, func(_ context.Context, e settings.Event) error {
			names = append(names, e.Name+" by "+e.Method)
			return nil
		})
	})
	c := s.SignIn(s.ada, respond.API)
	f := start(c)
	s.saved(c, f, s.link(c, f, "x"))
	s.saved(c, f, c.Submit(f, fields{"unlink": "one"}))
	assert.Equal(t, []string{"oidc.linked by oidc", "oidc.unlinked by oidc"}, names)
}
