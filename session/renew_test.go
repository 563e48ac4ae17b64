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
	h := newInstallation(t)
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

// A sign-in that proves every factor the account requires, within the privileged
// age, begins a session anew: under another id, and with its whole age before it.
func TestAWholeSignInGetsANewID(t *testing.T) {
	const month = 30 * 24 * time.Hour
	for _, c := range []struct {
		name    string
		id      string
		begun   []aal.Method
		after   time.Duration
		methods []aal.Method
		whole   bool
	}{
		{"the password of an account that has no more", "43", []aal.Method{"password"}, time.Minute, []aal.Method{"password"}, true},
		{"the password of an account with a second factor", "42", []aal.Method{"password", "totp"}, 16 * time.Minute, []aal.Method{"password"}, false},
		{"its second factor", "42", []aal.Method{"password", "totp"}, 16 * time.Minute, []aal.Method{"totp"}, false},
		{"both", "42", []aal.Method{"password", "totp"}, 16 * time.Minute, []aal.Method{"password", "totp"}, true},
		{"the second step, right after the first", "42", []aal.Method{"password"}, 15 * time.Minute, []aal.Method{"totp"}, true},
		{"the second step, a nanosecond later", "42", []aal.Method{"password"}, 15*time.Minute + 1, []aal.Method{"totp"}, false},
		{"an account recovery that proves a second factor", "42", []aal.Method{"code_recovery"}, 0, []aal.Method{"totp"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newInstallation(t)
			h.config.Lifespan = 2 * month
			h.Sessions = session.NewSessions(h.config)
			before, old := h.issue(t, c.id, c.begun...)
			assert.Equal(t, start.Add(month), before.ExpiresAt, "no sign-in lasts longer")
			version := h.identity(t, c.id).Version
			h.now = start.Add(c.after)
			s, token, err := h.RenewToken(t.Context(), old, c.methods...)
			require.NoError(t, err)
			assert.False(t, h.valid(t, old))
			assert.True(t, h.valid(t, token))
			if !c.whole {
				assert.Equal(t, before.ID, s.ID)
				assert.Equal(t, start.Add(month), s.ExpiresAt, "its age goes on")
				return
			}
			assert.NotEqual(t, before.ID, s.ID)
			assert.Equal(t, []string{before.ID}, s.EarlierIDs())
			assert.Equal(t, h.now.Add(month), s.ExpiresAt)
			assert.Greater(t, h.identity(t, c.id).Version, version, "what the session before it had under way is not written")
			all, err := h.List(t.Context(), h.identity(t, c.id))
			require.NoError(t, err)
			assert.Len(t, all, 1, "it takes the place of the one before")
		})
	}
}

func TestMethodsThatProveNothing(t *testing.T) {
	h := newInstallation(t)
	_, token := h.issue(t, "42", aal.Password)
	for name, methods := range map[string][]aal.Method{
		"none": nil, "one that is not known": {"magic"}, "a second factor alone": {"totp"}, "two of them": {"totp", "lookup_secret"}, "no name": {""},
	} {
		t.Run(name, func(t *testing.T) {
			_, none, err := h.IssueToken(t.Context(), "42", session.Device{}, methods...)
			require.ErrorIs(t, err, session.ErrNothingProved)
			assert.Empty(t, none)
			w := httptest.NewRecorder()
			_, err = h.Issue(w, request(), "42", methods...)
			require.ErrorIs(t, err, session.ErrNothingProved)
			assert.Empty(t, w.Header())
		})
	}
	for name, methods := range map[string][]aal.Method{"none": nil, "one that is not known": {"magic"}, "one that is not known besides": {"totp", "magic"}} {
		t.Run("again: "+name, func(t *testing.T) {
			_, _, err := h.RenewToken(t.Context(), token, methods...)
			require.ErrorIs(t, err, session.ErrNothingProved)
			assert.True(t, h.valid(t, token))
		})
	}
}

// A session that is not used ends; one that is used is written at most ten times in
// that time.
func TestIdleSessions(t *testing.T) {
	h := newInstallation(t)
	h.config.IdleTimeout = 10 * time.Minute
	h.Sessions = session.NewSessions(h.config)
	_, token := h.issue(t, "43", aal.Password)
	for n := range 10 {
		h.now = h.now.Add(59 * time.Second)
		require.True(t, h.valid(t, token))
		assert.Eventually(t, func() bool { return h.store.count("UpdateSession") == (n+1)/2 }, 5*time.Second, time.Millisecond, "use %d", n)
	}
	h.now = h.now.Add(10*time.Minute - 1)
	require.True(t, h.valid(t, token))
	assert.Eventually(t, func() bool { return h.store.count("UpdateSession") == 6 }, 5*time.Second, time.Millisecond)
	h.now = h.now.Add(10 * time.Minute)
	assert.False(t, h.valid(t, token), "not used for ten minutes")
}

// A store that panics while a use is written ends no process.
func TestAUseThatPanics(t *testing.T) {
	h := newInstallation(t)
	h.config.IdleTimeout = 10 * time.Minute
	h.Sessions = session.NewSessions(h.config)
	_, token := h.issue(t, "43", aal.Password)
	h.store.fail = map[string]error{"UpdateSession": errPanic}
	h.now = h.now.Add(2 * time.Minute)
	require.True(t, h.valid(t, token))
	require.Eventually(t, func() bool { return h.store.count("UpdateSession") == 1 }, 5*time.Second, time.Millisecond)
	assert.True(t, h.valid(t, token))
}

func TestRenewNeedsAValidSession(t *testing.T) {
	h := newInstallation(t)
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
	h := newInstallation(t)
	_, token := h.issue(t, "42", aal.Password)
	h.now = start.Add(16 * time.Minute) // a step-up, and no whole sign-in
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
	h := newInstallation(t)
	_, old := h.issue(t, "42", aal.Password)
	_, others := h.issue(t, "43", aal.Password)
	w := httptest.NewRecorder()
	s, err := h.Renew(w, request(session.NewToken("42"), old), aal.TOTP)
	require.NoError(t, err)
	assert.Equal(t, s.TokenHash, session.Hash(saved(t, w)))

	for name, c := range map[string]struct {
		tokens []string
		want   error
	}{
		"the token before":    {[]string{old}, session.ErrNoSession},
		"no cookie":           {nil, session.ErrNoSession},
		"two identities":      {[]string{saved(t, w), others}, session.ErrAmbiguous},
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
