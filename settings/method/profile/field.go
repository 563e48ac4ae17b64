package profile

import (
	"strings"

	"github.com/amend-go/amend/flow/ui"
)

// Field is one trait: a value of the traits that has no fields of its own. If only Name is
// set, it is a text of up to 1,000 characters that its owner may change or leave empty.
type Field struct {
	// Name is the path from the traits to the value: "email", "name.first".
	Name string

	// Type is what the value is, or each entry of a List; "" is Text.
	Type Type

	// Label is shown beside the input; "" makes one of the Name.
	Label string

	// Autocomplete is the attribute of the input. "" follows from the Type.
	Autocomplete string

	// Required asks for a value: a text of at least one character, a box that is
	// ticked or not, a list of at least one entry.
	Required bool

	// Nullable says that null is a value like another; a form that is left empty
	// stores it where one is Required.
	Nullable bool

	// Pattern is what the whole value must match, in Go's syntax (RE2).
	Pattern string

	// MinLength and MaxLength bound a text, in characters. A MaxLength of 0 is
	// 1,000, or less where the Type says so.
	MinLength, MaxLength int

	// Multiline says that a Text has several lines. One without Options and with a
	// MaxLength of more than OneLine has them by itself, and so has one whose
	// stored value does: a browser takes the line breaks out of any other input.
	Multiline bool

	// Min and Max bound a number ("0.5") or a Date ("2030-12-31"), themselves
	// included. "" is no bound.
	Min, Max string

	// Options are the texts or numbers to choose from; nil leaves the choice free.
	// Of a List any number can be chosen.
	Options []string

	// List says that the value is a list, of distinct entries that are each what
	// the rest of the Field says: any Type but Checkbox and Other.
	List bool

	// MinItems and MaxItems bound the entries of a List; a MaxItems of 0 is 100.
	MinItems, MaxItems int

	// Access says what the owner may do with the trait.
	Access Access

	// Protected asks for a recent sign-in to change the trait. Those that say
	// who somebody is or how they are reached need it by themselves: an
	// Identifier, one to Verify, one to Recover by.
	Protected bool

	// Identifier says that its owner logs in with it.
	Identifier bool

	// Verify is the way by which the owner shows that the address is theirs. It is "" for a
	// trait that is no address, or that need not be verified.
	Verify Via

	// Recover is the way by which the account can be recovered with the trait, "" for none.
	Recover Via
}

// Type is the type of a trait.
type Type string

const (
	Text     Type = "text"
	Email    Type = "email"    // as HTML takes them, up to 254 characters; the case of the domain does not count
	Tel      Type = "tel"      // a number with + and country code; spaces and - . ( ) do not count
	URL      Type = "url"      // a URI (RFC 3986), absolute, http or https
	Number   Type = "number"   // a JSON number
	Integer  Type = "integer"  // a JSON number without a fraction
	Checkbox Type = "checkbox" // a boolean
	Date     Type = "date"     // 2030-12-31
	DateTime Type = "datetime" // RFC 3339; a form's local time is read as UTC

	// Other is any other JSON value, such as a list of objects. No form shows it; a
	// body in JSON may have it, and one that does not leaves it as it is.
	Other Type = "other"
)

// OneLine is the greatest length in characters of a text that has one line by default: a
// longer MaxLength makes the input Multiline.
const OneLine = 320

// Access says what the owner of an identity may do with a trait.
type Access int

const (
	Edit Access = iota // the form has it, and it can be changed
	Read               // the form shows it, disabled
	Hide               // the form does not have it; the JSON of the identity does
)

// Via is a way to send something to somebody.
type Via string

const (
	ByEmail Via = "email"
	BySMS   Via = "sms"
)

// field is a Field made ready.
type field struct {
	Field
	path   []string
	node   string // its name in the form
	holder string // the node name of the object it stands in
}

func newField(f Field) *field {
	if f.Type == "" {
		f.Type = Text
	}
	if f.Label == "" {
		f.Label = ui.Readable(f.Name)
	}
	if f.Autocomplete == "" {
		f.Autocomplete = map[Type]string{Email: "email", Tel: "tel", URL: "url"}[f.Type]
	}
	r := &field{Field: f, path: strings.Split(f.Name, "."), node: nodeName(f.Name)}
	if f.List && f.MaxItems == 0 {
		r.MaxItems = max(maxEntries, f.MinItems)
	}
	if f.Identifier || f.Verify != "" || f.Recover != "" {
		r.Protected = true
	}
	return r
}

func (f *field) writable() bool { return f.Access == Edit }

// isChoice reports whether a list is one of options, shown as one input.
func (f *field) isChoice() bool { return f.List && f.Options != nil }

// nodeName is what the form calls a path of the traits.
func nodeName(path string) string {
	if path == "" {
		return fieldTraits
	}
	return fieldTraits + "." + path
}
