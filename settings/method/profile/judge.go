package profile

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/amend-go/amend/flow/ui"
)

// Check implements Schema. It judges what the owner can change: the rest was
// not their doing.
func (s fieldList) Check(traits map[string]any) []Problem {
	var problems []Problem
	for i := range s {
		r := &s[i]
		if r.Access != Edit {
			continue
		}
		value, there := find(traits, r.Name)
		if value == nil && there && r.Nullable {
			continue
		}
		r.judge(value, func(path string, t ui.Text) { problems = append(problems, Problem{path, t}) })
	}
	return problems
}

// judge judges a value, or each entry of a list.
func (r *rule) judge(value any, wrong func(string, ui.Text)) {
	here := func(t ui.Text) { wrong(r.Name, t) }
	switch {
	case value == nil && r.Required:
		here(ui.Missing(r.Name[strings.LastIndexByte(r.Name, '.')+1:]))
	case value == nil || r.Type == Other:
	case r.List:
		list, ok := value.([]any)
		if !ok {
			here(*wrongType("array", value))
			return
		}
		r.judgeList(list, wrong)
	default:
		r.judgeOne(value, here)
	}
}

func (r *rule) judgeList(list []any, wrong func(string, ui.Text)) {
	switch n := len(list); {
	case n == 0 && r.Required:
		wrong(r.Name, ui.Missing(r.Name[strings.LastIndexByte(r.Name, '.')+1:]))
	case n < r.MinItems:
		wrong(r.Name, ui.TooFewItems(r.MinItems, n))
	case n > r.MaxItems:
		wrong(r.Name, ui.TooManyItems(r.MaxItems, n))
	}
	for i, entry := range list {
		at := r.Name + "." + strconv.Itoa(i)
		r.judgeOne(entry, func(t ui.Text) { wrong(at, t) })
		if slices.ContainsFunc(list[:i], func(other any) bool { return same(other, entry) }) {
			wrong(at, ui.NotUnique())
		}
	}
}

func (r *rule) judgeOne(value any, wrong func(ui.Text)) {
	want := r.Type.jsonType()
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
	wrong(*wrongType(want, value))
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
		wrong(notOffered())
	}
	if r.Type == Date && (r.Min != "" && v < r.Min || r.Max != "" && v > r.Max) { // dates of this form sort as texts
		wrong(ui.Because(ui.ReasonDateOutOfRange))
	}
}

func (r *rule) judgeNumber(n float64, wrong func(ui.Text)) {
	switch {
	case n < r.min:
		wrong(ui.TooSmall(r.min, n))
	case n > r.max:
		wrong(ui.TooBig(r.max, n))
	}
	same := func(option string) bool {
		o, err := strconv.ParseFloat(option, 64)
		return err == nil && o == n
	}
	if r.Options != nil && !slices.ContainsFunc(r.Options, same) {
		wrong(notOffered())
	}
}

func notOffered() ui.Text { return ui.Because(ui.ReasonNotOffered) }

// jsonType is the JSON type of a field's value.
func (f *field) jsonType() string {
	if f.List {
		return "array"
	}
	return f.Type.jsonType()
}

// jsonType is the JSON type of a Type.
func (t Type) jsonType() string {
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
