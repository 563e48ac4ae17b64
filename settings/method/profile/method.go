package profile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

const (
	name        = "profile"
	fieldTraits = "traits"

	// eventChanged is the event of a change of the traits.
	eventChanged = "profile.changed"

	defaultSchema = "default"
)

// Config says which traits accounts have, and how they are changed.
type Config struct {
	// Schemas are the schemas by the ids that identities name. "" is the one of
	// identities that name none, and has the id "default". One is needed. Ids
	// stand in URLs: letters, digits, and . _ - only.
	Schemas map[string]Schema

	// Normalize gives the form of an identifier in which it is compared and stored among
	// the keys of the identity; "" makes no key. Keys that the host stores itself must have
	// the same form. nil is lower case without space around it, for a Tel also without the
	// separators of its digits, and then the form of settings.Config.Text beyond ASCII.
	// With a Normalize of the host's own the Text is not asked for names.
	Normalize func(Type, string) string

	// ForbidForeignAddresses refuses a new name to sign in with that looks like an
	// address and is none of the account's own: a user name "bob@example.com" is taken
	// for Bob by whoever reads it, and by a login that asks for "e-mail or user name".
	// An e-mail address is what has an @ between two texts; where a field for names to
	// sign in with is a Tel, seven to fifteen digits are a telephone number. Names that
	// an account has stay.
	ForbidForeignAddresses bool

	// ProveAddresses makes a new value of a trait with Verify wait until its owner has
	// typed the code that settings.Config.Send brings there, for a quarter of an hour, in a
	// session of the account that has signed in recently. Until then the old address stays:
	// to sign in, to recover, and verified. Nobody is told then that an address to sign in
	// with is another account's, whose owner gets a notice in place of the code. Any change
	// of a credential, and a recovery, forgets what is pending. Addresses that are not
	// verified get a button by which they can be. ForbidForeignAddresses is on with it: a user
	// name would tell what the address does not. Off, as in Ory Kratos, a new address counts
	// at once.
	//
	// The form has further nodes then: address_pending_<id>, address_code, address_resend,
	// address_cancel and address_verify, whose buttons have the id of the address as their
	// value, as verifiable_addresses has it. It needs Config.Send.
	ProveAddresses bool
}

// Method is the settings method "profile". It implements method.Static,
// method.Addressed, method.Named and, for Config.ProveAddresses, method.Prover.
type Method struct {
	forms     map[string]*form
	normalise func(Type, string) string // nil is compared's own
	foreign   bool                      // names may look like other people's addresses
	prove     bool                      // new addresses wait for a proof
	wrong     error                     // with the Config
}

var (
	_ method.Static    = (*Method)(nil)
	_ method.Addressed = (*Method)(nil)
	_ method.Named     = (*Method)(nil)
	_ method.Prover    = (*Method)(nil)
)

// New makes the method. A Config that cannot be used is an error of
// settings.New.
func New(c Config) *Method {
	m := &Method{forms: make(map[string]*form, len(c.Schemas)), normalise: c.Normalize, foreign: !c.ForbidForeignAddresses && !c.ProveAddresses, prove: c.ProveAddresses}
	if len(c.Schemas) == 0 {
		m.wrong = errors.New("no Schemas")
	}
	for _, id := range slices.Sorted(maps.Keys(c.Schemas)) {
		if err := m.add(id, c.Schemas[id]); err != nil {
			m.wrong = errors.Join(m.wrong, fmt.Errorf("schema %q: %w", id, err))
		}
	}
	return m
}

func (m *Method) add(id string, s Schema) error {
	if id == "" {
		id = defaultSchema
	}
	switch {
	case s == nil:
		return errors.New("is nil")
	case !regexp.MustCompile(`^[A-Za-z0-9._-]+$`).MatchString(id) || id == "." || id == "..":
		return errors.New("the id is no part of a URL")
	case m.forms[id] != nil:
		return errors.New(`is there twice: "" is "default"`)
	}
	f, err := newForm(id, s)
	m.forms[id] = f
	if err == nil && m.prove {
		for _, field := range f.fields {
			switch {
			case field.Verify != "" && field.Type == Other:
				return fmt.Errorf("field %q: what is of the type %q cannot be proved", field.Name, Other)
			case field.Identifier && field.Type.address() && field.Verify == "" && field.writable():
				return fmt.Errorf("field %q: an address to sign in with has no Verify, and would need no proof", field.Name)
			}
		}
	}
	return err
}

// Info describes the method, or says what is wrong with its Config.
func (m *Method) Info() (method.Info, error) {
	info := method.InfoOf(name, fieldTraits)
	info.Echo, info.Traits = []string{fieldTraits}, true
	if m.prove {
		info.Fields, info.Buttons = append(info.Fields, proofFields...), append(info.Buttons, proofFields...)
		info.Tries, info.SendsCodes = []string{triesCode}, true
	}
	if m.wrong != nil {
		return info, m.wrong
	}
	for _, id := range slices.Sorted(maps.Keys(m.forms)) {
		for _, f := range m.forms[id].fields {
			if f.List && !slices.Contains(info.Lists, f.node) {
				info.Lists = append(info.Lists, f.node)
			}
		}
	}
	return info, nil
}

// formOf is the form of an identity.
func (m *Method) formOf(i identity.Identity) (*form, error) {
	f := m.forms[i.Schema()]
	if f == nil {
		return nil, fmt.Errorf("identity %q: no schema %q in the Config", i.ID, i.Schema())
	}
	return f, nil
}

// Nodes are the traits in the order of their schema, and the button. They are empty for an
// identity whose schema is unknown or whose traits are no JSON object, so that the other
// methods can be used; a submit of the profile then says what is wrong.
func (m *Method) Nodes(_ context.Context, v method.View) ([]ui.Node, error) {
	f, err := m.formOf(v.Identity)
	if err != nil {
		return nil, nil
	}
	traits, err := v.Identity.ReadTraits()
	if err != nil {
		return nil, nil
	}
	nodes := f.nodes(traits, v)
	if m.prove {
		shown, buttons := m.proofNodes(v)
		nodes = append(slices.Insert(nodes, len(nodes)-1, shown...), buttons...) // the Enter key presses the first button: to save
	}
	return nodes, nil
}

// Plan judges the traits and works out what they change.
func (m *Method) Plan(v method.View, s method.Submission) (method.Plan, error) {
	f, err := m.formOf(v.Identity)
	if err != nil {
		return method.Plan{}, err
	}
	sub := &submit{
		form: f, fields: s.Fields, rendered: v.Rendered, text: v.Text, own: m.normalise != nil,
		foreign: m.foreign, spelled: m.spelling(v.Text), prove: m.prove, now: v.Now,
	}
	if m.prove {
		sub.serial = newSerial()
		if plan, is := sub.planProof(m, v, s); is {
			return plan, nil
		}
	}
	return sub.plan(v.Identity)
}

// Files are the schemas as JSON, at the paths that the JSON of an identity gives as
// schema_url.
func (m *Method) Files() map[string]method.File {
	files := make(map[string]method.File, len(m.forms))
	for id, f := range m.forms {
		files["/schemas/"+id] = method.File{ContentType: "application/json", Body: f.document}
	}
	return files
}

// Addresses are those of an identity's traits, in the order of its schema.
func (m *Method) Addresses(i identity.Identity) []identity.Address {
	f, err := m.formOf(i)
	if err != nil {
		return nil
	}
	traits, err := i.ReadTraits()
	if err != nil {
		return nil
	}
	return f.addresses(traits)
}
