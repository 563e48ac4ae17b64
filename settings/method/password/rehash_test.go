package password_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

func prove(kit *settingstest.Kit, id, pass string) error {
	_, err := kit.Handler.Service.Verify(kit.T.Context(), settings.Proof{Method: aal.Password, IdentityID: id, Value: pass})
	return err
}

// withHash is Ada with a stored hash.
func withHash(t *testing.T, c password.Config, hash string, changes ...func(*settings.Config)) (*settingstest.Kit, string) {
	t.Helper()
	kit := settingstest.New(t, append([]func(*settings.Config){func(s *settings.Config) {
		s.Methods = []settings.Method{password.New(c)}
	}}, changes...)...)
	ada := kit.AddIdentity("ada@example.com", known)
	kit.Edit(ada, func(i *identity.Identity) { i.PasswordHash = hash })
	return kit, ada
}

func hashBy(t *testing.T, w password.Writer, pass string) string {
	t.Helper()
	hash, err := w.Hash(pass)
	require.NoError(t, err)
	return hash
}

func bcryptOf(t *testing.T, cost int, pass string) string {
	t.Helper()
	b, err := bcrypt.GenerateFromPassword([]byte(pass), cost)
	require.NoError(t, err)
	return string(b)
}

func TestWhichHashesASignInReplaces(t *testing.T) {
	fast := settingstest.FastHash() // argon2id, 8 KiB, one pass
	low := password.Argon2id{MemoryKiB: 7 * 1024, Time: 5}
	for _, row := range []struct {
		name     string
		writer   password.Writer
		stored   string
		pass     string
		rehash   password.Rehash
		replaced bool
	}{
		{"weaker parameters of the writer's kind", low, hashBy(t, fast, known), known, password.Weaker, true},
		{"the same", low, hashBy(t, low, known), known, password.Weaker, false},
		{"stronger ones", fast, hashBy(t, low, known), known, password.Weaker, false},
		{"as strong ones in another mixture", password.Argon2id{MemoryKiB: 7 * 1024, Time: 5}, hashBy(t, password.Argon2id{MemoryKiB: 46 * 1024, Time: 1}, known), known, password.Weaker, false},
		{"a lower cost of bcrypt", password.Bcrypt(10), bcryptOf(t, 4, known), known, password.Weaker, true},
		{"the same, spelt $2y$", password.Bcrypt(10), "$2y$" + bcryptOf(t, 10, known)[4:], known, password.All, false},
		{"another kind, which something else may read", fast, bcryptOf(t, 4, known), known, password.Weaker, false},
		{"another kind, where the host says so", fast, bcryptOf(t, 4, known), known, password.All, true},
		{"another kind that asks for more", fast, bcryptOf(t, 10, known), known, password.All, true},
		{"one that the writer cannot hash", password.Bcrypt(10), hashBy(t, fast, strings.Repeat("long ", 20)), strings.Repeat("long ", 20), password.All, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			kit, ada := withHash(t, password.Config{Writer: row.writer, Rehash: row.rehash}, row.stored)
			before := kit.Identity(ada)
			require.ErrorIs(t, prove(kit, ada, "a guess"), method.ErrWrong)
			assert.Equal(t, before, kit.Identity(ada), "a wrong one replaces nothing")
			require.NoError(t, prove(kit, ada, row.pass))
			after := kit.Identity(ada)
			if !row.replaced {
				assert.Equal(t, before, after, "nothing is written")
				return
			}
			assert.NotEqual(t, row.stored, after.PasswordHash)
			assert.Equal(t, strings.SplitN(hashBy(t, row.writer, "x"), "$", 5)[:3], strings.SplitN(after.PasswordHash, "$", 5)[:3])
			require.NoError(t, prove(kit, ada, row.pass), "it is the same password")
			assert.Equal(t, after, kit.Identity(ada), "once is enough")
		})
	}
}

// A new hash is no change of the password: nobody is signed out, and nobody told.
func TestANewHashIsNoChange(t *testing.T) {
	kit, ada := withHash(t, password.Config{Writer: settingstest.FastHash(), Rehash: password.All}, bcryptOf(t, 4, known), func(c *settings.Config) {
		c.After = append(c.After, func(context.Context, settings.Event) error { t.Error("an event"); return nil })
		c.Before = append(c.Before, func(context.Context, settings.Event) error { t.Error("an event"); return nil })
	})
	c := kit.SignIn(ada, respond.API)
	f := c.Start()
	before := kit.Identity(ada)
	require.NoError(t, prove(kit, ada, known))
	after := kit.Identity(ada)
	assert.NotEqual(t, before.PasswordHash, after.PasswordHash)
	assert.Equal(t, before.State, after.State)
	assert.Equal(t, 200, c.Whoami().Status)
	assert.Equal(t, 200, c.Read(f.ID).Status)
}

// meddling is a store in which something happens just before a write.
type meddling struct {
	store.IdentityStore
	before func() error
}

func (s *meddling) UpdateIdentity(ctx context.Context, r identity.Record) error {
	if before := s.before; before != nil {
		s.before = nil
		if err := before(); err != nil {
			return err
		}
	}
	return s.IdentityStore.UpdateIdentity(ctx, r)
}

func TestWhatHappensBeforeANewHashIsWritten(t *testing.T) {
	other := hashBy(t, settingstest.FastHash(), "a password set just now")
	for name, row := range map[string]struct {
		before func(kit *settingstest.Kit, id string) error
		hash   func(old string) string // afterwards; nil for a new one
		wrong  bool
	}{
		"another password is set": {func(kit *settingstest.Kit, id string) error {
			kit.Edit(id, func(i *identity.Identity) { i.PasswordHash = other })
			return nil
		}, func(string) string { return other }, true},
		"the password is removed": {func(kit *settingstest.Kit, id string) error {
			kit.Edit(id, func(i *identity.Identity) { i.PasswordHash = "" })
			return nil
		}, func(string) string { return "" }, true},
		"something else is changed": {func(kit *settingstest.Kit, id string) error {
			kit.Edit(id, func(i *identity.Identity) { i.Traits = []byte(`{"email":"x@example.com"}`) })
			return nil
		}, nil, false},
		"the store fails": {func(*settingstest.Kit, string) error { return assert.AnError }, func(old string) string { return old }, false},
	} {
		t.Run(name, func(t *testing.T) {
			stored := bcryptOf(t, 4, known)
			between := &meddling{}
			kit, ada := withHash(t, password.Config{Writer: settingstest.FastHash(), Rehash: password.All}, stored, func(c *settings.Config) {
				between.IdentityStore, c.Identities = c.Identities, between
			})
			between.before = func() error { return row.before(kit, ada) }
			if err := prove(kit, ada, known); row.wrong {
				assert.ErrorIs(t, err, method.ErrWrong)
			} else {
				assert.NoError(t, err, "it is right, whatever becomes of its hash")
			}
			now := kit.Identity(ada).PasswordHash
			if row.hash != nil {
				assert.Equal(t, row.hash(stored), now)
				return
			}
			assert.NotEqual(t, stored, now)
			assert.NoError(t, prove(kit, ada, known))
		})
	}
}
