package flow_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
)

const (
	flowID  = "0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6a"
	ownerID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
)

var start = time.Date(2030, 1, 2, 3, 4, 5, 6, time.UTC)

func owner(generation uint64) identity.Identity {
	i := identity.Identity{Record: identity.Record{ID: ownerID, Active: true, Traits: json.RawMessage(`{"email":"ada@example.org"}`)}}
	i.State.Generation = generation
	return i
}

func hour(t flow.Type) flow.Flow {
	return flow.New(flow.Start{
		Type: t, Identity: owner(3), RequestURL: "https://id.example/self-service/settings/browser",
		ReturnTo: "https://app.example/back", Now: start, Lifespan: time.Hour,
	})
}

func TestNewFlow(t *testing.T) {
	f := hour(flow.Browser)
	id, err := uuid.Parse(f.ID)
	require.NoError(t, err)
	assert.EqualValues(t, 4, id.Version(), "a random id")
	assert.NotEqual(t, f.ID, hour(flow.Browser).ID)
	f.ID = flowID
	assert.Equal(t, flow.Flow{
		ID: flowID, Type: "browser", IdentityID: ownerID, State: "show_form", IssuedAt: start, ExpiresAt: start.Add(time.Hour),
		RequestURL: "https://id.example/self-service/settings/browser", ReturnTo: "https://app.example/back", Generation: 3,
	}, f)
}

func TestOnlyLowerCaseUUIDsAreLookedUp(t *testing.T) {
	for _, c := range []struct {
		name, id string
		valid    bool
	}{
		{"an id of ours", flowID, true},
		{"empty", "", false},
		{"upper case", strings.ToUpper(flowID), false},
		{"one letter in upper case", strings.Replace(flowID, "b", "B", 1), false},
		{"in braces", "{" + flowID + "}", false},
		{"as a URN", "urn:uuid:" + flowID, false},
		{"without dashes", strings.ReplaceAll(flowID, "-", ""), false},
		{"a character short", flowID[:35], false},
		{"a character long", flowID + "0", false},
		{"dashes elsewhere", "0b3d7f3c5-2f9-4d8a-9a5e-3f1c8d2e4b6a", false},
		{"no hexadecimal", "0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6g", false},
		{"a space before", " " + flowID[:35], false},
		{"a newline after", flowID + "\n", false},
		{"a path before", "../" + flowID, false},
		{"a path after", flowID + "/..", false},
		{"a path of the right length", "../../../../../../../../../etc/passwd", false},
		{"another key of the same store", "flow:" + flowID, false},
		{"a wildcard of the right length", strings.Repeat("%", 36), false},
		{"NUL inside", flowID[:10] + "\x00" + flowID[11:], false},
		{"full-width digits", "０" + flowID[3:], false},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.valid, flow.ValidID(c.id))
			if c.valid {
				assert.Equal(t, "flow:"+c.id, flow.Key(c.id))
			} else {
				assert.Empty(t, flow.Key(c.id))
			}
		})
	}
}

func TestLifetime(t *testing.T) {
	f := hour(flow.Browser)
	for _, c := range []struct {
		name          string
		at            time.Time
		expired, dead bool
	}{
		{"when it starts", start, false, false},
		{"a nanosecond before it expires", start.Add(time.Hour - 1), false, false},
		{"exactly when it expires", start.Add(time.Hour), true, false},
		{"a nanosecond later", start.Add(time.Hour + 1), true, false},
		{"a nanosecond before a day after that", start.Add(25*time.Hour - 1), true, false},
		{"a day after that", start.Add(25 * time.Hour), true, true},
		{"long after", start.Add(1000 * time.Hour), true, true},
		{"at an instance whose clock is behind", start.Add(-time.Minute), false, false},
		{"in another time zone", start.Add(time.Hour).In(time.FixedZone("", -7200)), true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.expired, f.Expired(c.at), "expired")
			assert.Equal(t, c.dead, f.Dead(c.at), "dead")
		})
	}
	for name, lifespan := range map[string]time.Duration{"of a minute": time.Minute, "of a week": 7 * 24 * time.Hour} {
		t.Run("a life "+name, func(t *testing.T) {
			f := flow.New(flow.Start{Type: flow.Browser, Now: start, Lifespan: lifespan})
			end := start.Add(lifespan).Add(flow.RecognisedFor)
			assert.False(t, f.Dead(end.Add(-1)))
			assert.True(t, f.Dead(end))
		})
	}
	assert.True(t, flow.Flow{}.Expired(start), "the zero flow is expired")
	assert.True(t, flow.Flow{}.Dead(start))
}

func TestFlowFromBeforeACredentialChangeIsGone(t *testing.T) {
	f := hour(flow.Browser) // of generation 3
	change := func(flow string) identity.LastChange {
		return identity.LastChange{ID: "c", Flow: flow, Session: "s", Method: "password", At: start}
	}
	for _, c := range []struct {
		name       string
		generation uint64
		last       identity.LastChange
		gone       bool
	}{
		{"nothing has changed", 3, identity.LastChange{}, false},
		{"nothing has changed since another flow's change", 3, change("other"), false},
		{"another flow has changed a credential", 4, change("other"), true},
		{"this flow has, and its success is not written yet", 4, change(f.ID), false},
		{"all sessions were revoked", 4, identity.LastChange{}, true},
		{"a row was restored from before", 2, identity.LastChange{}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := owner(c.generation)
			i.State.LastChange = c.last
			assert.Equal(t, c.gone, f.Gone(i))
		})
	}
}

func TestAfterIsTheLastSubmitAndNothingElse(t *testing.T) {
	f := hour(flow.Browser)
	bad, err := f.After(flow.Refused, "profile", []ui.Message{ui.Form(ui.Refused("no"))}, map[string]string{"traits.a": "x"})
	require.NoError(t, err)
	assert.Equal(t, flow.ShowForm, bad.State)
	assert.Equal(t, "profile", bad.Active)
	assert.Equal(t, map[string]string{"traits.a": "x"}, bad.Input)
	assert.Equal(t, hour(flow.Browser).State, f.State, "the flow it came from is as it was")
	assert.Empty(t, f.Messages)

	bad.Paused = "p"
	done, err := bad.After(flow.Finished, "password", []ui.Message{ui.Form(ui.Saved())}, nil)
	require.NoError(t, err)
	assert.Equal(t, flow.Success, done.State)
	assert.Equal(t, []ui.Message{ui.Form(ui.Saved())}, done.Messages, "the refusal before is forgotten")
	assert.Nil(t, done.Input, "and so is what was typed then")
	assert.Equal(t, "password", done.Active)
	assert.Empty(t, done.Paused, "and what waited for a sign-in waits no more")

	nothing, err := done.After(flow.Started, "password", nil, nil)
	require.Error(t, err)
	assert.Zero(t, nothing)
}

func TestReplacement(t *testing.T) {
	old := hour(flow.API)
	old.Input = map[string]string{"traits.old": "x"}
	old.Messages = []ui.Message{ui.Form(ui.Refused("old"))}
	old.State, old.ReplacedBy, old.Paused, old.Version = flow.Success, "r", "p", 7
	now := old.ExpiresAt.Add(90 * time.Second)

	fresh := old.Replacement(now, 2*time.Hour, owner(5), "profile", map[string]string{"traits.new": "y"})

	assert.NotEqual(t, old.ID, fresh.ID)
	assert.True(t, flow.ValidID(fresh.ID))
	assert.Equal(t, flow.Type("api"), fresh.Type)
	assert.Equal(t, ownerID, fresh.IdentityID)
	assert.Equal(t, "https://app.example/back", fresh.ReturnTo)
	assert.Equal(t, old.RequestURL, fresh.RequestURL)
	assert.Equal(t, map[string]string{"traits.new": "y"}, fresh.Input, "the input of this submit")
	assert.Equal(t, "profile", fresh.Active)
	assert.Equal(t, flow.State("show_form"), fresh.State)
	assert.Equal(t, now, fresh.IssuedAt)
	assert.Equal(t, now.Add(2*time.Hour), fresh.ExpiresAt)
	assert.EqualValues(t, 5, fresh.Generation, "of its owner as it is now")
	assert.Empty(t, fresh.ReplacedBy)
	assert.Empty(t, fresh.Paused, "a change that waited is not carried over")
	assert.Zero(t, fresh.Version, "it is not stored yet")
	require.Len(t, fresh.Messages, 1)
	assert.Empty(t, fresh.Messages[0].Node, "on the form")
	assert.EqualValues(t, 4050001, fresh.Messages[0].ID)
	assert.Equal(t, map[string]any{"expired_at": old.ExpiresAt.UTC(), "expired_at_unix": old.ExpiresAt.Unix()}, fresh.Messages[0].Context)
}
