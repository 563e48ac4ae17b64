package profile

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
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
	texts, numbers := isText(f.Type), f.Type == Number || f.Type == Integer
	f.Multiline = f.Multiline || f.Type == Text && f.MaxLength > OneLine
	if texts && f.MaxLength == 0 {
		f.MaxLength = map[Type]int{Email: 254, Tel: 40, Date: len("2030-12-31"), DateTime: len("2030-12-31T23:59:59.999999999+00:00")}[f.Type]
		if f.MaxLength == 0 {
			f.MaxLength = maxText
		}
	}
	if texts && f.MinLength == 0 && (f.Required || f.List) {
		f.MinLength = 1
	}
	if f.List && f.MaxItems == 0 {
		f.MaxItems = max(maxEntries, f.MinItems)
	}
	if f.List && f.Required && f.MinItems == 0 {
		f.MinItems = 1
	}
	if f.MinLength < 0 || f.MaxLength < f.MinLength || !texts && (f.MaxLength != 0 || f.Pattern != "") || f.Multiline && f.Type != Text || !texts && !numbers && f.Options != nil {
		errs = append(errs, errors.New("MinLength, MaxLength, Pattern, Multiline or Options do not fit"))
	}
	for _, option := range f.Options {
		if numbers && !CountableNumber(json.Number(option)) {
			errs = append(errs, fmt.Errorf("the option %q is no number", option))
		}
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
		case numbers && CountableNumber(json.Number(bound.text)):
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
