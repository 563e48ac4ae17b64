package flow_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/wire"
)

const schemaURL = "https://id.example/schemas/default"

var about = identity.About{SchemaURL: schemaURL, Addresses: []identity.Address{{Via: "email", Value: "ada@example.org", Verifiable: true, Recovery: true}}}

// everyNode is a form with each node type, with messages and without.
func everyNode() *flow.Form {
	f := hour(flow.Browser)
	f.ID, f.Active, f.TransientPayload = flowID, "totp", json.RawMessage(`{"cart":7}`)
	return &flow.Form{Flow: f, Owner: owner(3), About: about, UI: ui.New("https://id.example/self-service/settings?flow="+flowID, []ui.Node{
		{Group: ui.Default, Attributes: &ui.Input{Name: "csrf_token", Type: ui.InputHidden, Value: "t", Required: true}},
		{Group: ui.Profile, Attributes: &ui.Input{Name: "traits.email", Type: ui.InputEmail, Autocomplete: "email", MaxLength: 320}, Label: ui.LabelTrait("E-mail", "traits.email")},
		{Group: ui.Password, Attributes: &ui.Input{Name: "password", Type: ui.InputPassword, Required: true, Autocomplete: "new-password"}, Label: ui.LabelNewPassword()},
		{Group: ui.Lookup, Attributes: &ui.Plain{ID: "lookup_secret_codes", Text: ui.LabelLookupList("a", []ui.Text{ui.LabelLookupCode("a")})}, Label: ui.LabelLookupCodes()},
		{Group: ui.WebAuthn, Attributes: &ui.Script{ID: "webauthn_script", Src: "https://id.example/.well-known/ory/webauthn.js", Integrity: "sha512-x", Nonce: "n"}},
		{Group: ui.Passkey, Attributes: &ui.Input{Name: "passkey_register_trigger", Type: ui.InputButton, Trigger: "oryPasskeySettingsRegistration"}, Label: ui.LabelPasskeyRegister()},
		{Group: ui.TOTP, Attributes: &ui.Image{ID: "totp_qr", Src: "data:image/png;base64,xx", Width: 256, Height: 256}, Label: ui.LabelTOTPQR()},
		{Group: ui.TOTP, Attributes: &ui.Input{Name: "totp_code", Type: ui.InputText, Required: true}, Label: ui.LabelTOTPCode()},
	}, []ui.Message{ui.On("totp_code", ui.WrongTOTP()), ui.Form(ui.FlowExpired(start, start))})}
}

func fullForm(t *testing.T) map[string]any {
	return written(t, func(w *wire.Writer) {
		everyNode().WriteJSON(w, flow.Extra{SessionToken: "s", SetToken: "s", RedirectTarget: "https://app.example/"})
	})
}

func written(t *testing.T, write func(*wire.Writer)) map[string]any {
	t.Helper()
	w := wire.New(0)
	write(w)
	var got map[string]any
	require.NoError(t, json.Unmarshal(w.Bytes(), &got), string(w.Bytes()))
	return got
}

// What clients decode: forms, sessions and errors, as the official schema
// requires them.
func TestAnswersFitTheSchema(t *testing.T) {
	all := readSchemas(t)
	least := &flow.Form{Flow: hour(flow.API), UI: ui.New("x", nil, nil), Owner: identity.Identity{Record: identity.Record{ID: ownerID}}}
	i := owner(3)
	i.MetadataPublic = json.RawMessage(`{"plan":"free"}`)
	s, _ := session.New(i, start, time.Hour, aal.Password, aal.TOTP)
	s.Methods[0].Provider = "github"

	ring, err := seal.New(seal.NewKey())
	require.NoError(t, err)
	responder := respond.Responder{Table: respond.Documented(), Ring: ring, Public: "https://id.example", UI: "https://app.example/settings", Login: "https://app.example/login"}
	failure := func(o respond.Outcome) func(*wire.Writer) {
		return func(w *wire.Writer) { w.Raw(responder.Render(o).Body) }
	}
	for _, c := range []struct {
		name, schema string
		write        func(*wire.Writer)
	}{
		{"a form with every node", "settingsFlow", func(w *wire.Writer) {
			everyNode().WriteJSON(w, flow.Extra{SessionToken: "s", SetToken: "s", RedirectTarget: "https://app.example/"})
		}},
		{"a form with as little as can be", "settingsFlow", func(w *wire.Writer) { least.WriteJSON(w, flow.Extra{}) }},
		{"a session", "session", func(w *wire.Writer) { s.WriteJSON(w, i, about, true) }},
		{"a session without its identity", "session", func(w *wire.Writer) { s.WriteJSON(w, i, about, false) }},
		{"an error", "errorGeneric", failure(respond.Outcome{Kind: respond.NoSession, Client: respond.API})},
		{"an error with details", "errorGeneric", failure(respond.Outcome{Kind: respond.Stale, Client: respond.Script, FlowID: flowID})},
		{"an expired flow", "selfServiceFlowExpiredError", failure(respond.Outcome{
			Kind: respond.Expired, Endpoint: respond.Read, Client: respond.Script, UseFlow: flowID, At: start.Add(time.Minute), ExpiredAt: start,
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Empty(t, all.faults(all[c.schema], "", written(t, c.write)))
		})
	}
}

func TestFormOnTheWire(t *testing.T) {
	got := fullForm(t)
	for k, want := range map[string]any{
		"id": flowID, "type": "browser", "state": "show_form", "active": "totp",
		"issued_at": "2030-01-02T03:04:05.000000006Z", "expires_at": "2030-01-02T04:04:05.000000006Z",
		"request_url":       "https://id.example/self-service/settings/browser",
		"return_to":         "https://app.example/back",
		"transient_payload": map[string]any{"cart": 7.0},
		"session_token":     "s",
		"continue_with": []any{
			map[string]any{"action": "set_ory_session_token", "ory_session_token": "s"},
			map[string]any{"action": "redirect_browser_to", "redirect_browser_to": "https://app.example/"},
		},
	} {
		assert.Equal(t, want, got[k], k)
	}
	assert.Equal(t, "https://id.example/self-service/settings?flow="+flowID, got["ui"].(map[string]any)["action"])
	assert.Equal(t, ownerID, got["identity"].(map[string]any)["id"])
	assert.Equal(t, schemaURL, got["identity"].(map[string]any)["schema_url"])

	bare := written(t, func(w *wire.Writer) {
		f := hour(flow.API)
		f.ReturnTo = ""
		(&flow.Form{Flow: f, Owner: owner(3)}).WriteJSON(w, flow.Extra{})
	})
	assert.ElementsMatch(t, []string{"id", "type", "expires_at", "issued_at", "request_url", "ui", "identity", "state"},
		slices.Collect(maps.Keys(bare)), "what is required, and nothing that is not set")
}

// A time in any zone is written in UTC.
func TestTimesAreUTC(t *testing.T) {
	f := everyNode()
	f.ExpiresAt = f.ExpiresAt.In(time.FixedZone("", 7200))
	got := written(t, func(w *wire.Writer) { f.WriteJSON(w, flow.Extra{}) })
	assert.Equal(t, "2030-01-02T04:04:05.000000006Z", got["expires_at"])
}

// The owner of a form is shown as its user may see it, whatever the identity
// carries.
func TestFormNeverShowsCredentials(t *testing.T) {
	i := owner(3)
	i.PasswordHash = "$argon2id$canary-hash"
	i.SealedState = []byte("canary-sealed")
	i.Keys = []identity.Key{{Kind: identity.OIDC, Value: "canary-key"}}
	i.State = identity.State{
		Generation: 3, KeptSession: "canary-session",
		Factors: map[aal.Method]identity.Factor{aal.TOTP: {Credentials: []identity.Credential{{ID: "canary-id", Data: json.RawMessage(`"canary-data"`)}}}},
		Events:  []identity.Event{{ID: "canary-event"}},
	}
	form := everyNode()
	form.Owner = i
	w := wire.New(0)
	form.WriteJSON(w, flow.Extra{})
	assert.NotContains(t, string(w.Bytes()), "canary")
	assert.NotContains(t, string(w.Bytes()), "credentials")
	assert.NotContains(t, string(w.Bytes()), "generation")
	traits := written(t, func(w *wire.Writer) { form.WriteJSON(w, flow.Extra{}) })["identity"].(map[string]any)["traits"]
	assert.Equal(t, map[string]any{"email": "ada@example.org"}, traits)
}

// A flow is made for an identity, goes through submits, and is stored as a
// record.
func Example() {
	account := identity.Identity{Record: identity.Record{ID: "42"}}
	now := time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)
	f := flow.New(flow.Start{Type: flow.Browser, Identity: account, Now: now, Lifespan: time.Hour})

	f, _ = f.After(flow.Refused, "password", []ui.Message{ui.On("password", ui.PasswordTooShort(8, 3))}, nil)
	fmt.Println(f.State, f.Messages[0].Text.Text)
	f, _ = f.After(flow.Finished, "password", []ui.Message{ui.Form(ui.Saved())}, nil)
	fmt.Println(f.State, f.Messages[0].Text.Text)

	record, _ := f.Record()
	stored, _ := flow.Parse(record)
	fmt.Println(stored.State, stored.Expired(now.Add(59*time.Minute)), stored.Expired(now.Add(time.Hour)))
	// Output:
	// show_form A password has at least 8 characters; this one has 3.
	// success Your changes are saved.
	// success false true
}
