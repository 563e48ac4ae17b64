package oidc

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/method"
)

// planLink sends the browser to a provider.
func (m *Method) planLink(v method.View, id string, f body.Fields) method.Plan {
	p := m.find(id)
	switch {
	case p == nil:
		return refused(ui.ReasonNoProvider)
	case !p.takes(accounts(v.Identity)):
		return refused(ui.ReasonOneLinked)
	}
	wishes, reason := p.wishes(f)
	if reason != "" {
		return refusedAs(ui.RefusedAs(ui.ReasonBadUpstream, reason, nil))
	}
	return method.Plan{Needs: needs, Do: func(ctx context.Context) (method.Result, error) {
		to, err := m.depart(ctx, p, v.PublicURL, v.Now, wishes)
		if err != nil {
			return nil, err
		}
		return to, nil
	}}
}

// reserved are the parameters of the URL that are this package's own: what they
// say protects the user.
var reserved = []string{
	"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce",
	"code_challenge", "code_challenge_method", "request", "request_uri", "registration",
}

// upstreamFields are the parameters that a submit may add to the URL, as Ory
// Kratos has them.
var upstreamFields = []string{"login_hint", "hd", "prompt", "auth_type", "acr_values"}

// prompts are what a provider may be asked to ask. "none" is not among them: an
// account is linked under the eyes of its owner.
var prompts = []string{"login", "consent", "select_account"}

// wishes are the parameters that the host and the submit add to the URL, or why
// they cannot be.
func (p *provider) wishes(f body.Fields) (options []oauth2.AuthCodeOption, reason string) {
	for name, value := range p.AuthURLParams {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	asked, ok := upstreamParameters(f)
	if !ok {
		return nil, "The upstream parameters must be an object."
	}
	for name, raw := range asked {
		value, isText := raw.(string)
		_, settled := p.AuthURLParams[name]
		switch {
		case !slices.Contains(upstreamFields, name):
			return nil, "There is an upstream parameter that is not known here."
		case !isText || len(value) > maxText || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }):
			return nil, fmt.Sprintf("The upstream parameter %s must be a text of at most %d bytes.", name, maxText)
		case name == "prompt" && slices.ContainsFunc(strings.Fields(value), func(s string) bool { return !slices.Contains(prompts, s) }):
			return nil, "The upstream parameter prompt may be login, consent or select_account."
		case value != "" && !settled:
			options = append(options, oauth2.SetAuthURLParam(name, value))
		}
	}
	return options, ""
}

// upstreamParameters are the members of the object, which a form spells as dotted
// names. It is false for what is no object.
func upstreamParameters(f body.Fields) (map[string]any, bool) {
	object, has := f.Object(fieldUpstream)
	if raw, _ := f.Value(fieldUpstream); has == body.WrongType && raw != nil {
		return nil, false
	}
	asked := map[string]any{}
	maps.Copy(asked, object)
	for _, name := range f.Names() {
		if member, dotted := strings.CutPrefix(name, fieldUpstream+"."); dotted {
			asked[member], _ = f.Value(name)
		}
	}
	return asked, true
}
