package password_test

import (
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
)

// prefixed is what an app of long ago kept: "old:" and the SHA-1 in hex.
type prefixed string

func (p prefixed) Reads(hash string) bool { return strings.HasPrefix(hash, string(p)) }
func (p prefixed) Memory(string) int64    { return 1 << 10 }
func (p prefixed) Compare(hash, pass string) (bool, error) {
	want, err := hex.DecodeString(strings.TrimPrefix(hash, string(p)))
	if err != nil {
		return true, err // a careless one
	}
	sum := sha1.Sum([]byte(pass))
	return subtle.ConstantTimeCompare(sum[:], want) == 1, nil
}

func oldHash(pass string) string {
	sum := sha1.Sum([]byte(pass))
	return "old:" + hex.EncodeToString(sum[:])
}

func TestAHostsOldHashes(t *testing.T) {
	old := password.Config{Writer: settingstest.FastHash(), Comparers: []password.Comparer{prefixed("none:"), prefixed("old:")}}
	keeping := old
	keeping.Rehash = password.KeepWeak
	for name, row := range map[string]struct {
		c        password.Config
		stored   string
		typed    string
		wrong    bool
		replaced bool
	}{
		"the right password, and the old hash goes":              {old, oldHash(known), known, false, true},
		"a wrong password":                                       {old, oldHash(known), "a guess", true, false},
		"the hash itself as a password":                          {old, oldHash(known), oldHash(known), true, false},
		"the host's other code still compares":                   {keeping, oldHash(known), known, false, false},
		"a damaged one, which its Comparer calls right":          {old, "old:zz", known, true, false},
		"a kind that none of them reads":                         {old, "new:" + oldHash(known), known, true, false},
		"what the writer writes is compared as ever":             {old, hashBy(t, settingstest.FastHash(), known), known, false, false},
		"without a Comparer it is unreadable":                    {password.Config{Writer: settingstest.FastHash()}, oldHash(known), known, true, false},
		"no password at all, and the empty one typed":            {old, "", "", true, false},
		"another kind that Verify reads stays, as without these": {old, bcryptOf(t, 4, known), known, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			kit, ada := withHash(t, row.c, row.stored)
			before := kit.Identity(ada)
			err := prove(kit, ada, row.typed)
			if row.wrong {
				require.ErrorIs(t, err, method.ErrWrong)
			} else {
				require.NoError(t, err)
			}
			after := kit.Identity(ada)
			assert.Equal(t, before.State.Generation, after.State.Generation, "no session ends by it")
			if !row.replaced {
				assert.Equal(t, row.stored, after.PasswordHash)
				return
			}
			assert.True(t, strings.HasPrefix(after.PasswordHash, "$argon2id$"))
			require.NoError(t, prove(kit, ada, row.typed), "it is the same password")
		})
	}
}

func TestAnOldHashIsTheCurrentPassword(t *testing.T) {
	c := password.Config{Writer: settingstest.FastHash(), Comparers: []password.Comparer{prefixed("old:")}, RequireCurrentPassword: true}
	kit, ada := withHash(t, c, oldHash(known))
	laptop := kit.SignIn(ada, respond.API)
	change := func(current, next string) string {
		return laptop.Submit(laptop.Start(), settingstest.Fields{"method": "password", "current_password": current, "password": next}).Brief()
	}
	assert.Contains(t, change("a guess", "a much better horse"), "400", "a wrong one")
	assert.Equal(t, oldHash(known), kit.Identity(ada).PasswordHash)
	assert.Contains(t, change(known, known), "400", "the new one is the old one")
	assert.Contains(t, change(known, "a much better horse"), "200")
	require.NoError(t, prove(kit, ada, "a much better horse"))
}

// A hash of a known shape with a secret of the host's mixed in is told by the host.
func TestAComparerComesBeforeTheFormats(t *testing.T) {
	peppered := bcryptOf(t, 4, "pepper"+known)
	kit, ada := withHash(t, password.Config{Writer: settingstest.FastHash(), Comparers: []password.Comparer{pepperedBcrypt{}}}, peppered)
	require.ErrorIs(t, prove(kit, ada, "pepper"+known), method.ErrWrong)
	require.NoError(t, prove(kit, ada, known))
	assert.True(t, strings.HasPrefix(kit.Identity(ada).PasswordHash, "$argon2id$"))
}

type pepperedBcrypt struct{}

func (pepperedBcrypt) Reads(hash string) bool { return strings.HasPrefix(hash, "$2") }
func (pepperedBcrypt) Memory(string) int64    { return 5 << 10 }
func (pepperedBcrypt) Compare(hash, pass string) (bool, error) {
	return password.Verify(hash, "pepper"+pass)
}

type brokenComparer struct{ err error }

func (brokenComparer) Reads(hash string) bool { return hash == "broken" }
func (brokenComparer) Memory(string) int64    { return 0 }
func (b brokenComparer) Compare(string, string) (bool, error) {
	if b.err != nil {
		return false, b.err
	}
	panic("at the disco")
}

func TestAComparerThatFails(t *testing.T) {
	var log strings.Builder
	kit, ada := withHash(t, password.Config{Writer: settingstest.FastHash(), Comparers: []password.Comparer{brokenComparer{errors.New("the pepper is not there")}}}, "broken",
		func(c *settings.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: ada, Value: known})
	require.ErrorIs(t, err, method.ErrWrong)
	assert.NotContains(t, err.Error(), "pepper")
	assert.Contains(t, log.String(), "the pepper is not there")

	kit, ada = withHash(t, password.Config{Writer: settingstest.FastHash(), Comparers: []password.Comparer{brokenComparer{}}}, "broken")
	err = prove(kit, ada, known)
	var panicked *password.PanicError
	require.ErrorAs(t, err, &panicked, "it does not end the process")
	kit.Edit(ada, func(i *identity.Identity) { i.PasswordHash = hashBy(t, settingstest.FastHash(), known) })
	require.NoError(t, prove(kit, ada, known), "and its slot is free")
}

func TestComparersThatCannotBe(t *testing.T) {
	for name, row := range map[string]struct {
		c    password.Comparer
		says string
	}{
		"none":                              {nil, "Comparers[0] is nil"},
		"one for what the Writer writes":    {prefixed("$argon2id$"), "reads what the Writer writes"},
		"one for accounts without password": {prefixed(""), "reads the empty hash"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := password.New(password.Config{Writer: settingstest.FastHash(), Comparers: []password.Comparer{row.c}}).Info()
			assert.ErrorContains(t, err, row.says)
		})
	}
}
