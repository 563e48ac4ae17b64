package settings_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// A form costs more than all else of a request, so it is made for who gets it, and
// once. That of a submit stands in TestContract, with every outcome.
func TestNodesAreMadeForWhoGetsThem(t *testing.T) {
	ofPages := func(c *settings.Config) {
		c.Responses = respond.Documented().Clone()
		row, _ := c.Responses.Row(respond.Invalid, respond.Submit)
		row.Page = respond.Cell{Status: 422, Body: respond.FormBody}
		c.Responses.Rows[respond.Key{Kind: respond.Invalid, Endpoint: respond.Submit}] = row
	}
	short := func(w *contractFixture) *settingstest.Answer {
		return w.client.Submit(w.flow, settingstest.Fields{"method": "password", "password": "short"})
	}
	for _, row := range []struct {
		name              string
		config            func(*settings.Config)
		when              func(*contractFixture) *settingstest.Answer
		api, page, script int
	}{
		{"a start", nil, func(w *contractFixture) *settingstest.Answer { return w.client.Get(startPath(w.kind)) }, 1, 0, 1},
		{"a read, which is JSON for everyone", nil, func(w *contractFixture) *settingstest.Answer { return w.client.Read(w.flow.ID) }, 1, 1, 1},
		{"coming back without a change", nil, func(w *contractFixture) *settingstest.Answer {
			return w.client.Get("/self-service/settings?flow=" + w.flow.ID)
		}, 1, 0, 1},
		{"input not valid", nil, short, 1, 0, 1},
		{"input not valid, where the host's table has a form for pages", ofPages, short, 1, 1, 1},
		{"a page of the host's own, in the process", nil, func(w *contractFixture) *settingstest.Answer {
			rec := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, "https://app.example.com/settings?flow="+w.flow.ID, nil)
			r.Header.Set("X-Session-Token", heldToken(w.t, w.client))
			form := w.Handler.Form(rec, r)
			require.NotNil(w.t, form, "%d", rec.Code)
			assert.NotNil(w.t, form.UI.Node("nickname"))
			return nil
		}, 1, 1, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			for kind, want := range map[respond.Client]int{respond.API: row.api, respond.Page: row.page, respond.Script: row.script} {
				t.Run(kind.String(), func(t *testing.T) {
					var changes []func(*settings.Config)
					if row.config != nil {
						changes = append(changes, row.config)
					}
					w := newContractFixture(t, kind, "", changes...)
					w.method.shown = 0
					a := row.when(w)
					assert.Equal(t, want, w.method.shown)
					if a != nil {
						assert.Equal(t, want > 0, a.Flow != nil, "%v", a)
					}
				})
			}
		})
	}
}

// A caller in the process says so if it wants a form that the client would not get.
func TestACallerOfTheServiceSaysThatItWantsTheForm(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			for _, wants := range []bool{false, true} {
				s := newServiceFixture(t, kind)
				request := s.form("method", "password", "password", "short")
				request.WantsForm = wants
				o := s.Submit(t.Context(), request)
				require.Equal(t, respond.Invalid, o.Kind)
				if !wants && kind == respond.Page {
					assert.Nil(t, o.Form)
					assert.Equal(t, s.flow.ID, o.FlowID, "it leads there")
					continue
				}
				require.NotNil(t, o.Form)
				assert.Equal(t, []string{"password:4000032"}, formMessages(o.Form))
			}
		})
	}
}
