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

// Problem is a message about a trait that is not valid.
type Problem struct {
	// Path is the name of a Field, or of an object that Fields stand in; "" is
	// the traits as a whole. Of an entry of a List it is the name and the entry's
	// place, from 0: "emails.1".
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
	if field.List && (field.Type == Checkbox || field.Type == Other) {
		return fmt.Errorf("a list of the type %q", field.Type)
	}
	if field.MinItems < 0 || field.MaxItems < field.MinItems || !field.List && field.MaxItems != 0 {
		return errors.New("MinItems or MaxItems do not fit")
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

// at is the field that a path leads to, or to an entry of; nil for an object and for
// what the schema does not know.
func (f *form) at(path string) *field {
	if field := f.byName[path]; field != nil {
		return field
	}
	for n := strings.LastIndexByte(path, '.'); n >= 0; n = strings.LastIndexByte(path[:n], '.') {
		if field := f.byName[path[:n]]; field != nil && field.List {
			return field
		}
	}
	return nil
}

// nodeAt is the name of the node that a path belongs to: of a list it is one of its
// entries, the first for the list as a whole.
func (f *form) nodeAt(path string) string {
	field := f.at(path)
	switch {
	case field == nil || !field.List:
		return nodeName(path)
	case field.isChoice():
		return field.node
	}
	place, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(path, field.Name), "."), ".")
	if place == "" {
		place = "0"
	}
	return field.node + "." + place
}

// labelled is the text of a problem, with the label of the field where there is one.
func (f *form) labelled(p Problem) ui.Text {
	property, missing := p.Text.Context["property"].(string)
	if !missing || p.Text.ID != ui.Missing("").ID {
		return p.Text
	}
	if field := f.at(p.Path); field != nil {
		return ui.MissingTrait(field.Label, property)
	}
	return p.Text
}
