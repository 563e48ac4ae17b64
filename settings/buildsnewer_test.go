package settings_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/settingstest"
)

// A record that only a newer build may read is not read: the instance answers 503,
// says why in its log, and changes nothing.
func TestARecordThatNeedsANewerBuild(t *testing.T) {
	for _, of := range []string{"state", "extra", "flow"} {
		for _, kind := range []respond.Client{respond.API, respond.Page, respond.Script} {
			t.Run(fmt.Sprint(of, ", ", kind), func(t *testing.T) {
				s := share(t)
				require.NoError(t, s.Store.DeleteSession(t.Context(), s.ada, s.session(t).ID))
				s.client = s.SignIn(s.ada, kind, aal.Password, aal.TOTP)
				s.flow = s.client.Start()
				rows := s.rows(t)
				rows["extra"] = map[string]any{}
				name := of
				if of == "flow" {
					name = "flow:" + s.flow.ID
				}
				rows[name].(map[string]any)["min_reader"] = jsonrecord.Format + 1
				s.rewrite(t, rows)
				before := s.rows(t)

				submitted := s.client.Submit(s.flow, settingstest.Fields{"method": "password", "password": "the best horse of all"})
				answers := []*settingstest.Answer{submitted, s.client.Read(s.flow.ID), s.client.Get("/self-service/settings?flow=" + s.flow.ID)}
				if of != "flow" {
					answers = append(answers, s.client.Whoami(), s.client.Get("/sessions"))
				}
				for _, a := range answers {
					if kind != respond.Page || a.Status != 303 { // a page is led to where it is told
						assert.Equal(t, 503, a.Status, a)
						assert.NotEmpty(t, a.Header.Get("Retry-After"), a)
					}
				}
				assert.Contains(t, s.Log.String(), "the record needs a newer build")
				assert.Contains(t, s.Log.String(), "outcome=unavailable endpoint=submit")
				assert.NotContains(t, s.Log.String(), "outcome=bug")
				assert.Equal(t, before, s.rows(t))
				if of == "state" {
					_, err := s.Handler.Service.Verify(t.Context(), settings.Proof{IdentityID: s.ada, Method: aal.TOTP, Value: rfcCode})
					assert.ErrorIs(t, err, jsonrecord.ErrNewer)
				}
			})
		}
	}
}

func TestWhatWaitsAndNeedsANewerBuild(t *testing.T) {
	j := sendAway(t, respond.Page)
	rewriteAway(t, j, "abroad:"+hashOf(j.state), map[string]any{"min_reader": jsonrecord.Format + 1})
	a := j.comeBack(j.client, "code=c0de&state="+j.state)
	require.Equal(t, 303, a.Status)
	assert.Equal(t, 503, a.Failure().Code)
	assert.Contains(t, j.Log.String(), "the record needs a newer build")
	assert.Zero(t, j.linked())
}

// The rows in testdata are as a build wrote them before records said anything of
// builds: an account after a password change, its sessions, flows with and without
// input, one that expired with the fresh one in its place, and a change that waits.
func TestRowsOfTheBuildBeforeAreRead(t *testing.T) {
	text, err := os.ReadFile("testdata/rows_before_formats.json")
	require.NoError(t, err)
	var rows struct {
		Now                   time.Time
		Key                   []byte
		Identity              identity.Record
		Sessions              []session.Session
		Flows                 []flow.Record
		Token                 string
		Codes                 []string
		Wrong, Expired, Waits string
	}
	require.NoError(t, json.Unmarshal(text, &rows))
	k := settingstest.New(t, everything, func(c *settings.Config) { c.Keys = [][]byte{rows.Key} })
	k.Clock.Advance(rows.Now.Sub(k.Clock.Now()))
	require.NoError(t, k.Store.CreateIdentity(t.Context(), rows.Identity))
	for _, s := range rows.Sessions {
		require.NoError(t, k.Store.CreateSession(t.Context(), s))
	}
	for _, r := range rows.Flows {
		require.NoError(t, k.Store.CreateFlow(t.Context(), r))
	}
	c := k.Anonymous(respond.API)
	c.Token = rows.Token

	i := k.Identity(rows.Identity.ID)
	assert.EqualValues(t, 1, i.State.Generation)
	assert.Equal(t, "password", i.State.LastChange.Method)
	assert.Len(t, i.State.Events, 1)
	assert.Len(t, i.State.Verified, 1)
	require.Equal(t, 200, c.Whoami().Status)
	assert.Contains(t, string(c.Read(rows.Wrong).Body), `"id":4000040`, "what was wrong with its e-mail address")
	assert.Equal(t, 303, c.Submit(&settingstest.Flow{ID: rows.Expired}, settingstest.Fields{"method": "password", "password": "the best horse of all"}).Status)
	assert.Equal(t, 200, c.Read(rows.Waits).Status)
	for m, value := range map[aal.Method]string{aal.TOTP: rfcCode, aal.Lookup: rows.Codes[0], aal.Password: "a much better horse"} {
		_, err := k.Handler.Service.Verify(t.Context(), settings.Proof{IdentityID: i.ID, Method: m, Value: value})
		assert.NoError(t, err, m)
	}
	f := c.Start()
	assert.Equal(t, 200, c.Submit(f, settingstest.Fields{"method": "profile", "traits": map[string]any{"email": "ada@example.com", "name": "Ada"}}).Status)
	assert.Equal(t, 200, c.Submit(f, settingstest.Fields{"totp_unlink": true}).Status)
}
