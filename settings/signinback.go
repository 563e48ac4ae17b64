package settings

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/method"
)

// This file owns the way back of a sign-in at another site: which browser it is, whose
// login it has used there, and whether that renews the session that is there already.

// ReturnsFromSite reports whether a request for the login page is of a browser that comes
// back from another site, for FinishSignIn.
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
	ctx, end := s.observe(r.Context(), operationVerify)
	result, err := s.finishSignIn(w, r.WithContext(ctx))
	end(s.verified(Proof{Method: aal.OIDC}, result.Session.IdentityID, err))
	return result, err
}

// finishSignIn is FinishSignIn, unobserved.
func (s *Service) finishSignIn(w http.ResponseWriter, r *http.Request) (method.SignedIn, error) {
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
	key := "signin:" + hashed(state) // its own owner, too: nobody is known yet, and a store may bound what one owner has
	err = s.createRecord(r.Context(), flow.Record{Key: key, Owner: key, ExpiresAt: l.At.Add(signInLifetime + time.Hour)})
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
		s.noteLinkUsed(ctx, at, owner, login.Credential.ID)
		return issued, false, nil
	}
	ended := errors.Join(s.sessions.Revoke(ctx, t.identity, issued.ID), s.c.Transport.Clear(w, r))
	if err == nil || errors.Is(err, identity.ErrNotFound) {
		err = fmt.Errorf("the login was taken away just now: %w", method.ErrWrong)
	}
	return now, false, errors.Join(err, ended)
}

// noteLinkUsed writes down when a linked login was last used, once a day at most. The
// sign-in is made, whatever becomes of the note.
func (s *Service) noteLinkUsed(ctx context.Context, at time.Time, owner, credentialID string) {
	used := func(i *identity.Identity) *identity.Credential {
		all := i.State.Factors[aal.OIDC].Credentials
		n := slices.IndexFunc(all, func(c identity.Credential) bool { return c.ID == credentialID && !c.UsedOn(at) })
		if n < 0 {
			return nil
		}
		return &all[n]
	}
	i, err := s.row(ctx, owner)
	if err == nil && used(&i) != nil {
		err = s.useUp(ctx, string(aal.OIDC), i, func(i *identity.Identity) error {
			if c := used(i); c != nil {
				c.LastUsedAt = at
			}
			return nil
		})
	}
	if err != nil {
		s.c.Logger.WarnContext(ctx, "the last use of a linked login is not written", "identity", owner, "error", err)
	}
}
