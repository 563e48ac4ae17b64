package password_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestPasswordsThatAreRefused(t *testing.T) {
	var (
		nist   = password.Config{Policy: password.Policy{NIST: true}}
		bcrypt = password.Config{Writer: password.Bcrypt(10)}
		// A Policy cannot allow what the hash format does not hold.
		lax = password.Config{Writer: password.Bcrypt(10), Policy: password.Policy{MaxBytes: 200}}
	)
	rows := []struct {
		name    string
		config  password.Config
		wanted  string
		message string
		context string
	}{
		{"seven characters", password.Config{}, "7 chars", "4000032", `{"min_length":8,"actual_length":7}`},
		{"seven characters of four bytes", password.Config{}, "🐙🐙🐙🐙🐙🐙🐙", "4000032", `{"min_length":8,"actual_length":7}`},
		{"a minimum of the host's", password.Config{Policy: password.Policy{MinLength: 12}}, "eleven char", "4000032", `{"min_length":12,"actual_length":11}`},
		{"14 characters as the only factor, by NIST", nist, "fourteen chars", "4000032", `{"min_length":15,"actual_length":14}`},
		{"257 characters", password.Config{}, strings.Repeat("äb", 128) + "c", "4000033", `{"max_length":256,"actual_length":257}`},
		{"a maximum of the host's", password.Config{Policy: password.Policy{MaxLength: 64}}, strings.Repeat("ab", 32) + "c", "4000033", `{"max_length":64,"actual_length":65}`},
		{"73 bytes for bcrypt", bcrypt, strings.Repeat("ab", 36) + "c", "4000033", `{"max_length":72,"actual_length":73}`},
		{"19 characters of four bytes for bcrypt", bcrypt, strings.Repeat("🐙", 19), "4000033", `{"max_length":72,"actual_length":76}`},
		{"73 bytes for bcrypt, whatever the policy allows", lax, strings.Repeat("ab", 36) + "c", "4000033", `{"max_length":72,"actual_length":73}`},
		{"a NUL for bcrypt", bcrypt, "ends here\x00 or not", "4000005", ""},
		{"one of the most common", password.Config{}, "iloveyou", "4000005", ""},
		{"one of the most common, in other case", password.Config{}, "ILoveYou", "4000005", ""},
		{"the address", password.Config{}, "ada@example.com", "4000031", ""},
		{"the address and a digit", password.Config{}, "Ada@example.com1", "4000031", ""},
		{"the old one", password.Config{}, passwordBefore, "4000039", ""},
		{"nothing", password.Config{}, "", "4000002", `{"property":"password"}`},
	}
	for _, kind := range everyClient {
		for _, row := range rows {
			t.Run(fmt.Sprint(kind, ": ", row.name), func(t *testing.T) {
				w := newMethodFixture(t, row.config)
				c, phone := w.SignIn(w.ada, kind), w.SignIn(w.ada, kind)
				was := w.Identity(w.ada)
				f := shown(t, kind, c.Submit(c.Start(), to(row.wanted)), http.StatusBadRequest)

				assert.Equal(t, "show_form", f.State)
				assert.Equal(t, []string{"password:" + row.message}, f.Messages(), "on the node")
				message := messageOn(t, f, "password")
				assert.Equal(t, "error", message.Type)
				got, err := json.Marshal(message.Context)
				require.NoError(t, err)
				switch {
				case row.context != "":
					assert.JSONEq(t, row.context, string(got))
				case row.message == "4000005":
					assert.NotEmpty(t, message.Context["reason"])
				}
				assert.Equal(t, was, w.Identity(w.ada), "nothing is written")
				assert.Zero(t, w.hashed.Load(), "and nothing is hashed")
				assert.Equal(t, http.StatusOK, phone.Whoami().Status)
			})
		}
	}
}

func messageOn(t *testing.T, f *settingstest.Flow, node string) settingstest.Text {
	t.Helper()
	for _, n := range f.UI.Nodes {
		if n.Name() == node {
			require.Len(t, n.Messages, 1)
			return n.Messages[0]
		}
	}
	require.Fail(t, "no node "+node)
	return settingstest.Text{}
}

func TestPasswordsThatAreNoStrings(t *testing.T) {
	for _, kind := range []respond.Client{respond.API, respond.Script} { // a form has nothing but strings
		for _, field := range []string{"password", "current_password"} {
			for value, message := range map[string]string{
				"12345678": "4000026", "true": "4000026", `["a good new password"]`: "4000026", `{"a":"good new password"}`: "4000026",
				"null": "4000002", `""`: "4000002",
			} {
				t.Run(fmt.Sprint(kind, ": ", field, " ", value), func(t *testing.T) {
					w := newMethodFixture(t, password.Config{RequireCurrentPassword: true})
					c := w.SignIn(w.ada, kind)
					was := w.Identity(w.ada)
					fields := to(passwordAfter, passwordBefore)
					fields[field] = json.RawMessage(value)
					f := shown(t, kind, c.Submit(c.Start(), fields), http.StatusBadRequest)
					assert.Equal(t, []string{field + ":" + message}, f.Messages())
					assert.Equal(t, was, w.Identity(w.ada))
					assert.Zero(t, w.hashed.Load())
				})
			}
		}
	}
}

func TestPasswordsThatAreGood(t *testing.T) {
	rows := map[string]string{
		"eight characters":                   "8 octets",
		"eight emoji":                        "🐙🦑🐚🌊🐳🐬🐟🦀",
		"all digits":                         "83719264",
		"spaces at the ends":                 "  a space counts  ",
		"only lower case":                    "justsomewordsinarow",
		"64 characters":                      strings.Repeat("8 chars.", 8),
		"256 characters":                     strings.Repeat("8 chars.", 32),
		"256 characters of four bytes":       strings.Repeat("🐙🦑🐚🌊", 64),
		"a common one among other words":     "iloveyou since the summer",
		"the name in a passphrase":           "ada@example.com likes the sea and ships",
		"a quote, a backslash and a percent": `"'\%00&=;`,
	}
	for _, kind := range everyClient {
		for name, wanted := range rows {
			t.Run(fmt.Sprint(kind, ": ", name), func(t *testing.T) {
				w := newMethodFixture(t, password.Config{})
				c, phone := w.SignIn(w.ada, kind), w.SignIn(w.ada, kind)
				saved(t, c, c.Submit(c.Start(), to(wanted)))
				assert.True(t, w.PasswordIs(w.ada, wanted), "not a byte is changed on the way")
				assert.False(t, w.PasswordIs(w.ada, passwordBefore))
				assert.EqualValues(t, 1, w.hashed.Load(), "one hash")
				assert.Equal(t, http.StatusUnauthorized, phone.Whoami().Status)
			})
		}
	}
}

func TestNISTAsksLessBesideASecondFactor(t *testing.T) {
	w := newMethodFixture(t, password.Config{Policy: password.Policy{NIST: true}})
	w.AddFactor(w.ada, aal.TOTP)
	c := w.SignIn(w.ada, respond.API, aal.Password, aal.TOTP)
	saved(t, c, c.Submit(c.Start(), to("8 octets")))
}

func TestTheLastCharacterMakesAnotherPassword(t *testing.T) {
	for _, length := range []int{64, 72, 73, 128, 256} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			w := newMethodFixture(t, password.Config{})
			c := w.SignIn(w.ada, respond.API)
			stem := strings.Repeat("long one", 32)[:length-1]
			saved(t, c, c.Submit(c.Start(), to(stem+"a")))
			saved(t, c, c.Submit(c.Start(), to(stem+"b"))) // not "the password you already have"
			assert.True(t, w.PasswordIs(w.ada, stem+"b"))
			assert.False(t, w.PasswordIs(w.ada, stem+"a"))
			assert.False(t, w.PasswordIs(w.ada, stem))
		})
	}
}
