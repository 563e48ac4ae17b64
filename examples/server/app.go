package main

import (
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/store/memory"
)

// app is the library and the pages around it.
type app struct {
	options
	amend     *settings.Handler
	accounts  *accounts
	transport session.Transport
	ring      *seal.Keyring
	log       *slog.Logger

	prefix string         // the path of PublicURL
	own    *http.ServeMux // what the library does not answer, below prefix
}

func newApp(o options, log *slog.Logger) (*app, error) {
	store := memory.New()
	methods := offered(o)
	transport := session.Cookie{Insecure: o.insecureCookies}
	amend, err := settings.New(settings.Config{
		PublicURL: o.publicURL, UIURL: o.uiURL, LoginURL: o.loginURL, ErrorURL: o.errorURL,
		AfterURL: o.afterURL, AfterURLs: afterOffered(o.afterURLs, methods), AllowReturnTo: o.allowReturnTo,
		TrustedOrigins: []string{originOf(o.uiURL)},
		Keys:           o.keys,
		Flows:          store, Sessions: store, Identities: store, Backend: store,
		Methods:                 methods,
		Responses:               o.responses,
		AllowAAL1:               o.allowAAL1,
		PrivilegedSessionMaxAge: o.privilegedMaxAge, Lifespan: o.lifespan, SessionLifespan: o.sessionLifespan,
		KeepOtherSessions: o.keepOtherSessions,
		Transport:         transport, InsecureCookies: o.insecureCookies,
		Logger: log,
	})
	if err != nil {
		return nil, err
	}
	ring, err := seal.New(o.keys...)
	if err != nil {
		return nil, err
	}
	accounts, err := newAccounts(store, ring)
	if err != nil {
		return nil, err
	}
	public, err := url.Parse(o.publicURL)
	if err != nil {
		return nil, err
	}
	a := &app{
		options: o, amend: amend, accounts: accounts, transport: transport, ring: ring, log: log,
		prefix: public.Path, own: http.NewServeMux(),
	}
	a.mount()
	return a, nil
}

// offered are the methods that are not disabled.
func offered(o options) []settings.Method {
	all := []struct {
		name string
		settings.Method
	}{
		{"password", password.New(password.Config{Policy: password.Policy{MinLength: o.minPasswordLength}})},
	}
	var methods []settings.Method
	for _, m := range all {
		if !slices.Contains(o.disabled, m.name) {
			methods = append(methods, m.Method)
		}
	}
	if len(methods) == 0 {
		methods = append(methods, nothing{})
	}
	return methods
}

// afterOffered leaves out the URLs of methods that are not offered: nothing is
// ever changed by those.
func afterOffered(urls map[string]string, methods []settings.Method) map[string]string {
	out := map[string]string{}
	for _, m := range methods {
		// The error of a method whose configuration is wrong is settings.New's.
		if info, _ := m.Info(); urls[info.Name] != "" {
			out[info.Name] = urls[info.Name]
		}
	}
	return out
}

// originOf is scheme and host of a URL; settings.New refuses one without.
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	return u.Scheme + "://" + u.Host
}

// mount routes what is this server's. The library checks its own requests for
// forgery; these are checked here.
func (a *app) mount() {
	sameOrigin := http.NewCrossOriginProtection()
	a.own.Handle("GET /{$}", a.amend.Sessions.Load(http.HandlerFunc(a.home)))
	a.own.HandleFunc("GET /settings", a.settings)
	a.own.HandleFunc("GET /error", a.showError)
	a.own.HandleFunc("GET /login", a.loginForm)
	a.own.Handle("POST /login", sameOrigin.Handler(http.HandlerFunc(a.login)))
	a.own.HandleFunc("GET /self-service/login/browser", a.startLogin)
	a.own.HandleFunc("GET /self-service/logout/browser", a.startLogout)
	a.own.HandleFunc("GET /self-service/logout", a.logout)
	a.own.HandleFunc("/.well-known/change-password", a.amend.ChangePassword)
	if a.demo {
		a.own.Handle("/demo/", newDemo(a))
	}
}

// ServeHTTP gives a request to this server's mux if it is one of its own, and to
// the library if not. The library matches paths exactly; a ServeMux before it
// would clean them, and redirect. So only what is clean already gets there.
func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	below, u := *r, *r.URL
	u.Path, u.RawPath = strings.TrimPrefix(u.Path, a.prefix), ""
	below.URL = &u
	if _, pattern := a.own.Handler(&below); pattern != "" && strings.HasPrefix(u.Path, "/") && path.Clean(u.Path) == u.Path {
		a.own.ServeHTTP(w, &below)
		return
	}
	a.amend.ServeHTTP(w, r)
}
