package settings_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// account is an account that something may go wrong with.
type account struct {
	kit    *settingstest.Kit
	stores *watchedStore
	events *eventLog
	id     string
}

func newAccount(t testing.TB, changes ...func(*settings.Config)) account {
	t.Helper()
	a := account{events: &eventLog{}}
	a.kit, a.stores = watchedKit(t, append(changes, a.events.hook)...)
	a.id = a.kit.AddIdentity("ada@example.com", oldPassword)
	return a
}

// check states what holds whatever went wrong: the password is exactly one of
// those that were acknowledged, no client whose session is of an old
// generation passes, flows stay small, and every committed change has exactly
// one event, told or still to be told.
func (a account) check(t testing.TB, committed int, clients []*settingstest.Client, acknowledged ...string) {
	t.Helper()
	i := a.kit.Identity(a.id)

	var good []string
	for _, p := range acknowledged {
		if a.kit.PasswordIs(a.id, p) {
			good = append(good, p)
		}
	}
	assert.Len(t, good, 1, "of %q", acknowledged)

	for _, c := range clients {
		token := heldToken(t, c)
		s, err := a.kit.Store.GetSession(t.Context(), session.Hash(token))
		passes := err == nil && s.TokenHash == session.Hash(token) &&
			(s.Generation == i.State.Generation || s.ID == i.State.KeptSession)
		if who := c.Whoami(); passes {
			assert.Equal(t, 200, who.Status, "%v", who)
		} else {
			wantNoSession(t, who)
		}
	}

	assert.LessOrEqual(t, a.stores.largestFlow(), 16<<10)

	ids := a.events.changes()
	for _, e := range i.State.Events {
		if !slices.Contains(ids, e.ID) {
			ids = append(ids, e.ID)
		}
	}
	assert.Len(t, ids, committed, "one event for every committed change")
}

// tellLate gives every event its time to be told.
func (a account) tellLate(t testing.TB, c *settingstest.Client) {
	t.Helper()
	a.kit.Clock.Advance(time.Minute)
	c.Start()
	require.Empty(t, a.kit.Identity(a.id).State.Events)
}
