package webauthn

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// This file owns what a credential is called. Its row keeps a name only if its owner gave
// one; any other follows from the kind of the authenticator, or from the day it was added.

// maxName is the longest name of a credential in characters.
const maxName = 64

// nameOf is the name that a new credential is to have, "" for none. Its owner will look
// for it in a list, so it has only what can be seen, on one line: the rest is left out, as
// the credential is made by then, and a refusal would leave it behind on the device.
func (m *Method) nameOf(s method.Submission) (string, []ui.Message) {
	given, has := s.Fields.String(m.name)
	if m.name != "" && has == body.WrongType {
		return "", []ui.Message{ui.On(m.name, ui.WrongType("string", "another type"))}
	}
	name := printable(given)
	return name, m.tooLong(m.name, name)
}

// tooLong are the errors of a name by its length.
func (m *Method) tooLong(field, name string) []ui.Message {
	if n := utf8.RuneCountInString(name); n > maxName {
		return []ui.Message{ui.On(field, ui.TooLong(maxName, n))}
	}
	return nil
}

// printable is what can be seen of a name, on one line; "" if only spaces and marks are
// left, which are seen on a letter alone.
func printable(name string) string {
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !isSeen(r) {
			return -1
		}
		return r
	}, name))
	if !strings.ContainsFunc(name, func(r rune) bool { return !unicode.In(r, unicode.M, unicode.Z) }) {
		return ""
	}
	return name
}

// isSeen reports whether a character shows. Fillers are letters to Unicode, and blank, as
// the braille pattern without a dot is.
func isSeen(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && r != '\u2800'
}

// ownName is the name that the owner of a credential gave it, "" for none. Earlier versions
// stored the name by the day where there was none.
func (m *Method) ownName(c identity.Credential) string {
	if c.Name == defaultName(m.noun, c.AddedAt) {
		return ""
	}
	return c.Name
}

// defaultName tells credentials apart that nothing else has a name for.
func defaultName(noun string, addedAt time.Time) string {
	return strings.ToUpper(noun[:1]) + noun[1:] + " added " + addedAt.UTC().Format(time.DateOnly)
}

// called is what a credential is called in labels.
func (m *Method) called(c identity.Credential, facts ui.CredentialFacts) string {
	return cmp.Or(facts.OwnName, facts.Authenticator, defaultName(m.noun, c.AddedAt))
}

// aaguidOf is what is kept of an AAGUID: nothing where it is all zeros, with which
// authenticators say that they do not tell (section 6.5.1).
func aaguidOf(aaguid []byte) []byte {
	if len(aaguid) != 16 || bytes.Equal(aaguid, make([]byte, 16)) {
		return nil
	}
	return aaguid
}

// authenticator is what the kind of a credential's authenticator is called, "" if that is
// not known.
func (m *Method) authenticator(r record) string {
	if m.authenticatorName == nil || len(r.AAGUID) != 16 {
		return ""
	}
	return m.authenticatorName([16]byte(r.AAGUID))
}

// naming is the field for the name of a credential, and renameButton gives one the name in
// it. Kratos has neither.
func (m *Method) naming(v method.View) ui.Node {
	return ui.Node{Group: m.group(), Label: ui.LabelCredentialName(), Attributes: &ui.Input{
		Name: m.newName, Type: ui.InputText, Value: v.Input[m.newName], MaxLength: maxName,
	}}
}

func (m *Method) renameButton(v method.View, c identity.Credential, facts ui.CredentialFacts) ui.Node {
	label := ui.LabelWebAuthnRename
	if m.method == aal.Passkey {
		label = ui.LabelPasskeyRename
	}
	return ui.Node{Group: m.group(), Label: label(m.called(c, facts), v.Input[m.rename] == c.ID), Attributes: &ui.Input{
		Name: m.rename, Type: ui.InputSubmit, Value: c.ID,
	}}
}

// renaming plans another name for a credential, or none for an empty one.
//
// It needs what adding and removing a credential needs. Nothing signs in by a name, and no
// session ends with one. But whoever holds a key that was stolen, and a session for a
// moment, could exchange its name for that of another, and have the owner remove the wrong
// one.
func (m *Method) renaming(v method.View, s method.Submission, id string) method.Plan {
	plan := method.Plan{Needs: method.Needs{Privileged: true, RequiredAAL: true}, RepeatKey: "rename " + id}
	given, has := s.Fields.String(m.newName)
	name := strings.TrimSpace(given)
	switch {
	case has == body.WrongType && !s.Empty(m.newName):
		plan.Errors = []ui.Message{ui.On(m.newName, ui.WrongType("string", "another type"))}
	case name != printable(name):
		plan.Errors = []ui.Message{ui.On(m.newName, ui.UnseenInName())}
	default:
		plan.Errors = m.tooLong(m.newName, name)
	}
	plan.Do = (&rename{m, v.Identity, id, name}).do
	return plan
}

// rename is a credential that is to be called otherwise.
type rename struct {
	*Method
	identity identity.Identity // as it was when the submit was judged
	id, to   string
}

func (r *rename) do(context.Context) (method.Result, error) {
	c := r.of(&r.identity)
	if c == nil {
		return method.Refused{Messages: r.refusal(ui.ReasonNoSuchKey, "Your account has no such %s.")}, nil
	}
	was := c.Name
	if r.ownName(*c) == r.to {
		return method.Unchanged{}, nil
	}
	return method.Change{
		Event: string(r.method) + ".renamed",
		Edit: func(i *identity.Identity) error {
			c := r.of(i)
			if c == nil || c.Name != was && c.Name != r.to {
				return method.ErrChanged
			}
			c.Name = r.to
			return nil
		},
	}, nil
}

// of is the credential in an identity, nil if it has none of this id.
func (r *rename) of(i *identity.Identity) *identity.Credential {
	all := i.State.Factors[r.method].Credentials
	if n := slices.IndexFunc(all, func(c identity.Credential) bool { return c.ID == r.id }); n >= 0 {
		return &all[n]
	}
	return nil
}
