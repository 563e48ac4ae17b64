package settings_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

// bodyMethod is a method of the protocol that changes nothing and says that it
// was asked: these tests are about which of them a body asks for.
type bodyMethod struct{ info method.Info }

func (m bodyMethod) Info() (method.Info, error) { return m.info, nil }

func (m bodyMethod) Nodes(context.Context, method.View) ([]ui.Node, error) {
	return []ui.Node{{Group: ui.Group(m.info.Name), Attributes: &ui.Input{Name: "reached " + m.info.Name, Type: ui.InputText}}}, nil
}

func (m bodyMethod) Plan(method.View, method.Submission) (method.Plan, error) {
	return method.Plan{Errors: []ui.Message{ui.On("reached "+m.info.Name, ui.Missing(""))}}, nil
}

// bodyKit offers password, profile, totp and lookup_secret, the last three as
// bodyMethods.
func bodyKit(t testing.TB) *settingstest.Kit {
	kit := settingstest.New(t, func(c *settings.Config) {
		c.Methods = append(c.Methods,
			bodyMethod{method.Info{Name: "profile", Fields: []string{"traits"}, Echo: []string{"traits"}}},
			bodyMethod{method.Info{Name: "totp", Fields: []string{"totp_code", "totp_unlink"}, Buttons: []string{"totp_unlink"}}},
			bodyMethod{method.Info{Name: "lookup_secret", Fields: []string{"lookup_secret_disable"}, Buttons: []string{"lookup_secret_disable"}}},
		)
	})
	kit.Secret("password", "a-canary-of-a-password")
	return kit
}

var bodyKinds = []respond.Client{respond.API, respond.Page, respond.Script}

const (
	bodyIsJSON = "application/json"
	bodyIsForm = "application/x-www-form-urlencoded"
	bodyParts  = "multipart/form-data; boundary=frontier"
)

// bodyPost sends a body, in which TOKEN stands for the form's token.
func bodyPost(c *settingstest.Client, f *settingstest.Flow, contentType, body string) *settingstest.Answer {
	return c.Post("/self-service/settings?flow="+f.ID, contentType, strings.ReplaceAll(body, "TOKEN", f.CSRFToken()))
}

// requireInvalid finds the flow of an answer that says the input is not valid:
// in its body, or for a page where it leads to. The messages are the flow's
// from then on.
func requireInvalid(t *testing.T, a *settingstest.Answer, c *settingstest.Client, f *settingstest.Flow, messages ...string) *settingstest.Flow {
	t.Helper()
	got := a.Flow
	if c.Kind == respond.Page {
		require.Equal(t, 303, a.Status, "%v", a)
		require.Equal(t, "https://app.example.com/settings?flow="+f.ID, a.Location)
		require.Empty(t, a.Body)
		got = a.Follow().Flow
	} else {
		require.Equal(t, 400, a.Status, "%v", a)
		require.NotNil(t, got, "a 400 of a submit is a flow: %v", a)
		require.Empty(t, a.Location)
	}
	require.Equal(t, f.ID, got.ID)
	require.Equal(t, "show_form", got.State)
	require.Equal(t, messages, got.Messages())
	require.Equal(t, messages, c.Read(f.ID).Flow.Messages(), "the flow remembers")
	return got
}

// A body that can be read and does not say what it must.
func TestInvalidFields(t *testing.T) {
	for _, row := range []struct {
		name, json, form string // form is "" where a form cannot say it
		message          string
	}{
		{"nothing but the token", `{"csrf_token":"TOKEN"}`, `csrf_token=TOKEN`, "4010004"},
		{"a password and no method", `{"csrf_token":"TOKEN","password":"a-canary-of-a-password"}`, `csrf_token=TOKEN&password=a-canary-of-a-password`, "4010004"},
		{"an empty method", `{"csrf_token":"TOKEN","method":"","password":"a-canary-of-a-password"}`, `csrf_token=TOKEN&method=&password=a-canary-of-a-password`, "4010004"},
		{"a method nobody knows", `{"csrf_token":"TOKEN","method":"wishes","password":"a-canary-of-a-password"}`, `csrf_token=TOKEN&method=wishes`, "4010004"},
		{"a method in capitals", `{"csrf_token":"TOKEN","method":"Password","password":"a-canary-of-a-password"}`, `csrf_token=TOKEN&method=PASSWORD`, "4010004"},
		{"a method with a space", `{"csrf_token":"TOKEN","method":"password ","password":"a-canary-of-a-password"}`, `csrf_token=TOKEN&method=+password`, "4010004"},
		{"a number as method", `{"csrf_token":"TOKEN","method":1,"password":"a-canary-of-a-password"}`, ``, "4010004"},
		{"a boolean as method", `{"csrf_token":"TOKEN","method":true,"password":"a-canary-of-a-password"}`, ``, "4010004"},
		{"an array as method", `{"csrf_token":"TOKEN","method":["password"],"password":"a-canary-of-a-password"}`, ``, "4010004"},
		{"null as method", `{"csrf_token":"TOKEN","method":null,"password":"a-canary-of-a-password"}`, ``, "4010004"},
		{"a number as method beside a button", `{"csrf_token":"TOKEN","method":1,"totp_unlink":true}`, ``, "4010004"},

		{"no password", `{"csrf_token":"TOKEN","method":"password"}`, `csrf_token=TOKEN&method=password`, "password:4000002"},
		{"an empty password", `{"csrf_token":"TOKEN","method":"password","password":""}`, `csrf_token=TOKEN&method=password&password=`, "password:4000002"},
		{"a password in a path", `{"csrf_token":"TOKEN","method":"password","password.a":"a-canary-of-a-password"}`, `csrf_token=TOKEN&method=password&password.a=a-canary-of-a-password`, "password:4000002"},

		{"a method and the button of another", `{"csrf_token":"TOKEN","method":"password","password":"a-canary-of-a-password","totp_unlink":true}`, `csrf_token=TOKEN&method=password&password=a-canary-of-a-password&totp_unlink=true`, "4000001"},
		{"the buttons of two methods", `{"csrf_token":"TOKEN","totp_unlink":true,"lookup_secret_disable":true}`, `csrf_token=TOKEN&totp_unlink=true&lookup_secret_disable=true`, "4000001"},
		{"a button that says false", `{"csrf_token":"TOKEN","totp_unlink":false}`, `csrf_token=TOKEN&totp_unlink=false`, "4010004"},
		{"a button that is empty", `{"csrf_token":"TOKEN","totp_unlink":""}`, `csrf_token=TOKEN&totp_unlink=`, "4010004"},

		{"a button alone", `{"csrf_token":"TOKEN","totp_unlink":true}`, `csrf_token=TOKEN&totp_unlink=true`, "reached totp:4000002"},
		{"a button that says so in a string", `{"csrf_token":"TOKEN","totp_unlink":"true"}`, `csrf_token=TOKEN&totp_unlink=on`, "reached totp:4000002"},
		{"a button and its own method", `{"csrf_token":"TOKEN","method":"totp","totp_unlink":true}`, `csrf_token=TOKEN&method=totp&totp_unlink=true`, "reached totp:4000002"},
		{"a method and the empty button of another", `{"csrf_token":"TOKEN","method":"totp","lookup_secret_disable":""}`, `csrf_token=TOKEN&method=totp&lookup_secret_disable=`, "reached totp:4000002"},

		{"a string as payload", `{"csrf_token":"TOKEN","method":"password","password":"a-canary-of-a-password","transient_payload":"x"}`, `csrf_token=TOKEN&method=password&password=a-canary-of-a-password&transient_payload=x`, "4000026"},
		{"an array as payload", `{"csrf_token":"TOKEN","method":"password","password":"a-canary-of-a-password","transient_payload":[]}`, ``, "4000026"},
		{"null as payload", `{"csrf_token":"TOKEN","method":"password","password":"a-canary-of-a-password","transient_payload":null}`, ``, "4000026"},
	} {
		for _, kind := range bodyKinds {
			for _, sent := range []struct{ contentType, body string }{{bodyIsJSON, row.json}, {bodyIsForm, row.form}} {
				if sent.body == "" {
					continue
				}
				t.Run(fmt.Sprintf("%s, %v, %s", row.name, kind, sent.contentType), func(t *testing.T) {
					kit := bodyKit(t)
					ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
					client := kit.SignIn(ada, kind)
					f := client.Start()
					before := snapshot(t, kit, ada)
					requireInvalid(t, bodyPost(client, f, sent.contentType, sent.body), client, f, row.message)
					require.Equal(t, before, snapshot(t, kit, ada))
				})
			}
		}
	}
}

// An API client may send no body and no Content-Type; a browser must send the
// form's token in one.
func TestNoBodyAtAll(t *testing.T) {
	for _, kind := range bodyKinds {
		t.Run(kind.String(), func(t *testing.T) {
			kit := bodyKit(t)
			ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
			client := kit.SignIn(ada, kind)
			f := client.Start()
			before := snapshot(t, kit, ada)
			a := bodyPost(client, f, "", "")
			if kind == respond.API {
				requireInvalid(t, a, client, f, "4010004", "4000001")
			} else {
				requireError(t, a, kind, 403, "security_csrf_violation")
			}
			require.Equal(t, before, snapshot(t, kit, ada))
		})
	}
}

// Two readings of one body would be an attack; what nobody reads is not.
func TestFieldsNobodyReads(t *testing.T) {
	digits := strings.Repeat("9", 10_000)
	for _, row := range []struct{ name, json, form string }{
		{"unknown ones", `"wish":1,"wishes":{"a":[null]}`, `wish=1&wishes.a=2&wishes=3`},
		{"the identity's own", `"id":"0d3b3a5e-6a4c-4f59-8a53-0a1f3d6f1a11","state":"inactive","schema_id":"admin","active":false`,
			`id=0d3b3a5e-6a4c-4f59-8a53-0a1f3d6f1a11&state=inactive&schema_id=admin&active=false`},
		{"credentials", `"credentials":{"password":{"hashed_password":"x"}},"password_hash":"x","identity":{"id":"x"}`,
			`credentials.password.hashed_password=x&password_hash=x&identity.id=x`},
		{"metadata", `"metadata_admin":{"role":"admin"},"metadata_public":{"role":"admin"}`, `metadata_admin.role=admin&metadata_public.role=admin`},
		{"addresses", `"verifiable_addresses":[{"value":"mallory@example.com","verified":true}],"recovery_addresses":[{"value":"mallory@example.com"}]`,
			`verifiable_addresses.0.value=mallory@example.com&recovery_addresses.0.value=mallory@example.com`},
		{"the session's", `"session_token":"x","aal":"aal2","authenticated_at":"2040-01-01T00:00:00Z","flow":"x","return_to":"https://evil.example/"`,
			`session_token=x&aal=aal2&flow=x&return_to=https://evil.example/`},
		{"traits of another method", `"traits":{"email":"mallory@example.com"}`, `traits.email=mallory@example.com`},
		{"numbers no float holds", `"traits":{"a":1e400,"b":-1e-400,"c":` + digits + `}`, `traits.c=` + digits},
		{"what only Go's reader would set", `"__proto__":{"admin":true},"constructor":{}`, `__proto__.admin=true`},
	} {
		for _, kind := range bodyKinds {
			for _, contentType := range []string{bodyIsJSON, bodyIsForm} {
				t.Run(fmt.Sprintf("%s, %v, %s", row.name, kind, contentType), func(t *testing.T) {
					kit := bodyKit(t)
					kit.Secret("password", csrfNewPassword)
					ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
					client := kit.SignIn(ada, kind)
					f := client.Start()
					before, stored := kit.Identity(ada), snapshot(t, kit, ada)

					extra, sep := row.json, ","
					if contentType == bodyIsForm {
						extra, sep = row.form, "&"
					}
					wrap := func(body string) string {
						if contentType == bodyIsForm {
							return body
						}
						return "{" + body + "}"
					}
					first := map[string]string{bodyIsJSON: `"csrf_token":"TOKEN"`, bodyIsForm: `csrf_token=TOKEN`}[contentType]
					requireInvalid(t, bodyPost(client, f, contentType, wrap(first+sep+extra)), client, f, "4010004")
					require.Equal(t, stored, snapshot(t, kit, ada), "alone they change nothing")

					second := map[string]string{
						bodyIsJSON: `"method":"password","password":"` + csrfNewPassword + `"`,
						bodyIsForm: `method=password&password=` + strings.ReplaceAll(csrfNewPassword, " ", "+"),
					}[contentType]
					a := bodyPost(client, f, contentType, wrap(first+sep+second+sep+extra))
					require.Less(t, a.Status, 400, "%v", a)
					after := kit.Identity(ada)
					require.True(t, kit.PasswordIs(ada, csrfNewPassword))
					assert.NotContains(t, string(a.Body), "mallory")
					after.PasswordHash, after.SealedState, after.UpdatedAt, after.Version = before.PasswordHash, before.SealedState, before.UpdatedAt, before.Version
					assert.Equal(t, before.Record, after.Record, "beside a change they change nothing")
					assert.Empty(t, after.State.Factors)
				})
			}
		}
	}
}

// The fields stand in the body. Of the URL only flow is used, and return_to
// checked.
func TestFieldsInTheURL(t *testing.T) {
	for _, kind := range bodyKinds {
		t.Run(kind.String(), func(t *testing.T) {
			kit := bodyKit(t)
			ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
			client := kit.SignIn(ada, kind)
			f := client.Start()
			before := snapshot(t, kit, ada)
			query := "&method=password&password=a-canary-of-a-password&totp_unlink=true&id=" + f.ID
			contentType, body := bodyIsJSON, `{"csrf_token":"`+f.CSRFToken()+`"}`
			if kind == respond.Page {
				contentType, body = bodyIsForm, `csrf_token=`+f.CSRFToken()
			}
			a := client.Post("/self-service/settings?flow="+f.ID+query, contentType, body)
			got := requireInvalid(t, a, client, f, "4010004")
			require.NotContains(t, got.RequestURL, "canary")
			require.Equal(t, before, snapshot(t, kit, ada))
		})
	}
}

// bodyPayload is the transient_payload of the flow as its client reads it.
func bodyPayload(c *settingstest.Client, f *settingstest.Flow) string {
	var shape struct {
		Payload json.RawMessage `json:"transient_payload"`
	}
	if json.Unmarshal(c.Read(f.ID).Body, &shape) != nil {
		return "no JSON"
	}
	return string(shape.Payload)
}

func TestTransientPayload(t *testing.T) {
	for _, kind := range bodyKinds {
		t.Run(kind.String(), func(t *testing.T) {
			kit := bodyKit(t)
			ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
			client := kit.SignIn(ada, kind)
			f := client.Start()
			short, right := `"csrf_token":"TOKEN","method":"password","password":"short"`, `"csrf_token":"TOKEN","method":"password","password":"a-canary-of-a-password"`

			bodyPost(client, f, bodyIsJSON, `{`+short+`,"transient_payload":{"n":{"x":1.50}}}`)
			require.Equal(t, `{"n":{"x":1.50}}`, bodyPayload(client, f), "beside an error")
			bodyPost(client, f, bodyIsForm, `csrf_token=TOKEN&method=password&password=short&transient_payload.n.x=1`)
			require.Equal(t, `{"n":{"x":"1"}}`, bodyPayload(client, f), "from a form")
			bodyPost(client, f, bodyIsJSON, `{`+short+`}`)
			require.Empty(t, bodyPayload(client, f), "it is of the last submit, which had none")
			bodyPost(client, f, bodyIsJSON, `{`+short+`,"transient_payload":{"a":1}}`)
			bodyPost(client, f, bodyIsJSON, `{`+short+`,"transient_payload":"x"}`)
			require.Empty(t, bodyPayload(client, f), "it is of the last submit, which had a wrong one")
			bodyPost(client, f, bodyIsJSON, `{`+short+`,"transient_payload":{"a":1}}`)
			bodyPost(client, f, bodyIsJSON, `{`)
			require.Empty(t, bodyPayload(client, f), "it is of the last submit, which could not be read")

			a := bodyPost(client, f, bodyIsJSON, `{`+right+`,"transient_payload":{"a":true}}`)
			require.Less(t, a.Status, 400, "%v", a)
			require.True(t, kit.PasswordIs(ada, "a-canary-of-a-password"))
			if kind != respond.API { // whose session token is a new one now
				require.Equal(t, `{"a":true}`, bodyPayload(client, f), "beside a success")
			}
			if kind != respond.Page {
				require.Contains(t, string(a.Body), `"transient_payload":{"a":true}`)
			}
			require.NotContains(t, snapshot(t, kit, ada), `"a": true`, "it is kept in the flow alone")
		})
	}
}

// What clients send must not make a flow grow: its record stays within the 16
// KiB that every store can hold, whatever was typed, passed through or said
// about it.
func TestAFlowDoesNotGrow(t *testing.T) {
	long := strings.Repeat("\u2028<", 5_000) // which JSON may write longer than it is
	var fields []string
	for n := range 50 {
		fields = append(fields, fmt.Sprintf(`"field%d":"%s"`, n, strings.Repeat("<", 1_000)))
	}
	for _, kind := range bodyKinds {
		t.Run(kind.String(), func(t *testing.T) {
			kit := bodyKit(t)
			ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
			client := kit.SignIn(ada, kind)
			f := client.Start()
			bodies := []string{
				`{"csrf_token":"TOKEN","method":"profile","traits":{` + strings.Join(fields, ",") + `}}`,
				`{"csrf_token":"TOKEN","method":"profile","traits":{"a":"` + long + `"}}`,
				`{"csrf_token":"TOKEN","method":"profile","traits":{"a":"b"},"transient_payload":{"a":"` + long + `"}}`,
				`{"csrf_token":"TOKEN","method":"password","password":"short","transient_payload":{"a":"` + long + `"}}`,
				`{"csrf_token":"TOKEN","method":"` + long + `"}`,
				`{"csrf_token":"TOKEN","` + long + `":1,"` + long + `":2}`,
			}
			for n := range 100 {
				a := bodyPost(client, f, bodyIsJSON, bodies[n%len(bodies)])
				if kind == respond.Page {
					require.Equal(t, 303, a.Status, "%v", a)
					require.Equal(t, "https://app.example.com/settings?flow="+f.ID, a.Location)
				} else {
					require.Equal(t, 400, a.Status, "%v", a)
				}
				r, err := kit.Store.GetFlow(t.Context(), flow.Key(f.ID))
				require.NoError(t, err)
				require.LessOrEqual(t, len(r.Data), 16<<10)
			}
			require.NotEmpty(t, client.Read(f.ID).Flow.Messages(), "the flow still says what is wrong")
		})
	}
}
