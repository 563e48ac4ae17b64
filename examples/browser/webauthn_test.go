package browser_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
	keys "github.com/amend-go/amend/settings/method/webauthn"
	"github.com/amend-go/amend/settings/store/memory"
)

// A page without a UI kit, as strict as a page can be: no inline script, no
// other origin, forms go to its own.
var keysPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Keys</title>
<script src="/page.js"></script>
{{with .Script}}<script async src="{{.src}}" integrity="{{.integrity}}" crossorigin="{{.crossorigin}}" referrerpolicy="{{.referrerpolicy}}" type="{{.type}}"></script>{{end}}
</head><body>
<p id="error"></p>
{{range .Messages}}<p class="message" data-id="{{.}}">{{.}}</p>{{end}}
<form method="post" action="{{.Action}}">
{{range .Inputs}}{{if eq .type "button"}}<button type="button" name="{{.name}}" value="{{.value}}"{{with .onclickTrigger}} data-amend-trigger="{{.}}"{{end}}>{{.name}}</button>
{{else if eq .type "submit"}}<button name="{{.name}}" value="{{.value}}"{{if .disabled}} disabled{{end}}>{{.name}}</button>
{{else}}<input type="{{.type}}" name="{{.name}}" value="{{with .value}}{{.}}{{end}}">
{{end}}{{end}}</form></body></html>`))

const (
	keysPageCSP = "default-src 'none'; script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	keysPageJS  = `document.addEventListener("amend:webauthn-error", (event) => {
		const error = document.getElementById("error");
		error.dataset.name = error.textContent = event.detail.name;
	});
	const mark = () => document.body?.setAttribute("data-ready", "");
	addEventListener("load", (event) => { // of the script, or of the page
		if (window.oryWebAuthnRegistration) mark();
	}, true);`
)

// keysApp is a host with both methods, on http://localhost.
type keysApp struct {
	handler *settings.Handler
	base    string
	ada     string
}

func newKeysApp(t *testing.T) *keysApp {
	t.Helper()
	app := &keysApp{ada: "ada"}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	app.base = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	store := memory.New()
	require.NoError(t, store.CreateIdentity(t.Context(), identity.Record{
		ID: app.ada, Active: true, PasswordHash: "x", Keys: []identity.Key{{Kind: identity.Identifier, Value: "ada@example.com"}},
	}))
	var err error
	app.handler, err = settings.New(settings.Config{
		PublicURL: app.base + "/auth", UIURL: app.base + "/settings", LoginURL: app.base + "/login", InsecureCookies: true,
		Keys: [][]byte{settings.NewKey()}, Flows: store, Sessions: store, Identities: store,
		Methods: append([]settings.Method{password.New(password.Config{})}, keys.Both(keys.Config{
			RPID: "localhost", RPDisplayName: "Example", Origins: []string{app.base},
		})...),
	})
	require.NoError(t, err)
	mux.Handle("/auth/", app.handler)
	mux.HandleFunc("GET /page.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, keysPageJS)
	})
	mux.HandleFunc("GET /in", func(w http.ResponseWriter, r *http.Request) { // who comes here has typed the password
		app.in(w, r, app.ada, aal.Password)
	})
	mux.HandleFunc("GET /settings", app.settings)
	mux.HandleFunc("GET /login/{method}", app.ask)
	mux.HandleFunc("POST /login", app.verify)
	return app
}

func (app *keysApp) in(w http.ResponseWriter, r *http.Request, id string, methods ...aal.Method) {
	if _, err := app.handler.Sessions.Issue(w, r, id, methods...); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/auth/self-service/settings/browser", http.StatusSeeOther)
}

// settings renders the flow that the Handler reads.
func (app *keysApp) settings(w http.ResponseWriter, r *http.Request) {
	read := httptest.NewRequestWithContext(r.Context(), http.MethodGet, "/auth/self-service/settings/flows?id="+r.FormValue("flow"), nil)
	read.Header = r.Header.Clone()
	answer := httptest.NewRecorder()
	app.handler.ServeHTTP(answer, read)
	var f struct {
		UI struct {
			Action   string
			Messages []struct{ ID int }
			Nodes    []struct {
				Type, Group string
				Attributes  map[string]any
			}
		}
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &f); err != nil || answer.Code != http.StatusOK {
		http.Error(w, answer.Body.String(), http.StatusInternalServerError)
		return
	}
	page := map[string]any{"Action": f.UI.Action}
	var inputs []map[string]any
	var messages []int
	for _, n := range f.UI.Nodes {
		switch {
		case n.Type == "script":
			page["Script"] = n.Attributes
		case n.Group == "default", n.Group == "webauthn", n.Group == "passkey":
			inputs = append(inputs, n.Attributes)
		}
	}
	for _, m := range f.UI.Messages {
		messages = append(messages, m.ID)
	}
	page["Inputs"], page["Messages"] = inputs, messages
	app.render(w, page)
}

// ask is a login page: for a passkey of anyone, or for Ada's security key.
func (app *keysApp) ask(w http.ResponseWriter, r *http.Request) {
	p := settings.Proof{Method: aal.Method(r.PathValue("method"))}
	if p.Method == aal.WebAuthn {
		p.IdentityID = app.ada
	}
	c, err := app.handler.Service.Challenge(r.Context(), p.Method, p.IdentityID)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	inputs := []map[string]any{
		{"type": "hidden", "name": "method", "value": string(p.Method)}, {"type": "hidden", "name": "challenge", "value": c.ID},
	}
	if p.Method == aal.WebAuthn {
		inputs = append(inputs, map[string]any{"type": "hidden", "name": "webauthn_login"}, map[string]any{
			"type": "button", "name": "webauthn_login_trigger", "value": string(c.Options), "onclickTrigger": "oryWebAuthnLogin",
		})
	} else {
		inputs = append(inputs, map[string]any{"type": "hidden", "name": "passkey_login"}, map[string]any{
			"type": "hidden", "name": "passkey_challenge", "value": string(c.Options),
		}, map[string]any{"type": "button", "name": "passkey_login_trigger", "value": "", "onclickTrigger": "oryPasskeyLogin"})
	}
	app.render(w, map[string]any{"Action": "/login", "Inputs": inputs, "Script": map[string]any{
		"src": "/auth/.well-known/ory/webauthn.js", "integrity": "", "crossorigin": "anonymous", "referrerpolicy": "no-referrer", "type": "text/javascript",
	}})
}

func (app *keysApp) verify(w http.ResponseWriter, r *http.Request) {
	p := settings.Proof{Method: aal.Method(r.PostFormValue("method")), Challenge: r.PostFormValue("challenge"), Value: r.PostFormValue("passkey_login")}
	methods := []aal.Method{aal.Passkey}
	if p.Method == aal.WebAuthn {
		p.IdentityID, p.Value, methods = app.ada, r.PostFormValue("webauthn_login"), []aal.Method{aal.Password, aal.WebAuthn}
	}
	id, err := app.handler.Service.Verify(r.Context(), p)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	app.in(w, r, id, methods...)
}

func (app *keysApp) render(w http.ResponseWriter, page map[string]any) {
	var body bytes.Buffer
	if err := keysPage.Execute(&body, page); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", keysPageCSP)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(body.Bytes())
}

// authenticator is one that a browser has, and that is touched at once.
type authenticator struct {
	w  *window
	id webauthn.AuthenticatorID
}

func (w *window) plug(transport webauthn.AuthenticatorTransport, passkeys bool) authenticator {
	w.t.Helper()
	_, err := chromedp.Call(w.ctx, webauthn.Enable, webauthn.EnableParams{})
	require.NoError(w.t, err)
	added, err := chromedp.Call(w.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: transport,
		HasResidentKey: passkeys, HasUserVerification: passkeys, IsUserVerified: passkeys, AutomaticPresenceSimulation: true,
	}})
	require.NoError(w.t, err)
	return authenticator{w, added.AuthenticatorID}
}

// touched says whether somebody touches it when it asks for that.
func (a authenticator) touched(is bool) {
	a.w.t.Helper()
	_, err := chromedp.Call(a.w.ctx, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: a.id, Enabled: is})
	require.NoError(a.w.t, err)
}

const (
	savedMessage = `.message[data-id="1050001"]`
	keyButton    = `button[name=webauthn_register_trigger]`
	passButton   = `button[name=passkey_register_trigger]`
)

func TestAPersonAddsAPasskeyAndAKey(t *testing.T) {
	chromium := chromiumOf(t)
	app := newKeysApp(t)
	laptop := browser(t, chromium)
	inside := laptop.plug(webauthn.AuthenticatorTransportInternal, true)

	// A passkey, by a click.
	laptop.run(chromedp.Navigate(app.base+"/in"), ready, chromedp.Click(chromedp.CSS(passButton)))
	laptop.run(chromedp.WaitVisible(chromedp.CSS(savedMessage)), chromedp.WaitVisible(chromedp.CSS(`button[name=passkey_remove]`)))

	// The same authenticator once more: the browser sees that it is excluded, and
	// the page is told.
	laptop.run(ready, chromedp.Click(chromedp.CSS(passButton)), chromedp.WaitVisible(chromedp.CSS(`#error[data-name=InvalidStateError]`)))

	// A key, by the function that UI kits call.
	inside.touched(false)
	usb := laptop.plug(webauthn.AuthenticatorTransportUsb, false)
	laptop.run(chromedp.Evaluate[chromedp.Void](`window.oryWebAuthnRegistration(); 0`), chromedp.WaitVisible(chromedp.CSS(`button[name=webauthn_remove]`)))

	// Both sign in.
	for _, login := range []struct{ method, button string }{{"passkey", "passkey_login_trigger"}, {"webauthn", "webauthn_login_trigger"}} {
		inside.touched(login.method == "passkey")
		usb.touched(login.method == "webauthn")
		laptop.run(chromedp.Navigate(app.base+"/login/"+login.method), ready, chromedp.Click(chromedp.CSS(`button[name=`+login.button+`]`)))
		laptop.run(chromedp.WaitVisible(chromedp.CSS(keyButton)))
		assert.Contains(t, laptop.location(), app.base+"/settings?flow=")
	}

	// What is removed is gone.
	for _, remove := range []string{`button[name=webauthn_remove]`, `button[name=passkey_remove]`} {
		laptop.run(chromedp.Click(chromedp.CSS(remove)), chromedp.WaitVisible(chromedp.CSS(savedMessage)), chromedp.WaitNotPresent(chromedp.CSS(remove)))
	}
}

// ready waits until our script has come.
var ready = chromedp.WaitReady(chromedp.CSS(`body[data-ready]`))
