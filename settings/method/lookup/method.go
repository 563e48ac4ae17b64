package lookup

import (
	"context"
	"strings"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

const name = string(aal.Lookup)

// The buttons. Of several in one submit the first here is meant: clients send
// reveal and disable together, and nobody loses codes by looking at them.
const (
	confirmButton    = "lookup_secret_confirm"
	revealButton     = "lookup_secret_reveal"
	disableButton    = "lookup_secret_disable"
	regenerateButton = "lookup_secret_regenerate"
)

var buttons = []string{confirmButton, revealButton, disableButton, regenerateButton}

// Config is how recovery codes are offered. The zero value is the default.
type Config struct {
	// Alone offers codes also to an account without another second factor, which
	// they then oblige: it requires AAL2 of its sessions, a password and a code. By
	// default codes stand in for an authenticator app or a security key, and are
	// offered beside one.
	Alone bool
}

// Method is the settings method "lookup_secret".
type Method struct{ c Config }

// New makes the method.
func New(c Config) *Method { return &Method{c} }

// Info describes the method.
func (m *Method) Info() (method.Info, error) {
	info := method.InfoOf(name)
	info.Obliges = m.c.Alone
	return info, nil
}

// offered reports whether an account may make codes.
func (m *Method) offered(i identity.Identity) bool {
	return m.c.Alone || i.Has(aal.TOTP) || i.Has(aal.WebAuthn)
}

// Nodes show the codes that were just made and the button that confirms them; otherwise how
// many codes are left, and buttons to make new ones or remove them. A session that must
// sign in again to confirm codes does not see them: the button that makes codes asks for
// that sign-in first.
func (m *Method) Nodes(_ context.Context, v method.View) ([]ui.Node, error) {
	if codes := made(v); codes != nil && v.ShowPending && m.offered(v.Identity) {
		return []ui.Node{codesNode(codes), button(confirmButton, ui.LabelLookupConfirm())}, nil
	}
	all := v.Identity.State.Factors[aal.Lookup].Credentials
	var nodes []ui.Node
	if m.offered(v.Identity) {
		nodes = append(nodes, button(regenerateButton, ui.LabelLookupRegenerate()))
	}
	if len(all) == 0 {
		return nodes, nil
	}
	left := 0
	for _, c := range all {
		if !c.Spent {
			left++
		}
	}
	counted := ui.Node{Group: ui.Lookup, Label: ui.LabelLookupLeft(), Attributes: &ui.Plain{
		ID: "lookup_secret_left", Text: ui.LabelLookupLeftIs(left, len(all)),
	}}
	return append(append([]ui.Node{counted}, nodes...), button(disableButton, ui.LabelLookupDisable())), nil
}

func button(name string, label ui.Text) ui.Node {
	return ui.Node{Group: ui.Lookup, Label: label, Attributes: &ui.Input{Name: name, Type: ui.InputSubmit, Value: "true"}}
}

func codesNode(codes []string) ui.Node {
	var spelled []string
	var texts []ui.Text
	for _, c := range codes {
		spelled = append(spelled, shown(c))
		texts = append(texts, ui.LabelLookupCode(shown(c)))
	}
	return ui.Node{Group: ui.Lookup, Label: ui.LabelLookupCodes(), Attributes: &ui.Plain{
		ID: "lookup_secret_codes", Text: ui.LabelLookupList(strings.Join(spelled, ", "), texts),
	}}
}

// Plan finds out which button was pressed. Every button needs what a commit needs, because
// codes that could not be confirmed are not shown.
func (m *Method) Plan(v method.View, s method.Submission) (method.Plan, error) {
	var plan method.Plan
	meant, wrong := pressed(s)
	plan.RepeatKey = meant
	if meant != "" || wrong != nil {
		plan.Needs = method.Needs{Privileged: true, RequiredAAL: true}
	}
	switch {
	case wrong != nil:
		plan.Errors = []ui.Message{*wrong}
	case meant == "":
		plan.Errors = []ui.Message{ui.Form(ui.NoSuchMethod())}
	case meant != disableButton && meant != revealButton && !m.offered(v.Identity):
		plan.Errors = refused(ui.ReasonCodesNeedFactor)
	case meant == revealButton:
		plan.Errors = refused(ui.ReasonCodesShownOnce)
	default:
		work := map[string]func(method.View) (method.Result, error){
			confirmButton: confirm, disableButton: disable, regenerateButton: regenerate,
		}[meant]
		plan.Do = func(context.Context) (method.Result, error) { return work(v) }
	}
	return plan, nil
}

// pressed is the first button that was pressed. One that is sent with nothing in
// it was not; one with anything but a boolean is wrong.
func pressed(s method.Submission) (meant string, wrong *ui.Message) {
	for _, b := range buttons {
		on, problem := s.Flag(b)
		if problem != nil {
			m := ui.On(b, *problem)
			return "", &m
		}
		if on && meant == "" {
			meant = b
		}
	}
	return meant, nil
}

func refused(reason ui.ReasonID) []ui.Message { return []ui.Message{ui.Form(ui.Because(reason))} }
