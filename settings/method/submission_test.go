package method_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/method"
)

// What a value says as a text, as a button that names something, and as a button
// that says yes.
func TestFieldsAreReadOneWay(t *testing.T) {
	missing, wrongText, wrongFlag := ui.Missing("x"), ui.WrongType("string", "another type"), ui.WrongType("boolean", "another type")
	for _, c := range []struct {
		name, json string
		text       string
		textIs     *ui.Text
		button     string
		pressed    bool
		flag       bool
		flagIs     *ui.Text
	}{
		{name: "a text", json: `"abc"`, text: "abc", button: "abc", pressed: true, flagIs: &wrongFlag},
		{name: "a text of spaces is one", json: `" "`, text: " ", button: " ", pressed: true, flagIs: &wrongFlag},
		{name: "an empty text says nothing", json: `""`, textIs: &missing},
		{name: "null says nothing", json: `null`, textIs: &missing},
		{name: "false is no text, and a button that was not pressed", json: `false`, textIs: &wrongText},
		{name: "so is the text of it, as forms send it", json: `"false"`, text: "false"},
		{name: "true names nothing", json: `true`, textIs: &wrongText, pressed: true, flag: true},
		{name: "the text of it is a name like any other", json: `"true"`, text: "true", button: "true", pressed: true, flag: true},
		{name: "a number", json: `1`, textIs: &wrongText, pressed: true, flagIs: &wrongFlag},
		{name: "an array", json: `["abc"]`, textIs: &wrongText, pressed: true, flagIs: &wrongFlag},
		{name: "an object", json: `{"id":"abc"}`, textIs: &wrongText, pressed: true, flagIs: &wrongFlag},
	} {
		t.Run(c.name, func(t *testing.T) {
			fields, problem := body.Decode("application/json", "", strings.NewReader(`{"x":`+c.json+`}`), 1<<10, []string{"x"})
			require.Nil(t, problem)
			s := method.Submission{Fields: fields}
			text, textIs := s.Text("x")
			assert.Equal(t, c.text, text)
			assert.Equal(t, c.textIs, textIs)
			button, pressed := s.Button("x")
			assert.Equal(t, c.button, button)
			assert.Equal(t, c.pressed, pressed)
			flag, flagIs := s.Flag("x")
			assert.Equal(t, c.flag, flag)
			assert.Equal(t, c.flagIs, flagIs)
			assert.Equal(t, c.json == `""` || c.json == `null`, s.Empty("x"))
			_, textIs = s.Text("y")
			assert.Equal(t, ui.Missing("y"), *textIs, "nor does what is absent")
		})
	}
}
