package session_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/wire"
)

var start = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func ada() identity.Identity {
	i := identity.Identity{Record: identity.Record{ID: "42", Active: true, PasswordHash: "$2b$"}}
	i.State.Generation = 3
	i.State.Factors = map[aal.Method]identity.Factor{aal.TOTP: {Credentials: []identity.Credential{{ID: "1"}}}}
	return i
}

func newRing(t testing.TB) *seal.Keyring {
	t.Helper()
	r, err := seal.New(seal.NewKey())
	require.NoError(t, err)
	return r
}

func TestNewSession(t *testing.T) {
	s, token := session.New(ada(), start, time.Hour, aal.Password, aal.TOTP)
	require.True(t, session.WellFormed(token))
	assert.Equal(t, session.Hash(token), s.TokenHash)
	assert.NotContains(t, fmt.Sprintf("%+v", s), token, "the token itself is nowhere in it")
	assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, s.ID)
	assert.Equal(t, start, s.SignedInAt())
	s.ID, s.TokenHash, s.Extra = "", "", nil
	assert.Equal(t, session.Session{
		IdentityID: "42", Generation: 3, AuthenticatedAt: start, IssuedAt: start, ExpiresAt: start.Add(time.Hour),
		Methods: []session.Completed{{Method: "password", At: start}, {Method: "totp", At: start}},
	}, s)
}

func TestCompletingMethods(t *testing.T) {
	s, _ := session.New(ada(), start, time.Hour, aal.Password)
	assert.Equal(t, "aal1", s.Level(ada()).String())

	later := start.Add(time.Minute)
	up := s.Completing(later, aal.TOTP)
	assert.Equal(t, "aal2", up.Level(ada()).String())
	assert.Equal(t, []aal.Method{"password", "totp"}, up.Completed())
	assert.Equal(t, []aal.Method{"password"}, s.Completed(), "the session it came from is as it was")

	again := up.Completing(later.Add(time.Minute), aal.Password)
	assert.Equal(t, []session.Completed{{Method: "totp", At: later}, {Method: "password", At: later.Add(time.Minute)}}, again.Methods,
		"a method stands there once, with the last time")
	assert.Equal(t, []aal.Method{"password", "totp"}, up.Completed())

	gone := ada()
	delete(gone.State.Factors, aal.TOTP)
	assert.Equal(t, "aal1", up.Level(gone).String(), "a factor that was removed counts no more")
}

// What a token is worth.
func TestJudge(t *testing.T) {
	s, token := session.New(ada(), start, time.Hour, aal.Password)
	now := start.Add(time.Minute)
	rotated, fresh := s.RotatedFor("change", 4, newRing(t), now)
	rotated.ExpiresAt = start.Add(time.Hour)
	changed := ada() // after the credential change of this session
	changed.State.Generation, changed.State.KeptSession = 4, s.ID

	const invalid, retrying, valid = session.Invalid, session.Retrying, session.Valid
	with := func(change func(*session.Session)) session.Session {
		c := s.Clone()
		change(&c)
		return c
	}
	who := func(change func(*identity.Identity)) identity.Identity {
		c := ada()
		change(&c)
		return c
	}
	for _, c := range []struct {
		name    string
		session session.Session
		who     identity.Identity
		token   string
		at      time.Time
		want    session.Validity
	}{
		{"the session's token", s, ada(), token, now, valid},
		{"another token", s, ada(), session.NewToken("42"), now, invalid},
		{"no token", s, ada(), "", now, invalid},
		{"a nanosecond before it expires", s, ada(), token, start.Add(time.Hour - 1), valid},
		{"exactly when it expires", s, ada(), token, start.Add(time.Hour), invalid},
		{"long after", s, ada(), token, start.Add(time.Hour * 1000), invalid},
		{"an instance whose clock is behind its issue", s, ada(), token, start.Add(-time.Minute), valid},
		{"a blocked identity", s, who(func(i *identity.Identity) { i.Active = false }), token, now, invalid},
		{"another identity", s, who(func(i *identity.Identity) { i.ID = "43" }), token, now, invalid},
		{"a credential was changed by another session", s, who(func(i *identity.Identity) { i.State.Generation, i.State.KeptSession = 4, "other" }), token, now, invalid},
		{"all sessions were revoked", s, who(func(i *identity.Identity) { i.State.Generation = 4 }), token, now, invalid},
		{"this session changed it, and is not carried over yet", s, changed, token, now, valid},
		{"the identity's row was restored from before", s, who(func(i *identity.Identity) { i.State.Generation = 2 }), token, now, invalid},
		{"a kept session that expired", s, changed, token, start.Add(time.Hour), invalid},
		{"a kept session of a blocked identity", s, func() identity.Identity { i := changed; i.Active = false; return i }(), token, now, invalid},
		{"a kept session, by another token", s, changed, fresh, now, invalid},

		{"rotated, by its new token", rotated, changed, fresh, now, valid},
		{"rotated, by the token before", rotated, changed, token, now, retrying},
		{"superseded, a nanosecond before the end of two minutes", rotated, changed, token, now.Add(2*time.Minute - 1), retrying},
		{"superseded, exactly two minutes ago", rotated, changed, token, now.Add(2 * time.Minute), invalid},
		{"superseded, and the session was revoked since", rotated, who(func(i *identity.Identity) { i.State.Generation = 5 }), token, now, invalid},
		{"superseded, and the identity is blocked", rotated, func() identity.Identity { i := changed; i.Active = false; return i }(), token, now, invalid},
		{"rotated, by the new token after two minutes", rotated, changed, fresh, now.Add(2 * time.Minute), valid},

		{"a session without a hash, and a token", with(func(s *session.Session) { s.TokenHash = "" }), ada(), token, now, invalid},
		{"a session of nobody, and an identity of nobody", session.Session{}, identity.Identity{}, token, now, invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			hash := session.Hash(c.token)
			if c.token == "" {
				hash = ""
			}
			assert.Equal(t, c.want, session.ValidityOf(c.session, c.who, hash, c.at))
		})
	}

	t.Run("an empty hash never equals an empty hash", func(t *testing.T) {
		none := with(func(s *session.Session) { s.TokenHash, s.Superseded.Until = "", start.Add(time.Hour) })
		assert.Equal(t, invalid, session.ValidityOf(none, ada(), "", now))
	})
}

// After its own credential change a session goes on under a new token, and the
// old one recognises a retry.
func TestRotation(t *testing.T) {
	ring := newRing(t)
	s, old := session.New(ada(), start, time.Hour, aal.Password)
	now := start.Add(time.Minute)
	rotated, fresh := s.RotatedFor("change-1", 4, ring, now)

	require.True(t, session.WellFormed(fresh))
	assert.NotEqual(t, old, fresh)
	assert.Equal(t, s.ID, rotated.ID)
	assert.Equal(t, session.Hash(fresh), rotated.TokenHash)
	assert.Equal(t, session.Hash(old), rotated.Superseded.TokenHash)
	assert.Equal(t, now.Add(2*time.Minute), rotated.Superseded.Until)
	assert.EqualValues(t, 4, rotated.Generation)
	assert.Equal(t, "change-1", rotated.Change)
	assert.Equal(t, s.AuthenticatedAt, rotated.AuthenticatedAt, "a change is no sign-in")
	assert.Equal(t, s.ExpiresAt, rotated.ExpiresAt)
	assert.Equal(t, session.Hash(old), s.TokenHash, "the session it came from is as it was")

	got, err := rotated.Successor(ring)
	require.NoError(t, err)
	assert.Equal(t, fresh, got, "every retry is given the same new token")
	assert.NotContains(t, fmt.Sprintf("%+v %s", rotated, rotated.Superseded.Successor), fresh, "it is stored sealed")

	third, _ := rotated.RotatedFor("change-2", 5, ring, now)
	assert.Equal(t, session.Hash(fresh), third.Superseded.TokenHash, "the token before the last is forgotten")

	closed, _ := rotated.Renewed()
	assert.Zero(t, closed.Superseded, "a renewal closes what the old token could open")
}

func TestSuccessorIsBoundToItsSession(t *testing.T) {
	ring := newRing(t)
	s, _ := session.New(ada(), start, time.Hour)
	rotated, _ := s.RotatedFor("c", 4, ring, start)
	for _, c := range []struct {
		name string
		of   session.Session
		ring *seal.Keyring
	}{
		{"copied to another session", session.Session{ID: "other", IdentityID: "42", Superseded: rotated.Superseded}, ring},
		{"copied to another identity", session.Session{ID: s.ID, IdentityID: "43", Superseded: rotated.Superseded}, ring},
		{"another installation's key", rotated, newRing(t)},
		{"a session that was never rotated", s, ring},
	} {
		t.Run(c.name, func(t *testing.T) {
			token, err := c.of.Successor(c.ring)
			require.ErrorIs(t, err, seal.ErrOpen)
			assert.Empty(t, token)
		})
	}
}

func TestCloneSharesNothing(t *testing.T) {
	s, _ := session.New(ada(), start, time.Hour, aal.Password)
	s.Superseded.Successor = []byte("abc")
	c := s.Clone()
	require.Equal(t, s, c)
	c.Methods[0].Method, c.Superseded.Successor[0] = "x", 'X'
	assert.EqualValues(t, "password", s.Methods[0].Method)
	assert.Equal(t, "abc", string(s.Superseded.Successor))
}

func TestSessionAsItsUserSeesIt(t *testing.T) {
	s, token := session.New(ada(), start, time.Hour, aal.Password)
	s, _ = s.RotatedFor("canary-change", 3, newRing(t), start)
	s.UserAgent, s.IP = `Mozilla/5.0 "</script>`, "192.0.2.1"
	s.Methods[0].Provider = "github"
	w := wire.New(0)
	s.WriteJSON(w, ada(), identity.About{SchemaURL: "https://id.example/schemas/default"}, true)
	for _, secret := range []string{token, s.TokenHash, s.Superseded.TokenHash, "canary", "$2b$", "</script"} {
		assert.NotContains(t, string(w.Bytes()), secret)
	}
	var got map[string]any
	require.NoError(t, json.Unmarshal(w.Bytes(), &got))
	assert.ElementsMatch(t, []string{
		"id", "active", "expires_at", "authenticated_at", "authenticator_assurance_level", "authentication_methods", "issued_at", "identity", "devices",
	}, slices.Collect(maps.Keys(got)))
	assert.Equal(t, s.ID, got["id"])
	assert.Equal(t, true, got["active"])
	assert.Equal(t, "2030-01-02T04:04:05Z", got["expires_at"])
	assert.Equal(t, "aal1", got["authenticator_assurance_level"])
	assert.Equal(t, []any{map[string]any{"method": "password", "aal": "aal1", "completed_at": "2030-01-02T03:04:05Z", "provider": "github"}}, got["authentication_methods"])
	assert.Equal(t, "42", got["identity"].(map[string]any)["id"])
	device := got["devices"].([]any)[0].(map[string]any)
	assert.Equal(t, `Mozilla/5.0 "</script>`, device["user_agent"])
	assert.Equal(t, "192.0.2.1", device["ip_address"])

	w = wire.New(0)
	s.WriteJSON(w, ada(), identity.About{}, false)
	assert.NotContains(t, string(w.Bytes()), `"identity"`)
}
