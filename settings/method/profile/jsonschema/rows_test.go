package jsonschema_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/method/profile/internal/rows"
	"github.com/amend-go/amend/settings/method/profile/jsonschema"
)

const ada = rows.Ada

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

var newKit = rows.NewKit

func TestASchemaFileAnswersLikeFieldsInGo(t *testing.T) {
	rows.Run(t, func(t testing.TB) profile.Schema { return customers(t) })
}
