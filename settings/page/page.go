package page

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strings"
	"sync"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings"
)

// Options are a host's settings for its settings page. The zero value is a whole page in
// English.
type Options struct {
	Look

	// Headings are headings for sections, by the section's id, in place of the library's. A
	// section of a host's own group has the group's name for its heading by default.
	Headings map[string]string

	// Order are the ids of the sections that stand first, in this order; the others
	// follow in ours. Hide are those that are not shown.
	Order, Hide []string

	// SignOut is the host's own logout, to which the header then has a link: a path, or
	// a URL of http or https. "" is a button that ends the session and leads to
	// Config.LoginURL.
	SignOut string

	// Place gives the place of an IP address for the devices and the activity: "Berlin,
	// Germany". "", and a nil Place, show none.
	Place func(ip string) string
}

// prepared checks the Options.
func (o Options) prepared() (*Options, *look, error) {
	l, err := o.Look.prepared("")
	if err != nil {
		return nil, nil, err
	}
	if o.SignOut != "" && !pageURL().MatchString(o.SignOut) {
		return nil, nil, wrong("SignOut", "%q is neither a path nor a URL of http or https", o.SignOut)
	}
	return &o, l, nil
}

// New is the handler of the settings page, for Config.UIURL of h, by GET and POST. Its
// error names the field of the Options that is wrong. Without a flow, a session or a
// working store it answers as settings.Handler.Form does. The error pages of h have the look
// of the first page that is made of h (settings.Handler.ShowErrorsBy).
func New(h *settings.Handler, o Options) (http.Handler, error) {
	host, l, err := o.prepared()
	if err != nil {
		return nil, err
	}
	p := &handler{h, host, l}
	h.ShowErrorsBy(p.showError)
	return p, nil
}

type handler struct {
	amend *settings.Handler
	host  *Options
	look  *look
}

func (p *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
	case http.MethodPost:
		p.amend.EndSessions(w, r)
		return
	default:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "This page is read by GET, and its forms are sent by POST.", http.StatusMethodNotAllowed)
		return
	}
	if p.look.serveFile(w, r.URL.RawQuery) {
		return
	}
	form := p.amend.Form(w, r)
	if form == nil {
		return
	}
	v := newView(form, p.host, p.look, p.look.of(r), r.URL.Query().Get(takeParam))
	v.withDevices(p, r)
	v.withActivity(p, r)
	v.withFiles()
	_ = v.send(w, http.StatusOK, "settings", v) // a reader that has gone away
}

// Write answers a request with the page of a form, with status 200, for hosts that read the
// flow themselves. It shows everything that the methods offer, but not what the page of New
// adds: devices, sign-out, and the script for convenience. It is in the first language. Its
// error is about the Options, or comes from w.
func Write(w http.ResponseWriter, form *flow.Form, o Options) error {
	host, l, err := o.prepared()
	if err != nil {
		return err
	}
	v := newView(form, host, l, &l.Languages[0], "")
	return v.send(w, http.StatusOK, "settings", v)
}

// send answers with a page, and with the headers that every page has.
func (f *frame) send(w http.ResponseWriter, status int, name string, data any) error {
	var body bytes.Buffer
	body.Grow(16 << 10) // a view with all methods, without growing five times on the way
	if err := pages().ExecuteTemplate(&body, name, data); err != nil {
		panic(err) // a mistake in the template, whatever it is given
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "private, no-store")
	h.Set("Content-Security-Policy", f.policy())
	// With no-referrer, or with same-origin on a page of another origin than
	// PublicURL's, browsers send the form with "Origin: null" (Fetch, 3.2), and
	// nobody can tell where it comes from. The flow's id in the path is not sent.
	h.Set("Referrer-Policy", "strict-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	_, err := body.WriteTo(w)
	return err
}

//go:embed layout.html
var layoutHTML string

//go:embed page.html
var pageHTML string

//go:embed error.html
var errorHTML string

//go:embed style.css
var styleCSS string

// style is style.css without the spaces that are for its readers.
var style = sync.OnceValue(func() template.CSS {
	return template.CSS(strings.NewReplacer("\n", "", "  ", "", " { ", "{", " {", "{", " }", "}", "; ", ";", ": ", ":", ", ", ",", " > ", ">").Replace(styleCSS))
})

// pages are the templates of all pages. Each has the layout around its own part. They are
// parsed when the first page is shown, and not whenever a program starts.
var pages = sync.OnceValue(func() *template.Template {
	t := template.Must(template.New("layout").Parse(layoutHTML))
	template.Must(t.New("settings").Parse(pageHTML))
	template.Must(t.New("error").Parse(errorHTML))
	template.Must(t.New("login").Parse(loginHTML))
	return t
})
