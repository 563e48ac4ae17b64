package profile_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/settings/method/profile"
)

// Forms know texts only.
func TestWhatAFormMeans(t *testing.T) {
	for _, c := range []struct {
		name   string
		field  profile.Field
		stored string // "" for none
		sent   string // "(nothing)" for no field
		want   string // the value, "" for none; or "!id"
	}{
		{"a text", profile.Field{}, ``, "Ada", `"Ada"`},
		{"a text that looks like a number", profile.Field{}, ``, "5", `"5"`},
		{"a text with space around it", profile.Field{}, ``, " Ada ", `" Ada "`},
		{"an empty text", profile.Field{}, `"Ada"`, "", ``},
		{"no text", profile.Field{}, `"Ada"`, "(nothing)", ``},
		{"a number that stands in the place of a text, left alone", profile.Field{}, `5`, "5", `5`},
		{"a number that stands in the place of a text, changed", profile.Field{}, `5`, "6", `"6"`},
		{"a list that stands in the place of a text, which no input has", profile.Field{}, `["a"]`, "", `["a"]`},
		{"the same, replaced", profile.Field{}, `["a"]`, "b", `"b"`},
		{"an empty text that was stored", profile.Field{}, `""`, "", `""`},
		{"an empty text that was stored, and no field", profile.Field{}, `""`, "(nothing)", `""`},
		{"null that was stored", profile.Field{}, `null`, "", `null`},
		{"null that was stored, and required", profile.Field{Required: true}, `null`, "", `null`},
		{"emptied where null is a value", profile.Field{Nullable: true}, `"Ada"`, "", ``},
		{"emptied where null is a value and there must be one", profile.Field{Nullable: true, Required: true}, `"Ada"`, "", `null`},
		{"lines, as every form sends them", profile.Field{Multiline: true}, ``, "a\r\nb\r\n", `"a\nb\n"`},
		{"lines that were stored so", profile.Field{Multiline: true}, `"a\r\nb\rc\nd"`, "a\r\nb\r\nc\r\nd", `"a\r\nb\rc\nd"`},
		{"lines of a text that has one by its schema", profile.Field{}, `"a\nb"`, "a\r\nb", `"a\nb"`},

		{"an address with space around it", profile.Field{Type: profile.Email}, ``, " ada@example.com\u00a0", `"ada@example.com"`},
		{"an address of nothing but space", profile.Field{Type: profile.Email}, `"ada@example.com"`, "  ", ``},
		{"an address whose domain is in another case", profile.Field{Type: profile.Email}, `"ada@example.com"`, " ada@EXAMPLE.com ", `"ada@example.com"`},
		{"an address that was stored with space and capitals", profile.Field{Type: profile.Email}, `" ada@Example.com"`, "ada@example.com", `" ada@Example.com"`},
		{"an address whose name is in another case", profile.Field{Type: profile.Email}, `"ada@example.com"`, "Ada@example.com", `"Ada@example.com"`},
		{"a number to call with space around it", profile.Field{Type: profile.Tel}, ``, " +44 111111 ", `"+44 111111"`},
		{"a page with space around it", profile.Field{Type: profile.URL}, ``, "https://example.com/\t", `"https://example.com/"`},
		{"a date that is none, left alone", profile.Field{Type: profile.Date}, `"31.12.2030"`, "31.12.2030", `"31.12.2030"`},

		{"a whole number", profile.Field{Type: profile.Integer}, ``, "42", `42`},
		{"a negative one", profile.Field{Type: profile.Integer}, ``, "-42", `-42`},
		{"zeros before it", profile.Field{Type: profile.Integer}, ``, "007", `7`},
		{"zeros alone", profile.Field{Type: profile.Integer}, ``, "000", `0`},
		{"a fraction", profile.Field{Type: profile.Number}, ``, "1.50", `1.50`},
		{"a fraction without a zero", profile.Field{Type: profile.Number}, ``, "-.5", `-0.5`},
		{"an exponent", profile.Field{Type: profile.Number}, ``, "1e3", `1e3`},
		{"an exponent that is whole", profile.Field{Type: profile.Integer}, ``, "1e3", `1e3`},
		{"no number", profile.Field{Type: profile.Number}, `1`, "", ``},
		{"a stored number as it was shown", profile.Field{Type: profile.Number}, `1.0E2`, "1.0E2", `1.0E2`},
		{"a fraction where none may be", profile.Field{Type: profile.Integer}, ``, "1.5", `!4000026`},
		{"letters for a number", profile.Field{Type: profile.Number}, ``, "five", `!4000026`},
		{"an exponent of nothing", profile.Field{Type: profile.Number}, ``, "e5", `!4000026`},
		{"a dot alone", profile.Field{Type: profile.Number}, ``, ".", `!4000026`},
		{"a sign alone", profile.Field{Type: profile.Number}, ``, "-", `!4000026`},
		{"two signs", profile.Field{Type: profile.Number}, ``, "--5", `!4000026`},
		{"a plus", profile.Field{Type: profile.Number}, ``, "+5", `!4000026`},
		{"space", profile.Field{Type: profile.Number}, ``, "5 ", `!4000026`},
		{"hexadecimal", profile.Field{Type: profile.Number}, ``, "0x10", `!4000026`},
		{"no number at all", profile.Field{Type: profile.Number}, ``, "NaN", `!4000026`},
		{"an infinite one", profile.Field{Type: profile.Number}, ``, "1e400", `!4000001`},
		{"one too small to hold", profile.Field{Type: profile.Number}, ``, "1e-400", `!4000001`},
		{"one of 10,000 digits", profile.Field{Type: profile.Integer}, ``, strings.Repeat("9", 10000), `!4000001`},
		{"an exponent of many digits", profile.Field{Type: profile.Number}, ``, "0e999999999", `!4000001`},

		{"a box that is ticked", profile.Field{Type: profile.Checkbox}, ``, "true", `true`},
		{"a box without a value of its own", profile.Field{Type: profile.Checkbox}, ``, "on", `true`},
		{"a hidden field before a box", profile.Field{Type: profile.Checkbox}, `true`, "false", `false`},
		{"an empty hidden field before a box", profile.Field{Type: profile.Checkbox}, `true`, "", `false`},
		{"a box that is not ticked any more", profile.Field{Type: profile.Checkbox}, `true`, "(nothing)", `false`},
		{"a box that never was", profile.Field{Type: profile.Checkbox}, ``, "(nothing)", ``},
		{"a hidden field before a box that never was", profile.Field{Type: profile.Checkbox}, ``, "false", ``},
		{"a box that needs an answer", profile.Field{Type: profile.Checkbox, Required: true}, ``, "(nothing)", `false`},
		{"a text that stands in the place of an answer", profile.Field{Type: profile.Checkbox}, `"yes"`, "false", `"yes"`},
		{"a box with another value", profile.Field{Type: profile.Checkbox}, ``, "yes", `!4000026`},

		{"a local time is UTC", profile.Field{Type: profile.DateTime}, ``, "2030-12-31T23:59", `"2030-12-31T23:59:00Z"`},
		{"a local time with seconds", profile.Field{Type: profile.DateTime}, ``, "2030-12-31T23:59:58", `"2030-12-31T23:59:58Z"`},
		{"a stored time as it was shown", profile.Field{Type: profile.DateTime}, `"2030-12-31T23:59:58+01:00"`, "2030-12-31T22:59:58", `"2030-12-31T23:59:58+01:00"`},
		{"a time with a zone", profile.Field{Type: profile.DateTime}, ``, "2030-12-31T23:59:58+01:00", `"2030-12-31T23:59:58+01:00"`},
		{"no time", profile.Field{Type: profile.DateTime}, ``, "tomorrow", `!4000004`},

		{"a number of the options", profile.Field{Type: profile.Integer, Options: []string{"1", "2"}}, `1`, "2", `2`},
		{"a number that is none of them", profile.Field{Type: profile.Integer, Options: []string{"1", "2"}}, `1`, "3", `!4000001`},
		{"an option that is empty", profile.Field{Options: []string{"", "a"}}, `"a"`, "", `""`},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.field.Name = "x"
			stored, sub := `{}`, formBody(t)
			if c.stored != "" {
				stored = `{"x":` + c.stored + `}`
			}
			if c.sent != "(nothing)" {
				sub = formBody(t, "x", c.sent)
			}
			got, wrong := planned(t, profile.Fields(c.field), stored, sub)
			switch {
			case strings.HasPrefix(c.want, "!"):
				assert.Equal(t, []string{"traits.x:" + c.want[1:]}, wrong)
			case c.want == "":
				assert.Empty(t, wrong)
				assert.Equal(t, `{}`, got)
			default:
				assert.Empty(t, wrong)
				assert.Equal(t, `{"x":`+c.want+`}`, got)
			}
		})
	}
}

// A body in JSON says the type itself.
func TestWhatJSONMayHave(t *testing.T) {
	year := profile.Field{Type: profile.Integer, Min: "1900", Max: "2100"}
	for _, c := range []struct {
		name  string
		field profile.Field
		value string
		wrong string // "" for none
	}{
		{"an empty text is a value", profile.Field{}, `""`, ""},
		{"an empty text where one is required", profile.Field{Required: true}, `""`, "4000003"},
		{"1,000 characters", profile.Field{}, `"` + strings.Repeat("é", 1000) + `"`, ""},
		{"1,001 characters", profile.Field{}, `"` + strings.Repeat("é", 1001) + `"`, "4000017"},
		{"a text for a number", profile.Field{Type: profile.Number}, `"5"`, "4000026"},
		{"a text for a box", profile.Field{Type: profile.Checkbox}, `"true"`, "4000026"},
		{"a number for a box", profile.Field{Type: profile.Checkbox}, `1`, "4000026"},
		{"a list for a text", profile.Field{}, `["a"]`, "4000026"},
		{"an object for a text", profile.Field{}, `{"a":"b"}`, "4000026"},
		{"a number beyond what counts", profile.Field{Type: profile.Number}, `1e400`, "4000001"},
		{"one of 10,000 digits", profile.Field{Type: profile.Number}, strings.Repeat("9", 10000), "4000001"},
		{"a long one for a text", profile.Field{}, strings.Repeat("9", 10000), "4000001"},
		{"a long one in a list", profile.Field{Type: profile.Other}, `[[{"a":1e999999999}]]`, "4000001"},
		{"a whole number written as a fraction", profile.Field{Type: profile.Integer}, `5.0`, ""},
		{"the least number", year, `1900`, ""},
		{"less than the least", year, `1899`, "4000018"},
		{"the greatest number", year, `2100`, ""},
		{"more than the greatest", year, `2101`, "4000020"},
		{"the first day", profile.Field{Type: profile.Date, Min: "2000-01-01"}, `"2000-01-01"`, ""},
		{"the day before it", profile.Field{Type: profile.Date, Min: "2000-01-01"}, `"1999-12-31"`, "4000001"},
		{"the day after the last", profile.Field{Type: profile.Date, Max: "2000-01-01"}, `"2000-01-02"`, "4000001"},
		{"a value that matches", profile.Field{Pattern: `[a-z]+`}, `"ada"`, ""},
		{"a value of which a part matches", profile.Field{Pattern: `[a-z]+`}, `"ada1"`, "4000004"},
		{"a line of it that matches", profile.Field{Pattern: `[a-z]+`}, `"ada\n1"`, "4000004"},
		{"one of two patterns, in part", profile.Field{Pattern: `a|b`}, `"ax"`, "4000004"},
		{"one of the options", profile.Field{Options: []string{"en", "de"}}, `"de"`, ""},
		{"another one", profile.Field{Options: []string{"en", "de"}}, `"fr"`, "4000001"},
		{"a local time is UTC", profile.Field{Type: profile.DateTime}, `"2030-12-31T23:59"`, ""},
		{"an address with space around it", profile.Field{Type: profile.Email}, `" ada@example.com "`, ""},
		{"an address of nothing but space", profile.Field{Type: profile.Email}, `" "`, "4000001"},
		{"null where nothing is stored", profile.Field{}, `null`, ""},
		{"null where nothing is stored, and required", profile.Field{Required: true}, `null`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.field.Name = "x"
			_, wrong := planned(t, profile.Fields(c.field), ``, jsonBody(t, `{"x":`+c.value+`}`))
			if c.wrong == "" {
				assert.Empty(t, wrong)
				return
			}
			assert.Equal(t, []string{"traits.x:" + c.wrong}, wrong)
		})
	}
}
