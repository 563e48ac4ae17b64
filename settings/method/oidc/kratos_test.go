package oidc_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
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

// What a running Ory Kratos v26.2.0 was seen to answer, and where we differ. A
// cell is the status and the message ids or the error's id, and behind ⇒ what is
// read behind a redirect of a page.
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
		{"oidc/unlink", linked, fields{"unlink": "one"}, saved, "303 BACK", false},
		{"oidc/unlink (unlink other provider)", linked, fields{"unlink": "two"}, nothing, page(nothing), true},
		{"oidc/unlink (another account of the provider)", linked, fields{"unlink": "one:0000000000000000"}, nothing, page(nothing), true},
		{"oidc/link (unlink not linked)", nil, fields{"unlink": "one"}, "404 not_found", "303 ERR ⇒ 404 not_found", true},
		{"stale/oidc (link)", stale, fields{"link": "one"}, refresh, "303 LOGIN refresh", true},
		{"stale/oidc (unlink)", func(s *fixture) { linked(s); stale(s) }, fields{"unlink": "one"}, refresh, "303 LOGIN refresh", true},
		{"stale/oidc (link unknown)", stale, fields{"link": "nobody"}, nothing, page(nothing), true},
		{"aal/oidc (link)", second, fields{"link": "one"}, stepUp, "303 LOGIN aal", true},
		{"aal/oidc (unlink)", func(s *fixture) { linked(s); second(s) }, fields{"unlink": "one"}, stepUp, "303 LOGIN aal", true},
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
					assert.Equal(t, want, s.cell(c, c.Submit(f, row.fields)), "%s, %v", name, kind)
					if row.unchanged {
						assert.Equal(t, was, s.Snapshot(s.ada))
					} else {
						assert.NotEqual(t, was, s.Snapshot(s.ada))
					}
				}
			}
		})
	}
}

// cell puts an answer in the short form of the table.
func (s *fixture) cell(c *settingstest.Client, a *settingstest.Answer) string {
	s.T.Helper()
	switch {
	case a.Flow != nil:
		return fmt.Sprint(a.Status, " ", strings.Join(a.Flow.Messages(), " "))
	case a.Error != nil:
		return fmt.Sprint(a.Status, " ", a.Error.ID)
	case a.Status != http.StatusSeeOther:
		return fmt.Sprint(a.Status)
	}
	u, err := url.Parse(a.Location)
	require.NoError(s.T, err)
	switch {
	case a.Location == back:
		return "303 BACK"
	case strings.HasPrefix(a.Location, settingstest.UIURL):
		return "303 UI ⇒ " + strings.Join(a.Follow().Flow.Messages(), " ")
	case strings.HasPrefix(a.Location, s.op.URL+"/authorize?"):
		return "303 AWAY"
	case strings.HasPrefix(a.Location, settingstest.PublicURL+"/self-service/errors/page?"):
		failure := a.Failure()
		return fmt.Sprint("303 ERR ⇒ ", failure.Code, " ", failure.ID)
	case u.Query().Get("refresh") == "true":
		return "303 LOGIN refresh"
	case u.Query().Get("aal") == "aal2":
		return "303 LOGIN aal"
	}
	return "303 " + a.Location
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
