package page_test

import (
	"encoding/json"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/page"
)

func TestABoxThatIsNotTickedIsSentAsFalse(t *testing.T) {
	for _, c := range []struct {
		name  string
		value any
		off   bool
		want  string
	}{
		{"a ticked box", true, false, `<input type="hidden" name="traits.news" value="false"> <input id="f2" type="checkbox" name="traits.news" value="true" checked>`},
		{"a box that a submit ticked", "true", false, `<input type="hidden" name="traits.news" value="false"> <input id="f2" type="checkbox" name="traits.news" value="true" checked>`},
		{"an empty box", false, false, `<input type="hidden" name="traits.news" value="false"> <input id="f2" type="checkbox" name="traits.news" value="true">`},
		{"a box that cannot be changed sends nothing", true, true, `<input id="f2" type="checkbox" name="traits.news" value="true" checked disabled>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := ui.Input{Name: "traits.news", Type: ui.InputCheckbox, Value: c.value, Required: true, Disabled: c.off}
			got := between(t, shown(t, input(ui.Profile, in, ui.Text{})).body, `<div class="field check">`, `<label`)
			assert.Equal(t, c.want, strings.Join(strings.Fields(got), " "))
		})
	}
}

func TestValueOfAField(t *testing.T) {
	for _, c := range []struct {
		name  string
		value any
		want  string
	}{
		{"a text", "a  b", `value="a  b"`},
		{"nothing", nil, `value=""`},
		{"a whole number", 36, `value="36"`},
		{"a large number without an exponent", 1e7, `value="10000000"`},
		{"a fraction", 0.25, `value="0.25"`},
		{"a number as it was written", json.Number("1.50"), `value="1.50"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Contains(t, shown(t, trait("x", "X", ui.InputNumber, c.value)).body, ` name="traits.x" `+c.want+`>`)
		})
	}
}

// A browser sends the first of the options where none is selected.
func TestAChoiceIsNeverMadeByTheBrowser(t *testing.T) {
	for _, c := range []struct {
		name     string
		value    any
		required bool
		want     string
	}{
		{"chosen, and may be taken back", "green", false, `<option value=""></option> <option value="red">red</option> <option value="green" selected>green</option>`},
		{"chosen, and required", "green", true, `<option value="red">red</option> <option value="green" selected>green</option>`},
		{"not chosen yet", nil, true, `<option value="" selected></option> <option value="red">red</option> <option value="green">green</option>`},
		{"chosen of what is no longer offered: it stays until its user chooses", "blue", true, `<option value="blue" selected>blue</option> <option value="red">red</option> <option value="green">green</option>`},
		{"the same, and may be taken back", "blue", false, `<option value=""></option> <option value="blue" selected>blue</option> <option value="red">red</option> <option value="green">green</option>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := ui.Input{Name: "traits.color", Type: ui.InputText, Value: c.value, Required: c.required, Options: []string{"red", "green"}}
			_, got, found := strings.Cut(between(t, shown(t, input(ui.Profile, in, ui.Text{})).body, "<select", "</select>"), ">")
			require.True(t, found)
			assert.Equal(t, c.want, strings.Join(strings.Fields(got), " "))
		})
	}
}

// Boxes need no script and no key held down. The hidden field before them says that
// the form has them, also where none is ticked.
func TestAChoiceOfSeveral(t *testing.T) {
	for _, c := range []struct {
		name  string
		value any
		off   bool
		want  string
	}{
		{"some chosen", []any{"b", "a"}, false, `<legend>traits.x</legend> <input type="hidden" name="traits.x" value=""> a:checked b:checked`},
		{"none", []any{}, false, `<legend>traits.x</legend> <input type="hidden" name="traits.x" value=""> a: b:`},
		{"nothing yet", nil, false, `<legend>traits.x</legend> <input type="hidden" name="traits.x" value=""> a: b:`},
		{"one that is no longer offered", []any{"gone", "a"}, false, `<legend>traits.x</legend> <input type="hidden" name="traits.x" value=""> a:checked b: gone:checked`},
		{"numbers", []any{json.Number("1")}, false, `<legend>traits.x</legend> <input type="hidden" name="traits.x" value=""> a: b: 1:checked`},
		{"that cannot be changed sends nothing", []any{"a"}, true, `<legend>traits.x</legend> a:checked b:`},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := ui.Input{Name: "traits.x", Type: ui.InputText, Value: c.value, Multiple: true, Options: []string{"a", "b"}, Disabled: c.off, Required: true}
			got := between(t, shown(t, input(ui.Profile, in, ui.Text{})).body, `<fieldset class="field"`, "</fieldset>")
			assert.Equal(t, c.off, strings.HasPrefix(got, " disabled>"), "a fieldset takes all of its boxes along")
			_, got, _ = strings.Cut(got, ">")
			box := regexp.MustCompile(`<div class="check"> <input id="f2-\d" type="checkbox" name="traits\.x" value="(\w+)" ?(checked)?> <label for="f2-\d">\w+</label> </div>`)
			assert.Equal(t, c.want, strings.TrimSpace(box.ReplaceAllString(strings.Join(strings.Fields(got), " "), "$1:$2")))
		})
	}
}

// A browser drops a line break that follows the tag, and no other one.
func TestATextOfSeveralLines(t *testing.T) {
	for _, value := range []string{"", "one line", "two\nlines", "\nan empty line first", "</textarea><b>", "  space  "} {
		in := ui.Input{Name: "traits.x", Type: ui.InputText, Value: value, Multiline: true, Required: true}
		got := between(t, shown(t, input(ui.Profile, in, ui.Text{})).body, `<textarea id="f2" name="traits.x" rows="5" required>`, "</textarea>")
		assert.Equal(t, "\n"+value, html.UnescapeString(got))
	}
}

// A browser sends the domain of what stands in a field of the type email in ASCII.
func TestAnAddressIsSentAsItWasTyped(t *testing.T) {
	got := shown(t, trait("email", "E-mail", ui.InputEmail, "ada@münchen.de")).body
	assert.Contains(t, got, `<input id="f2" type="text" name="traits.email" value="ada@münchen.de" inputmode="email" autocapitalize="none" spellcheck="false">`)
	assert.NotContains(t, got, `type="email"`)
}

func TestFieldsOfATypeWeDoNotShowAreTexts(t *testing.T) {
	for _, kind := range []ui.InputType{"file", "image", "reset", "submit ", "HIDDEN", ""} {
		assert.Contains(t, shown(t, trait("x", "X", kind, "v")).body, `<input id="f2" type="text" name="traits.x" value="v">`, string(kind))
	}
}

func TestTheFocusOfAChoiceIsOnABox(t *testing.T) {
	roles := input(ui.Profile, ui.Input{Name: "traits.x", Type: ui.InputText, Multiple: true, Options: []string{"a", "b"}}, ui.Text{})
	body := written(t, formOf([]ui.Node{roles}, ui.On("traits.x", ui.TooFewItems(1, 0))), page.Options{}).body
	assert.Equal(t, 1, strings.Count(body, " autofocus"))
	assert.Contains(t, body, `<fieldset class="field" aria-invalid="true" aria-describedby="f2-notes">`)
	assert.Contains(t, body, `name="traits.x" value="a" autofocus>`)
}
