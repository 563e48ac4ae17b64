package lang_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/mail"
	"github.com/amend-go/amend/settings/page/lang"
)

// Each message as it is read, by its language: testdata.
func TestMessagesInEveryLanguage(t *testing.T) {
	at := time.Date(2030, 3, 2, 15, 4, 5, 0, time.UTC)
	parts := func(m aal.Method, name string) identity.Parts {
		return identity.Parts{Authenticators: []identity.Authenticator{{Method: m, Name: name}}, Addresses: []identity.Address{{Via: "email", Value: "ada@example.com"}}}
	}
	messages := []mail.Message{
		{Text: mail.Code, To: "new@example.com", Code: "AB12CD34", CodeExpires: at},
		{Text: mail.VerifyCode, To: "ada@example.com", Code: "AB12CD34", CodeExpires: at},
		{Text: mail.AddressInUse, To: "bob@example.com"},
		{Text: 7002999}, // of a newer build
	}
	for id := mail.PasswordChanged; id <= mail.NameChanged; id++ {
		messages = append(messages, mail.Message{Text: id, Place: "Leeds", Event: identity.Event{Actor: "17", Added: parts(aal.WebAuthn, "blue"), Removed: parts(aal.TOTP, "")}})
	}
	for name, w := range map[string]mail.Words{"german": lang.GermanMail(), "arabic": lang.ArabicMail()} {
		t.Run(name, func(t *testing.T) {
			var all strings.Builder
			for _, m := range messages {
				m.Event.At = at
				subject, text := m.In(w)
				assert.NotEmpty(t, subject)
				assert.NotRegexp(t, `\{\w+\}`, subject+text, "every name in braces is a value")
				for _, value := range []string{m.Code, m.To, m.Place} {
					assert.Contains(t, text, value)
				}
				assert.NotContains(t, text, "http", "no message has a link in it")
				if m.Text >= mail.PasswordChanged && m.Text <= mail.NameChanged {
					assert.NotEqual(t, w.Changed, w.What[m.Text])
					assert.Contains(t, text, w.What[m.Text], "%d", m.Text)
				}
				fmt.Fprintf(&all, "--- %d %s\n%s\n", m.Text, subject, text)
			}
			for _, m := range []aal.Method{aal.Password, aal.TOTP, aal.Lookup, aal.WebAuthn, aal.Passkey, aal.OIDC} {
				assert.NotEmpty(t, w.Factors[m], m)
			}
			golden := "testdata/mail-" + name + ".txt"
			if os.Getenv("AMEND_GOLDEN") == "write" {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(golden, []byte(all.String()), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), all.String())
		})
	}
}
