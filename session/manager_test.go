package session_test

import (
	"context"
	"errors"
	"fmt"
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
)

var errDown = errors.New("dial tcp 10.0.0.1:5432: connection refused")

func TestIssue(t *testing.T) {
	h := newHouse(t)
	s, token, err := h.IssueToken(t.Context(), "42", session.Device{UserAgent: "curl/8", IP: "192.0.2.1"}, aal.Password)
	require.NoError(t, err)
	assert.Equal(t, start.Add(time.Hour), s.ExpiresAt)
	assert.EqualValues(t, 3, s.Generation)

	cur, err := h.Check(t.Context(), token)
	require.NoError(t, err)
	assert.Equal(t, "42", cur.Identity.ID)
	assert.Equal(t, aal.AAL1, cur.Level())
	assert.Equal(t, "curl/8", cur.Session.UserAgent)
	assert.Equal(t, "192.0.2.1", cur.Session.IP)
	s.Version = cur.Session.Version
	assert.Equal(t, s, cur.Session, "what is returned is what is stored")
}

func TestIssueOnlyToAnActiveIdentity(t *testing.T) {
	h := newHouse(t)
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
	h := newHouse(t)
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
	h := newHouse(t)
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
	h := newHouse(t)
	before, old := h.issue(t, "42", aal.Password)
	w := httptest.NewRecorder()
	s, err := h.Issue(w, request(old), "42", aal.TOTP)
	require.NoError(t, err)
	assert.Equal(t, before.ID, s.ID)
	assert.Equal(t, []aal.Method{"password", "totp"}, s.Completed())
	assert.True(t, h.valid(t, saved(t, w)))
	assert.False(t, h.valid(t, old), "its token is a new one")
}

// A token that somebody planted in the browser is never taken over.
func TestPlantedTokenIsNotAdopted(t *testing.T) {
	h := newHouse(t)
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
	h := newHouse(t)
	_, old := h.issue(t, "43", aal.Password)
	h.store.fail = map[string]error{"CreateSession": errDown}
	w := httptest.NewRecorder()
	_, err := h.Issue(w, request(old), "42", aal.Password)
	require.ErrorIs(t, err, errDown)
	assert.Empty(t, saved(t, w))
	assert.True(t, h.valid(t, old))
}

func TestCheckFindsNoSession(t *testing.T) {
	h := newHouse(t)
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
			cur, err := h.Check(t.Context(), bad)
			require.ErrorIs(t, err, session.ErrNone)
			assert.Zero(t, cur)
		})
	}
	asked := h.store.calls["GetSession"]
	_, err := h.Check(t.Context(), token+" ")
	require.ErrorIs(t, err, session.ErrNone)
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
	h := newHouse(t)
	_, token := h.issue(t, "42", aal.Password)

	h.store.fail = map[string]error{"GetIdentity": identity.ErrNotFound}
	assert.False(t, h.valid(t, token))
	for _, method := range []string{"GetSession", "GetIdentity"} {
		h.store.fail = map[string]error{method: errDown}
		cur, err := h.Check(t.Context(), token)
		require.ErrorIs(t, err, errDown)
		require.NotErrorIs(t, err, session.ErrNone)
		assert.Zero(t, cur)
		assert.NotContains(t, err.Error(), token)
	}
	h.store.fail = nil

	r, err := h.store.Store.GetIdentity(t.Context(), "42")
	require.NoError(t, err)
	r.SealedState = []byte("damaged")
	require.NoError(t, h.store.UpdateIdentity(t.Context(), r))
	_, err = h.Check(t.Context(), token)
	require.Error(t, err, "a row that does not open is for the log")
	assert.NotErrorIs(t, err, session.ErrNone)
}

// Find replaces the two reads by one of the host's.
func TestFindOfTheHost(t *testing.T) {
	h := newHouse(t)
	_, token := h.issue(t, "42", aal.Password)
	h.config.Find = func(ctx context.Context, hash string) (session.Session, identity.Record, error) {
		assert.Equal(t, session.Hash(token), hash)
		return session.Session{}, identity.Record{}, session.ErrNotFound
	}
	_, err := session.NewManager(h.config).Check(t.Context(), token)
	assert.ErrorIs(t, err, session.ErrNone)
}

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
	cur, err := h.Check(t.Context(), fresh)
	require.NoError(t, err)
	assert.Equal(t, aal.AAL2, cur.Level())
}

func TestRenewNeedsAValidSession(t *testing.T) {
	h := newHouse(t)
	_, token := h.issue(t, "42", aal.Password)
	h.now = start.Add(time.Hour)
	for _, bad := range []string{token, "", session.NewToken("42")} {
		s, fresh, err := h.RenewToken(t.Context(), bad, aal.TOTP)
		require.ErrorIs(t, err, session.ErrNone)
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
	assert.ErrorIs(t, err, session.ErrNone, "it was ended in the meantime")

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
		"the token before":    {[]string{old}, session.ErrNone},
		"no cookie":           {nil, session.ErrNone},
		"two cookies":         {[]string{saved(t, w), old}, session.ErrAmbiguous},
		"one nobody gave out": {[]string{session.NewToken("42")}, session.ErrNone},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			_, err := h.Renew(w, request(c.tokens...), aal.TOTP)
			require.ErrorIs(t, err, c.want)
			assert.Empty(t, w.Header())
		})
	}
}

func TestEnd(t *testing.T) {
	h := newHouse(t)
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
	h := newHouse(t)
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
	h := newHouse(t)
	elsewhere := session.NewManager(h.config)
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
		_, err := elsewhere.Check(t.Context(), token)
		assert.ErrorIs(t, err, session.ErrNone)
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
	h := newHouse(t)
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
	h := newHouse(t)
	_, token := h.issue(t, "42", aal.Password)
	_, thief := h.issue(t, "42", aal.Password)
	cur, err := h.Check(t.Context(), token)
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
	h := newHouse(t)
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
	h := newHouse(t)
	_, mine := h.issue(t, "42", aal.Password)
	_, second := h.issue(t, "42", aal.Password)
	_, third := h.issue(t, "42", aal.Password)
	_, others := h.issue(t, "43", aal.Password)
	cur, err := h.Check(t.Context(), mine)
	require.NoError(t, err)

	n, err := h.RevokeOthers(t.Context(), cur)
	require.NoError(t, err)
	assert.Equal(t, 2, n)
	assert.Equal(t, []bool{true, false, false, true}, []bool{h.valid(t, mine), h.valid(t, second), h.valid(t, third), h.valid(t, others)})

	n, err = h.RevokeOthers(t.Context(), cur)
	require.NoError(t, err)
	assert.Zero(t, n, "there is none left")

	h.issue(t, "42", aal.Password)
	h.store.fail = map[string]error{"DeleteSession": errDown}
	_, err = h.RevokeOthers(t.Context(), cur)
	assert.ErrorIs(t, err, errDown)
}

// The id of another's session is as unknown as one of nobody's.
func TestRevokeOne(t *testing.T) {
	h := newHouse(t)
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
	h := newHouse(t)
	_, token := h.issue(t, "42", aal.Password)
	cur, err := h.Check(t.Context(), token)
	require.NoError(t, err)
	rotated, fresh := cur.Session.RotatedFor("c", 3, h.ring, h.now)
	require.NoError(t, h.store.UpdateSession(t.Context(), rotated))
	_, renewed, err := h.RenewToken(t.Context(), fresh, aal.TOTP)
	require.NoError(t, err)
	again, err := h.Check(t.Context(), renewed)
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
