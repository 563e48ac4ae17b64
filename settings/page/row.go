package page

import (
	"html/template"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
)

// This file owns the rows: one for each credential, with what is known of it, and the
// question that is asked before it goes. The question needs no script: it is what a
// <details> opens, and says what goes and what stays.

// row is one credential, one login, one device.
type row struct {
	Mark     string        // a letter
	Drawn    template.HTML // a mark in its place
	Name     string
	Pill     *status
	Details  []string
	Messages []message
	Action   *action
	Rename   *rename
	Ask      *ask

	id, own string // of the credential, and the name that its owner gave it
}

// action is a button that does what it says at once.
type action struct {
	Name, Value, Label, Of string
	Primary                bool
	Ends                   bool
}

// ask is a button that asks first.
type ask struct {
	Summary, Of string // what opens it; Of tells it from others to who only hears it
	Title       string
	Says        []string
	Name, Value string // of the button that does it, which says Summary again
	OwnPage     bool   // it is sent to the page itself
}

// row shows a node as a row, or as a part of one. It is false for a node of a form.
func (v *view) row(s *section, n ui.Node) bool {
	in := n.Input()
	if in == nil {
		if n.Name() != "lookup_secret_left" {
			return false
		}
		v.codesLeft(s, n)
		return true
	}
	if v.renames(s, n, in) {
		return true
	}
	if in.Type != ui.InputSubmit {
		return false
	}
	c := credentialOf(n)
	var r row
	switch in.Name {
	case "totp_unlink":
		r = row{Name: v.Words(textApp), Details: v.dates(v.owner.first(aal.TOTP))}
		r.Ask = v.asking(in, sentence(textAppTurnOff), sentence(textAppAsk), textAppGoes, v.owner.without(aal.TOTP, ""))
	case "webauthn_remove":
		r = v.key(in, c, aal.WebAuthn)
	case "passkey_remove":
		r = v.key(in, c, aal.Passkey)
	case "unlink":
		if r = (row{Name: c.provider, Details: v.dates(c)}); r.Details == nil {
			r.Details = []string{v.Words(textLinked)}
		}
		r.Ask = v.asking(in, sentence(textUnlink), sentence(textUnlinkAsk, "provider", c.provider), textUnlinkGoes, v.owner.without(aal.OIDC, spelled(in.Value)))
		r.Ask.Of = c.provider
	case "link":
		r = row{Name: c.provider, Details: []string{v.Words(textNotLinked)}}
		r.Action = &action{Name: in.Name, Value: spelled(in.Value), Label: v.Words(textLink), Of: c.provider, Ends: v.form.EndsOthers}
	case "lookup_secret_regenerate":
		v.codesMake(s, n)
		return true
	case "lookup_secret_disable":
		v.codesRemove(s, n)
		return true
	default:
		return false
	}
	if r.Name == "" {
		r.Name = v.say(n.Label)
	}
	r.Mark, r.Messages = initial(r.Name), v.messages(n.Messages)
	if in.Name == "link" || in.Name == "unlink" {
		r.Drawn = markOf(spelled(in.Value), c.provider)
	}
	if in.Disabled { // the messages say why
		r.Ask, r.Action = nil, nil
	}
	if in.Name == "unlink" { // what there is before what there could be
		n := slices.IndexFunc(s.Rows, func(other row) bool { return other.Action != nil })
		if n < 0 {
			n = len(s.Rows)
		}
		s.Rows = slices.Insert(s.Rows, n, r)
		return true
	}
	s.Rows = append(s.Rows, r)
	return true
}

// asking is the question before something goes, for an account that is then as after.
func (v *view) asking(in *ui.Input, summary, title ui.Text, goes int64, after owner) *ask {
	a := &ask{
		Summary: v.say(summary), Title: v.say(title), Name: in.Name, Value: spelled(in.Value),
		Says: []string{v.Words(goes)},
	}
	if things := after.has(); len(things) > 0 {
		a.Says = append(a.Says, v.say(sentence(textStay, "things", things)))
	}
	if v.owner.obliged() && !after.obliged() && after.Has(aal.Password) {
		a.Says = append(a.Says, v.Words(textLastFactor))
	}
	if v.form.EndsOthers {
		a.Says = append(a.Says, v.Words(textEndOthers))
	}
	return a
}

// codesRow is the one row of the recovery codes.
func (v *view) codesRow(s *section) *row {
	name := v.Words(textCodes)
	for i := range s.Rows {
		if s.Rows[i].Name == name {
			return &s.Rows[i]
		}
	}
	r := row{Mark: initial(name), Name: name, Details: []string{v.Words(textCodesLead)}}
	switch made := v.owner.first(aal.Lookup); {
	case !made.added.IsZero():
		r.Details = append(r.Details, v.say(on(textCodesMade, made.added)))
	case len(v.owner.State.Factors[aal.Lookup].Credentials) == 0:
		r.Messages = append(r.Messages, v.warning(sentence(textCodesNone)))
	}
	s.Rows = append(s.Rows, r)
	return &s.Rows[len(s.Rows)-1]
}

// fewCodes is from when on new ones should be made.
const fewCodes = 3

func (v *view) codesLeft(s *section, n ui.Node) {
	r := v.codesRow(s)
	r.Messages = append(r.Messages, v.messages(n.Messages)...)
	t := n.Attributes.(*ui.Plain).Text
	left, _ := t.Context["left"].(int)
	class := "on"
	switch {
	case !v.owner.obliged():
		class = "off"
		r.Messages = append(r.Messages, v.warning(sentence(textCodesUseless)))
	case left <= fewCodes:
		class = "few"
		r.Messages = append(r.Messages, v.warning(sentence(textCodesFew)))
	}
	r.Pill = &status{class, v.say(ui.Text{ID: textCodesLeft, Text: t.Text, Context: t.Context})}
}

func (v *view) codesMake(s *section, n ui.Node) {
	r := v.codesRow(s)
	r.Messages = append(r.Messages, v.messages(n.Messages)...)
	has := len(v.owner.State.Factors[aal.Lookup].Credentials) > 0
	label := v.Words(textCodesMake)
	if has {
		label = v.Words(textCodesMakeNew)
	}
	r.Action = &action{Name: n.Name(), Value: spelled(n.Input().Value), Label: label, Primary: !has}
}

func (v *view) codesRemove(s *section, n ui.Node) {
	r := v.codesRow(s)
	r.Messages = append(r.Messages, v.messages(n.Messages)...)
	r.Ask = v.asking(n.Input(), sentence(textRemove), sentence(textCodesAsk), textCodesGo, v.owner.without(aal.Lookup, ""))
	r.Ask.Of = r.Name
}

// initial is the letter that stands for a name.
func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
	if r == utf8.RuneError {
		return "·"
	}
	return string(unicode.ToUpper(r))
}
