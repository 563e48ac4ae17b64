package page_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/page"
)

const (
	action   = "https://app.example.com/auth/self-service/settings?flow=1"
	picture  = "data:image/png;base64,iVBORw0KGgo="
	script   = "https://app.example.com/auth/.well-known/ory/webauthn.js"
	checksum = "sha512-q83vEjRWeJA="
)

// answer is a page as a browser gets it.
type answer struct {
	*httptest.ResponseRecorder
	body   string
	policy string
}

func written(t *testing.T, form *flow.Form, o page.Options) answer {
	t.Helper()
	w := httptest.NewRecorder()
	require.NoError(t, page.Write(w, form, o))
	return answer{w, w.Body.String(), w.Header().Get("Content-Security-Policy")}
}

// shown is the page of a form of these nodes, after its token.
func shown(t *testing.T, nodes ...ui.Node) answer {
	t.Helper()
	return written(t, formOf(nodes), page.Options{})
}

func formOf(nodes []ui.Node, messages ...ui.Message) *flow.Form {
	all := append([]ui.Node{input(ui.Default, ui.Input{Name: "csrf_token", Type: ui.InputHidden, Value: "a token", Required: true}, ui.Text{})}, nodes...)
	return &flow.Form{
		UI: ui.New(action, all, messages),
		Owner: identity.Identity{Record: identity.Record{
			ID: "1", Keys: []identity.Key{{Kind: identity.Identifier, Value: "ada@example.com"}},
		}},
	}
}

func input(g ui.Group, in ui.Input, label ui.Text) ui.Node {
	return ui.Node{Group: g, Attributes: &in, Label: label}
}

func trait(name, title string, kind ui.InputType, value any) ui.Node {
	return input(ui.Profile, ui.Input{Name: "traits." + name, Type: kind, Value: value}, ui.LabelTrait(title, name))
}

func save(g ui.Group) ui.Node {
	return input(g, ui.Input{Name: "method", Type: ui.InputSubmit, Value: string(g)}, ui.LabelSave())
}

// everyNode is a form with every kind of node, as the methods make them.
func everyNode() *flow.Form {
	added := time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)
	name := trait("name", "Name", ui.InputText, "Ada")
	name.Attributes.(*ui.Input).Required = true
	name.Attributes.(*ui.Input).Autocomplete = "name"
	color := trait("color", "Color", ui.InputText, "green")
	color.Attributes.(*ui.Input).Options = []string{"red", "green"}
	height := trait("height", "Height", ui.InputNumber, 1.7)
	height.Attributes.(*ui.Input).Min, height.Attributes.(*ui.Input).Max, height.Attributes.(*ui.Input).Step = "0.2", "3", "any"
	key := input(ui.WebAuthn, ui.Input{Name: "webauthn_remove", Type: ui.InputSubmit, Value: "0a0b", Disabled: true}, ui.LabelWebAuthnRemove("blue", added))
	return formOf([]ui.Node{
		name,
		trait("email", "E-mail", ui.InputEmail, "ada@example"),
		trait("phone", "Telephone", ui.InputTel, ""),
		trait("site", "Website", ui.InputURL, nil),
		trait("age", "Age", ui.InputNumber, 36.5),
		height,
		color,
		input(ui.Profile, ui.Input{Name: "traits.roles", Type: ui.InputText, Value: []any{"author"}, Multiple: true, Options: []string{"author", "editor"}}, ui.LabelTrait("Roles", "traits.roles")),
		input(ui.Profile, ui.Input{Name: "traits.bio", Type: ui.InputText, Value: "Countess.\nProgrammer.", Multiline: true}, ui.LabelTrait("About you", "traits.bio")),
		trait("born", "Born on", ui.InputDate, "1815-12-10"),
		trait("meets", "Meets at", ui.InputDateTime, "2030-01-02T12:00"),
		trait("news", "Newsletter", ui.InputCheckbox, true),
		trait("ads", "Advertisements", ui.InputCheckbox, false),
		save(ui.Profile),
		input(ui.Password, ui.Input{Name: "password", Type: ui.InputPassword, Required: true, Autocomplete: "new-password"}, ui.LabelNewPassword()),
		save(ui.Password),
		input(ui.OIDC, ui.Input{Name: "link", Type: ui.InputSubmit, Value: "example"}, ui.LabelLink("Example")),
		input(ui.OIDC, ui.Input{Name: "unlink", Type: ui.InputSubmit, Value: "other"},
			ui.CredentialFacts{AddedAt: time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC), LastUsedAt: time.Date(2030, 3, 4, 0, 0, 0, 0, time.UTC)}.With(ui.LabelUnlink("Other"))),
		{Group: ui.Lookup, Label: ui.LabelLookupCodes(), Attributes: &ui.Plain{
			ID: "lookup_secret_codes", Text: ui.LabelLookupList("aaaa-1111, bbbb-2222", []ui.Text{ui.LabelLookupCode("aaaa-1111"), ui.LabelLookupCode("bbbb-2222"), {ID: 1050014, Text: "Used", Type: ui.Info}}),
		}},
		input(ui.Lookup, ui.Input{Name: "lookup_secret_confirm", Type: ui.InputSubmit, Value: "true"}, ui.LabelLookupConfirm()),
		input(ui.WebAuthn, ui.Input{Name: "webauthn_register_displayname", Type: ui.InputText}, ui.LabelWebAuthnName()),
		input(ui.WebAuthn, ui.Input{Name: "webauthn_register", Type: ui.InputHidden}, ui.Text{}),
		input(ui.WebAuthn, ui.Input{Name: "webauthn_register_trigger", Type: ui.InputButton, Value: `{"publicKey":{}}`, Trigger: "oryWebAuthnRegistration"}, ui.LabelWebAuthnRegister()),
		{Group: ui.WebAuthn, Attributes: &ui.Script{ID: "webauthn_script", Src: script, Integrity: checksum, Nonce: "a nonce"}},
		key,
		input(ui.WebAuthn, ui.Input{Name: "webauthn_rename_displayname", Type: ui.InputText, MaxLength: 64}, ui.LabelCredentialName()),
		input(ui.WebAuthn, ui.Input{Name: "webauthn_rename", Type: ui.InputSubmit, Value: "0a0b"}, ui.LabelWebAuthnRename("blue", false)),
		input(ui.Passkey, ui.Input{Name: "passkey_begin", Type: ui.InputSubmit, Value: "true"}, ui.LabelPasskeyBegin()),
		{Group: ui.TOTP, Label: ui.LabelTOTPQR(), Attributes: &ui.Image{ID: "totp_qr", Src: picture, Width: 256, Height: 256}},
		{Group: ui.TOTP, Label: ui.LabelTOTPSecret(), Attributes: &ui.Plain{ID: "totp_secret_key", Text: ui.LabelTOTPSecretIs("JBSWY3DPEH")}},
		input(ui.TOTP, ui.Input{Name: "totp_code", Type: ui.InputText, Required: true, Autocomplete: "one-time-code", InputMode: "numeric"}, ui.LabelTOTPCode()),
		save(ui.TOTP),
		{Group: "newsletter", Attributes: &ui.Plain{ID: "sent", Text: ui.Text{ID: 9000001, Text: "Sent on Mondays.", Type: ui.Info}}},
	},
		ui.Form(ui.NoSuchMethod()), ui.Form(ui.SignInAgain()),
		ui.On("traits.email", ui.BadEmail("ada@example")), ui.On("password", ui.PasswordTooShort(8, 5)), ui.On("webauthn_remove", ui.LastWay()),
	)
}

// between is the first part of a page from one text up to another.
func between(t *testing.T, s, from, to string) string {
	t.Helper()
	_, after, found := strings.Cut(s, from)
	require.True(t, found, "%s is not in %s", from, s)
	before, _, found := strings.Cut(after, to)
	require.True(t, found, "%s is not in %s", to, after)
	return before
}
