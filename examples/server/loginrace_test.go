package main

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
)

// endingStore ends every session of an identity when its row is written: it
// logs out while a code is used up.
type endingStore struct{ *memoryStore }

func (s endingStore) UpdateIdentity(ctx context.Context, r identity.Record) error {
	sessions, err := s.ListSessions(ctx, r.ID)
	if err != nil {
		return err
	}
	for _, one := range sessions {
		if err := s.DeleteSession(ctx, r.ID, one.ID); err != nil {
			return err
		}
	}
	return s.memoryStore.UpdateIdentity(ctx, r)
}

// newDemoWithCodes is the server over a store, the one account in it, ada's, and one
// of its recovery codes.
func newDemoWithCodes(t *testing.T, s accountStore) (d *demo, i identity.Identity, code string) {
	t.Helper()
	key := settings.NewKey()
	d = &demo{newTestApp(t, s, key), [][]byte{key}}
	i.Record = identity.Record{ID: "ada", Active: true, PasswordHash: "x", Keys: []identity.Key{{Kind: identity.Identifier, Value: "ada"}}}
	planted, err := d.addCodes(&i)
	require.NoError(t, err)
	require.NoError(t, d.accounts.create(t.Context(), i))
	return d, i, planted["codes"].([]string)[0]
}

// A second factor whose session ends meanwhile starts no other one.
func TestASecondFactorRaisesNoSessionThatHasEnded(t *testing.T) {
	d, _, code := newDemoWithCodes(t, endingStore{newMemoryStore()})
	_, token, err := d.amend.Sessions.IssueToken(t.Context(), "ada", session.Device{}, aal.Password)
	require.NoError(t, err)

	form := url.Values{"method": {"lookup_secret"}, "lookup_secret": {code}}
	w := d.post("?aal=aal2", form, "amend_session="+token)
	assert.Equal(t, http.StatusSeeOther, w.Code)
	assert.Equal(t, "?aal=aal2", w.Header().Get("Location"))
	assert.Empty(t, w.Header().Get("Set-Cookie"))
	left, err := d.accounts.store.ListSessions(t.Context(), "ada")
	require.NoError(t, err)
	assert.Empty(t, left)
}

// The second page may be open for longer than the first factor is recent. The login
// begins anew then: a code that completes nothing is not used up.
func TestASecondFactorBesideAStaleFirstBeginsAnew(t *testing.T) {
	d, i, code := newDemoWithCodes(t, newMemoryStore())
	_, token, err := d.amend.Sessions.IssueToken(t.Context(), "ada", session.Device{}, aal.Password, aal.Lookup)
	require.NoError(t, err)
	require.NoError(t, d.redate(t.Context(), token, time.Now().Add(-16*time.Minute)))

	form := url.Values{"method": {"lookup_secret"}, "lookup_secret": {code}}
	w := d.post("?aal=aal2&refresh=true&return_to=/settings", form, "amend_session="+token)
	assert.Equal(t, http.StatusSeeOther, w.Code)
	assert.Equal(t, "?aal=aal2&refresh=true&return_to=%2Fsettings", w.Header().Get("Location"))
	assert.Empty(t, w.Header().Get("Set-Cookie"))
	now, err := d.accounts.get(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, i.State.Factors[aal.Lookup], now.State.Factors[aal.Lookup], "the code is still good")
}
