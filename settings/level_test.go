package settings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// A first password is a factor added. Who only has the linked login of an
// account with a second factor must not add one, even where that login is
// enough for settings; replacing a password is another matter.
func TestAFirstPasswordNeedsTheHighestLevel(t *testing.T) {
	for name, c := range map[string]struct {
		password string
		allow    bool
		status   int
	}{
		"the first password":                    {"", false, 403},
		"the first password, where it may":      {"", true, 200},
		"a password in place of the one before": {"correct horse battery staple", false, 200},
	} {
		t.Run(name, func(t *testing.T) {
			kit := settingstest.New(t, func(conf *settings.Config) {
				conf.AllowAAL1, conf.AllowFactorChangeAtAAL1 = true, c.allow
			})
			id := kit.AddIdentity("ada@example.com", c.password)
			kit.AddFactor(id, aal.OIDC)
			kit.AddFactor(id, aal.TOTP)
			client := kit.SignIn(id, respond.API, aal.OIDC)
			a := client.Submit(client.Start(), settingstest.Fields{"method": "password", "password": "a much better horse"})
			assert.Equal(t, c.status, a.Status, a)
			if c.status == 403 {
				assert.Equal(t, "session_aal2_required", a.Error.ID)
				assert.False(t, kit.Identity(id).Has(aal.Password))
			}
		})
	}
}
