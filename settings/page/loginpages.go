package page

import (
	"crypto/sha512"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
)

// This file owns which page of the login is shown, and what is on it.

// firstPage asks for a password or a passkey.
type firstPage struct {
	problem *ui.Text
	typed   string           // as an identifier
	tried   aal.Method       // what came to nothing
	current *session.Current // who is signed in already
}

// secondPage asks for a further factor.
type secondPage struct {
	problem *ui.Text
	tried   aal.Method
}

// open shows the page that is asked for: to a stranger the first; else the one with what
// is still to be proved. Who is sent here by refresh=true is asked for something in any
// case, and who comes without a wish is not led on: a page that does so by itself, to
// where a newer sign-in is wanted, makes a loop.
func (l *LoginHandler) open(w http.ResponseWriter, r *http.Request, status int, problem *ui.Text) {
	c, err := l.amend.Sessions.FromRequest(r)
	if err != nil && !none(err) {
		l.sorry(w, r, err)
		return
	}
	if err != nil {
		l.showFirst(w, r, status, firstPage{problem: problem})
		return
	}
	q := askedBy(r.URL.Query())
	next := l.next(c, q)
	switch {
	case !q.Refresh && q.Further && c.Level() >= aal.AAL2:
		l.goOn(w, q)
	case next == secondFactor, next == done && q.Further && (!q.Refresh || len(l.further(c, q)) > 0):
		l.showSecond(w, r, status, c, secondPage{problem: problem})
	default:
		l.showFirst(w, r, status, firstPage{problem: problem, current: &c})
	}
}

// loginView is what login.html shows, with everything decided.
type loginView struct {
	view
	Token   string // of its forms
	Lead    string // what it is about
	TryPage string // link to the page itself, for another try

	// Of the first page.
	Identifier, IdentifierLabel string
	Fixed                       bool // who signs in is decided
	Keep                        bool // it is asked whether to stay signed in
	Password                    bool
	Sites                       []method.Site
	GoOn                        string // where who is signed in may go on to
	Recovery, Register          string

	// Of the second page.
	TOTP, Lookup, LookupOpen bool
	Key                      *ceremony

	Passkey  *ceremony // of either
	Autofill bool      // the browser offers passkeys where the name is typed

	tried    aal.Method // what came to nothing
	Other    bool       // a button to sign in as somebody else
	Question bool       // whether to sign out
}

// ceremony is a challenge for an authenticator, with its options as text.
type ceremony struct{ ID, Options string }

// showFirst shows the first page. Its challenge is good for five minutes: the button
// that uses it needs no further request.
func (l *LoginHandler) showFirst(w http.ResponseWriter, r *http.Request, status int, p firstPage) {
	if p.current == nil && p.tried != "" { // a wrong password says nothing of a session
		if c, err := l.amend.Sessions.FromRequest(r); err == nil {
			p.current = &c
		}
	}
	q, methods := askedBy(r.URL.Query()), l.firsts()
	v := l.newPage(r, "sign-in")
	v.Identifier, v.tried = p.typed, p.tried
	if p.current != nil {
		name := p.current.Identity.FirstIdentifier()
		v.Lead = v.signedInAs(name)
		switch {
		case q.Refresh:
			v.Title, v.Other, methods = v.word("confirm"), true, l.confirming(*p.current)
			if v.Identifier, v.Fixed = name, name != ""; v.Fixed && p.problem == saidWrong[aal.Password] {
				p.problem = saidWrongPassword
			}
		case p.tried == "": // who tries to be somebody else has seen this
			v.Title, v.GoOn, v.Other, methods = v.word("already"), l.target(q), true, nil
		}
	} else if len(methods) == 0 && p.problem == nil {
		p.problem = saidNoFirst
	}
	v.Password = slices.Contains(methods, aal.Password)
	if slices.Contains(methods, aal.Passkey) {
		var err error
		if v.Passkey, err = l.challenge(r, aal.Passkey, ""); err != nil {
			l.sorry(w, r, err)
			return
		}
		v.Autofill = v.Password && !v.Fixed
	}
	if slices.Contains(methods, aal.OIDC) {
		v.Sites = l.sites()
	}
	v.Recovery = l.options.RecoveryURL
	v.Keep = l.options.KeepFor > 0 && !v.Fixed // who comes back has chosen
	if !v.Other {
		v.Register = l.options.RegisterURL
	}
	l.show(w, r, status, v, p.problem)
}

// showSecond shows the second page, with the factors that are of use.
func (l *LoginHandler) showSecond(w http.ResponseWriter, r *http.Request, status int, c session.Current, p secondPage) {
	methods := l.further(c, askedBy(r.URL.Query()))
	v := l.newPage(r, "second")
	v.Lead, v.Other = v.signedInAs(c.Identity.FirstIdentifier()), true
	v.TOTP, v.Lookup = slices.Contains(methods, aal.TOTP), slices.Contains(methods, aal.Lookup)
	v.LookupOpen, v.tried = len(methods) == 1 || p.tried == aal.Lookup, p.tried
	for _, of := range []struct {
		aal.Method
		identity string
		to       **ceremony
	}{{aal.WebAuthn, c.Identity.ID, &v.Key}, {aal.Passkey, "", &v.Passkey}} {
		if !slices.Contains(methods, of.Method) {
			continue
		}
		var err error
		if *of.to, err = l.challenge(r, of.Method, of.identity); err != nil && !errors.Is(err, settings.ErrWrong) {
			l.sorry(w, r, err)
			return
		}
	}
	if len(methods) == 0 && p.problem == nil {
		p.problem = saidNoFactor
	}
	l.show(w, r, status, v, p.problem)
}

// problem shows the first page with what is wrong, and nothing of what was sent.
func (l *LoginHandler) problem(w http.ResponseWriter, r *http.Request, status int, said *ui.Text) {
	l.open(w, r, status, said)
}

// sorry is the page after something went wrong that is not its reader's fault: a
// store that does not answer, mostly.
func (l *LoginHandler) sorry(w http.ResponseWriter, r *http.Request, err error) {
	l.config.Logger.ErrorContext(r.Context(), "login", "outcome", "unavailable", "error", err)
	retryAfter(w, unavailable)
	v := l.newPage(r, "sorry")
	v.TryPage = askedBy(r.URL.Query()).page()
	l.send(w, http.StatusServiceUnavailable, v, saidUnavailable)
}

// unavailable is how long to wait for a store that does not answer.
const unavailable = 5 * time.Second

// newPage is a page with this heading, in the look of the host's pages. All words of a
// page are said by it.
func (l *LoginHandler) newPage(r *http.Request, heading string) *loginView {
	v := &loginView{view: view{frame: frame{look: l.look, Language: l.look.of(r)}}, IdentifierLabel: l.options.IdentifierLabel}
	v.Title = v.word(heading)
	if v.IdentifierLabel == "" {
		v.IdentifierLabel = v.word("identifier")
	}
	return v
}

// show shows a page that asks for something. It also says which change a login lets go
// on: somebody else may have asked for it in this browser.
func (l *LoginHandler) show(w http.ResponseWriter, r *http.Request, status int, v *loginView, problem *ui.Text) {
	v.Token = l.amend.Service.LoginToken(w, r)
	if (v.Passkey != nil || v.Key != nil) && l.script != nil {
		v.Scripts = []*ui.Script{l.script}
	}
	l.send(w, status, v, problem, l.waiting(r))
}

func (l *LoginHandler) send(w http.ResponseWriter, status int, v *loginView, said ...*ui.Text) {
	for _, t := range said {
		if t != nil {
			v.Messages = append(v.Messages, v.messages([]ui.Text{*t})...)
		}
	}
	_ = v.send(w, status, "login", v) // a reader that has gone away
}

func (v *loginView) signedInAs(name string) string {
	if name == "" {
		return v.word("signed-in")
	}
	return v.say(saidSignedInAs(name))
}

// AtSite is the label of a site's button.
func (v *loginView) AtSite(s method.Site) string { return v.say(saidAtSite(s.Label)) }

// Failed reports whether a try of this method has just come to nothing.
func (v *loginView) Failed(m aal.Method) bool { return v.tried == m }

// Word is one of the login's own words, for the template.
func (v *loginView) Word(key string) (string, error) {
	t, ok := words[key]
	if !ok {
		return "", fmt.Errorf("page: no word %q", key)
	}
	return v.say(*t), nil
}

func (v *loginView) word(key string) string {
	text, err := v.Word(key)
	if err != nil {
		panic(err) // a mistake in this package
	}
	return text
}

// waiting says which change waits in this browser for its user to sign in, nil for
// none. A change of another account is not this user's to know.
func (l *LoginHandler) waiting(r *http.Request) *ui.Text {
	waiting, ok := l.amend.Service.Waiting(r)
	if !ok {
		return nil
	}
	if c, err := l.amend.Sessions.FromRequest(r); err == nil && c.Identity.ID != waiting.IdentityID {
		return nil
	}
	return saidWaiting(waiting.Method, int(l.config.Now().Sub(waiting.Since).Minutes()))
}

func (l *LoginHandler) challenge(r *http.Request, m aal.Method, identityID string) (*ceremony, error) {
	c, err := l.amend.Service.Challenge(r.Context(), m, identityID)
	if err != nil {
		return nil, err
	}
	return &ceremony{c.ID, string(c.Options)}, nil
}

// scriptOf finds the script that the methods of security keys and passkeys have; nil
// without them.
func scriptOf(c settings.Config) *ui.Script {
	for _, m := range c.Methods {
		files, ok := m.(method.Static)
		info, err := m.Info()
		if !ok || err != nil || info.Name != string(aal.Passkey) && info.Name != string(aal.WebAuthn) {
			continue
		}
		for path, file := range files.Files() {
			if strings.HasPrefix(file.ContentType, "text/javascript") {
				sum := sha512.Sum384(file.Body)
				return &ui.Script{ID: "webauthn_script", Src: c.PublicURL + path, Integrity: "sha384-" + base64.StdEncoding.EncodeToString(sum[:])}
			}
		}
	}
	return nil
}

//go:embed login.html
var loginHTML string

//go:embed login.css
var loginStyle template.CSS
