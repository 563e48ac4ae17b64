package settings_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestAMethodNamesItsListsBelowItsFields(t *testing.T) {
	for list, ok := range map[string]bool{"traits.emails": true, "traits": false, "password.x": false, "": false, "Traits.emails": false} {
		c := settingstest.New(t).Config
		c.Methods = []settings.Method{bodyMethod{method.Info{Name: "profile", Fields: []string{"traits"}, Lists: []string{list}}}}
		_, err := settings.New(c)
		if ok {
			assert.NoError(t, err, list)
		} else {
			assert.ErrorContains(t, err, "Config.Methods: profile: the list", list)
		}
	}
}

// What was typed is shown again as a whole or not at all: half a form, sent again,
// would take away the other half.
func TestAFormIsShownAgainAsAWhole(t *testing.T) {
	for _, c := range []struct {
		name    string
		entries int
		bio     string
		typed   bool
	}{
		{"a long text and some entries", 10, strings.Repeat("x", 5000), true},
		{"a text that is longer than is kept", 10, strings.Repeat("ü", 4097), false},
		{"as many entries as a form shows", 97, "", true},
		{"more than is kept", 99, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			kit := settingstest.New(t, offering(profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
				profile.Field{Name: "tags", List: true}, profile.Field{Name: "bio", MaxLength: 5000}, profile.Field{Name: "email", Type: profile.Email},
			)}})))
			client := kit.SignIn(kit.AddIdentity("ada@example.com", "correct horse battery staple"), respond.Page)
			f := client.Start()
			form := url.Values{"method": {"profile"}, "csrf_token": {f.CSRFToken()}, "traits.bio": {c.bio}, "traits.email": {"nobody"}}
			for n := range c.entries {
				form.Add("traits.tags", fmt.Sprint(n))
			}
			again := client.Post("/self-service/settings?flow="+f.ID, "application/x-www-form-urlencoded", form.Encode()).Follow().Flow
			require.Equal(t, []string{"traits.email:4000040"}, again.Messages())
			shown := map[string]any{}
			for _, n := range again.UI.Nodes {
				shown[n.Name()] = n.Attributes["value"]
			}
			if !c.typed {
				assert.Nil(t, shown["traits.tags.0"])
				assert.NotEqual(t, "nobody", shown["traits.email"])
				return
			}
			assert.Equal(t, "nobody", shown["traits.email"])
			assert.Equal(t, c.bio, shown["traits.bio"])
			for n := range c.entries {
				assert.Equal(t, fmt.Sprint(n), shown[fmt.Sprint("traits.tags.", n)])
			}
		})
	}
}
