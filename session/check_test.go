package session_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
)

func TestCheckFindsNoSession(t *testing.T) {
	h := newInstallation(t)
	_, token := h.issue(t, "42", aal.Password)
	swapped := token[:7] + strings.Map(swapCase, token[7:52]) + token[52:]
	require.True(t, session.WellFormed(swapped))
	for name, bad := range map[string]string{
		"no token":                  "",
		"truncated":                 token[:len(token)-1],
		"padded":                    token + "=",
		"one nobody issued":         session.NewToken("42"),
		"the hash in its place":     session.Hash(token),
		"without its prefix":        token[7:],
		"letters in the other case": swapped,
	} {
		t.Run(name, func(t *testing.T) {
			cur, err := h.FromToken(t.Context(), bad)
			require.ErrorIs(t, err, session.ErrNoSession)
			assert.Zero(t, cur)
		})
	}
	asked := h.store.calls["GetSession"]
	_, err := h.FromToken(t.Context(), token+" ")
	require.ErrorIs(t, err, session.ErrNoSession)
	assert.Equal(t, asked, h.store.calls["GetSession"], "what has not the form of a token is not looked up")

	h.now = start.Add(time.Hour)
	assert.False(t, h.valid(t, token), "exactly when it expires")
	h.now = start.Add(time.Hour - 1)
	assert.True(t, h.valid(t, token))
	require.NoError(t, h.store.SetActive(t.Context(), "42", false))
	assert.False(t, h.valid(t, token), "its identity is blocked")
	require.NoError(t, h.store.SetActive(t.Context(), "42", true))
	assert.True(t, h.valid(t, token))
}

func swapCase(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r ^ 0x20
	}
	return r
}

// A session of an identity that was deleted elsewhere is none; a store that
// cannot tell is no reason to sign anyone out.
func TestCheckTellsMissingFromBroken(t *testing.T) {
	h := newInstallation(t)
	_, token := h.issue(t, "42", aal.Password)

	h.store.fail = map[string]error{"GetIdentity": identity.ErrNotFound}
	assert.False(t, h.valid(t, token))
	for _, method := range []string{"GetSession", "GetIdentity"} {
		h.store.fail = map[string]error{method: errDown}
		cur, err := h.FromToken(t.Context(), token)
		require.ErrorIs(t, err, errDown)
		require.NotErrorIs(t, err, session.ErrNoSession)
		assert.Zero(t, cur)
		assert.NotContains(t, err.Error(), token)
	}
	h.store.fail = nil

	h.damage(t, "42")
	_, err := h.FromToken(t.Context(), token)
	require.Error(t, err, "a row that does not open is for the log")
	assert.NotErrorIs(t, err, session.ErrNoSession)
}

// Find replaces the two reads by one of the host's.
func TestFindOfTheHost(t *testing.T) {
	h := newInstallation(t)
	_, token := h.issue(t, "42", aal.Password)
	h.config.Find = func(ctx context.Context, hash string) (session.Session, identity.Record, error) {
		assert.Equal(t, session.Hash(token), hash)
		return session.Session{}, identity.Record{}, session.ErrNotFound
	}
	_, err := session.NewSessions(h.config).FromToken(t.Context(), token)
	assert.ErrorIs(t, err, session.ErrNoSession)
}
