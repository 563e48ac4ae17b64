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

// Config is a copy of the configuration with its defaults filled in and without the Keys,
// for pages that must judge as the Handler does.
func (s *Service) Config() Config {
	c := s.c
	c.Keys = nil
	c.Methods, c.TrustedOrigins, c.AllowReturnTo = slices.Clone(c.Methods), slices.Clone(c.TrustedOrigins), slices.Clone(c.AllowReturnTo)
	c.Before, c.After, c.AfterURLs = slices.Clone(c.Before), slices.Clone(c.After), maps.Clone(c.AfterURLs)
	return c
}

// ErrForged is returned by CheckLogin for a POST that may not come from the login page of
// this browser.
var ErrForged = errors.New("settings: the form may not be this browser's")

const (
	loginPurpose    = "login"       // in the place of a flow's id
	loginCookieName = "amend_login" // "__Host-amend_login" where cookies are Secure
	loginCookieSize = 26            // characters, which rand.Text makes
)

// LoginToken gives the token for the hidden field of a form of a login page or a sign-out,
// which CheckLogin checks. It is bound to the browser by a cookie of 130 random bits,
// because there need be no session to bind it to. The cookie is set on w if r does not have
// it, so call LoginToken before the status is written; it lasts until the browser is
// closed. The token is another text each time, and is valid as long as the cookie.
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

// CheckLogin checks that a POST to a login page comes from that page in the same browser:
// by token, which LoginToken gave to its form. The error is an ErrForged, with the reason
// for the log, if the browser says that another site sent the request, if the cookie of
// LoginToken is missing, or if the token is another browser's (ASVS 5.0 3.5.1). It reads
// only the cookie, Sec-Fetch-Site and Origin of r. A browser that keeps no cookies never
// passes; it could not be signed in either.
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
