package page

import (
	"cmp"
	"slices"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
)

// frame is what stands around the own part of every page: the settings, the login, an
// error.
type frame struct {
	*look
	*Language // that of the reader

	Title   string // the heading
	Scripts []*ui.Script
	Static  string // our own script, by its hash; "" loads none
	Sheet   string // our own style, by its hash; "" has it in the page
	Nonce   string // that lets both through
	Who     string // who is signed in, "" for nobody
	SignOut leaving

	pictures bool // there is one in the page
	failed   bool // the page says that something went wrong
	saved    bool
}

// leaving is how the header signs out: by a form of this page, or by a link of the
// host's. The zero value shows neither.
type leaving struct {
	Token string
	Link  string
}

// view is what page.html shows, with everything decided.
type view struct {
	frame
	Action   string
	Ending   string // where forms about sessions go: this page
	Token    string // of the forms
	Take     string // the field that takes the value it has elsewhere
	Messages []message
	Sections []*section
	Failures *failures // what the script says; nil where it has nothing to say
	Signal   *signal   // what the script tells the browser; nil for nothing

	changed     string // the event of a success
	endedOthers bool

	owner   owner
	form    *flow.Form
	host    *Options
	fields  int     // so many ids are given
	focused bool    // something has the focus
	naming  ui.Node // the field for the name of a credential
}

type message struct {
	ID          int64
	Class, Role string
	Text        string
	Focus       bool

	current string // what a field is since, of a conflict
}

// Direction is that of the language.
func (f *frame) Direction() string {
	if f.Dir == "" {
		return "ltr"
	}
	return f.Dir
}

// HTMLTitle says first what the page came to, for who hears titles.
func (f *frame) HTMLTitle() string {
	title := f.Title
	if f.Name != "" {
		title += " · " + f.Name
	}
	switch {
	case f.failed:
		return f.say(sentence(textErrorIn, "title", title))
	case f.saved:
		return f.say(sentence(textSavedIn, "title", title))
	}
	return title
}

// SignedIn says who is signed in.
func (f *frame) SignedIn() string { return f.say(sentence(textSignedIn, "who", f.Who)) }

// Words is a sentence of a page by its number in words.go.
func (f *frame) Words(id int64) string { return f.say(sentence(id)) }

func newView(form *flow.Form, o *Options, l *look, language *Language, take string) *view {
	v := &view{frame: frame{look: l, Language: language}, Action: form.UI.Action, Take: take, form: form, host: o, owner: owner{form.Owner}, changed: form.Changed, endedOthers: form.EndedOthers}
	v.Title, v.Signal = v.Words(textTitle), v.signals()
	v.Who = form.Owner.FirstIdentifier()
	for _, n := range form.UI.Nodes {
		if in := n.Input(); n.Group == ui.Default && in != nil && in.Name == "csrf_token" {
			v.Token = spelled(in.Value)
		}
	}
	for _, t := range form.UI.Messages {
		v.place(t)
	}
	for _, n := range form.UI.Nodes {
		if n.Group == ui.Default { // it is in each form; what is said about it is said once
			v.Messages = append(v.Messages, v.messages(n.Messages)...)
		}
	}
	groups := form.UI.Groups()
	slices.SortStableFunc(groups, func(a, b []ui.Node) int { return cmp.Compare(rank(a), rank(b)) })
	for _, nodes := range groups {
		v.group(nodes)
	}
	v.Sections = slices.DeleteFunc(v.Sections, (*section).empty)
	v.arrange()
	v.focus()
	return v
}

// HasRows reports whether the form is needed that the buttons of rows send: they stand
// in no form of a group, where the Enter key could press one.
func (v *view) HasRows() bool {
	return slices.ContainsFunc(v.Sections, func(s *section) bool { return len(s.Rows) > 0 })
}

// place puts a message about the whole form where its reader looks for it: what went
// wrong into the section that they used, the rest on top.
func (v *view) place(t ui.Text) {
	m := v.message(t)
	v.saved = v.saved || v.saves(t)
	if s := sectionOf[ui.Group(v.form.Active)]; t.Type == ui.Error && s != "" && v.shows(s) {
		s := v.section(s)
		s.Notes = append(s.Notes, m)
		return
	}
	v.Messages = append(v.Messages, m)
}

// shows reports whether there is a section for a message: one of which the form has
// nodes, and that the host does not hide.
func (v *view) shows(id string) bool {
	return !slices.Contains(v.host.Hide, id) && slices.ContainsFunc(v.form.UI.Nodes, func(n ui.Node) bool { return sectionFor(n.Group) == id })
}

// focus puts the focus on what the reader has to know first: the field that is wrong,
// which has it already, else codes that are shown this once, else the first message.
func (v *view) focus() {
	if v.focused {
		return
	}
	for _, s := range v.Sections {
		for i := range s.Notes {
			if s.Notes[i].Class == "error" {
				s.Notes[i].Focus = true
				return
			}
		}
		for _, p := range s.Parts {
			if len(p.Notes) > 0 {
				p.Notes[0].Focus = true
				return
			}
		}
	}
	if len(v.Messages) > 0 {
		v.Messages[0].Focus = true
	}
}

func (v *view) messages(texts []ui.Text) []message {
	var all []message
	for _, t := range texts {
		all = append(all, v.message(t))
	}
	return all
}

func (v *view) message(t ui.Text) message {
	m := message{ID: t.ID, Class: "info", Role: "status", Text: v.told(t)}
	if t.Context["current"] != nil {
		m.current = spelled(t.Context["current"])
	}
	switch t.Type {
	case ui.Error:
		m.Class, m.Role, v.failed = "error", "alert", true
	case ui.Success:
		m.Class = "success"
	}
	return m
}

// warning is a sentence of the page that its reader must not overlook.
func (v *view) warning(t ui.Text) message {
	return message{ID: t.ID, Class: "warn", Role: "status", Text: v.say(t)}
}
