package webauthn_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/webauthn"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

// ways are how a credential is asked for: of somebody, or of anyone.
var ways = map[string]struct {
	v      variant
	anyone bool
}{
	"a security key":                     {keys, false},
	"a passkey of somebody":              {passkeys, false},
	"a passkey, and nobody has said who": {passkeys, true},
}

// ask makes a challenge, and a proof without a value.
func (w *fixture) ask(v variant, anyone bool) (settings.Proof, string) {
	w.T.Helper()
	p := settings.Proof{Method: v.method}
	if !anyone {
		p.IdentityID = w.ada
	}
	c, err := w.Handler.Service.Challenge(w.T.Context(), v.method, p.IdentityID)
	require.NoError(w.T, err)
	p.Challenge = c.ID
	return p, string(c.Options)
}

func TestACredentialSignsIn(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t)
			d := w.enrol(w.ada, way.v)
			want := w.Identity(w.ada)
			want.State.Factors[way.v.method].Credentials[0].LastUsedAt, want.Version = w.Clock.Now(), want.Version+1
			for range 2 {
				p, options := w.ask(way.v, way.anyone)
				p.Value = d.get(options)
				id, err := w.Handler.Service.Verify(t.Context(), p)
				require.NoError(t, err)
				assert.Equal(t, w.ada, id)
				_, err = w.Handler.Service.Verify(t.Context(), p)
				assert.ErrorIs(t, err, method.ErrWrong, "the challenge is used up")
			}
			want.SealedState = w.Identity(w.ada).SealedState
			assert.Equal(t, want, w.Identity(w.ada), "the day of the last use is noted, once, and nothing is used up")
		})
	}
}

// assertionOptions are request options as a browser reads them.
type assertionOptions struct {
	PublicKey struct {
		Challenge        string
		RPID             string
		UserVerification string
		AllowCredentials []struct{ Type, ID string }
	}
}

func TestWhatALoginAsksFor(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t)
			one, two := w.enrol(w.ada, way.v), w.enrol(w.ada, way.v)
			w.enrol(w.ada, way.v.other())
			read := func() (o assertionOptions) {
				_, options := w.ask(way.v, way.anyone)
				require.NoError(t, json.Unmarshal([]byte(options), &o))
				return o
			}
			o := read().PublicKey
			assert.Equal(t, "example.com", o.RPID)
			assert.Equal(t, map[variant]string{keys: "discouraged", passkeys: "required"}[way.v], o.UserVerification)
			assert.GreaterOrEqual(t, len(unbase64(t, o.Challenge)), 16)
			assert.NotEqual(t, o.Challenge, read().PublicKey.Challenge)
			var ids []string
			for _, c := range o.AllowCredentials {
				assert.Equal(t, "public-key", c.Type)
				ids = append(ids, c.ID)
			}
			if way.anyone {
				assert.Empty(t, ids)
				return
			}
			assert.Equal(t, []string{unpadded(one.cred.ID), unpadded(two.cred.ID)}, ids, "those of the method")
		})
	}
}

func TestChallengesThatAreNotMade(t *testing.T) {
	w := newFixture(t)
	for _, v := range variants {
		_, err := w.Handler.Service.Challenge(t.Context(), v.method, w.ada)
		assert.ErrorIs(t, err, method.ErrWrong, "without a credential")
		_, err = w.Handler.Service.Challenge(t.Context(), v.method, "nobody")
		assert.ErrorIs(t, err, method.ErrWrong, "without an account")
	}
	_, err := w.Handler.Service.Challenge(t.Context(), aal.WebAuthn, "")
	require.Error(t, err, "a second factor of nobody")
	assert.NotErrorIs(t, err, method.ErrWrong)
}

// A counter that does not grow means that there are two of a key.
func TestAClonedKey(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t)
			d := newDevice(t)
			d.cred.Counter = 5
			w.enrolDevice(w.ada, way.v, d)
			serial := w.Identity(w.ada).State.Factors[way.v.method].Serial
			try := func(counter uint32) error {
				p, options := w.ask(way.v, way.anyone)
				p.Value = d.sign(options, func(_ map[string]any, data []byte) []byte {
					copy(data[33:37], []byte{byte(counter >> 24), byte(counter >> 16), byte(counter >> 8), byte(counter)})
					return data
				})
				_, err := w.Handler.Service.Verify(t.Context(), p)
				return err
			}
			require.NoError(t, try(6))
			was := w.Snapshot(w.ada)
			for _, stale := range []uint32{6, 5, 1, 0} {
				assert.ErrorIs(t, try(stale), method.ErrWrong, "%d after 6", stale)
			}
			assert.Equal(t, was, w.Snapshot(w.ada))
			require.NoError(t, try(7))
			require.NoError(t, try(1<<31))
			assert.ErrorIs(t, try(8), method.ErrWrong)
			assert.Equal(t, serial, w.Identity(w.ada).State.Factors[way.v.method].Serial, "a login is no change of the factor")
		})
	}
}

// interrupted is a store in which something else happens just before a write.
type interrupted struct {
	store.IdentityStore
	by func()
}

func (s *interrupted) UpdateIdentity(ctx context.Context, r identity.Record) error {
	if by := s.by; by != nil {
		s.by = nil
		by()
	}
	return s.IdentityStore.UpdateIdentity(ctx, r)
}

// Two proofs with one count, each with a challenge of its own: the one whose
// count is written first gets through.
func TestOneCountSignsInOnce(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			store := &interrupted{}
			w := newFixture(t, func(c *settings.Config) { store.IdentityStore, c.Identities = c.Identities, store })
			d := newDevice(t)
			d.cred.Counter = 5
			w.enrolDevice(w.ada, way.v, d)
			prove := func(counter uint32) error {
				p, options := w.ask(way.v, way.anyone)
				d.cred.Counter = counter - 1
				p.Value = d.get(options)
				_, err := w.Handler.Service.Verify(t.Context(), p)
				return err
			}
			interrupt := func(counter uint32) {
				store.by = func() { require.NoError(t, prove(counter)) }
			}
			interrupt(6)
			assert.ErrorIs(t, prove(6), method.ErrWrong, "the same count")
			interrupt(9)
			assert.ErrorIs(t, prove(8), method.ErrWrong, "a count that has been passed")
			interrupt(10)
			assert.NoError(t, prove(11), "the next one")
			store.by = func() {
				w.Edit(w.ada, func(i *identity.Identity) { i.State.Factors[way.v.method] = identity.Factor{Serial: 2} })
			}
			assert.ErrorIs(t, prove(12), method.ErrWrong, "a key that is removed meanwhile")
		})
	}
}

// A synced passkey may be backed up later; whether it can be never changes.
func TestBackupFlags(t *testing.T) {
	w := newFixture(t)
	d := newDevice(t)
	d.auth.Options.BackupEligible = true
	w.enrolDevice(w.ada, passkeys, d)
	try := func() error {
		p, options := w.ask(passkeys, true)
		p.Value = d.get(options)
		_, err := w.Handler.Service.Verify(t.Context(), p)
		return err
	}
	backedUp := func() bool {
		return strings.Contains(string(w.Identity(w.ada).State.Factors["passkey"].Credentials[0].Data), `"backed_up":true`)
	}
	require.NoError(t, try())
	assert.False(t, backedUp())
	d.auth.Options.BackupState = true
	require.NoError(t, try())
	assert.True(t, backedUp())
	d.auth.Options.BackupEligible, d.auth.Options.BackupState = false, false
	assert.ErrorIs(t, try(), method.ErrWrong)
	assert.True(t, backedUp())
}

// A service that has only one of the methods verifies only that one's.
func TestOnlyWhatIsOfferedIsVerified(t *testing.T) {
	w := newFixture(t, func(c *settings.Config) {
		c.Methods = []settings.Method{password.New(password.Config{Writer: settingstest.FastHash()}), webauthn.SecurityKeys(site)}
	})
	_, err := w.Handler.Service.Challenge(t.Context(), aal.Passkey, w.ada)
	assert.Error(t, err)
	assert.False(t, errors.Is(err, method.ErrWrong))
}
