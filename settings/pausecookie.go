package settings

import (
	"net/http"
	"slices"
	"strings"

	"github.com/amend-go/amend/respond"
)

// This file owns the cookies by which a browser shows that it was the one that paused a
// change.

const (
	pauseCookie  = "amend_pause_" // and the first digits of the flow's id
	pauseDigits  = 8
	maxPauses    = 4 // cookies that a browser keeps
	secureCookie = "__Host-"
)

// pauseName is the name of the cookie of a flow's pause.
func (s *Service) pauseName(flowID string) string {
	name := pauseCookie + flowID[:pauseDigits]
	if s.c.InsecureCookies {
		return name
	}
	return secureCookie + name
}

// pauseCookies are the cookie of a new pause, and the end of those that are too many
// beside it.
func (s *Service) pauseCookies(req Request, flowID, secret string) []respond.Cookie {
	name := s.pauseName(flowID)
	var set []respond.Cookie
	others := slices.DeleteFunc(slices.Clone(req.Pauses), func(c respond.Cookie) bool { return c.Name == name })
	for len(others) >= maxPauses {
		set, others = append(set, respond.Cookie{Name: others[0].Name}), others[1:]
	}
	return append(set, respond.Cookie{Name: name, Value: flowID + "." + secret, Lifetime: pendingChanges.lifetime})
}

// pauseCookiesOf are the cookies of pauses that a request carries.
func (s *Service) pauseCookiesOf(r *http.Request) []respond.Cookie {
	prefix := strings.TrimSuffix(s.pauseName("........"), "........")
	isPause := func(name string) bool { return strings.HasPrefix(name, prefix) && len(name) == len(prefix)+pauseDigits }
	if !slices.ContainsFunc(cookieNames(r.Header["Cookie"]), isPause) { // as good as always
		return nil
	}
	var found []respond.Cookie
	for _, c := range r.Cookies() {
		if isPause(c.Name) {
			found = append(found, respond.Cookie{Name: c.Name, Value: c.Value})
		}
	}
	return found
}
