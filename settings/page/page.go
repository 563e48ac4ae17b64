package page

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"sync"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings"
)

// Options is what a host may say about its page. The zero value is an English
// page with the title "Settings".
type Options struct {
	Title string // of the page, and its heading; "" is "Settings"
	Lang  string // of its texts, as BCP 47 writes it; "" is "en"

	// Headings stand above the forms, by group. A group without one has an
	// English heading of ours, a group of the host's own its name.
	Headings map[ui.Group]string

	// Text says a label or a message in the language of the page, by its ID and
	// Context. Where it has no words of its own it returns Text. nil is Text for
	// all. Recovery codes and secrets are never given to it.
	Text func(ui.Text) string

	// NoScript stands beside a button that needs a script, for browsers that run
	// none; "" is an English sentence.
	NoScript string

	// Style is more CSS, after the page's own. Its colors are custom properties:
	// see style.css.
	Style template.CSS

	// Top and Bottom are the host's HTML before and after the forms: a link back
	// to the app. The page's policy lets no script, style attribute or picture of
	// theirs through.
	Top, Bottom template.HTML
}

// Handler is the page at Config.UIURL of h, for GET. Without a flow, a session
// or a working store it answers as settings.Handler.Form does.
func Handler(h *settings.Handler, o Options) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.Header().Set("Allow", http.MethodGet)
			http.Error(w, "This page is read by GET.", http.StatusMethodNotAllowed)
			return
		}
		if form := h.Form(w, r); form != nil {
			_ = Write(w, form, o) // a reader that has gone away
		}
	})
}

// Write answers a request with the page of a form, status 200, for hosts that
// read the flow themselves. Its error is that of w.
func Write(w http.ResponseWriter, form *flow.Form, o Options) error {
	v := newView(form, o.withDefaults())
	return v.send(w, http.StatusOK, document(), v)
}

// send answers with a page that is made of data, and with the headers that every page
// has.
func (v *view) send(w http.ResponseWriter, status int, page *template.Template, data any) error {
	var body bytes.Buffer
	if err := page.Execute(&body, data); err != nil {
		panic(err) // a mistake in the template, whatever it is given
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "private, no-store")
	h.Set("Content-Security-Policy", v.policy())
	// With no-referrer, or with same-origin on a page of another origin than
	// PublicURL's, browsers send the form with "Origin: null" (Fetch, 3.2), and
	// nobody can tell where it comes from. The flow's id in the path is not sent.
	h.Set("Referrer-Policy", "strict-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, err := body.WriteTo(w)
	return err
}

//go:embed page.html
var pageHTML string

//go:embed style.css
var style template.CSS

// document is parsed when the first page is shown, and not whenever a program starts.
var document = sync.OnceValue(parsed)

// parsed is the page's template, which nobody has executed.
func parsed() *template.Template { return template.Must(template.New("page").Parse(pageHTML)) }

var headings = map[ui.Group]string{
	ui.Profile: "Profile", ui.Password: "Password", ui.OIDC: "Linked logins", ui.Lookup: "Recovery codes",
	ui.WebAuthn: "Security keys", ui.Passkey: "Passkeys", ui.TOTP: "Authenticator app",
}

func (o Options) withDefaults() Options {
	if o.Title == "" {
		o.Title = "Settings"
	}
	if o.Lang == "" {
		o.Lang = "en"
	}
	if o.NoScript == "" {
		o.NoScript = "This needs JavaScript."
	}
	if o.Text == nil {
		o.Text = func(t ui.Text) string { return t.Text }
	}
	return o
}

// heading is what stands above the form of a group.
func (o Options) heading(g ui.Group) string {
	for _, h := range []string{o.Headings[g], headings[g]} {
		if h != "" {
			return h
		}
	}
	return string(g)
}
