package jsonschema

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/amend-go/amend/settings/method/profile"
)

// maxFields bounds a form.
const maxFields = 500

// reader makes fields of the properties of a file.
type reader struct {
	root    *object
	schema  *Schema
	objects int // how many were read
}

// object reads the properties of an object of the traits, in the file's order.
// sure says that the object is there in all traits that are valid.
func (r *reader) object(o *object, path string, sure bool, depth int) error {
	// A reference can lead an object into itself, and double it each time.
	if r.objects++; depth > maxNesting || r.objects > maxFields {
		return fmt.Errorf("trait %q: nested too deep, or in itself", path)
	}
	properties := o.object("properties")
	if properties == nil {
		return nil
	}
	for _, name := range properties.names {
		if name == "" || strings.ContainsAny(name, ".\\\x00") {
			return fmt.Errorf("trait %q of %q: a form has no way to say that name", name, path)
		}
		at := name
		if path != "" {
			at = path + "." + name
		}
		property, err := r.resolve(properties.values[name])
		if err != nil {
			return fmt.Errorf("trait %q: %w", at, err)
		}
		needed := slices.Contains(o.list("required"), any(name))
		if property.object("properties") == nil {
			err = r.field(property, at, needed && sure)
		} else {
			if needed {
				r.schema.objects = append(r.schema.objects, at)
			}
			err = r.object(property, at, needed && sure, depth+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// resolve follows references within the file. true, which any value fits, is an
// empty object.
func (r *reader) resolve(v any) (*object, error) {
	for range maxNesting {
		o, ok := v.(*object)
		if !ok {
			return &object{}, nil
		}
		ref := o.string("$ref")
		if ref == "" {
			return o, nil
		}
		pointer, local := strings.CutPrefix(ref, "#")
		if !local {
			return nil, fmt.Errorf("$ref leads out of the file")
		}
		if v = r.at(pointer); v == nil {
			return nil, fmt.Errorf("$ref leads nowhere")
		}
	}
	return nil, errors.New("$ref leads in a circle")
}

// at finds what a JSON pointer (RFC 6901) points to, nil if there is nothing.
func (r *reader) at(pointer string) any {
	var v any = r.root
	for _, step := range strings.Split(pointer, "/")[1:] {
		step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		switch at := v.(type) {
		case *object:
			v = at.values[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n < 0 || n >= len(at) {
				return nil
			}
			v = at[n]
		default:
			return nil
		}
	}
	return v
}

func (r *reader) field(p *object, name string, required bool) error {
	f := profile.Field{Name: name, Label: p.string("title"), Required: required, Type: typeOf(p)}
	if p.bool("readOnly") {
		f.Access = profile.Read
	}
	if f.Type == profile.Other && isObject(p) {
		f.Access = profile.Hide // nobody knows what may be in it
	}
	f.MinLength, f.MaxLength = count(p, "minLength"), count(p, "maxLength")
	// A browser matches the whole value, a JSON Schema any part of it.
	if pattern := p.string("pattern"); strings.HasPrefix(pattern, "^") && strings.HasSuffix(pattern, "$") {
		f.Pattern = pattern
	}
	f.Min, f.Max = bound(p, "minimum"), bound(p, "maximum")
	for _, v := range p.list("enum") {
		if text, ok := v.(string); ok {
			f.Options = append(f.Options, text)
		}
	}
	roles := p
	if items := p.object("items"); items != nil {
		roles = items
	}
	if err := readRoles(roles.object("ory.sh/kratos"), &f); err != nil {
		return fmt.Errorf("trait %q: %w", name, err)
	}
	if r.schema.fields = append(r.schema.fields, f); len(r.schema.fields) > maxFields {
		return fmt.Errorf("more than %d traits", maxFields)
	}
	return nil
}

// typeOf is the type of a property's input.
func typeOf(p *object) profile.Type {
	switch kind := jsonTypeOf(p); kind {
	case "string":
		if t, ok := formats[p.string("format")]; ok {
			return t
		}
		return profile.Text
	case "number", "integer":
		return profile.Type(kind)
	case "boolean":
		return profile.Checkbox
	}
	return profile.Other
}

// jsonTypeOf is the first type of a property that is not null. A property that
// says no type and only has what texts have is a text.
func jsonTypeOf(p *object) string {
	if t := p.string("type"); t != "" {
		return t
	}
	for _, t := range p.list("type") {
		if t != "null" {
			s, _ := t.(string)
			return s
		}
	}
	for _, keyword := range []string{"format", "pattern", "minLength", "maxLength"} {
		if p.values[keyword] != nil {
			return "string"
		}
	}
	return ""
}

func isObject(p *object) bool { return jsonTypeOf(p) == "object" || jsonTypeOf(p) == "" }

func count(p *object, name string) int {
	n, _ := p.values[name].(json.Number)
	i, err := strconv.Atoi(string(n))
	if err != nil {
		return 0
	}
	return i
}

func bound(p *object, name string) string {
	n, _ := p.values[name].(json.Number)
	return string(n)
}

// readRoles reads what a trait is to its account.
func readRoles(x *object, f *profile.Field) error {
	if x == nil {
		return nil
	}
	if credentials := x.object("credentials"); credentials != nil {
		for _, name := range credentials.names {
			f.Identifier = f.Identifier || credentials.object(name).bool("identifier")
		}
	}
	for name, via := range map[string]*profile.Via{"verification": &f.Verify, "recovery": &f.Recover} {
		if x.object(name) == nil {
			continue
		}
		if *via = profile.Via(x.object(name).string("via")); *via != profile.ByEmail && *via != profile.BySMS {
			return fmt.Errorf("%s via %q: nobody is reached by that", name, *via)
		}
	}
	return nil
}
