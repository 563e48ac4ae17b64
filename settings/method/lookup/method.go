package lookup

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
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

// Method is the settings method "lookup_secret". The zero value is ready.
type Method struct{}

// New makes the method.
func New() *Method { return &Method{} }

// Info describes the method.
func (*Method) Info() (method.Info, error) {
	return method.InfoOf(name), nil
}

// Nodes are the codes that were just made and the button that confirms them; or
// how many are left, and what can be done.
func (*Method) Nodes(_ context.Context, v method.View) ([]ui.Node, error) {
	if made(v) {
		return []ui.Node{codesNode(pending(v, serial(v.Identity))), button(confirmButton, ui.LabelLookupConfirm())}, nil
	}
	all := v.Identity.State.Factors[aal.Lookup].Credentials
	if len(all) == 0 {
		return []ui.Node{button(regenerateButton, ui.LabelLookupRegenerate())}, nil
	}
	left := 0
	for _, c := range all {
		if !c.Spent {
			left++
		}
	}
	return []ui.Node{
		{Group: ui.Lookup, Label: ui.LabelLookupLeft(), Attributes: &ui.Plain{
			ID: "lookup_secret_left", Text: ui.LabelLookupLeftIs(left, len(all)),
		}},
		button(regenerateButton, ui.LabelLookupRegenerate()),
		button(disableButton, ui.LabelLookupDisable()),
	}, nil
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

// made reports whether the flow's last submit was one that made codes: the form
// shows them.
func made(v method.View) bool {
	mac, err := base64.RawURLEncoding.DecodeString(v.Input[madeMark])
	return v.Flow.Active == name && err == nil && v.Secrets.VerifyMAC(mac, madeMark, mark(pending(v, serial(v.Identity))))
}

// Plan finds the button that is meant. All ask for the same, what a commit asks
// for: codes that could not be confirmed are not shown.
func (*Method) Plan(v method.View, s method.Submission) (method.Plan, error) {
	var plan method.Plan
	meant, wrong := pressed(s)
	plan.RepeatKey = meant
	if meant != "" || wrong != nil {
		plan.Needs = method.Needs{Privileged: true, HighestAAL: true}
	}
	switch {
	case wrong != nil:
		plan.Errors = []ui.Message{*wrong}
	case meant == "":
		plan.Errors = []ui.Message{ui.Form(ui.NoSuchMethod())}
	case meant == revealButton:
		plan.Errors = refused("Recovery codes are shown once, when they are made. If yours are lost, make new ones.")
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

func refused(reason string) []ui.Message { return []ui.Message{ui.Form(ui.Refused(reason))} }
