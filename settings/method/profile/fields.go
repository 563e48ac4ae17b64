package profile

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/amend-go/amend/flow/ui"
)

// maxText bounds a text that says nothing else.
const maxText = 1000

// Fields makes a Schema of a list of traits, in the order of the form.
func Fields(list ...Field) Schema {
	s := make(fieldList, len(list))
	for i, f := range list {
		s[i] = compile(f)
	}
	return s
}

// fieldList is a Schema made in Go.
type fieldList []rule

// rule is a Field with what follows from it.
type rule struct {
	Field
	pattern  *regexp.Regexp // nil for any
	min, max float64
	wrong    error // with the Field itself
}

func compile(f Field) rule {
	r := rule{min: math.Inf(-1), max: math.Inf(1)}
	var errs []error
	if f.Type == "" {
		f.Type = Text
	}
	texts := isText(f.Type)
	if texts && f.MaxLength == 0 {
		f.MaxLength = map[Type]int{Email: 254, Tel: 40, Date: len("2030-12-31"), DateTime: len("2030-12-31T23:59:59.999999999+00:00")}[f.Type]
		if f.MaxLength == 0 {
			f.MaxLength = maxText
		}
	}
	if texts && f.Required && f.MinLength == 0 {
		f.MinLength = 1
	}
	if f.MinLength < 0 || f.MaxLength < f.MinLength || !texts && (f.MaxLength != 0 || f.Pattern != "" || f.Options != nil) {
		errs = append(errs, errors.New("MinLength, MaxLength, Pattern or Options do not fit"))
	}
	if f.Pattern != "" {
		p, err := regexp.Compile(`^(?:` + f.Pattern + `)$`)
		r.pattern, errs = p, append(errs, err)
	}
	for _, bound := range []struct {
		text  string
		value *float64
	}{{f.Min, &r.min}, {f.Max, &r.max}} {
		switch {
		case bound.text == "":
		case f.Type == Date && fits(Date, bound.text):
		case (f.Type == Number || f.Type == Integer) && CountableNumber(json.Number(bound.text)):
			*bound.value, _ = strconv.ParseFloat(bound.text, 64) // CountableNumber has parsed it
		default:
			errs = append(errs, fmt.Errorf("%q bounds no %s", bound.text, f.Type))
		}
	}
	r.Field, r.wrong = f, errors.Join(errs...)
	return r
}

func isText(t Type) bool { return slices.Contains([]Type{Text, Email, Tel, URL, Date, DateTime}, t) }

// Fields implements Schema.
func (s fieldList) Fields() ([]Field, error) {
	fields := make([]Field, len(s))
	for i, r := range s {
		if r.wrong != nil {
			return nil, fmt.Errorf("field %q: %w", r.Name, r.wrong)
		}
		fields[i] = r.Field
	}
	return fields, nil
}

// Check implements Schema. It judges what the owner can change: the rest was
// not their doing.
func (s fieldList) Check(traits map[string]any) []Problem {
	var problems []Problem
	for i := range s {
		r := &s[i]
		if r.Access != Edit {
			continue
		}
		r.judge(lookUp(traits, r.Name), func(t ui.Text) { problems = append(problems, Problem{r.Name, t}) })
	}
	return problems
}

func (r *rule) judge(value any, wrong func(ui.Text)) {
	if value == nil {
		if r.Required {
			wrong(ui.Missing(r.Name[strings.LastIndexByte(r.Name, '.')+1:]))
		}
		return
	}
	if r.Type == Other {
		return
	}
	want := jsonType(r.Type)
	switch v := value.(type) {
	case string:
		if want == "string" {
			r.judgeText(v, wrong)
			return
		}
	case bool:
		if want == "boolean" {
			return
		}
	case json.Number:
		if n, err := v.Float64(); err == nil && (want == "number" || want == "integer" && n == math.Trunc(n)) {
			r.judgeNumber(n, wrong)
			return
		}
	}
	wrong(ui.WrongType(want, typeOf(value)))
}

func (r *rule) judgeText(v string, wrong func(ui.Text)) {
	if t := JudgeText(r.Type, v); t != nil {
		wrong(*t)
	}
	if r.pattern != nil && !r.pattern.MatchString(v) {
		wrong(ui.Malformed(r.Pattern))
	}
	switch n := utf8.RuneCountInString(v); {
	case n < r.MinLength:
		wrong(ui.TooShort(r.MinLength, n))
	case n > r.MaxLength:
		wrong(ui.TooLong(r.MaxLength, n))
	}
	if r.Options != nil && !slices.Contains(r.Options, v) {
		wrong(ui.Refused("This is none of the values to choose from."))
	}
	if r.Type == Date && (r.Min != "" && v < r.Min || r.Max != "" && v > r.Max) { // dates of this form sort as texts
		wrong(ui.Refused("This date is too early or too late."))
	}
}

func (r *rule) judgeNumber(n float64, wrong func(ui.Text)) {
	switch {
	case n < r.min:
		wrong(ui.TooSmall(r.min, n))
	case n > r.max:
		wrong(ui.TooBig(r.max, n))
	}
}

// jsonType is the JSON type of a Type.
func jsonType(t Type) string {
	switch t {
	case Number, Integer:
		return string(t)
	case Checkbox:
		return "boolean"
	case Other:
		return "another type"
	}
	return "string"
}

// typeOf is the JSON type of a value.
func typeOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case json.Number:
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
