package page

import (
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/amend-go/amend/flow/ui"
)

// This file owns how a node is shown that is a part of a form. How an input is shown
// stands in input.go.

// element is a node. Kind says which of the fields count.
type element struct {
	Kind     kind
	ID       string
	Label    string
	Hint     string // a rule, said before anything is wrong
	Messages []message

	// Of an input.
	Name, Type, Value           string
	Autocomplete, InputMode     string
	Address                     bool // an e-mail address is typed, in which nothing is to be corrected
	Min, Max, Step              string
	Rules                       string // passwordrules
	Options                     []option
	Required, Disabled, Checked bool
	Invalid, Focus              bool
	Trigger                     string
	Saves                       bool   // the button that sends the group's fields
	Show, Hide                  string // the words of the button that shows a password
	NoScript                    string // beside a button that needs one
	Ends                        string // says before a button what pressing it ends

	// Take is the link that takes the value a field has elsewhere.
	Take, TakeLabel string

	// Of the rest.
	Codes         []string     // a list
	Parts         []string     // a secret, in parts that an eye can keep
	Src           template.URL // of a picture
	Href          template.URL // of a link
	Width, Height int

	Copy, Copied, Download, Print string // words of buttons that take codes along
}

// kind is which of the elements of page.html one is. It is a field for each, for a
// comparison in a template is a call by reflection, and one for each that it is not.
type kind struct{ Hidden, Field, Choice, Choices, Lines, Checkbox, Submit, Button, Text, Link, Picture bool }

// option is a value to choose from.
type option struct {
	ID, Value string
	Chosen    bool
	Focus     bool
}

func (e element) seen() bool { return !e.Kind.Hidden || len(e.Messages) > 0 }

// decides reports whether an element is the button that makes the form's change.
func (e element) decides() bool { return e.Saves || e.Kind.Button }

// Held is the attribute value of what nobody types: creation options in JSON, most of all.
// In double quotes, as html/template writes it, each quote of theirs would take five bytes:
// some 800 of each view.
func (e element) Held() template.HTMLAttr {
	if !strings.Contains(e.Value, `"`) {
		return template.HTMLAttr(`value="` + template.HTMLEscapeString(e.Value) + `"`)
	}
	return template.HTMLAttr("value='" + inSingleQuotes.Replace(e.Value) + "'")
}

var inSingleQuotes = strings.NewReplacer("&", "&amp;", "'", "&#39;", "<", "&lt;", ">", "&gt;", "\x00", "\uFFFD")

// element is how a node is shown, and whether it is.
func (v *view) element(n ui.Node) (element, bool) {
	e := element{ID: v.newID(), Messages: v.messages(n.Messages)}
	if n.HasLabel() {
		e.Label = v.say(n.Label)
	}
	switch a := n.Attributes.(type) {
	case *ui.Input:
		v.input(&e, a)
	case *ui.Plain:
		e.Kind.Text, e.ID = true, a.ID
		v.plainText(&e, a.Text)
	case *ui.Image:
		e.Kind.Picture, e.ID, e.Width, e.Height = true, a.ID, a.Width, a.Height
		if !pictureURL().MatchString(a.Src) {
			return e, false
		}
		e.Src, v.pictures = template.URL(a.Src), true
	case *ui.Link:
		e.Kind.Link, e.ID, e.Label = true, a.ID, v.say(a.Title)
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

func (v *view) newID() string {
	v.fields++
	return "f" + strconv.Itoa(v.fields)
}

// script loads a script once, however many groups need it: it would answer each
// click twice. The policy names it by its URL, so the nonce is not used.
func (v *view) script(a *ui.Script) {
	loaded := slices.ContainsFunc(v.Scripts, func(other *ui.Script) bool { return other.Src == a.Src })
	if !loaded && scriptURL().MatchString(a.Src) && integrity().MatchString(a.Integrity) {
		v.Scripts = append(v.Scripts, a)
	}
}

// plainText shows a list of recovery codes, a secret, or a text.
func (v *view) plainText(e *element, t ui.Text) {
	e.Copy, e.Copied, e.Download, e.Print = v.Words(textCopy), v.Words(textCopied), v.Words(textDownload), v.Words(textPrint)
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
	e.Value = v.say(t)
}

// secret is a code itself, or what is said in its place.
func (v *view) secret(t ui.Text) string {
	if s, ok := t.Context["secret"].(string); ok {
		return s
	}
	return v.say(t)
}
