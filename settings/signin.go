package settings

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/seal"
)

// This file owns the way from a host's login page to another site, where somebody signs in
// by a linked login. signinback.go owns the way back.
//
// Anybody may begin, so nothing is stored at the beginning. What is needed at the end is
// sealed into a cookie of the browser, which only the state in the URL opens. A browser
// that comes with another's state has no cookie for it (RFC 6749 section 10.12, RFC 9700
// section 4.7). A state that came back is stored before the site is asked anything, so that
// it is good once.

// The state of a sign-in begins with this. Nothing is believed for it: it only tells the
// login page's states from those of a settings flow, which are random letters and digits.
const signInState = "signin."

// signInLifetime is how long somebody may stay at a site.
const signInLifetime = 15 * time.Minute

// leaving is what is sealed into the cookie.
type leaving struct {
	jsonrecord.Head
	Path  string             `json:"path"` // of the callback, where the browser is to come back
	Site  string             `json:"site"`
	At    time.Time          `json:"at"`
	Again bool               `json:"again,omitempty"`
	Asked method.SignInAsked `json:"asked"`
	Memo  []byte             `json:"memo,omitempty"`
}

func leavingBinding(state string) seal.Binding {
	return seal.Binding{Purpose: "signin", Owner: hashed(state)}
}

// A browser keeps 4,096 bytes of a cookie, its name and attributes among them (RFC 6265bis
// section 5.6). A return_to that is longer than this leads nowhere.
const (
	maxCookie       = 3800
	maxLeaveFor     = 1200
	signInParameter = "site" // of LoginURL: the path of the callback
)

// Sites are the other sites where a linked login signs somebody in, for the buttons of a
// login page. Package oidc has them; without such a method there are none.
func (s *Service) Sites() (all []method.Site) {
	for _, o := range s.methods.list {
		if at, ok := o.Method.(method.SignInRedirector); ok {
			all = append(all, at.Sites()...)
		}
	}
	return all
}

// BeginSignIn sends a browser to a site to sign in: it sets a cookie on w, and gives the
// URL to redirect to, by a 303. siteID is the ID of one of Sites. A login page calls it
// when its button is pressed, after it has made sure that the button is its own: by the
// token of its form, or by http.CrossOriginProtection.
//
// For a browser that has a session, and where asked.Refresh says so, the site is told to
// ask its user anew. Then the browser comes back to Config.LoginURL: see FinishSignIn.
//
// It is ErrWrong for a site that there is not, and ErrBusy if the site does not answer.
func (s *Service) BeginSignIn(w http.ResponseWriter, r *http.Request, siteID string, asked method.SignInAsked) (location string, err error) {
	at := s.siteNamed(siteID)
	if at == nil {
		return "", fmt.Errorf("no such site: %w", method.ErrWrong)
	}
	_, signedIn, err := s.sessionOf(r)
	if err != nil {
		return "", err
	}
	if len(asked.ReturnTo) > maxLeaveFor {
		asked.ReturnTo = ""
	}
	l := leaving{Site: siteID, At: s.c.Now(), Again: signedIn || asked.Refresh, Asked: asked}
	to, err := at.BeginSignIn(r.Context(), method.SignInBegin{Site: l.Site, PublicURL: s.c.PublicURL, Now: l.At, Again: l.Again})
	if err != nil {
		return "", err
	}
	l.Path, l.Memo = to.Path, to.Memo
	state := signInState + rand.Text()
	plain, err := jsonrecord.Encode(&l)
	if err != nil {
		return "", err
	}
	value := base64.RawURLEncoding.EncodeToString(s.ring.Seal(leavingBinding(state), plain))
	if len(value) > maxCookie {
		return "", fmt.Errorf("settings: a sign-in at %s is %d bytes, which fit into no cookie", siteID, len(value))
	}
	for _, c := range s.begunCookies(begunSignIn, s.begunCookiesOf(begunSignIn, r), hashed(state), value, signInLifetime) {
		s.setCookie(w, c)
	}
	return to.URL(state), nil
}

// siteNamed is the method that a site is of, nil if there is no such site.
func (s *Service) siteNamed(id string) method.SignInRedirector {
	for _, o := range s.methods.list {
		if at, ok := o.Method.(method.SignInRedirector); ok {
			for _, site := range at.Sites() {
				if site.ID == id {
					return at
				}
			}
		}
	}
	return nil
}

// sessionOf is the session of a request, if it has one. Its error is a store's.
func (s *Service) sessionOf(r *http.Request) (c session.Current, has bool, err error) {
	c, err = s.sessions.FromRequest(r)
	if errors.Is(err, session.ErrNoSession) || errors.Is(err, session.ErrAmbiguous) {
		return session.Current{}, false, nil
	}
	return c, err == nil, err
}

// handSignInOn is where the browser of a sign-in goes on to: the login page, which has
// begun it and has its cookies.
func (s *Service) handSignInOn(path string, query url.Values) string {
	u, err := url.Parse(s.c.LoginURL)
	if err != nil { // the Config has been parsed
		return s.c.LoginURL
	}
	q := u.Query()
	q.Set(signInParameter, path)
	handOver(q, query)
	u.RawQuery = q.Encode()
	return u.String()
}
