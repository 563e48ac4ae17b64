package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/seal"
)

// app is the library and the pages around it.
type app struct {
	options
	amend     *settings.Handler
	every     []settings.Method // also those that are disabled
	offered   []settings.Method
	accounts  *accounts
	transport session.Transport
	ring      *seal.Keyring
	login     *page.LoginHandler // nil where the login is somebody else's
	log       *slog.Logger

	prefix string         // the path of PublicURL
	own    *http.ServeMux // what the library does not answer, below prefix
}

func newApp(o options, keys [][]byte, store accountStore, log *slog.Logger) (*app, error) {
	schema, err := readSchema(o.schema)
	if err != nil {
		return nil, err
	}
	passwords := password.New(password.Config{Policy: password.Policy{MinLength: o.minPasswordLength}})
	every := everyMethod(o, passwords, schema, log)
	methods := offered(o, every)
	transport := session.Cookie{Insecure: o.insecureCookies}
	var send func(context.Context, settings.Message) error
	if o.mail {
		send = printer(os.Stderr)
	}
	amend, err := settings.New(settings.Config{
		PublicURL: o.publicURL, UIURL: o.uiURL, LoginURL: o.loginURL, ErrorURL: o.errorURL,
		AfterURL: o.afterURL, AfterURLs: afterOffered(o.afterURLs, methods), AllowReturnTo: o.allowReturnTo,
		TrustedOrigins: []string{originOf(o.uiURL)},
		Keys:           keys,
		Flows:          store, Sessions: store, Identities: store, Backend: store.backend(),
		Methods:                 methods,
		Text:                    spelling,
		Behaviour:               o.behaviour,
		AllowAAL1:               o.allowAAL1,
		PrivilegedSessionMaxAge: o.privilegedMaxAge, Lifespan: o.lifespan, SessionLifespan: o.sessionLifespan,
		KeepOtherSessions: o.keepOtherSessions,
		Transport:         transport, InsecureCookies: o.insecureCookies,
		ClientIP: func(r *http.Request) string { return r.RemoteAddr }, // behind a proxy: the header that it sets
		OnLock: func(ctx context.Context, identityID, factor string) {
			log.WarnContext(ctx, "login", "outcome", "a hundred wrong tries in a row", "identity", identityID, "method", factor)
		},
		KeepActivity: true,
		Send:         send,
		Logger:       log,
	})
	if err != nil {
		return nil, err
	}
	ring, err := seal.New(keys...)
	if err != nil {
		return nil, err
	}
	public, err := url.Parse(o.publicURL)
	if err != nil {
		return nil, err
	}
	a := &app{
		options: o, amend: amend, every: every, offered: methods, transport: transport, ring: ring, log: log,
		accounts: &accounts{store, ring, amend.Service, find(every, method.Profile).(method.Named), passwords},
		prefix:   public.Path, own: http.NewServeMux(),
	}
	if a.login, err = a.newLogin(); err != nil {
		return nil, err
	}
	ui, err := page.New(amend, page.Options{Look: page.Look{Name: "Amend", Home: o.publicURL + "/"}})
	if err != nil {
		return nil, err
	}
	a.mount(keys, ui)
	return a, nil
}

// originOf is scheme and host of a URL; settings.New refuses one without.
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	return u.Scheme + "://" + u.Host
}

// mount routes what is this server's, and its settings page.
func (a *app) mount(keys [][]byte, ui http.Handler) {
	a.own.Handle("GET /{$}", a.amend.Sessions.Load(http.HandlerFunc(a.home)))
	a.own.Handle("/settings", ui)
	a.own.HandleFunc("GET /error", a.showError)
	if a.login != nil {
		a.own.Handle("/login", a.login)
		a.own.HandleFunc("/logout", a.login.SignOut)
	}
	a.own.HandleFunc("GET /self-service/login/browser", a.startLogin)
	a.own.HandleFunc("GET /self-service/logout/browser", a.startLogout)
	a.own.HandleFunc("GET /self-service/logout", a.logout)
	a.own.HandleFunc("POST /self-service/logout", a.logout)
	a.own.HandleFunc("/.well-known/change-password", a.amend.ChangePassword)
	if a.demo {
		a.own.Handle("/demo/", newDemo(a, keys))
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
