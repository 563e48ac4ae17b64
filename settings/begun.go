package settings

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/amend-go/amend/respond"
)

// This file owns the cookies by which a browser shows that it was the one that began
// something: a change that is paused, a sign-in at another site. Each thing has a cookie
// of its own, so that two tabs do not end each other's.

// begun is a kind of thing that is begun: the beginning of its cookies' names.
type begun string

const (
	begunPause  begun = "amend_pause_"
	begunSignIn begun = "amend_signin_"

	begunDigits  = 8 // of what was begun, in the name
	maxBegun     = 4 // cookies of a kind that a browser keeps
	secureCookie = "__Host-"
)

// begunName is the name of the cookie for one thing that is begun; id is the thing's id, of
// 8 characters or more.
func (s *Service) begunName(kind begun, id string) string {
	name := string(kind) + id[:begunDigits]
	if s.c.InsecureCookies {
		return name
	}
	return secureCookie + name
}

// begunCookies are the cookies to set when something is begun: the new one, and empty ones
// that delete those of the same kind which are too many in the browser.
func (s *Service) begunCookies(kind begun, carried []respond.Cookie, id, value string, lifetime time.Duration) []respond.Cookie {
	name := s.begunName(kind, id)
	var set []respond.Cookie
	others := slices.DeleteFunc(slices.Clone(carried), func(c respond.Cookie) bool { return c.Name == name })
	for len(others) >= maxBegun {
		set, others = append(set, respond.Cookie{Name: others[0].Name}), others[1:]
	}
	return append(set, respond.Cookie{Name: name, Value: value, Lifetime: lifetime})
}

// begunCookiesOf are the cookies of a kind that a request carries.
func (s *Service) begunCookiesOf(kind begun, r *http.Request) []respond.Cookie {
	prefix := strings.TrimSuffix(s.begunName(kind, "........"), "........")
	isOne := func(name string) bool { return strings.HasPrefix(name, prefix) && len(name) == len(prefix)+begunDigits }
	if !slices.ContainsFunc(cookieNames(r.Header["Cookie"]), isOne) { // as good as always
		return nil
	}
	var found []respond.Cookie
	for _, c := range r.Cookies() {
		if isOne(c.Name) {
			found = append(found, respond.Cookie{Name: c.Name, Value: c.Value})
		}
	}
	return found
}

// setCookie sets a cookie, or has the browser forget it.
func (s *Service) setCookie(w http.ResponseWriter, c respond.Cookie) {
	maxAge := int(c.Lifetime / time.Second)
	if maxAge == 0 {
		maxAge = -1
	}
	http.SetCookie(w, &http.Cookie{
		Name: c.Name, Value: c.Value, Path: "/", MaxAge: maxAge,
		Secure: !s.c.InsecureCookies, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
