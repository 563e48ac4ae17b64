package page

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
)

// This file owns what a host says about its login, and what is wrong with that.

// LoginOptions are a host's settings for its login page. The zero value is a whole login in
// English.
type LoginOptions struct {
	// Look is that of the settings page: a host gives the same to both.
	Look

	// Find gives the id of the account that signs in with what was typed, "" for nobody,
	// and name, which is the same for all ways to type it. nil is
	// settings.Service.FindIdentity. Set it for a users table of the host's own whose store
	// does not find identities by name. It must take as long for nobody as for somebody. An
	// error is answered with 503, but identity.ErrNotFound is nobody.
	Find func(ctx context.Context, typed string) (id, name string, err error)

	// IdentifierLabel names what people sign in with: "E-mail". "" is "E-mail or user
	// name".
	IdentifierLabel string

	// RecoveryURL and RegisterURL are pages of the host's, for who has forgotten the
	// password and who has no account: links of the login. "" shows none.
	RecoveryURL, RegisterURL string

	// AfterURL is where a sign-in leads without an allowed return_to: "" is "/".
	// SignedOutURL is where a sign-out leads: "" is Config.LoginURL. RecoveryURL,
	// RegisterURL and these two are paths, "/welcome", or absolute http or https URLs.
	AfterURL, SignedOutURL string

	// KeepFor offers "Keep me signed in" beside the password: who ticks it stays signed in
	// for so long after each sign-in, within Config.MaxSessionAge (see session.KeepFor).
	// It must be longer than Config.SessionLifespan; 0 offers nothing.
	KeepFor time.Duration

	// SecondStepOnly is for a host that signs people in by other means and calls
	// Sessions.Issue itself: the page then only asks for second factors, and Config.Methods
	// need no first one.
	SecondStepOnly bool

	// Unknown answers somebody who has signed in at another site by a login that nobody
	// has linked, to register them: see settings.Service.FinishSignIn. nil says that there
	// is no such account here.
	Unknown func(w http.ResponseWriter, r *http.Request, who method.SignedIn)

	// SignedIn is called after a sign-in that has all it was asked for, also one that
	// renews a session, before the browser is led on: to start a session of the host's
	// own. An error ends the sign-in: the session too, and the answer is 503. nil does
	// nothing.
	SignedIn func(w http.ResponseWriter, r *http.Request, c session.Current) error

	// SignedOut is called after a sign-out, to end a session of the host's own; also if
	// there was no session left. An error is answered with 503. nil does nothing.
	SignedOut func(w http.ResponseWriter, r *http.Request) error
}

// LoginHandler is the login page. It is safe for concurrent use.
type LoginHandler struct {
	amend   *settings.Handler
	options LoginOptions
	config  settings.Config
	offered []aal.Method // that are proved here
	script  *ui.Script
	look    *look
}

// Login makes the login page of a host, for Config.LoginURL of amend, by GET and POST. It
// has the sign-out too:
//
//	login, err := page.Login(amend, page.LoginOptions{RegisterURL: "/join"})
//	mux.Handle("/login", login)
//	mux.HandleFunc("/logout", login.SignOut)
//
// With package oidc among Config.Methods it has a button for each provider, and the browser
// comes back from there to LoginURL.
//
// Each way to sign in is a form of its own, with a hidden csrf_token and method. For a
// host's tests and scripts, the fields are
//
//	method         fields
//	password       identifier, password, and keep=true with KeepFor
//	totp           totp_code
//	lookup_secret  lookup_secret
//	webauthn       challenge, webauthn_login, the answer of the key as JSON
//	passkey        challenge, passkey_login, the same of a passkey
//	oidc           site, the ID of the provider
//	sign_out       none: somebody else signs in
//
// It is an error if nothing in Config.Methods signs anybody in, if one of the URLs is not
// valid, or if browsers could not send the page's forms to LoginURL.
func Login(amend *settings.Handler, o LoginOptions) (*LoginHandler, error) {
	if amend == nil {
		return nil, errors.New("page: Login needs the Handler of settings.New")
	}
	l := &LoginHandler{amend: amend, options: o, config: amend.Service.Config()}
	for _, m := range []aal.Method{aal.Password, aal.Passkey, aal.WebAuthn, aal.TOTP, aal.Lookup} {
		if l.proves(m) {
			l.offered = append(l.offered, m)
		}
	}
	if len(l.sites()) > 0 {
		l.offered = append(l.offered, aal.OIDC)
	}
	if !o.SecondStepOnly && !slices.ContainsFunc(l.offered, aal.First) {
		return nil, errors.New("page: nobody could sign in: add password.New(…), or the passkeys of webauthn.Both(…), to Config.Methods, or set LoginOptions.SecondStepOnly")
	}
	if err := l.checkOrigin(); err != nil {
		return nil, err
	}
	if l.options.AfterURL == "" {
		l.options.AfterURL = "/"
	}
	if l.options.SignedOutURL == "" {
		l.options.SignedOutURL = l.config.LoginURL
	}
	for name, target := range map[string]string{
		"RecoveryURL": o.RecoveryURL, "RegisterURL": o.RegisterURL, "AfterURL": l.options.AfterURL, "SignedOutURL": l.options.SignedOutURL,
	} {
		if target != "" && !leads(target) {
			return nil, fmt.Errorf("page: LoginOptions.%s: %q is no path like /welcome, and no http or https URL", name, target)
		}
	}
	if o.KeepFor != 0 && o.KeepFor <= l.config.SessionLifespan {
		return nil, fmt.Errorf("page: LoginOptions.KeepFor: %v is no longer than Config.SessionLifespan, %v, which everybody has", o.KeepFor, l.config.SessionLifespan)
	}
	if l.options.Find == nil {
		l.options.Find = amend.Service.FindIdentity
	}
	var err error
	if l.look, err = o.Look.prepared(loginStyle); err != nil {
		return nil, err
	}
	l.script = scriptOf(l.config)
	return l, nil
}

// proves reports whether the Config has a method whose proofs can be checked.
func (l *LoginHandler) proves(m aal.Method) bool {
	return slices.ContainsFunc(l.config.Methods, func(one settings.Method) bool {
		info, err := one.Info()
		_, verifies := one.(method.Verifier)
		return err == nil && info.Name == string(m) && verifies
	})
}

func (l *LoginHandler) offers(m aal.Method) bool { return slices.Contains(l.offered, m) }

// checkOrigin refuses a LoginURL whose forms would all be of another site.
func (l *LoginHandler) checkOrigin() error {
	at, err := url.Parse(l.config.LoginURL)
	if err != nil {
		return err
	}
	public, err := url.Parse(l.config.PublicURL)
	if err != nil {
		return err
	}
	origin := at.Scheme + "://" + at.Host
	if !strings.EqualFold(origin, public.Scheme+"://"+public.Host) && !slices.Contains(l.config.TrustedOrigins, origin) {
		return fmt.Errorf("page: Config.LoginURL is on %s and PublicURL on %s://%s: put both on one origin, or name the first in TrustedOrigins and have a Transport whose cookie both get", origin, public.Scheme, public.Host)
	}
	return nil
}

// leads reports whether a URL leads a browser where it says.
func leads(target string) bool {
	u, err := url.Parse(target)
	switch {
	case err != nil || u.User != nil || strings.ContainsAny(target, "\\\t\r\n"):
		return false
	case u.Scheme == "http", u.Scheme == "https":
		return u.Host != ""
	}
	return u.Scheme == "" && u.Host == "" && strings.HasPrefix(u.Path, "/") && !strings.HasPrefix(target, "//")
}

func (l *LoginHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		if len(l.sites()) > 0 && l.amend.Service.ReturnsFromSite(r) {
			l.arrive(w, r)
			return
		}
		l.open(w, r, http.StatusOK, siteWords[r.URL.Query().Get(paramSaid)])
	case http.MethodPost:
		l.submit(w, r)
	default:
		wrongMethod(w)
	}
}

func wrongMethod(w http.ResponseWriter) {
	w.Header().Set("Allow", "GET, POST")
	http.Error(w, "This page is read by GET, and its forms are sent by POST.", http.StatusMethodNotAllowed)
}

// maxForm is the longest form that is read, in bytes.
const maxForm = 64 << 10

// form reads what a form of the page has sent, within Config.BodyTimeout. It has
// answered a body that is none, and ok is false.
func (l *LoginHandler) form(w http.ResponseWriter, r *http.Request) (fields url.Values, ok bool) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(l.config.BodyTimeout)) // not where w is a test's
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	err := r.ParseForm()
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		l.problem(w, r, http.StatusRequestEntityTooLarge, saidUnreadable)
	case err != nil:
		l.problem(w, r, http.StatusBadRequest, saidUnreadable)
	}
	return r.PostForm, err == nil
}

// lead sends a browser on. The target is one that was judged, or a relative one of this
// page: no URL is made of the request.
func lead(w http.ResponseWriter, target string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Location", target)
	w.WriteHeader(http.StatusSeeOther)
}

// none reports whether an error says that a request has no session, and a store has
// not failed.
func none(err error) bool {
	return errors.Is(err, session.ErrNoSession) || errors.Is(err, session.ErrAmbiguous)
}
