package page

import (
	"html/template"
	"slices"
	"strconv"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
)

// view is what page.html shows, with everything decided.
type view struct {
	Options
	Stylesheet template.HTML // the style element, byte for byte as the policy has it
	Action     string
	Messages   []message
	Sections   []section
	Scripts    []*ui.Script

	css      template.CSS
	pictures bool // there is one
	fields   int  // so many ids are given
	focused  bool // a field has the focus
}

// section is the form of one group.
type section struct {
	Group   ui.Group
	Heading string

	// Username tells password managers whose password the form changes. It is
	// not sent.
	Username string

	// Guard makes the Enter key do nothing: the first button of a form is the one
	// it presses, and here that is not the one that saves. It could remove a
	// security key while its user gives another one a name.
	Guard bool

	Elements []element
}

// element is a node. Kind says which of the fields count.
type element struct {
	Kind     string
	ID       string
	Label    string
	Messages []message

	// Of an input.
	Name, Type, Value           string
	Autocomplete, InputMode     string
	Min, Max, Step              string
	Options                     []option
	Required, Disabled, Checked bool
	Invalid, Focus              bool
	Trigger                     string
	Saves                       bool // the button that sends the group's fields

	// Of the rest.
	Codes         []string     // a list
	Parts         []string     // a secret, in parts that an eye can keep
	Src           template.URL // of a picture
	Href          template.URL // of a link
	Width, Height int
}

// option is a value to choose from.
type option struct {
	ID, Value string
	Chosen    bool
	Focus     bool
}

func (e element) seen() bool { return e.Kind != "hidden" || len(e.Messages) > 0 }

type message struct {
	ID          int64
	Class, Role string
	Text        string
}

func newView(form *flow.Form, o Options) *view {
	css := style + o.Style
	v := &view{Options: o, Action: form.UI.Action, css: css, Stylesheet: template.HTML("<style>" + css + "</style>")}
	v.Messages = v.messages(form.UI.Messages)
	for _, n := range form.UI.Nodes {
		if n.Group == ui.Default { // it is in each form; what is said about it is said once
			v.Messages = append(v.Messages, v.messages(n.Messages)...)
		}
	}
	for _, nodes := range form.UI.Groups() {
		if s := v.section(nodes, form); slices.ContainsFunc(s.Elements, element.seen) {
			v.Sections = append(v.Sections, s)
		}
	}
	return v
}

// section is what is shown of a group. There may be nothing to see in it: the
// group of a script, whose buttons stand in another.
func (v *view) section(nodes []ui.Node, form *flow.Form) section {
	group := nodes[len(nodes)-1].Group // those of all groups stand in front
	s := section{Group: group, Heading: v.heading(group)}
	if group == ui.Password {
		s.Username = form.Owner.FirstIdentifier()
	}
	for _, n := range nodes {
		if n.Group == ui.Default {
			n.Messages = nil
		}
		if e, ok := v.element(n); ok {
			s.Elements = append(s.Elements, e)
		} else {
			v.Messages = append(v.Messages, e.Messages...) // never lost
		}
	}
	first := slices.IndexFunc(s.Elements, func(e element) bool { return e.Kind == "submit" })
	s.Guard = first < 0 || !s.Elements[first].Saves
	return s
}

// element is how a node is shown, and whether it is.
func (v *view) element(n ui.Node) (element, bool) {
	v.fields++
	e := element{ID: "field-" + strconv.Itoa(v.fields), Messages: v.messages(n.Messages)}
	if n.HasLabel() {
		e.Label = v.Text(n.Label)
	}
	switch a := n.Attributes.(type) {
	case *ui.Input:
		v.input(&e, a)
	case *ui.Plain:
		e.Kind, e.ID = "text", a.ID
		v.plain(&e, a.Text)
	case *ui.Image:
		e.Kind, e.ID, e.Width, e.Height = "picture", a.ID, a.Width, a.Height
		if !pictureURL().MatchString(a.Src) {
			return e, false
		}
		e.Src, v.pictures = template.URL(a.Src), true
	case *ui.Link:
		e.Kind, e.ID, e.Label = "link", a.ID, v.Text(a.Title)
		if !linkURL().MatchString(a.Href) {
			return e, false
		}
		e.Href = template.URL(a.Href)
	case *ui.Script:
		v.script(a)
		return e, false
	}
	return e, true
}

// script loads a script once, however many groups need it: it would answer each
// click twice. The policy names it by its URL, so the nonce is not used.
func (v *view) script(a *ui.Script) {
	loaded := slices.ContainsFunc(v.Scripts, func(other *ui.Script) bool { return other.Src == a.Src })
	if !loaded && scriptURL().MatchString(a.Src) && integrity().MatchString(a.Integrity) {
		v.Scripts = append(v.Scripts, a)
	}
}

// plain shows a list of recovery codes, a secret, or a text.
func (v *view) plain(e *element, t ui.Text) {
	if secrets, ok := t.Context["secrets"].([]ui.Text); ok {
		for _, s := range secrets {
			e.Codes = append(e.Codes, v.secret(s))
		}
		return
	}
	if secret, ok := t.Context["secret"].(string); ok {
		for part := range slices.Chunk([]rune(secret), 4) {
			e.Parts = append(e.Parts, string(part))
		}
		return
	}
	e.Value = v.Text(t)
}

// secret is a code itself, or what is said in its place.
func (v *view) secret(t ui.Text) string {
	if s, ok := t.Context["secret"].(string); ok {
		return s
	}
	return v.Text(t)
}

func (v *view) messages(texts []ui.Text) []message {
	var all []message
	for _, t := range texts {
		m := message{ID: t.ID, Class: "info", Role: "status", Text: v.Text(t)}
		switch t.Type {
		case ui.Error:
			m.Class, m.Role = "error", "alert"
		case ui.Success:
			m.Class = "success"
		}
		all = append(all, m)
	}
	return all
}
