package body_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/settings/body"
)

func TestFieldsOfJSON(t *testing.T) {
	fields := accept(t, typeJSON, `{
		"text": "a", "empty": "", "yes": true, "no": false, "yes_text": "true", "no_text": "false", "TRUE": "TRUE",
		"one": 1, "null": null, "object": {"a": {"b": [1]}}, "list": ["a"]}`)

	t.Run("strings", func(t *testing.T) {
		for name, want := range map[string]body.Presence{
			"text": body.Present, "empty": body.Present, "yes_text": body.Present, "missing": body.Absent,
			"yes": body.WrongType, "one": body.WrongType, "null": body.WrongType, "object": body.WrongType, "list": body.WrongType,
		} {
			value, got := fields.String(name)
			assert.Equal(t, want, got, name)
			if got != body.Present {
				assert.Empty(t, value, name)
			}
		}
		value, _ := fields.String("text")
		assert.Equal(t, "a", value)
	})
	t.Run("booleans, and their names as text", func(t *testing.T) {
		for name, want := range map[string]body.Presence{
			"yes": body.Present, "no": body.Present, "yes_text": body.Present, "no_text": body.Present, "missing": body.Absent,
			"TRUE": body.WrongType, "text": body.WrongType, "empty": body.WrongType, "one": body.WrongType,
			"null": body.WrongType, "object": body.WrongType, "list": body.WrongType,
		} {
			value, got := fields.Bool(name)
			assert.Equal(t, want, got, name)
			assert.Equal(t, name == "yes" || name == "yes_text", value, name)
		}
	})
	t.Run("objects", func(t *testing.T) {
		for name, want := range map[string]body.Presence{
			"object": body.Present, "missing": body.Absent,
			"text": body.WrongType, "yes": body.WrongType, "one": body.WrongType, "null": body.WrongType, "list": body.WrongType,
		} {
			_, got := fields.Object(name)
			assert.Equal(t, want, got, name)
		}
		value, _ := fields.Object("object")
		assert.Contains(t, value, "a")
	})
	t.Run("any type", func(t *testing.T) {
		value, present := fields.Value("null")
		assert.True(t, present)
		assert.Nil(t, value)
		_, present = fields.Value("missing")
		assert.False(t, present)
	})
	assert.True(t, fields.Has("null"))
	assert.False(t, fields.Has("missing"))
	assert.Equal(t, []string{"TRUE", "empty", "list", "no", "no_text", "null", "object", "one", "text", "yes", "yes_text"}, fields.Names())
	assert.False(t, fields.FromForm())
}

func TestFieldsOfAForm(t *testing.T) {
	fields := accept(t, typeURLEncoded, "method=profile&totp_unlink=true&traits.newsletter=on&traits.name.first=Ada&count=1&null=null")
	text, presence := fields.String("count")
	assert.Equal(t, body.Present, presence)
	assert.Equal(t, "1", text)
	yes, presence := fields.Bool("totp_unlink")
	assert.Equal(t, body.Present, presence)
	assert.True(t, yes)
	_, presence = fields.Bool("null")
	assert.Equal(t, body.WrongType, presence)
	traits, presence := fields.Object("traits")
	assert.Equal(t, body.Present, presence)
	assert.Equal(t, map[string]any{"newsletter": "on", "name": map[string]any{"first": "Ada"}}, traits)
	_, presence = fields.String("traits")
	assert.Equal(t, body.WrongType, presence)
	assert.True(t, fields.FromForm())
}

func TestTheZeroFieldsAreAnEmptyForm(t *testing.T) {
	var fields body.Fields
	_, presence := fields.String("csrf_token")
	assert.Equal(t, body.Absent, presence)
	assert.False(t, fields.Has("csrf_token"))
	assert.Empty(t, fields.Names())
	assert.True(t, fields.FromForm(), "a form is trusted with less")
}

func TestFieldsPrintedByMistakeShowNothing(t *testing.T) {
	fields := accept(t, typeJSON, `{"password":"hunter2-hunter2"}`)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		assert.Equal(t, "body.Fields(1)", fmt.Sprintf(verb, fields), verb)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("submit", "fields", fields)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("submit", "fields", fields)
	assert.NotContains(t, log.String(), "hunter2")
}
