package settings

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/seal"
)

// This file owns signing in by a login at another site, of somebody who has linked it:
// from the login page of a host to the site and back.
//
// Anybody may begin, so nothing is stored of it. What has to be known again is sealed
// into a cookie of the browser that begins, which opens by the state that the browser
// brings back and by no other: a state of another browser finds no cookie (RFC 6749
// section 10.12, RFC 9700 section 4.7). That a state came back is stored, before the
// site is asked anything: it is good once.

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

// Sites are where somebody can sign in by a login that is linked, for the buttons of a
// login page. There are none without a method that has some: package oidc.
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

// ReturnsFromSite reports whether a request for the login page is of a browser that comes
// back from a site: FinishSignIn judges it.
func (s *Service) ReturnsFromSite(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasPrefix(r.URL.Query().Get("state"), signInState)
}

// FinishSignIn takes a browser back that BeginSignIn has sent away, at the login page: a
// GET of Config.LoginURL for which ReturnsFromSite is true. It finds the account that has
// linked the login, by issuer and subject and never by an e-mail address, and issues the
// session as Sessions.Issue does, with aal.OIDC: a first factor, whatever the site says of
// its own. The login page then asks for a second one or leads on to Asked.ReturnTo, as it
// does after a password.
//
// A login that nobody has linked signs nobody in: SignedIn.Unknown. A session of the same
// account that is there already is renewed only if the site vouches for a proof made after
// BeginSignIn. Otherwise it stays as old as it was, and SignedIn.NotRefreshed is true.
//
// It is ErrNotBegun for a browser that was not sent there by BeginSignIn; ErrWrong, or the
// ErrCancelled that is one, if the site does not confirm the sign-in, or the account is
// blocked; ErrBusy if the site cannot be asked: then its user can begin again. An error
// of Config.BeforeVerify comes as it is. Any other error is for the log. With all but the
// first, SignedIn.Asked is what the page was asked for.
func (s *Service) FinishSignIn(w http.ResponseWriter, r *http.Request) (method.SignedIn, error) {
	ctx, at := r.Context(), s.c.Now()
	query, l, err := s.takeLeave(w, r, at)
	if err != nil {
		return method.SignedIn{}, err
	}
	result := method.SignedIn{Asked: l.Asked}
	result.Asked.ReturnTo = ""
	if target, ok := s.CheckReturnTo(l.Asked.ReturnTo); ok && l.Asked.ReturnTo != "" {
		result.Asked.ReturnTo = target
	}
	site := s.siteNamed(l.Site)
	if site == nil {
		return result, fmt.Errorf("no such site any more: %w", method.ErrWrong)
	}
	result.Login, err = site.FinishSignIn(ctx, method.SignInFinish{
		SignInBegin: method.SignInBegin{Site: l.Site, PublicURL: s.c.PublicURL, Now: at, Again: l.Again},
		Began:       l.At, Memo: l.Memo, Query: query,
	})
	if err != nil {
		return result, err
	}
	owner, err := s.c.Identities.IdentityOwner(ctx, result.Login.Key)
	if errors.Is(err, identity.ErrNotFound) {
		return result, nil
	}
	if err != nil {
		return result, err
	}
	result.Session, result.NotRefreshed, err = s.signIn(w, r, at, owner, result.Login)
	return result, err
}

// takeLeave finds what was kept of a browser that comes back, and uses its state up.
func (s *Service) takeLeave(w http.ResponseWriter, r *http.Request, at time.Time) (url.Values, leaving, error) {
	var l leaving
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(query["state"]) != 1 || len(query[signInParameter]) != 1 || !strings.HasPrefix(query.Get("state"), signInState) {
		return nil, l, fmt.Errorf("%w: no state of a sign-in", method.ErrNotBegun)
	}
	if s.requestOf(r).Prefetch { // it looks ahead, and has not come back yet
		return nil, l, fmt.Errorf("%w: fetched ahead", method.ErrNotBegun)
	}
	state := query.Get("state")
	name := s.begunName(begunSignIn, hashed(state))
	found := r.CookiesNamed(name)
	if len(found) != 1 { // of two, one was planted
		return nil, l, fmt.Errorf("%w: %d cookies of it", method.ErrNotBegun, len(found))
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(found[0].Value)
	if err != nil {
		return nil, l, fmt.Errorf("%w: its cookie is none of ours", method.ErrNotBegun)
	}
	plain, err := s.ring.Open(leavingBinding(state), sealed)
	if err != nil {
		return nil, l, fmt.Errorf("%w: its cookie is of another state, or of no key", method.ErrNotBegun)
	}
	if err := jsonrecord.Decode(plain, &l); err != nil {
		return nil, l, err
	}
	switch {
	case !at.Before(l.At.Add(signInLifetime)):
		return nil, l, fmt.Errorf("%w: it took too long", method.ErrNotBegun)
	case l.Path != query.Get(signInParameter):
		return nil, l, fmt.Errorf("%w: it comes back by the address of another site", method.ErrNotBegun)
	}
	// Of many that come back with it at once one goes on. The record outlives the cookie's
	// content by more than clocks differ.
	err = s.createRecord(r.Context(), flow.Record{Key: "signin:" + hashed(state), ExpiresAt: l.At.Add(signInLifetime + time.Hour)})
	if errors.Is(err, flow.ErrDuplicate) {
		return nil, l, fmt.Errorf("%w: it has come back already", method.ErrNotBegun)
	}
	if err != nil {
		return nil, l, err
	}
	s.setCookie(w, respond.Cookie{Name: name})
	return query, l, nil
}

// signIn signs the owner of a login in, or in again.
func (s *Service) signIn(w http.ResponseWriter, r *http.Request, at time.Time, owner string, login method.SiteLogin) (now session.Session, notRefreshed bool, err error) {
	ctx := r.Context()
	p := Proof{Method: aal.OIDC, IdentityID: owner, Source: s.Source(r), SkipTries: true}
	t, err := s.whoTries(ctx, at, p)
	if err != nil {
		return now, false, err
	}
	if t.nobody() {
		return now, false, fmt.Errorf("the account is blocked: %w", method.ErrWrong)
	}
	if err := s.askHost(ctx, t, p); err != nil {
		return now, false, err
	}
	current, has, err := s.sessionOf(r)
	if err != nil {
		return now, false, err
	}
	if has && current.Identity.ID == owner && !login.Again {
		return current.Session, true, nil
	}
	issued, err := s.sessions.Issue(w, r, owner, aal.OIDC)
	switch {
	case errors.Is(err, session.ErrBlocked), errors.Is(err, identity.ErrNotFound): // just now
		return now, false, fmt.Errorf("%w: %w", method.ErrWrong, err)
	case err != nil:
		return now, false, err
	}
	// What was found before is old by now. Who has taken the login away meanwhile has ended
	// every session that there was, and not the one that has just been made.
	still, err := s.c.Identities.IdentityOwner(ctx, login.Key)
	if err == nil && still == owner {
		return issued, false, nil
	}
	ended := errors.Join(s.sessions.Revoke(ctx, t.identity, issued.ID), s.c.Transport.Clear(w, r))
	if err == nil || errors.Is(err, identity.ErrNotFound) {
		err = fmt.Errorf("the login was taken away just now: %w", method.ErrWrong)
	}
	return now, false, errors.Join(err, ended)
}
