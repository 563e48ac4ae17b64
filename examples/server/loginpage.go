package main

import (
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
)

// loginPage is the first page of a login.
type loginPage struct {
	asked
	Identifier string
	Note       string // why somebody who is signed in is here
	Error      string

	Waiting  string // what the login lets go on
	Password bool   // offered
	Passkey  *ceremony
	Script   *script
}

// furtherPage is the second.
type furtherPage struct {
	asked
	Error string

	Who, Waiting string
	TOTP, Lookup bool // asked for
	Key, Passkey *ceremony
	Script       *script
}

// ceremony is a challenge for an authenticator.
type ceremony struct {
	settings.Challenge
	asked
}

// showLogin shows the first page. Its challenge is good for five minutes: the
// button that uses it needs no further request.
func (a *app) showLogin(w http.ResponseWriter, r *http.Request, status int, p loginPage) {
	p.Password, p.Waiting = find(a.offered, aal.Password) != nil, a.waiting(r)
	if find(a.offered, aal.Passkey) != nil {
		var err error
		if p.Passkey, err = a.challenge(r, aal.Passkey, "", p.asked); err != nil {
			a.sorry(w, r, err)
			return
		}
		p.Script = a.script
	}
	show(w, status, "login", p, p.Script.policy()...)
}

// showFurther shows the second page, with the factors that are of use.
func (a *app) showFurther(w http.ResponseWriter, r *http.Request, status int, c session.Current, p furtherPage) {
	methods := a.further(c, p.asked)
	p.Who, p.Waiting = who(c.Identity), a.waiting(r)
	p.TOTP, p.Lookup = slices.Contains(methods, aal.TOTP), slices.Contains(methods, aal.Lookup)
	for _, of := range []struct {
		aal.Method
		identity string
		to       **ceremony
	}{{aal.WebAuthn, c.Identity.ID, &p.Key}, {aal.Passkey, "", &p.Passkey}} {
		if !slices.Contains(methods, of.Method) {
			continue
		}
		var err error
		if *of.to, err = a.challenge(r, of.Method, of.identity, p.asked); err != nil {
			a.sorry(w, r, err)
			return
		}
		p.Script = a.script
	}
	show(w, status, "further", p, p.Script.policy()...)
}

func (a *app) challenge(r *http.Request, m aal.Method, identityID string, q asked) (*ceremony, error) {
	c, err := a.amend.Service.Challenge(r.Context(), m, identityID)
	return &ceremony{c, q}, err
}

// JSON are the options, as text.
func (c *ceremony) JSON() string { return string(c.Options) }

// waiting tells which change waits in this browser for its user to sign in, "" for
// none: whoever signs in must know what that lets go on, since somebody else may
// have asked for it here. A change of another account is not this user's to know.
func (a *app) waiting(r *http.Request) string {
	w, ok := a.amend.Service.Waiting(r)
	if !ok {
		return ""
	}
	if c, err := a.amend.Sessions.FromRequest(r); err == nil && c.Identity.ID != w.IdentityID {
		return ""
	}
	what, ok := changes[aal.Method(w.Method)]
	if !ok {
		what = w.Method
	}
	return fmt.Sprintf("A change of %s was asked for in this browser %s, and waits for you to sign in. Then it goes on. "+
		"If you did not ask for it, do not sign in here: 15 minutes after it was asked for it is forgotten.", what, since(w.Since))
}

var changes = map[aal.Method]string{
	aal.Password: "your password", "profile": "your profile", aal.TOTP: "your authenticator app", aal.Lookup: "your recovery codes",
	aal.WebAuthn: "your security keys", aal.Passkey: "your passkeys", aal.OIDC: "your linked logins",
}

// since says how long ago something was.
func since(at time.Time) string {
	switch minutes := int(time.Since(at).Minutes()); minutes {
	case 0:
		return "just now"
	case 1:
		return "a minute ago"
	default:
		return fmt.Sprintf("%d minutes ago", minutes)
	}
}

// notProved is the status and the sentence for a proof that came to nothing. The
// sentence is "" if the whole answer is sent already.
func (a *app) notProved(w http.ResponseWriter, r *http.Request, proof settings.Proof, err error) (status int, sentence string) {
	// What was typed as an identifier is not logged: it may be a password.
	log := func(outcome string) {
		a.log.WarnContext(r.Context(), "login", "outcome", outcome, "method", proof.Method, "identity", proof.IdentityID)
	}
	var locked *settings.LockedError
	switch {
	case errors.Is(err, settings.ErrWrong):
		log("wrong")
		return http.StatusUnauthorized, "That is not right."
	case errors.As(err, &locked):
		log("locked")
		retryAfter(w, locked.RetryAfter)
		return http.StatusTooManyRequests, fmt.Sprintf("There were too many wrong tries. Try again in %.0f minutes.", math.Ceil(locked.RetryAfter.Minutes()))
	case errors.Is(err, settings.ErrBusy):
		log("busy")
		retryAfter(w, 2*time.Second)
		return http.StatusServiceUnavailable, "There is too much to do just now. Try again in a moment."
	}
	a.sorry(w, r, err)
	return 0, ""
}

// script is what uses authenticators in a page.
type script struct{ Src, Integrity string }

// scriptOf finds the script that the methods of security keys and passkeys
// have; nil without them.
func scriptOf(publicURL string, methods []settings.Method) *script {
	for _, m := range methods {
		files, ok := m.(method.Static)
		if !ok {
			continue
		}
		for path, file := range files.Files() {
			if strings.HasSuffix(path, "/webauthn.js") {
				sum := sha512.Sum384(file.Body)
				return &script{publicURL + path, "sha384-" + base64.StdEncoding.EncodeToString(sum[:])}
			}
		}
	}
	return nil
}

// policy lets the script through a page's Content-Security-Policy.
func (s *script) policy() []string {
	if s == nil {
		return nil
	}
	return []string{"script-src " + s.Src}
}

// A button of type "button" does something only where the script runs. All else
// works without it.
const loginHTML = `
{{define "login"}}{{template "head" .Script}}<h1>Sign in</h1>
{{with .Note}}<p>{{.}}</p>{{end}}{{template "waiting" .Waiting}}{{with .Error}}<p class="error" role="alert">{{.}}</p>{{end}}
{{if .Password}}<form method="post" action="?"><input type="hidden" name="method" value="password">{{template "asked" .}}
<label>E-mail or user name <input name="identifier" value="{{.Identifier}}" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button></form>{{end}}
{{with .Passkey}}{{template "passkey" .}}{{end}}{{end}}

{{define "further"}}{{template "head" .Script}}<h1>One more step</h1>
<p>You are signed in as {{.Who}}.</p>{{template "waiting" .Waiting}}{{with .Error}}<p class="error" role="alert">{{.}}</p>{{end}}
{{if .TOTP}}<form method="post" action="?"><input type="hidden" name="method" value="totp">{{template "asked" .}}
<label>Code of your authenticator app <input name="totp_code" inputmode="numeric" autocomplete="one-time-code" required></label>
<button>Go on</button></form>{{end}}
{{with .Key}}<form method="post" action="?"><input type="hidden" name="method" value="webauthn">{{template "asked" .}}
<input type="hidden" name="challenge" value="{{.ID}}">
<input type="hidden" name="webauthn_login" value="">
<button type="button" name="webauthn_login_trigger" value="{{.JSON}}" data-amend-trigger="oryWebAuthnLogin">Use a security key</button>
<noscript><p>A security key needs JavaScript.</p></noscript></form>{{end}}
{{with .Passkey}}{{template "passkey" .}}{{end}}
{{if .Lookup}}<form method="post" action="?"><input type="hidden" name="method" value="lookup_secret">{{template "asked" .}}
<label>Or one of your recovery codes <input name="lookup_secret" autocomplete="off" required></label>
<button>Use the code</button></form>{{end}}
{{if not (or .TOTP .Key .Passkey .Lookup)}}<p>A second factor is asked for, and your account has none that could be used here.</p>{{end}}
<p><a href="?">Sign in as somebody else</a></p>{{end}}

{{define "asked"}}<input type="hidden" name="return_to" value="{{.ReturnTo}}">
{{- if .Refresh}}<input type="hidden" name="refresh" value="true">{{end}}{{if .Further}}<input type="hidden" name="aal" value="aal2">{{end}}{{end}}

{{define "waiting"}}{{with .}}<p class="waiting">{{.}}</p>{{end}}{{end}}

{{define "passkey"}}<form method="post" action="?"><input type="hidden" name="method" value="passkey">{{template "asked" .}}
<input type="hidden" name="challenge" value="{{.ID}}">
<input type="hidden" name="passkey_challenge" value="{{.JSON}}"><input type="hidden" name="passkey_login" value="">
<button type="button" data-amend-trigger="oryPasskeyLogin">Use a passkey</button>
<noscript><p>A passkey needs JavaScript.</p></noscript></form>{{end}}`
