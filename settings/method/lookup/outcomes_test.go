package lookup_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// What each submit comes to, for an API client, a page and a script. Both
// tables answer alike.

const (
	again       = "200 | 303 UI ⇒ | 200"
	saved       = "200 1050001 | 303 UI ⇒ 1050001 | 200 1050001"
	refused     = "400 4000001 | 303 UI ⇒ 4000001 | 400 4000001"
	noMethod    = "400 4010004 | 303 UI ⇒ 4010004 | 400 4010004"
	wrongButton = "400 lookup_secret_regenerate:4000026 | 303 UI ⇒ lookup_secret_regenerate:4000026 | 400 lookup_secret_regenerate:4000026"
	wrongJSON   = "400 lookup_secret_regenerate:4000026 |  | 400 lookup_secret_regenerate:4000026"
	refresh     = "403 session_refresh_required | 303 REFRESH | 403 session_refresh_required"
	stepUp      = "403 session_aal2_required | 303 STEPUP | 403 session_aal2_required"
)

// outcomeCase is a client of Ada's.
type outcomeCase struct {
	*fixture
	c     *settingstest.Client
	flow  *settingstest.Flow   // of the submit
	other *settingstest.Client // another one of hers, where a row has it
}

func (s *outcomeCase) have() { s.confirmed(s.c); s.flow = s.c.Start() }
func (s *outcomeCase) made() { s.c.Submit(s.flow, regenerate) }

func (s *outcomeCase) haveAndMade() { s.have(); s.made() }

func (s *outcomeCase) none() {
	s.have()
	s.saved(s.c, s.c.Submit(s.flow, disable))
	s.flow = s.c.Start()
}

// stale makes a change of a sign-in that is too old of what a case is.
func stale(given func(*outcomeCase)) func(*outcomeCase) {
	return func(s *outcomeCase) { given(s); s.Clock.Advance(16 * time.Minute) }
}

// lowered has a second factor of another kind that this session has not proved.
func (s *outcomeCase) lowered() { s.AddFactor(s.ada, aal.WebAuthn) }

// both presses two buttons.
func both(buttons ...string) fields {
	f := fields{"method": "lookup_secret"}
	for _, b := range buttons {
		f["lookup_secret_"+b] = "true"
	}
	return f
}

var rows = []struct {
	name    string
	given   func(s *outcomeCase)
	fields  fields
	submit  func(s *outcomeCase) *settingstest.Answer // instead of fields in the case's flow
	want    string
	kratos  string // on that table, where it differs
	changes bool   // something but the flow
}{
	{name: "lookup/cycle (regenerate)", fields: both("regenerate"), want: again},
	{name: "lookup/cycle (regenerate again)", given: (*outcomeCase).made, fields: both("regenerate"), want: again},
	{name: "lookup/cycle (regenerate over existing)", given: (*outcomeCase).have, fields: both("regenerate"), want: again},
	{name: "lookup/method-only (button, no method)", fields: regenerate, want: again},
	{name: "as a boolean", fields: fields{"lookup_secret_regenerate": true}, want: again},
	{name: "lookup/cycle (confirm)", given: (*outcomeCase).made, fields: both("confirm"), want: saved, changes: true},
	{name: "confirm over existing", given: (*outcomeCase).haveAndMade, fields: confirm, want: saved, changes: true},
	{name: "lookup/cycle (disable)", given: (*outcomeCase).have, fields: both("disable"), want: saved, changes: true},
	{name: "lookup/cycle (disable again (none))", given: (*outcomeCase).none, fields: both("disable"), want: saved},
	{name: "disable where there were never any", fields: disable, want: saved},

	{name: "lookup/cycle (confirm without regenerate)", fields: confirm, want: refused},
	{name: "confirm without regenerate over existing", given: (*outcomeCase).have, fields: confirm, want: refused},
	{name: "confirm twice, later than a retry", given: func(s *outcomeCase) {
		s.made()
		s.saved(s.c, s.c.Submit(s.flow, confirm))
		s.Clock.Advance(session.RetryWindow) // until then it is one of a client that keeps its token
	}, fields: confirm, want: refused},
	{name: "lookup/cycle (reveal with none)", fields: reveal, want: refused},
	{name: "reveal", given: (*outcomeCase).have, fields: reveal, want: refused},
	{name: "lookup/two-buttons (regenerate+confirm)", fields: both("regenerate", "confirm"), want: refused},
	{name: "regenerate+confirm over existing", given: (*outcomeCase).have, fields: both("regenerate", "confirm"), want: refused},
	{name: "confirm before disable", given: (*outcomeCase).haveAndMade, fields: both("disable", "confirm"), want: saved, changes: true},
	{name: "reveal before disable: who looks loses nothing", given: (*outcomeCase).have, fields: both("reveal", "disable"), want: refused},
	{name: "disable before regenerate", given: (*outcomeCase).have, fields: both("regenerate", "disable"), want: saved, changes: true},
	{name: "all four", given: (*outcomeCase).have, fields: both("confirm", "reveal", "disable", "regenerate"), want: refused},

	{name: "lookup/method-only (method=lookup_secret, no button)", fields: fields{"method": "lookup_secret"}, want: noMethod},
	{name: "lookup/method-only (button=false)", fields: fields{"method": "lookup_secret", "lookup_secret_regenerate": "false"}, want: noMethod},
	{name: "a button that is false", fields: fields{"method": "lookup_secret", "lookup_secret_disable": false}, given: (*outcomeCase).have, want: noMethod},
	{name: "a button without a value", fields: fields{"method": "lookup_secret", "lookup_secret_disable": ""}, given: (*outcomeCase).have, want: noMethod},
	{name: "a button that is null", fields: fields{"lookup_secret_disable": nil}, given: (*outcomeCase).have, want: "400 4010004 |  | 400 4010004"},
	{name: "a button that says yes", fields: fields{"lookup_secret_regenerate": "yes"}, want: wrongButton},
	{name: "a button that says TRUE", fields: fields{"lookup_secret_regenerate": "TRUE"}, want: wrongButton},
	{name: "a button that is 1", fields: fields{"lookup_secret_regenerate": 1}, want: wrongJSON},
	{name: "a button that is an array", fields: fields{"lookup_secret_regenerate": []bool{true}}, want: wrongJSON},
	{name: "a button that is an object", fields: fields{"lookup_secret_regenerate": map[string]any{"a": true}}, want: wrongJSON},
	{name: "a strange button beside a good one", given: (*outcomeCase).have, fields: fields{"lookup_secret_disable": true, "lookup_secret_regenerate": "yes"}, want: wrongButton},
	{name: "a button of another method beside it", given: (*outcomeCase).have, fields: fields{"method": "password", "lookup_secret_disable": "true"}, want: refused},
	{name: "one button twice", given: (*outcomeCase).have, want: refused,
		submit: func(s *outcomeCase) *settingstest.Answer {
			token := s.flow.CSRFToken()
			if s.c.Kind == respond.Page {
				return s.c.Post("/self-service/settings?flow="+s.flow.ID, "application/x-www-form-urlencoded",
					"csrf_token="+token+"&lookup_secret_disable=true&lookup_secret_disable=no")
			}
			return s.c.Post("/self-service/settings?flow="+s.flow.ID, "application/json",
				fmt.Sprintf(`{"csrf_token":%q,"lookup_secret_disable":false,"lookup_secret_disable":true}`, token))
		}},

	{name: "stale/lookup (regenerate)", given: stale(func(*outcomeCase) {}), fields: regenerate, want: refresh},
	{name: "stale/lookup (reveal)", given: stale((*outcomeCase).have), fields: reveal, want: refused, kratos: refresh},
	{name: "stale/lookup (confirm)", given: stale((*outcomeCase).made), fields: confirm, want: refresh},
	{name: "stale/lookup (disable)", given: stale((*outcomeCase).have), fields: disable, want: refresh},
	{name: "stale, disable where there are none", given: stale(func(*outcomeCase) {}), fields: disable, want: refresh},
	{name: "stale, no button: there is nothing to sign in for", given: stale((*outcomeCase).have), fields: fields{"method": "lookup_secret"}, want: noMethod},
	{name: "regenerate without the second factor that there is", given: (*outcomeCase).lowered, fields: regenerate, want: stepUp},
	{name: "confirm without it", given: func(s *outcomeCase) { s.made(); s.lowered() }, fields: confirm, want: stepUp},
	{name: "disable without it", want: stepUp,
		given:  func(s *outcomeCase) { s.have(); s.other = s.SignIn(s.ada, s.c.Kind) },
		submit: func(s *outcomeCase) *settingstest.Answer { return s.other.Submit(s.flow, disable) }},
}

func TestOutcomes(t *testing.T) {
	tables := map[string]func(*settings.Config){
		"documented": func(*settings.Config) {},
		"kratos":     func(c *settings.Config) { c.Behaviour = settings.LikeKratos() },
	}
	for _, row := range rows {
		for table, choose := range tables {
			wants := row.want
			if table == "kratos" && row.kratos != "" {
				wants = row.kratos
			}
			for i, want := range strings.Split(wants, "|") {
				kind, want := everyClient[i], strings.TrimSpace(want)
				if want == "" {
					continue // no such client sends that
				}
				t.Run(fmt.Sprint(row.name, "/", table, "/", kind), func(t *testing.T) {
					w := newFixture(t, choose)
					s := &outcomeCase{fixture: w, c: w.SignIn(w.ada, kind)}
					s.flow = s.c.Start()
					if row.given != nil {
						row.given(s)
					}
					before := w.Snapshot(w.ada)
					submit := row.submit
					if submit == nil {
						submit = func(s *outcomeCase) *settingstest.Answer { return s.c.Submit(s.flow, row.fields) }
					}
					assert.Equal(t, want, submit(s).Brief())
					if after := w.Snapshot(w.ada); row.changes {
						assert.NotEqual(t, before, after)
					} else {
						assert.Equal(t, before, after)
					}
				})
			}
		}
	}
}
