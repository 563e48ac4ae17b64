package session_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/seal"
)

var errDown = errors.New("dial tcp 10.0.0.1:5432: connection refused")

func TestIssue(t *testing.T) {
	h := newInstallation(t)
	s, token, err := h.IssueToken(t.Context(), "42", session.Device{UserAgent: "curl/8", IP: "192.0.2.1"}, aal.Password)
	require.NoError(t, err)
	assert.Equal(t, start.Add(time.Hour), s.ExpiresAt)
	assert.EqualValues(t, 3, s.Generation)

	cur, err := h.FromToken(t.Context(), token)
	require.NoError(t, err)
	assert.Equal(t, "42", cur.Identity.ID)
	assert.Equal(t, aal.AAL1, cur.Level())
	assert.Equal(t, "curl/8", cur.Session.UserAgent)
	assert.Equal(t, "192.0.2.1", cur.Session.IP)
	s.Version = cur.Session.Version
	assert.Equal(t, s, cur.Session, "what is returned is what is stored")
}

func TestIssueOnlyToAnActiveIdentity(t *testing.T) {
	h := newInstallation(t)
	require.NoError(t, h.store.SetActive(t.Context(), "43", false))
	for id, want := range map[string]error{"43": session.ErrBlocked, "44": identity.ErrNotFound, "": identity.ErrNotFound} {
		s, token, err := h.IssueToken(t.Context(), id, session.Device{}, aal.Password)
		require.ErrorIs(t, err, want)
		assert.Zero(t, s)
		assert.Empty(t, token)
	}
	assert.Zero(t, h.store.calls["CreateSession"])
}

// A client says what it is; a store may keep text only, and not without end.
func TestDeviceIsBoundedText(t *testing.T) {
	h := newInstallation(t)
	for name, ua := range map[string]string{
		"very long":                            strings.Repeat("x", 10_000),
		"cut inside a character":               strings.Repeat("x", 255) + "é",
		"Latin-1":                              "caf\xe9",
		"invalid from the start":               strings.Repeat("\xff", 300),
		"control characters, an escape, a NUL": "a\x00b\x1b[31mc\r\nd\u0085",
	} {
		t.Run(name, func(t *testing.T) {
			s, _, err := h.IssueToken(t.Context(), "42", session.Device{UserAgent: ua, IP: ua}, aal.Password)
			require.NoError(t, err)
			for _, got := range []string{s.UserAgent, s.IP} {
				assert.LessOrEqual(t, len(got), 256)
				assert.True(t, utf8.ValidString(got))
				assert.False(t, strings.ContainsAny(got, "\x00\x1b\r\n\u0085"))
			}
		})
	}
	s, _, err := h.IssueToken(t.Context(), "42", session.Device{UserAgent: "Mozilla/5.0 (Ünïcode)"}, aal.Password)
	require.NoError(t, err)
	assert.Equal(t, "Mozilla/5.0 (Ünïcode)", s.UserAgent, "text stays as it is")
}

func TestIssueForABrowserEndsAnotherIdentitysSession(t *testing.T) {
	h := newInstallation(t)
	_, old := h.issue(t, "43", aal.Password)
	w, r := httptest.NewRecorder(), request(old)
	r.Header.Set("User-Agent", "Firefox")
	s, err := h.Issue(w, r, "42", aal.Password)
	require.NoError(t, err)
	fresh := saved(t, w)
	assert.Equal(t, session.Hash(fresh), s.TokenHash)
	assert.Equal(t, "Firefox", s.UserAgent)
	assert.Empty(t, s.IP, "behind a proxy only the host knows it")
	assert.True(t, h.valid(t, fresh))
	assert.False(t, h.valid(t, old), "the session before is over")
}

// What waits in a session for a newer sign-in goes on after it.
func TestIssueForABrowserRenewsItsOwnIdentitysSession(t *testing.T) {
	h := newInstallation(t)
	before, old := h.issue(t, "42", aal.Password)
	w := httptest.NewRecorder()
	s, err := h.Issue(w, request(old), "42", aal.TOTP)
	require.NoError(t, err)
	assert.Equal(t, []string{before.ID}, s.EarlierIDs())
	assert.Equal(t, []aal.Method{"password", "totp"}, s.Completed())
	assert.True(t, h.valid(t, saved(t, w)))
	assert.False(t, h.valid(t, old), "its token is a new one")
}

// A token that somebody planted in the browser is never taken over.
func TestPlantedTokenIsNotAdopted(t *testing.T) {
	h := newInstallation(t)
	planted := session.NewToken("42")
	_, others := h.issue(t, "42", aal.Password)
	for name, tokens := range map[string][]string{
		"one nobody issued": {planted}, "two": {planted, others}, "no token at all": {"x"},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			_, err := h.Issue(w, request(tokens...), "42", aal.Password)
			require.NoError(t, err)
			assert.NotContains(t, tokens, saved(t, w))
			assert.False(t, h.valid(t, planted))
		})
	}
}

func TestIssueThatFailsLeavesTheBrowserAsItWas(t *testing.T) {
	h := newInstallation(t)
	_, old := h.issue(t, "43", aal.Password)
	for _, method := range []string{"GetIdentity", "CreateSession", "DeleteSession"} {
		h.store.fail = map[string]error{method: errDown}
		w := httptest.NewRecorder()
		_, err := h.Issue(w, request(old), "42", aal.Password)
		require.ErrorIs(t, err, errDown)
		assert.Empty(t, saved(t, w))
		h.store.fail = nil
		assert.True(t, h.valid(t, old), method)
	}
}

// A row that does not open is for the log, and nobody's session.
func TestDamagedIdentityGetsNoSession(t *testing.T) {
	h := newInstallation(t)
	h.damage(t, "42")
	written := h.store.calls["UpdateIdentity"]
	_, token, err := h.IssueToken(t.Context(), "42", session.Device{}, aal.Password)
	require.ErrorIs(t, err, seal.ErrOpen)
	assert.Empty(t, token)
	require.ErrorIs(t, h.RevokeAll(t.Context(), "42"), seal.ErrOpen)
	assert.Zero(t, h.store.calls["CreateSession"])
	assert.Equal(t, written, h.store.calls["UpdateIdentity"], "nothing is written over it")
}
