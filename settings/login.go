package settings

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// This file owns what a login page of this process needs besides proofs: the Config
// that it goes by, and forms that nobody else can have sent. Without that somebody's
// browser could be signed in to an account of an attacker (login CSRF), who then reads
// what its user leaves there.

// Config is the configuration with its defaults filled in, for pages beside the
// Handler that have to judge as it does. It is a copy, and without the Keys.
func (s *Service) Config() Config {
	c := s.c
	c.Keys = nil
	c.Methods, c.TrustedOrigins, c.AllowReturnTo = slices.Clone(c.Methods), slices.Clone(c.TrustedOrigins), slices.Clone(c.AllowReturnTo)
	c.Before, c.After, c.AfterURLs = slices.Clone(c.Before), slices.Clone(c.After), maps.Clone(c.AfterURLs)
	return c
}

// ErrForged is the error of CheckLogin.
var ErrForged = errors.New("settings: the form may not be this browser's")

const (
	loginPurpose    = "login"       // in the place of a flow's id
	loginCookieName = "amend_login" // "__Host-amend_login" where cookies are Secure
	loginCookieSize = 26            // characters, which rand.Text makes
)

// LoginToken is for the hidden field of the forms of a login page, and of a sign-out.
// There need be no session that they could be bound to, so they are bound to the
// browser, by a cookie of 130 random bits that stays until the browser is closed. It
// is set on w if r does not have it: call LoginToken before the status is written. The
// token is another text each time, and is good for as long as the cookie.
func (s *Service) LoginToken(w http.ResponseWriter, r *http.Request) string {
	browser, ok := s.loginCookieOf(r)
	if !ok {
		browser = rand.Text()
		http.SetCookie(w, &http.Cookie{
			Name: s.loginCookie(), Value: browser, Path: "/",
			Secure: !s.c.InsecureCookies, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
	}
	return s.csrfToken(browser, loginPurpose)
}

// CheckLogin checks a POST to a login page by the token of its form. It is an
// ErrForged, with the reason for the log, if the browser says that another site sent it,
// if it has no cookie of LoginToken, or if the token is another browser's (ASVS 5.0
// 3.5.1). Nothing but the cookie, Sec-Fetch-Site and Origin is read of r. A browser that
// keeps no cookies cannot pass, and could not be signed in either.
func (s *Service) CheckLogin(r *http.Request, token string) error {
	if s.siteOf(s.requestOf(r)) == siteForeign {
		return fmt.Errorf("%w: it comes from another site", ErrForged)
	}
	browser, ok := s.loginCookieOf(r)
	switch {
	case !ok:
		return fmt.Errorf("%w: it comes without the cookie", ErrForged)
	case !s.csrfValid(token, browser, loginPurpose):
		return fmt.Errorf("%w: its token is not of this browser", ErrForged)
	}
	return nil
}

func (s *Service) loginCookie() string {
	if s.c.InsecureCookies {
		return loginCookieName
	}
	return secureCookie + loginCookieName
}

// loginCookieOf is the cookie of a request. Of two neither counts: one was planted.
func (s *Service) loginCookieOf(r *http.Request) (browser string, ok bool) {
	found := r.CookiesNamed(s.loginCookie())
	if len(found) != 1 || len(found[0].Value) != loginCookieSize {
		return "", false
	}
	return found[0].Value, true
}
