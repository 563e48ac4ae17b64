package oidc

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

const (
	fieldLink     = "link"
	fieldUnlink   = "unlink"
	fieldUpstream = "upstream_parameters"
)

// callbackFields are what a provider sends back with the browser, and what an API
// client submits of it.
var callbackFields = []string{"state", "code", "error", "iss"}

// maxAccounts is how many accounts of one provider a user may link.
const maxAccounts = 10

// Method is the settings method "oidc": it links logins at other providers and
// takes them away again.
type Method struct {
	wrong     error
	providers []*provider
	onFailure func(ctx context.Context, provider string, err error)
}

// provider is a Provider at work.
type provider struct {
	Provider
	*upstream
	link  ui.Text // the label of the button that links an account
	value any     // of that button
}

// New makes the method. A Config that cannot be used is an error of settings.New.
// No provider is asked anything yet.
func New(c Config) *Method {
	m := &Method{wrong: c.check(), onFailure: c.OnFailure}
	client := bounded(c.Client, cmp.Or(c.Timeout, defaultTimeout))
	for _, p := range c.Providers {
		p = p.clone()
		m.providers = append(m.providers, &provider{p, &upstream{provider: p, client: client}, ui.LabelLink(p.label()), p.ID})
	}
	return m
}

// Info describes the method, or says what is wrong with its Config.
func (m *Method) Info() (method.Info, error) {
	return method.InfoOf(string(aal.OIDC), append([]string{fieldUpstream}, callbackFields...)...), m.wrong
}

// Nodes are a button for every provider that can be linked, and one for every
// account that is. The last way to sign in stands there, but cannot be pressed.
func (m *Method) Nodes(_ context.Context, v method.View) ([]ui.Node, error) {
	all := accounts(v.Identity)
	nodes := make([]ui.Node, 0, len(m.providers)+len(all))
	for _, p := range m.providers {
		if p.takes(all) {
			nodes = append(nodes, button(fieldLink, p.value, p.link))
		}
	}
	for _, l := range all {
		label := ui.LabelUnlink(m.nameOf(l, all))
		if !v.OmitHints {
			label = ui.CredentialFacts{AddedAt: l.LinkedAt, LastUsedAt: l.usedAt}.With(label)
		}
		n := button(fieldUnlink, m.valueOf(l, all), label)
		after := v.Identity.Clone()
		unlink(&after, l)
		if identity.LocksOut(v.Identity, after) {
			n.Input().Disabled = true
			n.Messages = []ui.Text{ui.LastWay()}
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

func button(name string, value any, label ui.Text) ui.Node {
	return ui.Node{Group: ui.OIDC, Label: label, Attributes: &ui.Input{Name: name, Type: ui.InputSubmit, Value: value}}
}

// find is the provider of an id, nil if there is none.
func (m *Method) find(id string) *provider {
	n := slices.IndexFunc(m.providers, func(p *provider) bool { return p.ID == id })
	if n < 0 {
		return nil
	}
	return m.providers[n]
}

// takes reports whether an account of the provider can be linked besides all
// that are.
func (p *provider) takes(all []linked) bool {
	n := len(of(p.ID, all))
	return n == 0 || p.SeveralAccounts && n < maxAccounts
}

// alone reports whether the provider's id names an account well enough.
func (m *Method) alone(l linked, all []linked) bool {
	p := m.find(l.Provider)
	return len(of(l.Provider, all)) == 1 && (p == nil || !p.SeveralAccounts)
}

// valueOf names an account in the form: by its provider's id, as other
// implementations do, unless there are several or may be soon.
func (m *Method) valueOf(l linked, all []linked) string {
	if m.alone(l, all) {
		return l.Provider
	}
	return l.address()
}

// nameOf is what the user reads of an account: its provider, and which one if
// there are several.
func (m *Method) nameOf(l linked, all []linked) string {
	name := l.Provider
	if p := m.find(l.Provider); p != nil {
		name = p.label()
	}
	if l.Name != "" && !m.alone(l, all) {
		return fmt.Sprintf("%s (%s)", name, l.Name)
	}
	return name
}

// Plan judges which button was pressed.
func (m *Method) Plan(v method.View, s method.Submission) (method.Plan, error) {
	link, linkGiven := s.Button(fieldLink)
	unlink, unlinkGiven := s.Button(fieldUnlink)
	for _, name := range callbackFields {
		if _, given := s.Button(name); given {
			return refused(ui.ReasonNotThisForm), nil
		}
	}
	switch {
	case linkGiven && unlinkGiven:
		return refused(ui.ReasonLinkOrUnlink), nil
	case linkGiven:
		return m.planLink(v, link, s.Fields), nil
	case unlinkGiven:
		return m.planUnlink(v, unlink), nil
	}
	return method.Plan{Errors: []ui.Message{ui.Form(ui.NoSuchMethod())}}, nil
}

// refused is a plan that comes to nothing, whoever asks: nobody has to sign in
// again to hear of it.
func refused(reason ui.ReasonID) method.Plan { return refusedAs(ui.Because(reason)) }

func refusedAs(t ui.Text) method.Plan {
	return method.Plan{Errors: []ui.Message{ui.Form(t)}}
}

// needs are what a login that is linked, or taken away, asks of the session.
var needs = method.Needs{Privileged: true, RequiredAAL: true}
