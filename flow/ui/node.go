package ui

import (
	"slices"
	"strings"

	"github.com/amend-go/amend/settings/wire"
)

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

var groupOrder = []Group{Default, Profile, Password, OIDC, Lookup, WebAuthn, Passkey, TOTP}

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
	Value        any // string, bool, number; nil for none. Never a password.
	Required     bool
	Disabled     bool
	Autocomplete string
	Pattern      string
	MinLength    int
	MaxLength    int
	Min, Max     string   // of a number or a date
	Step         string   // "any" lets a browser take fractions
	Options      []string // the values there are to choose from; nil for any
	Trigger      string   // onclickTrigger: the function of the script that a button calls
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

// Container is the whole form.
type Container struct {
	Action   string // the URL it is sent to
	Nodes    []Node
	Messages []Text // about the form as a whole
}

// New puts nodes in the order of their groups, and each message on its node.
// A message whose node is not there stands on the form: it is never lost.
func New(action string, nodes []Node, messages []Message) Container {
	byGroup := func(a, b Node) int { return CompareGroups(a.Group, b.Group) }
	if !slices.IsSortedFunc(nodes, byGroup) {
		slices.SortStableFunc(nodes, byGroup)
	}
	c := Container{Action: action, Nodes: nodes}
	for _, m := range messages {
		i := -1
		if m.Node != "" {
			i = slices.IndexFunc(nodes, func(n Node) bool { return n.Name() == m.Node })
		}
		if i < 0 {
			c.Messages = append(c.Messages, m.Text)
			continue
		}
		// A method may make its nodes of slices that it keeps.
		nodes[i].Messages = append(slices.Clip(nodes[i].Messages), m.Text)
	}
	return c
}

// CompareGroups is negative if a form has group a before b, and 0 if it does not
// tell them apart: groups of a host's own stand after ours, as they come.
func CompareGroups(a, b Group) int { return place(a) - place(b) }

func place(g Group) int {
	if i := slices.Index(groupOrder, g); i >= 0 {
		return i
	}
	return len(groupOrder)
}

// Groups are the nodes by group, in order, each with the nodes of Default
// before it: one form for each method.
func (c Container) Groups() [][]Node {
	var shared []Node
	var groups [][]Node
	var last Group
	for _, n := range c.Nodes {
		switch {
		case n.Group == Default:
			shared = append(shared, n)
			continue
		case len(groups) == 0 || n.Group != last:
			groups = append(groups, slices.Clone(shared))
		}
		last = n.Group
		groups[len(groups)-1] = append(groups[len(groups)-1], n)
	}
	return groups
}

// Node finds a node by name; a submit button also by its value, as
// "method=password". It is nil if there is none.
func (c Container) Node(name string) *Node {
	name, value, byValue := strings.Cut(name, "=")
	for i, n := range c.Nodes {
		if n.Name() != name {
			continue
		}
		if in, ok := n.Attributes.(*Input); byValue && (!ok || in.Value != value) {
			continue
		}
		return &c.Nodes[i]
	}
	return nil
}

// WriteJSON writes the container.
func (c Container) WriteJSON(w *wire.Writer) {
	w.BeginObject()
	w.Field("action", c.Action)
	w.Field("method", "POST")
	w.Key("nodes")
	w.BeginArray()
	for _, n := range c.Nodes {
		n.WriteJSON(w)
	}
	w.EndArray()
	if len(c.Messages) > 0 {
		w.Key("messages")
		w.BeginArray()
		for _, m := range c.Messages {
			m.WriteJSON(w)
		}
		w.EndArray()
	}
	w.EndObject()
}
