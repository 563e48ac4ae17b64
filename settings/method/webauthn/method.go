package webauthn

import (
	"context"
	"crypto/rand"

	"github.com/go-webauthn/webauthn/protocol"
	relying "github.com/go-webauthn/webauthn/webauthn"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// Method is the settings method "webauthn" or "passkey": it adds and removes
// credentials, and verifies them. Each change ends the identity's other sessions.
type Method struct {
	kind
	rp      *relying.WebAuthn
	wrong   error    // what is wrong with the Config
	members []member // of the creation options
	obliges bool
	script  bool // the form's script stands among this method's nodes

	authenticatorName func(aaguid [16]byte) string // nil knows none
}

// kind is what the two methods differ in.
type kind struct {
	method    aal.Method
	noun      string // what a credential is called in texts
	register  string // the field with a new credential
	name      string // the field with its name, "" if it has none
	remove    string // the field with the id of one that is to go
	rename    string // the field with the id of one that is to be called otherwise
	newName   string // the field with how
	begin     string // the button that asks for what an addition needs
	selection protocol.AuthenticatorSelection
}

// nouns are what credentials are called in texts.
var nouns = map[aal.Method]string{aal.WebAuthn: "security key", aal.Passkey: "passkey"}

const (
	fieldKey         = "webauthn_register"
	fieldKeyName     = "webauthn_register_displayname"
	fieldKeyTrigger  = "webauthn_register_trigger"
	fieldKeyRemove   = "webauthn_remove"
	fieldKeyRename   = "webauthn_rename"
	fieldKeyNewName  = "webauthn_rename_displayname"
	fieldKeyBegin    = "webauthn_begin"
	fieldPasskey     = "passkey_settings_register"
	fieldPassTrigger = "passkey_register_trigger"
	fieldPassOptions = "passkey_create_data"
	fieldPassRemove  = "passkey_remove"
	fieldPassRename  = "passkey_rename"
	fieldPassNewName = "passkey_rename_displayname"
	fieldPassBegin   = "passkey_begin"
)

// SecurityKeys is the method "webauthn": keys as second factor. A Config that
// cannot be used is an error of settings.New.
func SecurityKeys(c Config) *Method {
	return newMethod(c, true, kind{
		method: aal.WebAuthn, noun: nouns[aal.WebAuthn], register: fieldKey, name: fieldKeyName, remove: fieldKeyRemove, begin: fieldKeyBegin,
		rename: fieldKeyRename, newName: fieldKeyNewName,
		selection: protocol.AuthenticatorSelection{
			RequireResidentKey: protocol.ResidentKeyNotRequired(), ResidentKey: protocol.ResidentKeyRequirementDiscouraged,
			UserVerification: protocol.VerificationDiscouraged,
		},
	})
}

// Passkeys is the method "passkey": credentials that sign in on their own, and
// verify their user. A Config that cannot be used is an error of settings.New.
func Passkeys(c Config) *Method { return passkeys(c, true) }

func passkeys(c Config, script bool) *Method {
	return newMethod(c, script, kind{
		method: aal.Passkey, noun: nouns[aal.Passkey], register: fieldPasskey, remove: fieldPassRemove, begin: fieldPassBegin,
		rename: fieldPassRename, newName: fieldPassNewName,
		selection: protocol.AuthenticatorSelection{
			RequireResidentKey: protocol.ResidentKeyRequired(), ResidentKey: protocol.ResidentKeyRequirementRequired,
			UserVerification: protocol.VerificationRequired,
		},
	})
}

// Both are SecurityKeys and Passkeys. The script that both need stands in the
// form once.
func Both(c Config) []method.Method {
	return []method.Method{SecurityKeys(c), passkeys(c, false)}
}

func newMethod(c Config, script bool, k kind) *Method {
	m := &Method{kind: k, script: script, authenticatorName: c.AuthenticatorName}
	if m.rp, m.wrong = c.relyingParty(); m.wrong == nil {
		m.members, m.wrong = m.membersOf()
	}
	m.obliges = c.PasskeysOblige && k.method == aal.Passkey
	return m
}

// Info describes the method, or says what is wrong with its Config.
func (m *Method) Info() (method.Info, error) {
	info := method.InfoOf(string(m.method), m.newName)
	info.Obliges = m.obliges
	info.Echo = []string{m.rename, m.newName}
	if m.name != "" {
		info.Fields, info.Echo = append(info.Fields, m.name), append(info.Echo, m.name)
	}
	return info, m.wrong
}

// Nodes are an input that adds a credential, with the creation options in it; if the
// session must sign in again first, a button that asks for that. For each credential there
// is a button that removes it and one that renames it.
func (m *Method) Nodes(_ context.Context, v method.View) ([]ui.Node, error) {
	if !v.ShowPending {
		return append([]ui.Node{m.beginning(v.Identity)}, m.listing(v)...), nil
	}
	return append(m.registering(v), m.listing(v)...), nil
}

// group is that of the method's nodes.
func (m *Method) group() ui.Group { return ui.Group(m.method) }

// beginning is the button that shows the nodes of registering.
func (m *Method) beginning(i identity.Identity) ui.Node {
	button := &ui.Input{Name: m.begin, Type: ui.InputSubmit, Value: "true", Disabled: m.full(i)}
	if m.method == aal.Passkey {
		return ui.Node{Group: ui.Passkey, Label: ui.LabelPasskeyBegin(), Attributes: button}
	}
	return ui.Node{Group: ui.WebAuthn, Label: ui.LabelWebAuthnBegin(), Attributes: button}
}

// full reports whether an identity has no room for one more.
func (m *Method) full(i identity.Identity) bool {
	return len(i.State.Factors[m.method].Credentials) >= maxCredentials
}

// registering are the nodes that add a credential, with the script that they need.
func (m *Method) registering(v method.View) []ui.Node {
	nodes := m.adding(v, m.options(v, every(v.Identity)))
	if m.script && v.Flow.Type == flow.Browser {
		nodes = append(nodes, ui.Node{Group: ui.WebAuthn, Attributes: &ui.Script{
			ID: "webauthn_script", Src: v.PublicURL + ScriptPath, Integrity: Integrity(), Nonce: rand.Text(),
		}})
	}
	return nodes
}

// adding are the nodes that add a credential.
func (m *Method) adding(v method.View, options string) []ui.Node {
	full := m.full(v.Identity)
	made := new(struct { // at once
		inputs [3]ui.Input
		nodes  [4]ui.Node // one more for the script
	})
	in, nodes := &made.inputs, made.nodes[:0]
	if m.method == aal.Passkey {
		in[0] = ui.Input{Name: fieldPassTrigger, Type: ui.InputButton, Value: "", Trigger: "oryPasskeySettingsRegistration", Disabled: full}
		in[1] = ui.Input{Name: fieldPasskey, Type: ui.InputHidden, Value: ""}
		in[2] = ui.Input{Name: fieldPassOptions, Type: ui.InputHidden, Value: options}
		return append(nodes,
			ui.Node{Group: ui.Passkey, Label: ui.LabelPasskeyRegister(), Attributes: &in[0]},
			ui.Node{Group: ui.Passkey, Attributes: &in[1]},
			ui.Node{Group: ui.Passkey, Attributes: &in[2]},
		)
	}
	in[0] = ui.Input{Name: fieldKeyName, Type: ui.InputText, Value: v.Input[fieldKeyName], MaxLength: maxName}
	in[1] = ui.Input{Name: fieldKey, Type: ui.InputHidden, Value: ""}
	in[2] = ui.Input{Name: fieldKeyTrigger, Type: ui.InputButton, Value: options, Trigger: "oryWebAuthnRegistration", Disabled: full}
	return append(nodes,
		ui.Node{Group: ui.WebAuthn, Label: ui.LabelWebAuthnName(), Attributes: &in[0]},
		ui.Node{Group: ui.WebAuthn, Attributes: &in[1]},
		ui.Node{Group: ui.WebAuthn, Label: ui.LabelWebAuthnRegister(), Attributes: &in[2]},
	)
}

// listing are the buttons for each credential that there is.
func (m *Method) listing(v method.View) (nodes []ui.Node) {
	all := v.Identity.State.Factors[m.method].Credentials
	if len(all) == 0 {
		return nil
	}
	renames := make([]ui.Node, 0, len(all)+1)
	for n, c := range all {
		s, readable := open(c)
		facts := ui.CredentialFacts{OwnName: m.ownName(c), Authenticator: m.authenticator(s.record), LastUsedAt: c.LastUsedAt}
		if readable && !s.FlagsUnknown {
			facts.Synced = &s.BackedUp
		}
		nodes = append(nodes, m.removing(v, c, facts))
		if v.OmitHints {
			continue
		}
		if n == 0 {
			renames = append(renames, m.naming(v))
		}
		renames = append(renames, m.renameButton(v, c, facts))
	}
	return append(nodes, renames...)
}

// removing is the button that removes a credential, with what is known of it. The last
// way to sign in has one that cannot be pressed.
func (m *Method) removing(v method.View, c identity.Credential, facts ui.CredentialFacts) ui.Node {
	button := &ui.Input{Name: m.remove, Type: ui.InputSubmit, Value: c.ID}
	label := ui.LabelWebAuthnRemove
	if m.method == aal.Passkey {
		label = ui.LabelPasskeyRemove
	}
	node := ui.Node{Group: m.group(), Label: label(m.called(c, facts), c.AddedAt), Attributes: button}
	if !v.OmitHints {
		node.Label = facts.With(node.Label)
	}
	if identity.LocksOut(v.Identity, v.Identity.Without(m.method, c.ID)) {
		button.Disabled, node.Messages = true, []ui.Text{ui.LastWay()}
	}
	return node
}
