package jsonschema

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/amend-go/amend/settings/method/profile"
)

// MaxSize is the largest file that Parse takes, in bytes.
const MaxSize = 1 << 20

// Schema is a profile.Schema of a JSON Schema file. It is safe for concurrent
// use.
type Schema struct {
	file      []byte
	fields    []profile.Field
	place     map[string]int // of each field in fields
	objects   []string       // paths of objects that are required, outer ones first
	validator *validator.Schema
	wrong     error // of Hide and Read
}

var _ profile.Schema = (*Schema)(nil)

// Parse reads an identity schema file. It fails if the file is no valid JSON
// Schema, has no properties.traits, leads to another file, or has what cannot be
// shown in a form: a name with a dot, a trait of which nothing says what type it has,
// an unknown way to reach somebody. The error names the trait.
func Parse(file []byte) (*Schema, error) {
	s, err := parse(file)
	if err != nil {
		return nil, fmt.Errorf("jsonschema: %w", err)
	}
	return s, nil
}

func parse(file []byte) (*Schema, error) {
	if len(file) > MaxSize {
		return nil, fmt.Errorf("the file is larger than %d bytes", MaxSize)
	}
	// Some editors begin every file with a byte order mark. What is served has none:
	// RFC 8259, section 8.1.
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	root, err := parseOrdered(file)
	if err != nil {
		return nil, err
	}
	if root.object("properties").object("traits") == nil {
		return nil, errors.New("the file has no properties.traits")
	}
	s := &Schema{file: bytes.Clone(file)}
	if s.validator, err = compile(unordered(root)); err != nil {
		return nil, named(err, root)
	}
	r := reader{root: root, schema: s}
	shape, err := r.shapeOf(s.validator)
	if err != nil {
		return nil, fmt.Errorf("the traits: %w", err)
	}
	if err := r.object(shape, "", true, 0); err != nil {
		return nil, err
	}
	s.place = make(map[string]int, len(s.fields))
	for i, f := range s.fields {
		s.place[f.Name] = i
	}
	return s, nil
}

// location is the name of the file for the validator. It is loaded from nowhere.
const location = "amend:///identity.schema.json"

// named is an error of compile with the name of the trait that it comes from: the one
// that fails in the same way if there is no other.
func named(err error, root *object) error {
	traits := root.object("properties").object("traits")
	properties := traits.object("properties")
	if properties == nil {
		return err
	}
	for _, name := range properties.names {
		alone := &object{values: map[string]any{name: properties.values[name]}}
		doc := root.with("properties", root.object("properties").with("traits", traits.with("properties", alone)))
		if _, same := compile(unordered(doc)); same != nil && same.Error() == err.Error() {
			return fmt.Errorf("trait %q: %w", name, err)
		}
	}
	return err
}

func compile(doc any) (*validator.Schema, error) {
	c := validator.NewCompiler()
	c.DefaultDraft(validator.Draft7)
	c.UseLoader(nowhere{})
	c.AssertFormat()
	for name, t := range formats {
		c.RegisterFormat(&validator.Format{Name: name, Validate: func(v any) error {
			if text, ok := v.(string); ok && profile.JudgeText(t, text) != nil {
				return errors.New("does not have the form of " + name)
			}
			return nil
		}})
	}
	if err := c.AddResource(location, doc); err != nil {
		return nil, err
	}
	return c.Compile(location + "#/properties/traits")
}

// formats are the types that formats of texts stand for.
var formats = map[string]profile.Type{
	"email": profile.Email, "tel": profile.Tel, "uri": profile.URL, "date": profile.Date, "date-time": profile.DateTime,
}

// nowhere is where other files are.
type nowhere struct{}

func (nowhere) Load(url string) (any, error) {
	return nil, errors.New("a schema leads out of its file, which is not followed")
}

// Fields implements profile.Schema.
func (s *Schema) Fields() ([]profile.Field, error) { return slices.Clone(s.fields), s.wrong }

// Document implements profile.Schema: it is the file as it was parsed.
func (s *Schema) Document() ([]byte, error) { return bytes.Clone(s.file), nil }

// Hide gives a copy of the schema whose form leaves out the named traits. Their values stay
// as they are. A name that is no trait of the schema is an error of settings.New. The
// served file still lists them.
func (s *Schema) Hide(names ...string) *Schema { return s.with(profile.Hide, names) }

// Read gives a copy of the schema whose form shows the named traits, but lets nobody change
// them, as "readOnly" in the file does.
func (s *Schema) Read(names ...string) *Schema { return s.with(profile.Read, names) }

func (s *Schema) with(access profile.Access, names []string) *Schema {
	changed := *s
	changed.fields = slices.Clone(s.fields)
	for _, name := range names {
		if i, ok := s.place[name]; ok {
			changed.fields[i].Access = access
		} else {
			changed.wrong = errors.Join(changed.wrong, fmt.Errorf("the schema has no trait %q", name))
		}
	}
	return &changed
}
