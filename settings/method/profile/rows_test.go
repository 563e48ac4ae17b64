package profile_test

import (
	"testing"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/method/profile/internal/rows"
)

const ada = rows.Ada

// customers is the schema of the rows.
var customers = profile.Fields(
	profile.Field{Name: "email", Type: profile.Email, Label: "E-mail", Required: true, MinLength: 3, Identifier: true, Verify: profile.ByEmail, Recover: profile.ByEmail},
	profile.Field{Name: "name.first", Label: "First name", Autocomplete: "given-name", Required: true},
	profile.Field{Name: "name.last", Label: "Last name"},
	profile.Field{Name: "nickname", MaxLength: 20},
)

func newMethod(s profile.Schema) settings.Method {
	return profile.New(profile.Config{Schemas: map[string]profile.Schema{"": s}})
}

// newKit has the method profile, and Ada with some traits; submission is the submit of some.
var newKit, submission = rows.NewKit, rows.Submission

func TestRows(t *testing.T) {
	rows.Run(t, func(testing.TB) profile.Schema { return customers })
}
