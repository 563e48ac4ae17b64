package page

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
)

// This file owns what the page says of a security key or a passkey, the form that gives it
// another name, and what the browser is told of one that is gone.

// credential is what a node tells of the one that its button is for.
type credential struct {
	name, provider string
	own            string // the name that its owner gave it
	authenticator  string // what holds it
	added, used    time.Time
	synced         *bool // nil where that is not known
	asked          bool  // its button was pressed last
}

func credentialOf(n ui.Node) (c credential) {
	told := n.Label.Context
	c.name, _ = told["display_name"].(string)
	c.provider, _ = told["provider"].(string)
	c.own, _ = told["own_name"].(string)
	c.authenticator, _ = told["authenticator"].(string)
	c.added, _ = told["added_at"].(time.Time)
	c.used, _ = told["last_used_at"].(time.Time)
	if synced, known := told["synced"].(bool); known {
		c.synced = &synced
	}
	c.asked, _ = told["asked"].(bool)
	return c
}

// dates are what is known of when.
func (v *view) dates(c credential) (said []string) {
	if !c.added.IsZero() {
		said = append(said, v.say(on(textAdded, c.added)))
	}
	if !c.used.IsZero() {
		said = append(said, v.say(on(textLastUsed, c.used)))
	}
	return said
}

// keyWords are the sentences about the two kinds of credentials.
var keyWords = map[aal.Method]struct{ kind, ask, goes int64 }{
	aal.WebAuthn: {textKeyKind, textKeyAsk, textKeyGoes},
	aal.Passkey:  {textPasskeyKind, textPasskeyAsk, textPasskeyGoes},
}

// key is a security key or a passkey. One that its owner gave no name is called after what
// holds it, or else after the day it was added.
func (v *view) key(in *ui.Input, c credential, m aal.Method) row {
	words := keyWords[m]
	kind := v.Words(words.kind)
	r := row{Name: c.name, id: spelled(in.Value), own: c.own}
	if m != aal.Passkey { // those have a section of their own
		r.Details = []string{kind}
	}
	dates, of := v.dates(c), c.name
	switch {
	case !v.owner.unnamed(m, r.id):
		if c.authenticator != "" && c.authenticator != r.Name {
			r.Details = append(r.Details, c.authenticator)
		}
	case c.authenticator != "":
		r.Name = c.authenticator
		of = strings.Join(append([]string{r.Name}, dates[:min(len(dates), 1)]...), ", ") // there may be another one
	case !c.added.IsZero():
		r.Name = v.say(sentence(textNamedByDay, "kind", kind, "at", c.added.UTC()))
		r.Details, dates, of = nil, dates[1:], r.Name
	default:
		r.Name, r.Details = kind, nil
	}
	r.Details = append(r.Details, dates...)
	switch {
	case c.synced != nil && *c.synced:
		r.Details = append(r.Details, v.Words(textSynced))
	case c.synced != nil && m == aal.Passkey:
		r.Details = append(r.Details, v.Words(textOneDevice))
	}
	r.Ask = v.asking(in, sentence(textRemove), sentence(words.ask, "name", r.Name), words.goes, v.owner.without(m, r.id))
	r.Ask.Of = of
	return r
}

// unnamed reports whether the account has a credential to which its owner gave no name.
func (o owner) unnamed(m aal.Method, id string) bool {
	return slices.ContainsFunc(o.State.Factors[m].Credentials, func(c identity.Credential) bool { return c.ID == id && c.Name == "" })
}

// rename is a form that gives a credential another name. A <details> opens it.
type rename struct {
	Of          string // tells it from others to who only hears it
	Field       element
	Name, Value string // the button
	Open        bool
}

// renames shows the nodes that give a name: the one field there is for it, in the row of
// each credential that has a button.
func (v *view) renames(s *section, n ui.Node, in *ui.Input) bool {
	field, isField := strings.CutSuffix(in.Name, "_displayname")
	switch {
	case field != "webauthn_rename" && field != "passkey_rename":
		return false
	case isField:
		v.naming = n
		asked := func(n ui.Node) bool { return n.Name() == field && credentialOf(n).asked }
		if !slices.ContainsFunc(v.form.UI.Nodes, asked) { // nobody's row; never lost
			v.Messages = append(v.Messages, v.messages(n.Messages)...)
		}
		return true
	}
	at := slices.IndexFunc(s.Rows, func(r row) bool { return r.id != "" && r.id == spelled(in.Value) })
	if at < 0 || v.naming.Name() != in.Name+"_displayname" {
		return false
	}
	r, c := &s.Rows[at], credentialOf(n)
	r.Rename = &rename{Of: r.Name, Name: in.Name, Value: r.id}
	if r.Ask != nil {
		r.Rename.Of = r.Ask.Of
	}
	shown, value := v.naming, r.own
	if c.asked {
		value = spelled(shown.Input().Value)
		r.Rename.Open = len(shown.Messages) > 0
	} else {
		shown.Messages = nil
	}
	text := *shown.Input()
	text.Value = value
	shown.Attributes, shown.Label = &text, sentence(textNewName)
	r.Rename.Field, _ = v.element(shown)
	r.Rename.Field.Hint, r.Rename.Field.Autocomplete = v.Words(textNoName), "off"
	return true
}

// signal is what the script tells the browser's password manager after a change (Web
// Authentication Level 3, section 5.1.10). Whose credentials they are, and which are left,
// stands in the creation options of the page.
type signal struct {
	Removed bool   // a credential
	Gone    string // its id, in base64url; "" where that is not known
	Named   bool   // the account has another name
}

// signals are what the last change gives reason to tell.
func (v *view) signals() *signal {
	switch v.changed {
	case "webauthn.removed", "passkey.removed":
		return &signal{Removed: true, Gone: v.owner.removedIn(v.form.ID)}
	case "profile.changed", "address.verified":
		return &signal{Named: true}
	}
	return nil
}

// removedIn is the id of the credential that a flow has removed, as its last change.
func (o owner) removedIn(flow string) string {
	last := o.State.LastChange
	id, is := strings.CutPrefix(last.RepeatKey, "remove ")
	raw, err := hex.DecodeString(id)
	if !is || err != nil || last.Flow != flow || len(last.RepeatKey) >= 200 { // a longer one is cut off
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}
