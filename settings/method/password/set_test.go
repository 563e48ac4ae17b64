package password_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
)

// What an administrator sets is judged like what its user sets, but for the current
// password, which they do not know.
func TestAPasswordThatAnAdministratorSets(t *testing.T) {
	breached := list(func(_ context.Context, secret string) (bool, error) {
		if secret == "no answer at all" {
			return false, errors.New("the network is down")
		}
		return secret == "breached password", nil
	})
	full := password.NewLimiter(1, 0, time.Nanosecond)
	mapping := method.Text{Password: func(typed string) (string, error) {
		if typed == "with a control \x01" {
			return "", errors.New("it has a control character")
		}
		return "mapped " + typed, nil
	}}
	rows := []struct {
		name, value string
		config      password.Config
		text        method.Text
		want        string // a part of the error
		busy        bool
		is          string // the password after it
	}{
		{name: "a good one", value: "a much better horse", is: "a much better horse"},
		{name: "where the current one is asked for", value: "a much better horse", config: password.Config{RequireCurrentPassword: true}, is: "a much better horse"},
		{name: "the one that it has", value: passwordBefore, is: passwordBefore},
		{name: "as a host maps it", value: "a much better horse", text: mapping, is: "mapped a much better horse"},
		{name: "what cannot be mapped", value: "with a control \x01", text: mapping, want: "it has a control character."},
		{name: "too short", value: "short", want: "at least 8"},
		{name: "known from breaches", value: "breached password", config: password.Config{Breaches: breached}, want: "breach"},
		{name: "while nobody can say if it is", value: "no answer at all", config: password.Config{Breaches: breached}, busy: true},
		{name: "while there is no room", value: "a much better horse", config: password.Config{Limiter: full}, busy: true},
		{name: "longer than the hash reads", value: "0123456789012345678901234567890123456789012345678901234567890123456789012", config: password.Config{Writer: password.Bcrypt(10)}, want: "72"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			kit := settingstest.New(t, func(c *settings.Config) {
				if row.config.Writer == nil {
					row.config.Writer = settingstest.FastHash()
				}
				c.Text, c.Methods = row.text, []settings.Method{password.New(row.config)}
			})
			ada := kit.AddIdentity("ada@example.com", passwordBefore)
			kit.SignIn(ada, respond.API)
			if row.config.Limiter == full {
				started, done := make(chan struct{}), make(chan struct{})
				defer close(done)
				go func() { _ = full.Do(context.Background(), "", 0, func() error { close(started); <-done; return nil }) }()
				<-started
			}
			kit.Secret("password", row.value)
			err := kit.Handler.Service.SetPassword(settings.WithActor(t.Context(), "admin"), ada, row.value)
			if row.is != "" {
				require.NoError(t, err)
				assert.True(t, kit.PasswordIs(ada, row.is))
				return
			}
			assert.True(t, kit.PasswordIs(ada, passwordBefore))
			if row.busy {
				require.ErrorIs(t, err, settings.ErrBusy)
				return
			}
			var refused *method.RefusedError
			require.ErrorAs(t, err, &refused)
			assert.Contains(t, err.Error(), row.want)
		})
	}
}
