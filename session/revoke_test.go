package session_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
)

func TestEnd(t *testing.T) {
	h := newInstallation(t)
	_, token := h.issue(t, "42", aal.Password)
	_, other := h.issue(t, "42", aal.Password)
	require.NoError(t, h.EndToken(t.Context(), token))
	assert.False(t, h.valid(t, token))
	assert.True(t, h.valid(t, other), "the other device stays signed in")
	for _, nothing := range []string{token, "", "x", session.NewToken("42")} {
		assert.NoError(t, h.EndToken(t.Context(), nothing), "ending nothing is no error")
	}
	h.store.fail = map[string]error{"GetSession": errDown}
	assert.ErrorIs(t, h.EndToken(t.Context(), other), errDown)
}

func TestLogout(t *testing.T) {
	h := newInstallation(t)
	_, a := h.issue(t, "42", aal.Password)
	_, b := h.issue(t, "43", aal.Password)
	_, c := h.issue(t, "42", aal.Password)
	r := request(a, b)
	r.Header.Set("X-Session-Token", c)
	w := httptest.NewRecorder()
	require.NoError(t, h.End(w, r))
	for _, token := range []string{a, b, c} {
		assert.False(t, h.valid(t, token), "every session that the request carries is over")
	}
	assert.Contains(t, w.Header().Get("Set-Cookie"), "__Host-amend_session=; Path=/; ")
	assert.Contains(t, w.Header().Get("Set-Cookie"), "Max-Age=0")

	w = httptest.NewRecorder()
	require.NoError(t, h.End(w, request()), "without a session there is nothing to end")

	_, d := h.issue(t, "42", aal.Password)
	h.store.fail = map[string]error{"DeleteSession": errDown}
	w = httptest.NewRecorder()
	require.ErrorIs(t, h.End(w, request(d)), errDown)
	assert.Contains(t, w.Header().Get("Set-Cookie"), "Max-Age=0", "the browser forgets, even if the store does not")
}

// All of them, at once, in every instance: it is one update of the identity.
func TestRevokeAll(t *testing.T) {
	h := newInstallation(t)
	elsewhere := session.NewSessions(h.config)
	kept, _ := h.issue(t, "42", aal.Password)
	h.edit(t, "42", func(i *identity.Identity) {
		i.State.KeptSession, i.State.LastChange = kept.ID, identity.LastChange{Flow: "f", Session: kept.ID}
	})
	var tokens []string
	for range 3 {
		_, token := h.issue(t, "42", aal.Password)
		tokens = append(tokens, token)
	}
	_, others := h.issue(t, "43", aal.Password)
	written := h.store.calls["UpdateIdentity"]

	require.NoError(t, h.RevokeAll(t.Context(), "42"))

	assert.Equal(t, written+1, h.store.calls["UpdateIdentity"])
	for _, token := range tokens {
		_, err := elsewhere.FromToken(t.Context(), token)
		assert.ErrorIs(t, err, session.ErrNoSession)
	}
	assert.True(t, h.valid(t, others), "nobody else is signed out")
	after := h.identity(t, "42")
	assert.EqualValues(t, 4, after.State.Generation)
	assert.Empty(t, after.State.KeptSession, "nor is any session kept")
	assert.Zero(t, after.State.LastChange, "nor any flow")
	assert.Contains(t, after.State.Factors, aal.TOTP, "what the identity has, it keeps")
	_, token := h.issue(t, "42", aal.Password)
	assert.True(t, h.valid(t, token), "and it can sign in again")

	assert.ErrorIs(t, h.RevokeAll(t.Context(), "44"), identity.ErrNotFound)
}

func TestRevokeAllUnderContention(t *testing.T) {
	h := newInstallation(t)
	_, token := h.issue(t, "42", aal.Password)
	h.store.fail = map[string]error{"UpdateIdentity": identity.ErrConflict}
	h.store.times = map[string]int{"UpdateIdentity": 4}
	require.NoError(t, h.RevokeAll(t.Context(), "42"))
	assert.False(t, h.valid(t, token))

	h.store.times = nil
	require.ErrorIs(t, h.RevokeAll(t.Context(), "42"), identity.ErrConflict)
	h.store.fail = map[string]error{"UpdateIdentity": errDown}
	assert.ErrorIs(t, h.RevokeAll(t.Context(), "42"), errDown)
}

// A credential change by one session: the others are out by the same update,
// the one goes on under a new token.
func TestCredentialChangeEndsTheOthers(t *testing.T) {
	h := newInstallation(t)
	_, token := h.issue(t, "42", aal.Password)
	_, thief := h.issue(t, "42", aal.Password)
	cur, err := h.FromToken(t.Context(), token)
	require.NoError(t, err)

	h.edit(t, "42", func(i *identity.Identity) { i.State.Generation, i.State.KeptSession = 4, cur.Session.ID })
	assert.False(t, h.valid(t, thief))
	assert.True(t, h.valid(t, token), "until it is rotated, it passes")

	rotated, fresh := cur.Session.RotatedFor("c", 4, h.ring, h.now)
	require.NoError(t, h.store.UpdateSession(t.Context(), rotated))
	assert.True(t, h.valid(t, fresh))
	assert.False(t, h.valid(t, token), "from then on only a retry of that change would know it")
	assert.NoError(t, h.EndToken(t.Context(), token))
	assert.True(t, h.valid(t, fresh), "and it does not end the session that took its place")
}

func TestListOfSessions(t *testing.T) {
	h := newInstallation(t)
	h.now = start.Add(-2 * time.Hour)
	h.issue(t, "42", aal.Password) // expired by then
	h.now = start
	old, _ := h.issue(t, "42", aal.Password)
	h.now = start.Add(time.Minute)
	newest, _ := h.issue(t, "42", aal.Password)
	h.issue(t, "43", aal.Password)

	list, err := h.List(t.Context(), h.identity(t, "42"))
	require.NoError(t, err)
	require.Len(t, list, 2)
	assert.Equal(t, []string{newest.ID, old.ID}, []string{list[0].ID, list[1].ID}, "newest first")

	h.edit(t, "42", func(i *identity.Identity) { i.State.Generation, i.State.KeptSession = 4, old.ID })
	list, err = h.List(t.Context(), h.identity(t, "42"))
	require.NoError(t, err)
	require.Len(t, list, 1, "one of an old generation is over")
	assert.Equal(t, old.ID, list[0].ID)

	h.store.fail = map[string]error{"ListSessions": errDown}
	_, err = h.List(t.Context(), h.identity(t, "42"))
	assert.ErrorIs(t, err, errDown)
}

func TestRevokeOthers(t *testing.T) {
	h := newInstallation(t)
	_, mine := h.issue(t, "42", aal.Password)
	_, second := h.issue(t, "42", aal.Password)
	_, third := h.issue(t, "42", aal.Password)
	_, others := h.issue(t, "43", aal.Password)
	cur, err := h.FromToken(t.Context(), mine)
	require.NoError(t, err)

	n, err := h.RevokeOthers(t.Context(), cur)
	require.NoError(t, err)
	assert.Equal(t, 2, n)
	assert.Equal(t, []bool{true, false, false, true}, []bool{h.valid(t, mine), h.valid(t, second), h.valid(t, third), h.valid(t, others)})

	n, err = h.RevokeOthers(t.Context(), cur)
	require.NoError(t, err)
	assert.Zero(t, n, "there is none left")

	h.issue(t, "42", aal.Password)
	for _, method := range []string{"ListSessions", "DeleteSession"} {
		h.store.fail = map[string]error{method: errDown}
		_, err = h.RevokeOthers(t.Context(), cur)
		assert.ErrorIs(t, err, errDown)
		assert.ErrorIs(t, h.Revoke(t.Context(), cur.Identity, cur.Session.ID), errDown)
	}
}

// The id of another's session is as unknown as one of nobody's.
func TestRevokeOne(t *testing.T) {
	h := newInstallation(t)
	s, token := h.issue(t, "42", aal.Password)
	foreign, others := h.issue(t, "43", aal.Password)
	me := h.identity(t, "42")
	for name, id := range map[string]string{
		"another identity's": foreign.ID, "nobody's": "11111111-2222-4333-8444-555555555555", "none": "",
		"mine in capitals": strings.ToUpper(s.ID), "the hash of the token": s.TokenHash,
	} {
		assert.ErrorIs(t, h.Revoke(t.Context(), me, id), session.ErrNotFound, name)
	}
	assert.True(t, h.valid(t, token))
	assert.True(t, h.valid(t, others))

	require.NoError(t, h.Revoke(t.Context(), me, s.ID))
	assert.False(t, h.valid(t, token))
	assert.ErrorIs(t, h.Revoke(t.Context(), me, s.ID), session.ErrNotFound, "once")
}

// Neither a stored session nor an error has a token in it.
func TestTokensAreNotAtRest(t *testing.T) {
	h := newInstallation(t)
	_, token := h.issue(t, "42", aal.Password)
	cur, err := h.FromToken(t.Context(), token)
	require.NoError(t, err)
	rotated, fresh := cur.Session.RotatedFor("c", 3, h.ring, h.now)
	require.NoError(t, h.store.UpdateSession(t.Context(), rotated))
	_, renewed, err := h.RenewToken(t.Context(), fresh, aal.TOTP)
	require.NoError(t, err)
	again, err := h.FromToken(t.Context(), renewed)
	require.NoError(t, err)
	twice, last := again.Session.RotatedFor("d", 3, h.ring, h.now)
	require.NoError(t, h.store.UpdateSession(t.Context(), twice))

	stored, err := h.store.ListSessions(t.Context(), "42")
	require.NoError(t, err)
	require.NotEmpty(t, stored)
	atRest := fmt.Sprintf("%+v", stored)
	for _, s := range stored {
		atRest += string(s.Superseded.Successor)
	}
	for _, secret := range []string{token, fresh, renewed, last} {
		assert.NotContains(t, atRest, secret)
		assert.NotContains(t, atRest, secret[7:])
	}
}
