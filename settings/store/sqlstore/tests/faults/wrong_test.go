package faults_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/settingstest"
)

// What check is for is broken here, one thing at a time, and check must find it.
func TestCheckFindsWhatIsWrong(t *testing.T) {
	wrongs := []struct {
		name  string
		wreck func(t *testing.T, w *fixture)
		found string
	}{
		{"nothing", func(*testing.T, *fixture) {}, ""},
		{"the password is the one before", func(t *testing.T, w *fixture) {
			w.rewrite(t, func(i *identity.Identity) { i.PasswordHash = hashOf(t, "the one before") })
		}, "these are right: []"},
		{"a session that is over comes back", func(t *testing.T, w *fixture) {
			s := w.session(w.user.Phone)
			require.NotNil(t, s)
			s.Generation = w.identity().State.Generation
			require.NoError(t, w.at.UpdateSession(t.Context(), *s))
		}, "a session passes that is over"},
		{"a code was used twice", func(_ *testing.T, w *fixture) { w.user.Accepted[w.user.Codes[0]] = 2 }, "used 2 times"},
		{"a used code is good again", func(t *testing.T, w *fixture) {
			w.user.Accepted[w.user.Codes[0]] = 1
		}, "a used code is answered <nil>"},
		{"a used code of the app is good again", func(_ *testing.T, w *fixture) {
			w.advance(betweenSteps)
			w.user.Accepted[w.codeNow()] = 1
		}, "a used code is answered <nil>"},
		{"a used code of the app is also that of a later step", func(_ *testing.T, w *fixture) {
			w.advance(betweenSteps)
			code := w.codeNow()
			w.user.Accepted[code], w.user.Steps[code] = 1, w.kit.Clock.Now().Add(-betweenSteps)
		}, ""},
		{"a code was used up by nobody", func(t *testing.T, w *fixture) {
			_, err := w.kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Lookup, IdentityID: w.user.ID, Value: w.user.Codes[3]})
			require.NoError(t, err)
		}, "codes are spent"},
		{"a code stands in a row", func(t *testing.T, w *fixture) {
			require.NoError(t, w.at.CreateFlow(t.Context(), flow.Record{Key: "flow:leak", Owner: w.user.ID, Data: []byte("<" + w.user.Codes[0] + ">")}))
		}, "recovery code in the clear in amend_flows.data"},
		{"a token stands in a row", func(t *testing.T, w *fixture) {
			require.NoError(t, w.at.CreateSession(t.Context(), session.Session{ID: "leak", IdentityID: w.user.ID, TokenHash: w.user.Token}))
		}, "token in the clear in amend_"},
		{"a large form", func(t *testing.T, w *fixture) {
			require.NoError(t, w.at.CreateFlow(t.Context(), flow.Record{Key: "flow:large", Owner: w.user.ID, Data: make([]byte, 16<<10+1)}))
		}, "a flow record of 16385 bytes"},
		{"an event is lost", func(_ *testing.T, w *fixture) { w.user.Changes = append(w.user.Changes, "password.changed") }, "events ["},
		{"an event of no change", func(t *testing.T, w *fixture) {
			w.rewrite(t, func(i *identity.Identity) {
				i.State.Events = append(i.State.Events, identity.Event{ID: "new", Name: "password.changed"})
			})
		}, "events ["},
	}
	at := sqlitePlace(t).open(t)
	for _, wrong := range wrongs {
		t.Run(wrong.name, func(t *testing.T) {
			w := begin(t, at, true)
			defer w.end()
			w.until(afterTheCodes)
			wrong.wreck(t, w)
			found := check(w)
			if wrong.found == "" {
				assert.Empty(t, found)
				return
			}
			assert.Contains(t, strings.Join(found, "\n"), wrong.found)
		})
	}
}

// The level is worked out from what there is; so what is wrong here is what
// checkSessions is told there is.
func TestCheckFindsALevelWithoutAFactor(t *testing.T) {
	w := begin(t, sqlitePlace(t).open(t), true)
	w.until(afterTheCodes)
	i := w.identity()
	assert.Empty(t, checkSessions(w, i))
	i.State.Factors = nil
	assert.Equal(t, []string{"a session is of the second level, and there is no second factor"}, checkSessions(w, i))
}

func TestTheFileOfADatabaseIsLookedThrough(t *testing.T) {
	at := sqlitePlace(t).open(t)
	w := begin(t, at, true)
	what, err := filesHold(at.place, w.canaries())
	require.NoError(t, err)
	assert.Empty(t, what)
	require.NoError(t, at.CreateFlow(t.Context(), flow.Record{Key: "flow:leak", Owner: w.user.ID, Data: []byte(w.user.Password)}))
	w.end()
	what, err = filesHold(at.place, w.canaries())
	require.NoError(t, err)
	assert.Equal(t, "password", what, "also where a row was")
}

// rewrite changes the user's row behind everybody's back.
func (w *fixture) rewrite(t *testing.T, change func(*identity.Identity)) {
	i := w.identity()
	change(&i)
	ring, err := seal.New(w.user.Key)
	require.NoError(t, err)
	r, err := i.Seal(ring)
	require.NoError(t, err)
	require.NoError(t, w.at.UpdateIdentity(t.Context(), r))
}

func hashOf(t *testing.T, p string) string {
	hash, err := settingstest.FastHash().Hash(p)
	require.NoError(t, err)
	return hash
}
