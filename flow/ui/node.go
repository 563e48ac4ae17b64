package ui

import "github.com/amend-go/amend/settings/wire"

// Group is the part of the form a node belongs to: the method, or default.
type Group string

const (
	Default  Group = "default"
	Profile  Group = "profile"
	Password Group = "password"
	OIDC     Group = "oidc"
	Lookup   Group = "lookup_secret"
	WebAuthn Group = "webauthn"
	Passkey  Group = "passkey"
	TOTP     Group = "totp"
)

// Node is one element of the form.
type Node struct {
	Group      Group
	Attributes Attributes
	Messages   []Text
	Label      Text // zero for none
}

// Attributes are what a node is: [Input], [Plain], [Image], [Link]
// or [Script].
type Attributes interface {
	nodeType() string // also the value of node_type
	name() string     // what messages and clients call the node
	writeJSON(*wire.Writer)
}

// Name is the input's name, or the id of a node that is no input.
func (n Node) Name() string { return n.Attributes.name() }

// Input is the node's input, nil if the node is none: for templates.
func (n Node) Input() *Input {
	in, _ := n.Attributes.(*Input)
	return in
}

// HasLabel reports whether the node has a label.
func (n Node) HasLabel() bool { return n.Label.ID != 0 || n.Label.Text != "" }

// WriteJSON writes the node with everything its schema requires, empty
// messages and meta included.
func (n Node) WriteJSON(w *wire.Writer) {
	w.BeginObject()
	w.Field("type", n.Attributes.nodeType())
	w.Field("group", string(n.Group))
	w.Key("attributes")
	w.BeginObject()
	n.Attributes.writeJSON(w)
	w.Field("node_type", n.Attributes.nodeType())
	w.EndObject()
	w.Key("messages")
	w.BeginArray()
	for _, m := range n.Messages {
		m.WriteJSON(w)
	}
	w.EndArray()
	w.Key("meta")
	w.BeginObject()
	if n.HasLabel() {
		w.Key("label")
		n.Label.WriteJSON(w)
	}
	w.EndObject()
	w.EndObject()
}

// InputType is the type of an HTML input.
type InputType string

const (
	InputHidden   InputType = "hidden"
	InputText     InputType = "text"
	InputPassword InputType = "password"
	InputEmail    InputType = "email"
	InputTel      InputType = "tel"
	InputURL      InputType = "url"
	InputNumber   InputType = "number"
	InputCheckbox InputType = "checkbox"
	InputDate     InputType = "date"
	InputDateTime InputType = "datetime-local"
	InputSubmit   InputType = "submit"
	InputButton   InputType = "button"
)

// Input is an HTML input or button.
type Input struct {
	Name         string
	Type         InputType
	Value        any // string, bool, number, []any of these if Multiple; nil for none. Never a password.
	Required     bool
	Disabled     bool
	Autocomplete string
	InputMode    string // which keyboard a telephone shows: "numeric"; "" follows from the Type
	Pattern      string
	MinLength    int
	MaxLength    int
	Min, Max     string   // of a number or a date
	Step         string   // "any" lets a browser take fractions
	Options      []string // the values there are to choose from; nil for any

	// Multiple says that any number of the Options may be chosen: Value is a list
	// of them, and a form has the Name once for each that is.
	Multiple bool

	// Multiline says that a text has several lines. Its Type is InputText, which
	// older clients show as one line.
	Multiline bool

	Trigger string // onclickTrigger: the function of the script that a button calls
}

func (*Input) nodeType() string { return "input" }
func (a *Input) name() string   { return a.Name }

func (a *Input) writeJSON(w *wire.Writer) {
	w.Field("name", a.Name)
	w.Field("type", string(a.Type))
	if a.Value != nil {
		w.Key("value")
		w.Any(a.Value)
	}
	if a.Required {
		w.Key("required")
		w.Bool(true)
	}
	w.Key("disabled")
	w.Bool(a.Disabled)
	if a.Autocomplete != "" {
		w.Field("autocomplete", a.Autocomplete)
	}
	if a.InputMode != "" {
		w.Field("inputmode", a.InputMode)
	}
	if a.Pattern != "" {
		w.Field("pattern", a.Pattern)
	}
	if a.MinLength > 0 {
		w.Key("minlength")
		w.Int(int64(a.MinLength))
	}
	if a.MaxLength > 0 {
		w.Key("maxlength")
		w.Int(int64(a.MaxLength))
	}
	if a.Min != "" {
		w.Field("min", a.Min)
	}
	if a.Max != "" {
		w.Field("max", a.Max)
	}
	if a.Step != "" {
		w.Field("step", a.Step)
	}
	if len(a.Options) > 0 {
		w.Key("options")
		w.BeginArray()
		for _, o := range a.Options {
			w.BeginObject()
			w.Field("value", o)
			w.EndObject()
		}
		w.EndArray()
	}
	if a.Multiple {
		w.Key("multiple")
		w.Bool(true)
	}
	if a.Multiline {
		w.Key("multiline")
		w.Bool(true)
	}
	if a.Trigger != "" {
		w.Field("onclickTrigger", a.Trigger)
	}
}

// Plain is a text shown to the user.
type Plain struct {
	ID   string
	Text Text
}

func (*Plain) nodeType() string { return "text" }
func (a *Plain) name() string   { return a.ID }

func (a *Plain) writeJSON(w *wire.Writer) {
	w.Field("id", a.ID)
	w.Key("text")
	a.Text.WriteJSON(w)
}

// Image is a picture; Src may be a data URL. Sizes are in pixels.
type Image struct {
	ID            string
	Src           string
	Width, Height int
}

func (*Image) nodeType() string { return "img" }
func (a *Image) name() string   { return a.ID }

func (a *Image) writeJSON(w *wire.Writer) {
	w.Field("id", a.ID)
	w.Field("src", a.Src)
	w.Key("width")
	w.Int(int64(a.Width))
	w.Key("height")
	w.Int(int64(a.Height))
}

// Link is a link, whose text is Title. Href is any URL, also one that opens an
// app: whoever shows it decides which schemes may stand there.
type Link struct {
	ID    string
	Href  string
	Title Text
}

func (*Link) nodeType() string { return "a" }
func (a *Link) name() string   { return a.ID }

func (a *Link) writeJSON(w *wire.Writer) {
	w.Field("id", a.ID)
	w.Field("href", a.Href)
	w.Key("title")
	a.Title.WriteJSON(w)
}

// Script is a script the form needs, loaded from Src with subresource
// integrity.
type Script struct {
	ID        string
	Src       string
	Integrity string
	Nonce     string
}

func (*Script) nodeType() string { return "script" }
func (a *Script) name() string   { return a.ID }

func (a *Script) writeJSON(w *wire.Writer) {
	w.Field("id", a.ID)
	w.Field("src", a.Src)
	w.Key("async")
	w.Bool(true)
	w.Field("referrerpolicy", "no-referrer")
	w.Field("crossorigin", "anonymous")
	w.Field("integrity", a.Integrity)
	w.Field("type", "text/javascript")
	w.Field("nonce", a.Nonce)
}
