package profile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/amend-go/amend/flow/ui"
)

// Schema says which traits there are, and judges values of them. It is safe for
// concurrent use. [Fields] makes one in Go; the module
// settings/method/profile/jsonschema makes one of a JSON Schema.
type Schema interface {
	// Fields are the traits in the order of the form. They are read once; an
	// error is that of settings.New.
	Fields() ([]Field, error)

	// Check judges traits, as decoded from JSON with json.Number for numbers.
	// It must not change them. That there are others than Fields is not its
	// business: nobody can write those.
	Check(traits map[string]any) []Problem

	// Document is the schema as a JSON Schema. Anyone can read it.
	Document() ([]byte, error)
}

// Problem is what is wrong with a trait.
type Problem struct {
	// Path is the name of a Field, or of an object that Fields stand in; "" is
	// the traits as a whole.
	Path string
	Text ui.Text
}

// form is a schema made ready.
type form struct {
	id       string // as identities and URLs have it
	schema   Schema
	fields   []*field
	shown    []shown
	byName   map[string]*field
	root     *object
	document []byte
}

// object is an object of the traits: what stands in it by name is a *field or
// an *object.
type object struct {
	path  string
	names map[string]any
}

// newForm reads a schema, and says what is wrong with it.
func newForm(id string, s Schema) (*form, error) {
	fields, err := s.Fields()
	if err != nil {
		return nil, err
	}
	f := &form{id: id, schema: s, byName: make(map[string]*field, len(fields)), root: &object{names: map[string]any{}}}
	for _, each := range fields {
		field := newField(each)
		if err := f.add(field); err != nil {
			return nil, fmt.Errorf("field %q: %w", each.Name, err)
		}
	}
	f.document, err = s.Document()
	return f, err
}

// maxNesting is how deep a trait may stand: a body is nested at most 32 deep.
const maxNesting = 30

func (f *form) add(field *field) error {
	switch {
	case slices.Contains(field.path, "") || strings.ContainsAny(field.Name, "\\\x00"):
		return errors.New("the name, or a part of it, is empty, or has a backslash")
	case len(field.path) > maxNesting:
		return errors.New("nested too deep")
	case !slices.Contains([]Type{Text, Email, Tel, URL, Number, Integer, Checkbox, Date, DateTime, Other}, field.Type):
		return fmt.Errorf("no type %q", field.Type)
	case field.Access < Edit || field.Access > Hide:
		return fmt.Errorf("no access %d", field.Access)
	}
	for _, via := range []Via{field.Verify, field.Recover} {
		if via != "" && via != ByEmail && via != BySMS {
			return fmt.Errorf("nobody is reached by %q", via)
		}
	}
	at := f.root
	last := len(field.path) - 1
	for n, name := range field.path[:last] {
		if at.names[name] == nil {
			at.names[name] = &object{path: strings.Join(field.path[:n+1], "."), names: map[string]any{}}
		}
		inner, ok := at.names[name].(*object)
		if !ok {
			return errors.New("stands in a field that is none of objects")
		}
		at = inner
	}
	if at.names[field.path[last]] != nil {
		return errors.New("is there twice, or has fields of its own")
	}
	at.names[field.path[last]] = field
	field.holder = nodeName(at.path)
	f.fields = append(f.fields, field)
	f.byName[field.Name] = field
	f.show(field)
	return nil
}
