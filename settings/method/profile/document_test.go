package profile_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestSchemasAreServed(t *testing.T) {
	kit := settingstest.New(t, func(c *settings.Config) {
		c.Methods = append(c.Methods, profile.New(profile.Config{Schemas: map[string]profile.Schema{
			"": customers, "employee": profile.Fields(profile.Field{Name: "email", Type: profile.Email, Required: true}, profile.Field{Name: "secret.rank", Access: profile.Hide}),
		}}))
	})
	id := kit.AddIdentity("ada@example.com", "")
	whoami := kit.SignIn(id, respond.API).Whoami()
	assert.Contains(t, string(whoami.Body), `"schema_id":"default","schema_url":"https://app.example.com/auth/schemas/default"`)

	a := kit.Anonymous(respond.Script).Get("/schemas/default")
	assert.Equal(t, http.StatusOK, a.Status)
	assert.Equal(t, "application/json", a.Header.Get("Content-Type"))
	assert.JSONEq(t, `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"traits":{"type":"object",
		"properties":{
			"email":{"type":"string","title":"E-mail","format":"email","minLength":3,"maxLength":254,
				"ory.sh/kratos":{"credentials":{"password":{"identifier":true}},"verification":{"via":"email"},"recovery":{"via":"email"}}},
			"name":{"type":"object","properties":{
				"first":{"type":"string","title":"First name","minLength":1,"maxLength":1000},
				"last":{"type":"string","title":"Last name","maxLength":1000}},"required":["first"]},
			"nickname":{"type":"string","title":"Nickname","maxLength":20}},
		"required":["email","name"]}}}`, string(a.Body))

	a = kit.Anonymous(respond.Script).Get("/schemas/employee")
	assert.Equal(t, http.StatusOK, a.Status)
	assert.NotContains(t, string(a.Body), "rank", "nobody is told of what is hidden")
	assert.NotContains(t, string(a.Body), "secret")
	assert.Equal(t, http.StatusNotFound, kit.Anonymous(respond.Script).Get("/schemas/other").Status)
}

func TestADocumentOfEveryType(t *testing.T) {
	s := profile.Fields(
		profile.Field{Name: "site", Type: profile.URL, Pattern: "https://.*"},
		profile.Field{Name: "height", Type: profile.Number, Min: "0.5", Max: "3"},
		profile.Field{Name: "news", Type: profile.Checkbox},
		profile.Field{Name: "seen", Type: profile.DateTime, Access: profile.Read},
		profile.Field{Name: "language", Options: []string{"en", "de"}},
		profile.Field{Name: "tags", Type: profile.Other},
		profile.Field{Name: "phone", Type: profile.Tel, Recover: profile.BySMS},
		profile.Field{Name: "emails", Type: profile.Email, List: true, Required: true, Identifier: true},
		profile.Field{Name: "floors", Type: profile.Integer, List: true, MaxItems: 2, Options: []string{"1", "2"}, Nullable: true},
		profile.Field{Name: "alias", Nullable: true, MaxLength: 5},
	)
	document, err := s.Document()
	require.NoError(t, err)
	var got struct {
		Properties struct {
			Traits struct{ Properties map[string]any }
		}
	}
	require.NoError(t, json.Unmarshal(document, &got))
	assert.Equal(t, map[string]any{
		"site":     map[string]any{"type": "string", "title": "Site", "format": "uri", "pattern": "^(?:https://.*)$", "maxLength": 1000.0},
		"height":   map[string]any{"type": "number", "title": "Height", "minimum": 0.5, "maximum": 3.0},
		"news":     map[string]any{"type": "boolean", "title": "News"},
		"seen":     map[string]any{"type": "string", "title": "Seen", "format": "date-time", "maxLength": 35.0, "readOnly": true},
		"language": map[string]any{"type": "string", "title": "Language", "maxLength": 1000.0, "enum": []any{"en", "de"}},
		"tags":     map[string]any{"title": "Tags"},
		"phone":    map[string]any{"type": "string", "title": "Phone", "format": "tel", "maxLength": 40.0, "ory.sh/kratos": map[string]any{"recovery": map[string]any{"via": "sms"}}},
		"emails": map[string]any{"type": "array", "title": "Emails", "minItems": 1.0, "maxItems": 100.0, "uniqueItems": true,
			"items":         map[string]any{"type": "string", "format": "email", "minLength": 1.0, "maxLength": 254.0},
			"ory.sh/kratos": map[string]any{"credentials": map[string]any{"password": map[string]any{"identifier": true}}}},
		"floors": map[string]any{"type": []any{"array", "null"}, "title": "Floors", "maxItems": 2.0, "uniqueItems": true, "items": map[string]any{"type": "integer", "enum": []any{1.0, 2.0}}},
		"alias":  map[string]any{"type": []any{"string", "null"}, "title": "Alias", "maxLength": 5.0},
	}, got.Properties.Traits.Properties)
}
