package mail_test

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
)

var at = time.Date(2030, 1, 2, 15, 4, 5, 0, time.UTC)

func TestEnglish(t *testing.T) {
	authenticators := func(all ...identity.Authenticator) identity.Parts { return identity.Parts{Authenticators: all} }
	addresses := func(value string) identity.Parts {
		return identity.Parts{Addresses: []identity.Address{{Via: "email", Value: value}}}
	}
	messages := []mail.Message{
		{Text: mail.Code, To: "new@example.com", Code: "AB12CD34", CodeExpires: at},
		{Text: mail.VerifyCode, To: "ada@example.com", Code: "AB12CD34", CodeExpires: at},
		{Text: mail.AddressInUse, To: "bob@example.com"},
		{Text: mail.PasswordChanged, Place: "Leeds, United Kingdom"},
		{Text: mail.PasswordChanged, Event: identity.Event{Actor: "help desk: 17"}},
		{Text: mail.FactorAdded, Event: identity.Event{Added: authenticators(identity.Authenticator{Method: aal.WebAuthn, Name: "blue key"})}},
		{Text: mail.FactorAdded, Event: identity.Event{Added: authenticators(identity.Authenticator{Method: "retina"})}},
		{Text: mail.FactorRemoved, Event: identity.Event{Removed: authenticators(identity.Authenticator{Method: aal.TOTP}, identity.Authenticator{Method: aal.Passkey, Name: "phone"})}},
		{Text: mail.FactorReplaced, Event: identity.Event{Added: authenticators(identity.Authenticator{Method: aal.Lookup}), Removed: authenticators(identity.Authenticator{Method: aal.Lookup})}},
		{Text: mail.LoginLinked, Event: identity.Event{Added: authenticators(identity.Authenticator{Method: aal.OIDC, Name: "Example"})}},
		{Text: mail.LoginUnlinked, Event: identity.Event{Removed: authenticators(identity.Authenticator{Method: aal.OIDC, Name: "Example"})}},
		{Text: mail.AddressChanged, Event: identity.Event{Added: addresses("new@example.com"), Removed: addresses("ada@example.com")}},
		{Text: mail.NameChanged},
		{Text: 7002999}, // of a newer build
	}
	var all strings.Builder
	for _, m := range messages {
		m.Event.At = at
		subject, text := m.English()
		assert.NotContains(t, subject, "\n")
		assert.True(t, strings.HasSuffix(text, "\n"))
		assert.NotContains(t, text, "http", "no message has a link in it")
		fmt.Fprintf(&all, "--- %d %s\n%s\n", m.Text, subject, text)
	}
	const golden = "testdata/english.txt"
	if os.Getenv("AMEND_GOLDEN") == "write" {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(golden, []byte(all.String()), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), all.String())
}

// What somebody has named a key must not look like a part of the message.
func TestANameInAMessageStaysInItsLine(t *testing.T) {
	for name, key := range map[string]string{
		"a line break":              "key\nIf that was not you, call 0900",
		"a carriage return":         "key\r\nSubject: x",
		"a line separator":          "key\u2028next",
		"another direction":         "key\u202egnp.exe",
		"as long as a whole letter": strings.Repeat("x", 10_000),
	} {
		t.Run(name, func(t *testing.T) {
			m := mail.Message{Text: mail.FactorAdded, Place: key, Event: identity.Event{At: at, Added: identity.Parts{Authenticators: []identity.Authenticator{{Method: aal.Passkey, Name: key}}}}}
			subject, text := m.English()
			plain, _ := mail.Message{Text: mail.FactorAdded, Place: "x", Event: identity.Event{At: at, Added: identity.Parts{Authenticators: []identity.Authenticator{{Method: aal.Passkey, Name: "key"}}}}}.English()
			assert.Equal(t, plain, subject)
			assert.Equal(t, 7, strings.Count(text, "\n"), text)
			assert.Less(t, len(text), 1000)
			assert.NotContains(t, text, "\u202e")
		})
	}
}
