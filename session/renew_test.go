package session_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
)

func TestRenew(t *testing.T) {
	h := newHouse(t)
	s, old := h.issue(t, "42", aal.Password)
	h.edit(t, "42", func(i *identity.Identity) { i.State.Generation, i.State.KeptSession = 4, s.ID })
	h.now = start.Add(30 * time.Minute)

	up, fresh, err := h.RenewToken(t.Context(), old, aal.TOTP)
	require.NoError(t, err)
	assert.Equal(t, s.ID, up.ID, "the same session")
	assert.Equal(t, h.now, up.AuthenticatedAt)
	assert.Equal(t, h.now.Add(time.Hour), up.ExpiresAt)
	assert.Equal(t, s.IssuedAt, up.IssuedAt)
	assert.EqualValues(t, 4, up.Generation, "a kept session is carried over")
	assert.Zero(t, up.Superseded)
	assert.Equal(t, []aal.Method{"password", "totp"}, up.Completed())

	assert.False(t, h.valid(t, old), "the token before is worth nothing")
	cur, err := h.FromToken(t.Context(), fresh)
	require.NoError(t, err)
	assert.Equal(t, aal.AAL2, cur.Level())
}

func TestRenewNeedsAValidSession(t *testing.T) {
	h := newHouse(t)
	_, token := h.issue(t, "42", aal.Password)
	h.now = start.Add(time.Hour)
	for _, bad := range []string{token, "", session.NewToken("42")} {
		s, fresh, err := h.RenewToken(t.Context(), bad, aal.TOTP)
		require.ErrorIs(t, err, session.ErrNoSession)
		assert.Zero(t, s)
		assert.Empty(t, fresh)
	}
}

func TestRenewUnderContention(t *testing.T) {
	h := newHouse(t)
	_, token := h.issue(t, "42", aal.Password)
	h.store.fail = map[string]error{"UpdateSession": session.ErrConflict}
	h.store.times = map[string]int{"UpdateSession": 2}
	_, fresh, err := h.RenewToken(t.Context(), token, aal.TOTP)
	require.NoError(t, err, "tried again on the newer row")
	require.True(t, h.valid(t, fresh))

	h.store.times = nil
	_, none, err := h.RenewToken(t.Context(), fresh, aal.TOTP)
	require.ErrorIs(t, err, session.ErrConflict, "but not for ever")
	assert.Empty(t, none)
	assert.True(t, h.valid(t, fresh), "and nothing is lost")

	h.store.fail = map[string]error{"UpdateSession": session.ErrNotFound}
	_, _, err = h.RenewToken(t.Context(), fresh, aal.TOTP)
	assert.ErrorIs(t, err, session.ErrNoSession, "it was ended in the meantime")

	h.store.fail = map[string]error{"UpdateSession": errDown}
	_, _, err = h.RenewToken(t.Context(), fresh, aal.TOTP)
	assert.ErrorIs(t, err, errDown)
}

func TestRenewForABrowser(t *testing.T) {
	h := newHouse(t)
	_, old := h.issue(t, "42", aal.Password)
	w := httptest.NewRecorder()
	s, err := h.Renew(w, request(old), aal.TOTP)
	require.NoError(t, err)
	assert.Equal(t, s.TokenHash, session.Hash(saved(t, w)))

	for name, c := range map[string]struct {
		tokens []string
		want   error
	}{
		"the token before":    {[]string{old}, session.ErrNoSession},
		"no cookie":           {nil, session.ErrNoSession},
		"two cookies":         {[]string{saved(t, w), old}, session.ErrAmbiguous},
		"one nobody gave out": {[]string{session.NewToken("42")}, session.ErrNoSession},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			_, err := h.Renew(w, request(c.tokens...), aal.TOTP)
			require.ErrorIs(t, err, c.want)
			assert.Empty(t, w.Header())
		})
	}
}
