package password_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
)

// A login page checks passwords at the same cost whether or not there is one.
func TestPasswordAtALogin(t *testing.T) {
	const right = "correct horse battery staple"
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", right)
	linked := kit.AddIdentity("bob@example.com", "")
	blocked := kit.AddIdentity("eve@example.com", right)
	require.NoError(t, kit.Store.SetActive(t.Context(), blocked, false))
	for _, c := range []struct {
		name, id, pass string
		ok             bool
	}{
		{"the right password", ada, right, true},
		{"a wrong one", ada, "correct horse battery stapler", false},
		{"none", ada, "", false},
		{"the right one in capitals", ada, strings.ToUpper(right), false},
		{"an account without a password", linked, "", false},
		{"an account without a password, and somebody's", linked, right, false},
		{"a blocked account", blocked, right, false},
		{"nobody", "nobody", right, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: c.id, Value: c.pass})
			if c.ok {
				require.NoError(t, err)
				assert.Equal(t, c.id, id)
				return
			}
			assert.ErrorIs(t, err, method.ErrWrong)
			assert.Empty(t, id)
		})
	}
}

// unreadable are hashes that others have, and that are not compared here.
var unreadable = []struct {
	name, hash string
	is         error
}{
	{"bcrypt of cost 15, which takes seconds (dexidp/dex#1040)", "$2b$15$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", password.ErrHashTooCostly},
	{"argon2id of a gigabyte", "$argon2id$v=19$m=1048576,t=4,p=8$c29tZXNhbHQ$" + key32, password.ErrHashTooCostly},
	{"md5-crypt (ory/kratos#3291)", "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", password.ErrUnknownHash},
	{"a bare MD5 (ory/kratos#2716)", "5f4dcc3b5aa765d61d8327deb882cf99", password.ErrUnknownHash},
	{"argon2 with Django's own prefix (goauthentik/authentik#5294)", "argon2$argon2id$v=19$m=102400,t=2,p=8$c29tZXNhbHRzb21lc2FsdA$W4mh/7tqZpNQ/NLLrNAViZIUpUy0rYQx5TGOyVLf9ig", password.ErrUnknownHash},
	{"salted SHA-1 of a directory", "{SSHA}a-format-of-old", password.ErrUnknownHash},
}

// A hash that is not compared is a wrong password to whoever signs in, and a line of the log for the host.
func TestAnUnreadableHashIsAWrongPassword(t *testing.T) {
	for _, row := range unreadable {
		t.Run(row.name, func(t *testing.T) {
			kit := settingstest.New(t)
			ada := kit.AddIdentity("ada@example.com", "")
			kit.Edit(ada, func(i *identity.Identity) { i.PasswordHash = row.hash })
			for tries, pass := range []string{"correct horse", row.hash, ""} {
				id, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: ada, Value: pass})
				assert.Equal(t, settings.ErrWrong, err)
				assert.Empty(t, id)
				assert.Equal(t, tries+1, strings.Count(kit.Log.String(), row.is.Error()))
			}
		})
	}
}

// hashCounter counts the hashes it is asked for.
type hashCounter struct {
	password.Writer
	n *atomic.Int32
}

func (w hashCounter) Hash(pass string) (string, error) {
	w.n.Add(1)
	return w.Writer.Hash(pass)
}

func TestNobodysPasswordCostsAHashToo(t *testing.T) {
	var hashed atomic.Int32
	kit := settingstest.New(t, func(c *settings.Config) {
		c.Methods = []settings.Method{password.New(password.Config{Writer: hashCounter{settingstest.FastHash(), &hashed}})}
	})
	for range 3 {
		_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: "nobody", Value: "x"})
		require.ErrorIs(t, err, method.ErrWrong)
	}
	assert.EqualValues(t, 1, hashed.Load(), "one decoy is made, and compared with")
}

func TestGuessesAtALoginAreCountedUnlessTheHostDoes(t *testing.T) {
	const right = "correct horse battery staple"
	for _, skip := range []bool{false, true} {
		t.Run(fmt.Sprintf("SkipTries %v", skip), func(t *testing.T) {
			kit := settingstest.New(t)
			ada := kit.AddIdentity("ada@example.com", right)
			prove := func(pass string) error {
				_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: ada, Value: pass, SkipTries: skip})
				return err
			}
			for range 10 {
				require.ErrorIs(t, prove("a guess"), method.ErrWrong)
			}
			var locked *settings.LockedError
			if err := prove(right); skip {
				assert.NoError(t, err)
			} else {
				assert.ErrorAs(t, err, &locked)
			}
		})
	}
}
