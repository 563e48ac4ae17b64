package oidc

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/method"
)

// journey is what is kept of a browser that is at a provider.
type journey struct {
	Provider string `json:"provider"`
	Redirect string `json:"redirect"`
	Verifier string `json:"verifier"` // of PKCE (RFC 7636)
	Nonce    string `json:"nonce"`
}

// planLink sends the browser to a provider.
func (m *Method) planLink(v method.View, id string, f body.Fields) method.Plan {
	p := m.find(id)
	switch {
	case p == nil:
		return refused("There is no such provider.")
	case !p.takes(accounts(v.Identity)):
		return refused("A login at this provider is already linked to your account.")
	}
	wishes, reason := p.wishes(f)
	if reason != "" {
		return refused(reason)
	}
	return method.Plan{Needs: needs, Do: func(ctx context.Context) (method.Result, error) {
		known, err := p.metadata(ctx, v.Now)
		if err != nil {
			return nil, m.unavailable(ctx, p, err)
		}
		j := journey{
			Provider: p.ID, Redirect: v.PublicURL + "/self-service/methods/oidc/callback/" + p.ID,
			Verifier: oauth2.GenerateVerifier(), Nonce: rand.Text(),
		}
		keep, err := json.Marshal(j)
		if err != nil {
			return nil, err
		}
		options := append(wishes, goidc.Nonce(j.Nonce), oauth2.S256ChallengeOption(j.Verifier))
		return method.Redirect{
			Path: p.ID,
			URL:  func(state string) string { return p.asClient(known, j).AuthCodeURL(state, options...) },
			Memo: keep,
		}, nil
	}}
}

// asClient is the host as a client of the provider.
func (p *provider) asClient(known *metadata, j journey) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: known.endpoint, RedirectURL: j.Redirect, Scopes: p.scopes(),
	}
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

// unavailable is the error of a provider that cannot be asked. It is not the
// user's, and may pass: they are told to try again.
func (m *Method) unavailable(ctx context.Context, p *provider, err error) error {
	if ctx.Err() != nil { // the client has gone away
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", method.ErrBusy, m.failed(ctx, p, err))
}

// unconfirmed is the result of a login that the provider does not vouch for.
func (m *Method) unconfirmed(ctx context.Context, p *provider, err error) method.Result {
	return method.Refused{Messages: []ui.Message{ui.Form(ui.Refused(p.notConfirmed()))}, Cause: m.failed(ctx, p, err)}
}

func (p *provider) notConfirmed() string {
	return fmt.Sprintf("%s did not confirm the sign-in, and nothing was linked. You can begin again.", p.label())
}

// maxCause is how much of an error is told, in bytes: providers write into it.
const maxCause = 300

// failed tells of a failure.
func (m *Method) failed(ctx context.Context, p *provider, err error) error {
	text := err.Error()
	if e := (*oauth2.RetrieveError)(nil); errors.As(err, &e) { // its text has the whole answer, and with it perhaps the code
		text = fmt.Sprintf("the token endpoint answered %s, error %q", e.Response.Status, e.ErrorCode)
	}
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text[:min(len(text), maxCause)])
	cause := fmt.Errorf("oidc: provider %s: %s", p.ID, text)
	if m.onFailure != nil {
		m.onFailure(ctx, p.ID, cause)
	}
	return cause
}
