package session_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
)

// Sessions here last for an hour.
func TestHowLongSomebodyIsKeptSignedIn(t *testing.T) {
	const day = 24 * time.Hour
	for name, row := range map[string]struct {
		keep   time.Duration
		maxAge time.Duration
		lasts  time.Duration
	}{
		"a month":                       {30 * day, 0, 30 * day},
		"a month, where no session may": {30 * day, 7 * day, 7 * day},
		"shorter than everybody":        {time.Minute, 0, time.Hour},
		"a time that is none":           {-day, 0, time.Hour},
		"not asked for":                 {0, 0, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			h := newInstallation(t)
			if row.maxAge != 0 {
				h.config.MaxAge = row.maxAge
				h.Sessions = session.NewSessions(h.config)
			}
			ctx := t.Context()
			if row.keep != 0 {
				ctx = session.KeepFor(ctx, row.keep)
			}
			s, token, err := h.IssueToken(ctx, "43", session.Device{}, aal.Password)
			require.NoError(t, err)
			assert.Equal(t, start.Add(row.lasts), s.ExpiresAt)

			h.now = h.now.Add(30 * time.Minute)
			again, _, err := h.RenewToken(t.Context(), token, aal.Password)
			require.NoError(t, err)
			assert.Equal(t, row.lasts, again.ExpiresAt.Sub(start.Add(30*time.Minute)), "a renewal, which does not ask, keeps it")
		})
	}
}

func TestWhoIsKeptSignedInLaterIsKept(t *testing.T) {
	h := newInstallation(t)
	_, token, err := h.IssueToken(t.Context(), "43", session.Device{}, aal.Password)
	require.NoError(t, err)
	s, _, err := h.RenewToken(session.KeepFor(t.Context(), 48*time.Hour), token, aal.Password)
	require.NoError(t, err)
	assert.Equal(t, start.Add(48*time.Hour), s.ExpiresAt)
}
