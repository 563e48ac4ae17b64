package settings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// contractRow is one outcome of the contract. A cell that is "" does not exist.
type contractRow struct {
	name              string
	config            func(*settings.Config)
	start             string                                       // query of the start of F
	given             func(*contractFixture)                       // before the submit
	when              func(*contractFixture) *settingstest.Answer  // the submit; nil changes the password
	changed           func(*contractFixture) bool                  // of a success: whether the change is made; nil for a failure
	written           bool                                         // of a failure: the flow may have got messages
	then              func(*contractFixture, *settingstest.Answer) // further checks
	api, page, script string
}

// fails fills in the cells of an outcome that is an error: JSON for API clients
// and scripts, for a page the same error behind a redirect to the error UI.
func (row contractRow) fails(status, id string) contractRow {
	row.api, row.page, row.script = status+" error "+id, contractToError+status+" "+id, status+" error "+id
	return row
}

func (row contractRow) run(t *testing.T, kind respond.Client, want string) {
	var changes []func(*settings.Config)
	if row.config != nil {
		changes = append(changes, row.config)
	}
	w := newContractFixture(t, kind, row.start, changes...)
	if row.given != nil {
		row.given(w)
	}
	before, storedBefore, old := snapshot(t, w.Kit, w.ada), flowRecord(t, w.Kit, w.flow.ID), w.client.Copy()
	var answer *settingstest.Answer
	w.method.shown = 0
	if row.when != nil {
		answer = row.when(w)
	} else {
		answer = w.submit()
	}
	if answer.Flow == nil {
		assert.Zero(t, w.method.shown, "nodes are not made for an answer that shows none")
	}
	w.down() // whatever was down is up again
	decodable(t, answer)
	after, storedAfter := snapshot(t, w.Kit, w.ada), flowRecord(t, w.Kit, w.flow.ID)
	assert.Equal(t, want, w.line(answer, heldToken(t, old)))
	if row.changed != nil {
		w.succeeded(answer, old, before, after, row.changed)
	} else {
		assert.Equal(t, before, after, "a failure changes neither identity nor session nor tries")
		if !row.written {
			assert.Equal(t, storedBefore, storedAfter, "and no flow before the anti-CSRF check has passed")
		}
	}
	if row.then != nil {
		row.then(w, answer)
	}
}

// succeeded checks what a success must have come to, with the credentials the
// client holds from now on.
func (w *contractFixture) succeeded(a *settingstest.Answer, old *settingstest.Client, before, after string, changed func(*contractFixture) bool) {
	w.t.Helper()
	assert.NotEqual(w.t, before, after)
	assert.True(w.t, changed(w), "the change is made")
	if a.Flow != nil {
		assert.Equal(w.t, w.ada, a.Flow.Identity["id"])
	}
	whoami := w.client.Whoami()
	assert.Equal(w.t, 200, whoami.Status, "the client is signed in with what it holds now")
	decodable(w.t, whoami)
	want := 200
	if heldToken(w.t, w.client) != heldToken(w.t, old) {
		want = 401
	}
	assert.Equal(w.t, want, old.Whoami().Status, "a token that was rotated away opens nothing")
}
