package password_test

import (
	"errors"
	"net/http"
	"strings"
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

// composing is a Text that knows one letter. The module settings/text knows all.
var composing = method.Text{Password: func(s string) (string, error) {
	if strings.ContainsRune(s, '\a') {
		return "", errors.New("it has a control character")
	}
	return strings.ReplaceAll(s, "e\u0301", "é"), nil
}}

const (
	asOne = "café crème brûlée" // é as one character
	asTwo = "cafe\u0301 crème brûle\u0301e"
)

// One password in two spellings, as keyboards and browsers have them (ulsklyc/yuvomi#608, ory/hydra#2882).
func TestAPasswordInTwoSpellings(t *testing.T) {
	for name, row := range map[string]struct {
		text     method.Text
		set      string
		one, two bool // is right at the next login
	}{
		"as typed, as one":        {method.Text{}, asOne, true, false},
		"as typed, as two":        {method.Text{}, asTwo, false, true},
		"with a Text, set as one": {composing, asOne, true, true},
		"with a Text, set as two": {composing, asTwo, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range everyClient {
				w := newMethodFixture(t, password.Config{RequireCurrentPassword: true}, func(c *settings.Config) { c.Text = row.text })
				c := w.SignIn(w.ada, kind)
				f := c.Start()
				saved(t, c, c.Submit(f, to(row.set, passwordBefore)))
				assert.Equal(t, row.one, w.PasswordIs(w.ada, asOne), "as it is hashed")
				for spelling, right := range map[string]bool{asOne: row.one, asTwo: row.two} {
					_, err := w.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: w.ada, Value: spelling})
					assert.Equal(t, right, err == nil, "at a login: %q", spelling)
					if right {
						unchanged := shown(t, kind, c.Submit(f, to(row.set, spelling)), http.StatusBadRequest)
						assert.Equal(t, []string{"password:4000039"}, unchanged.Messages())
						saved(t, c, c.Submit(f, to("another good one", spelling)))
						saved(t, c, c.Submit(f, to(row.set, "another good one")))
					}
				}
			}
		})
	}
}

// What was hashed before there was a Text is compared as it was typed then.
func TestHashesFromBeforeTheText(t *testing.T) {
	for _, kind := range everyClient {
		w := newMethodFixture(t, password.Config{RequireCurrentPassword: true}, func(c *settings.Config) { c.Text = composing })
		hash, err := settingstest.FastHash().Hash(asTwo)
		require.NoError(t, err)
		w.Edit(w.ada, func(i *identity.Identity) { i.PasswordHash = hash })
		for spelling, right := range map[string]bool{asTwo: true, asOne: false} {
			_, err := w.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: w.ada, Value: spelling})
			assert.Equal(t, right, err == nil, "%q", spelling)
		}
		c := w.SignIn(w.ada, kind)
		f := c.Start()
		unchanged := shown(t, kind, c.Submit(f, to(asTwo, asTwo)), http.StatusBadRequest)
		assert.Equal(t, []string{"password:4000039"}, unchanged.Messages())
		saved(t, c, c.Submit(f, to(asOne, asTwo)))
		assert.True(t, w.PasswordIs(w.ada, asOne))
	}
}

// A hash that is rewritten at a sign-in is of the form from then on.
func TestARewrittenHashIsOfTheForm(t *testing.T) {
	kit := settingstest.New(t, func(c *settings.Config) {
		c.Text = composing
		c.Methods = []settings.Method{password.New(password.Config{Writer: password.Argon2id{MemoryKiB: 7168, Time: 5}})}
	})
	ada := kit.AddIdentity("ada@example.com", asTwo) // a weak hash
	for _, spelling := range []string{asTwo, asOne, asTwo} {
		_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: ada, Value: spelling})
		require.NoError(t, err, "%q", spelling)
		assert.True(t, kit.PasswordIs(ada, asOne))
	}
}

// What is judged is what is hashed.
func TestThePolicyJudgesTheFormThatIsHashed(t *testing.T) {
	for name, row := range map[string]struct{ wanted, message, text string }{
		"eight characters, which are four": {strings.Repeat("e\u0301", 4), "password:4000032", "A password has at least 8 characters; this one has 4."},
		"what the Text refuses":            {"correct\ahorse", "password:4000005", "This password cannot be used: it has a control character."},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range everyClient {
				w := newMethodFixture(t, password.Config{}, func(c *settings.Config) { c.Text = composing })
				c := w.SignIn(w.ada, kind)
				f := shown(t, kind, c.Submit(c.Start(), to(row.wanted)), http.StatusBadRequest)
				assert.Equal(t, []string{row.message}, f.Messages())
				for _, n := range f.UI.Nodes {
					for _, m := range n.Messages {
						assert.Equal(t, row.text, m.Text)
					}
				}
				assert.Zero(t, w.hashed.Load())
			}
		})
	}
}

// A wrong password is compared as often whoever it is asked for and whatever is stored. What a comparison takes is its
// memory.
func TestWrongPasswordsAreComparedAsOften(t *testing.T) {
	writer := password.Argon2id{MemoryKiB: 7168, Time: 5}
	kit := settingstest.New(t, func(c *settings.Config) {
		c.Text = composing
		c.Methods = []settings.Method{password.New(password.Config{Writer: writer})}
	})
	hashOf := func(pass string) string {
		hash, err := writer.Hash(pass)
		require.NoError(t, err)
		return hash
	}
	ids := map[string]string{"nobody": "nobody"}
	for name, hash := range map[string]string{
		"with a hash of the form": hashOf(asOne), "with a hash from before": hashOf(asTwo), "with a hash of ASCII": hashOf("correct horse"),
		"with a hash that nobody can read": "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", "without a password": "",
	} {
		ids[name] = kit.AddIdentity(strings.ReplaceAll(name, " ", ".")+"@example.com", "")
		kit.Edit(ids[name], func(i *identity.Identity) { i.PasswordHash = hash })
	}
	compared := func(id, pass string) uint64 {
		return allocated(func() {
			_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: id, Value: pass, SkipTries: true})
			require.ErrorIs(t, err, settings.ErrWrong)
		}) / uint64(writer.Memory())
	}
	compared("nobody", "x") // makes the decoy
	for name, id := range ids {
		assert.EqualValues(t, 1, compared(id, "a wrong one"), "%s, ASCII", name)
		assert.EqualValues(t, 1, compared(id, "un café"), "%s, composed", name)
		assert.EqualValues(t, 2, compared(id, "un cafe\u0301"), "%s, in pieces", name)
	}
}
