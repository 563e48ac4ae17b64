package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
)

// A password is the same however a keyboard writes it: é is one character or two.
func TestAPasswordInAnotherSpelling(t *testing.T) {
	w := newFixture(t)
	hash, err := password.Argon2id{}.Hash("caf\u00e9 au lait, every day")
	require.NoError(t, err)
	row, err := w.app.users.GetIdentity(t.Context(), "1")
	require.NoError(t, err)
	row.PasswordHash = hash
	require.NoError(t, w.app.users.UpdateIdentity(t.Context(), row))
	for typed, want := range map[string]error{"caf\u00e9 au lait, every day": nil, "cafe\u0301 au lait, every day": nil, "cafe au lait, every day": settings.ErrWrong} {
		_, err := w.app.amend.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: "1", Name: demoUser, Value: typed})
		assert.ErrorIs(t, err, want)
	}
}
