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
