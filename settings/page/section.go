package page

import (
	"cmp"
	"slices"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
)

// This file owns the sections: which there are, in which order, and which of them shows
// the nodes of a group.

// The sections, by their ids, which are the anchors of the page too. A group of a host's
// own is a section by its name.
const (
	SectionProfile  = "profile"
	SectionPassword = "password"
	SectionTwoStep  = "two-step" // authenticator app, security keys, recovery codes
	SectionPasskeys = "passkeys"
	SectionLogins   = "logins"
	SectionDevices  = "devices"
	SectionActivity = "activity" // where Config.KeepActivity is on
)

// order is that of the page where the host has none. Sections of the host's own stand
// before the devices.
var order = []string{SectionProfile, SectionPassword, SectionTwoStep, SectionPasskeys, SectionLogins, "", SectionDevices, SectionActivity}

var sectionOf = map[ui.Group]string{
	ui.Profile: SectionProfile, ui.Password: SectionPassword, ui.TOTP: SectionTwoStep, ui.WebAuthn: SectionTwoStep,
	ui.Lookup: SectionTwoStep, ui.Passkey: SectionPasskeys, ui.OIDC: SectionLogins,
}

// rank is the place of a group among those of its section: the app, the keys, and last the
// codes that stand in for both.
func rank(nodes []ui.Node) int {
	return slices.Index([]ui.Group{ui.TOTP, ui.WebAuthn, ui.Lookup}, nodes[len(nodes)-1].Group)
}

func sectionFor(g ui.Group) string { return cmp.Or(sectionOf[g], string(g)) }

// headings and leads are the sentences of our sections.
var headings = map[string][2]int64{
	SectionProfile: {textProfile, textProfileLead}, SectionPassword: {textPassword, textPasswordLead}, SectionTwoStep: {textTwoStep, textTwoStepLead},
	SectionPasskeys: {textPasskeys, textPasskeysLead}, SectionLogins: {textLogins, textLoginsLead}, SectionDevices: {textDevices, textDevicesLead},
	SectionActivity: {textActivity, textActivityLead},
}

// section is one card of the page.
type section struct {
	ID            string
	Heading, Lead string
	Status        *status
	Ask           *ask // about all rows
	Notes         []message
	Rows          []row
	Events        []happening
	Nothing       string // said where there are none
	More          *link
	Parts         []part
}

// status is a word or two on how something is: "On".
type status struct{ Class, Text string }

// part is a form of a section.
type part struct {
	ID       string
	Summary  string // the text of what opens it; "" stands open
	Open     bool
	Heading  string
	Lead     string
	Notes    []message
	Ends     bool   // its change signs out other devices
	Username string // tells password managers whose password the form changes; not sent

	// Guard makes the Enter key do nothing: the first button of a form is the one
	// it presses, and here that is not the one that saves. It could remove
	// something while its user gives something else a name.
	Guard bool

	Elements []element
	Ceremony bool // it has a button for a security key or passkey
}

// failures are what a script says of a security key or passkey that did not work.
type failures struct{ Other, Cancelled, Known, Unsupported, Waiting string }

func (s *section) empty() bool {
	return len(s.Notes)+len(s.Rows)+len(s.Events)+len(s.Parts) == 0 && s.Nothing == ""
}

// section finds one of the page, or makes it.
func (v *view) section(id string) *section {
	for _, s := range v.Sections {
		if s.ID == id {
			return s
		}
	}
	s := &section{ID: id, Heading: id}
	if h, ours := headings[id]; ours {
		s.Heading, s.Lead = v.Words(h[0]), v.Words(h[1])
	}
	if h := v.host.Headings[id]; h != "" {
		s.Heading = h
	}
	switch {
	case id == SectionPassword && !v.owner.Has(aal.Password):
		s.Lead = v.Words(textNoPassword)
	case id == SectionTwoStep && v.owner.obliged():
		s.Status = &status{"on", v.Words(textOn)}
	case id == SectionTwoStep:
		s.Status = &status{"off", v.Words(textOff)}
	}
	v.Sections = append(v.Sections, s)
	return s
}

// group shows the nodes of a group: its credentials as rows, and a form for the rest.
func (v *view) group(nodes []ui.Node) {
	group := nodes[len(nodes)-1].Group // those of all groups stand in front
	s := v.section(sectionFor(group))
	p := part{}
	if string(group) != s.ID {
		p.ID = string(group)
	}
	for _, n := range nodes {
		if n.Group == ui.Default {
			n.Messages = nil
		} else if v.row(s, n) {
			continue
		}
		if e, ok := v.element(n); ok {
			p.Elements = append(p.Elements, e)
		} else {
			v.Messages = append(v.Messages, e.Messages...) // never lost
		}
	}
	if !slices.ContainsFunc(p.Elements, element.seen) {
		return
	}
	first := slices.IndexFunc(p.Elements, func(e element) bool { return e.Kind.Submit })
	p.Guard = first < 0 || !p.Elements[first].Saves
	v.dress(s, &p, group)
	if p.Ends {
		if i := slices.IndexFunc(p.Elements, element.decides); i >= 0 {
			p.Elements[i].Ends = v.Words(textEndOthers)
		}
	}
	if len(p.Notes) > 0 { // before what adds another factor
		s.Parts = append([]part{p}, s.Parts...)
		return
	}
	s.Parts = append(s.Parts, p)
}

// dress says of a form what it is for.
func (v *view) dress(s *section, p *part, g ui.Group) {
	begins := slices.ContainsFunc(p.Elements, func(e element) bool { return slices.Contains(beginButtons, e.Name) })
	switch g {
	case ui.Password:
		p.Ends, p.Username = v.form.EndsOthers, v.owner.FirstIdentifier()
		v.label(p, "method", textSetPassword)
		if v.owner.Has(aal.Password) {
			v.label(p, "method", textChangePassword)
		}
		v.label(p, "password", textNewPassword)
	case ui.TOTP:
		if !begins {
			p.Summary, p.Lead, p.Ends = v.Words(textAppAdd), v.Words(textAppLead), v.form.EndsOthers
			v.label(p, "method", textAppTurnOn)
		}
	case ui.WebAuthn:
		if !begins {
			p.Summary, p.Lead, p.Ends = v.Words(textKeyAdd), v.Words(textKeyLead), v.form.EndsOthers
		}
	case ui.Passkey:
		p.Ends = v.form.EndsOthers
	case ui.Lookup:
		if !slices.ContainsFunc(p.Elements, func(e element) bool { return e.Codes != nil }) {
			return
		}
		t := v.warning(sentence(textCodesNotActive))
		if len(v.owner.State.Factors[aal.Lookup].Credentials) > 0 {
			t.Text += " " + v.Words(textCodesOldWork)
		}
		p.Notes = append(p.Notes, t)
		p.Ends = v.form.EndsOthers
		p.Heading = v.Words(textCodes)
		v.label(p, "lookup_secret_confirm", textCodesTurnOn)
		for i := range p.Elements {
			e := &p.Elements[i]
			e.Saves = e.Saves || e.Name == "lookup_secret_confirm"
			if e.Codes != nil {
				e.Label = "" // the note above says it
			}
		}
	}
	if slices.ContainsFunc(p.Elements, func(e element) bool { return e.Trigger != "" }) {
		p.Ceremony = true
		v.Failures = &failures{v.Words(textFailed), v.Words(textCancelled), v.Words(textAlreadyThere), v.Words(textNotSupported), v.Words(textWaitingForDevice)}
	}
	if p.Summary != "" {
		p.Open = slices.ContainsFunc(p.Elements, func(e element) bool { return len(e.Messages) > 0 }) || v.form.Active == string(g) && len(s.Notes) > 0
	}
}

var beginButtons = []string{"totp_begin", "webauthn_begin", "passkey_begin"}

// label says something better of an element than its method can, who says it to every
// client.
func (v *view) label(p *part, name string, id int64) {
	for i := range p.Elements {
		if p.Elements[i].Name == name {
			p.Elements[i].Label = v.Words(id)
		}
	}
}

// arrange puts the sections in order, and takes those away that the host hides.
func (v *view) arrange() {
	place := func(s *section) int {
		wanted := v.host.Order
		if i := slices.Index(wanted, s.ID); i >= 0 {
			return i
		}
		i := slices.Index(order, s.ID)
		if i < 0 {
			i = slices.Index(order, "")
		}
		return len(wanted) + i
	}
	slices.SortStableFunc(v.Sections, func(a, b *section) int { return cmp.Compare(place(a), place(b)) })
	v.Sections = slices.DeleteFunc(v.Sections, func(s *section) bool { return slices.Contains(v.host.Hide, s.ID) })
}
