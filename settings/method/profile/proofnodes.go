package profile

import (
	"slices"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// This file owns what the form shows of addresses that are pending, or not verified.

// proofNodes are the nodes of addresses that are pending, or not verified.
func (m *Method) proofNodes(v method.View) (shown, buttons []ui.Node) {
	add := func(label ui.Text, a ui.Attributes) {
		shown = append(shown, ui.Node{Group: ui.Profile, Label: label, Attributes: a})
	}
	button := func(name string, a identity.Address, label ui.Text) {
		in := &ui.Input{Name: name, Type: ui.InputSubmit, Value: v.Identity.AddressID(a)}
		buttons = append(buttons, ui.Node{Group: ui.Profile, Label: label, Attributes: in})
	}
	for _, p := range v.Identity.State.Pending {
		old := p.Old
		if p.Verifies() {
			old = ""
		}
		var sent ui.Text
		if !p.Expired(v.Now) {
			sent = ui.LabelAddressCodeSent(p.Value)
		}
		add(sent, &ui.Plain{ID: textPending + v.Identity.AddressID(p.Address()), Text: ui.LabelAddressPending(p.Value, old)})
	}
	if shown != nil {
		add(ui.LabelAddressCode(), &ui.Input{Name: fieldCode, Type: ui.InputText, Autocomplete: "one-time-code"})
	}
	for _, p := range v.Identity.State.Pending {
		button(fieldResend, p.Address(), ui.LabelAddressResend(p.Value))
		button(fieldCancel, p.Address(), ui.LabelAddressCancel(p.Value))
	}
	for _, a := range m.unproved(v.Identity) {
		button(fieldVerify, a, ui.LabelAddressVerify(a.Value))
	}
	return shown, buttons
}

// unproved are the addresses that can be verified, are not, and do not wait for a code.
func (m *Method) unproved(i identity.Identity) []identity.Address {
	return slices.DeleteFunc(m.Addresses(i), func(a identity.Address) bool {
		return !a.Verifiable || i.IsVerified(a) || slices.ContainsFunc(i.State.Pending, func(p identity.PendingAddress) bool {
			return p.Via == a.Via && p.Value == a.Value
		})
	})
}
