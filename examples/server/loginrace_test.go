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

// A second factor whose session ends meanwhile starts no other one.
func TestASecondFactorRaisesNoSessionThatHasEnded(t *testing.T) {
	key := settings.NewKey()
	a := newTestApp(t, endingStore{newMemoryStore()}, key)
	d := &demo{a, [][]byte{key}}
	i := identity.Identity{Record: identity.Record{ID: "ada", Active: true, PasswordHash: "x", Keys: keysTyped("ada")}}
	planted, err := d.addCodes(&i)
	require.NoError(t, err)
	require.NoError(t, a.accounts.create(t.Context(), i))
	_, token, err := a.amend.Sessions.IssueToken(t.Context(), "ada", session.Device{}, aal.Password)
	require.NoError(t, err)

	form := url.Values{"method": {"lookup_secret"}, "lookup_secret": {planted["codes"].([]string)[0]}, "aal": {"aal2"}}
	w := a.post(form, "amend_session="+token)
	assert.Equal(t, http.StatusSeeOther, w.Code)
	assert.Equal(t, "http://127.0.0.1:4455/login?aal=aal2&return_to=", w.Header().Get("Location"))
	assert.Empty(t, w.Header().Get("Set-Cookie"))
	left, err := a.accounts.store.ListSessions(t.Context(), "ada")
	require.NoError(t, err)
	assert.Empty(t, left)
}

// The second page may be open for longer than the first factor is recent. The login
// begins anew then: a code that completes nothing is not used up.
func TestASecondFactorBesideAStaleFirstBeginsAnew(t *testing.T) {
	key := settings.NewKey()
	a := newTestApp(t, newMemoryStore(), key)
	d := &demo{a, [][]byte{key}}
	i := identity.Identity{Record: identity.Record{ID: "ada", Active: true, PasswordHash: "x", Keys: keysTyped("ada")}}
	planted, err := d.addCodes(&i)
	require.NoError(t, err)
	require.NoError(t, a.accounts.create(t.Context(), i))
	_, token, err := a.amend.Sessions.IssueToken(t.Context(), "ada", session.Device{}, aal.Password, aal.Lookup)
	require.NoError(t, err)
	require.NoError(t, d.redate(t.Context(), token, time.Now().Add(-16*time.Minute)))

	form := url.Values{"method": {"lookup_secret"}, "lookup_secret": {planted["codes"].([]string)[0]}, "refresh": {"true"}, "aal": {"aal2"}, "return_to": {"/settings"}}
	w := a.post(form, "amend_session="+token)
	assert.Equal(t, http.StatusSeeOther, w.Code)
	assert.Equal(t, "http://127.0.0.1:4455/login?aal=aal2&refresh=true&return_to=%2Fsettings", w.Header().Get("Location"))
	assert.Empty(t, w.Header().Get("Set-Cookie"))
	now, err := a.accounts.get(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, i.State.Factors[aal.Lookup], now.State.Factors[aal.Lookup], "the code is still good")
}
