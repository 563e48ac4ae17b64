package jsonschema_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/method/profile/jsonschema"
	"github.com/amend-go/amend/settings/settingstest"
)

const ada = `{"email":"ada@example.com","name":{"first":"Ada","last":"Lovelace"},"nickname":"ada"}`

// customers is the schema of the rows.
func customers(t testing.TB) *jsonschema.Schema {
	t.Helper()
	file, err := os.ReadFile("testdata/customer.schema.json")
	require.NoError(t, err)
	s, err := jsonschema.Parse(file)
	require.NoError(t, err)
	return s
}

func newMethod(s profile.Schema) settings.Method {
	return profile.New(profile.Config{Schemas: map[string]profile.Schema{"": s}})
}

// newKit has the method profile, and Ada with some traits.
func newKit(t testing.TB, s profile.Schema, traits string) (*settingstest.Kit, string) {
	t.Helper()
	kit := settingstest.New(t, func(c *settings.Config) { c.Methods = append(c.Methods, newMethod(s)) })
	id := kit.AddIdentity("ada@example.com", "the password of ada")
	kit.Edit(id, func(i *identity.Identity) { i.Traits = json.RawMessage(traits) })
	return kit, id
}

// A schema file judges the rows of package profile as fields in Go do. What follows
// from that for each kind of client is shown there, over the same rows.
func TestRows(t *testing.T) {
	var rows []struct {
		Name           string
		Traits, Stored json.RawMessage
		API            string
	}
	file, err := os.ReadFile("../testdata/rows.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(file, &rows))
	require.NotEmpty(t, rows)
	s := customers(t)
	for _, r := range rows {
		if r.Traits == nil || strings.HasPrefix(r.API, "403 ") || r.API == "400 4000007" {
			continue // what decides is no schema, but that nothing is sent, the session's age, or another account
		}
		t.Run(r.Name, func(t *testing.T) {
			stored, wrong := submit(t, s, ada, string(r.Traits))
			if r.Stored != nil {
				assert.Empty(t, wrong)
				assert.JSONEq(t, string(r.Stored), stored)
				return
			}
			assert.Equal(t, ada, stored)
			// A client reads on the form what is said of an object, which has no input.
			onForm := strings.NewReplacer(" traits:", " ", " traits.name:", " ")
			assert.Equal(t, r.API, onForm.Replace("400 "+strings.Join(wrong, " ")))
		})
	}
}
