package main

import (
	"net/url"
	"slices"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
)

// This file owns what a login asks for next: a first factor, a second one, or
// nothing more. Both pages, and both kinds of proof, ask here.

// asked is what a login is for. The query of its page says it, and the forms of the
// page repeat it.
type asked struct {
	ReturnTo string
	Refresh  bool // what was proved too long ago is to be proved again
	Further  bool // a second factor is to be proved, or proved again
}

func askedBy(v url.Values) asked {
	return asked{v.Get("return_to"), v.Get("refresh") == "true", v.Get("aal") == aal.AAL2.String()}
}

// loginPageFor is the login page that asks for it.
func (a *app) loginPageFor(q asked) string {
	v := url.Values{"return_to": {q.ReturnTo}}
	if q.Refresh {
		v.Set("refresh", "true")
	}
	if q.Further {
		v.Set("aal", aal.AAL2.String())
	}
	return a.publicURL + "/login?" + v.Encode()
}

// step is what a login asks for.
type step uint8

const (
	done step = iota
	firstFactor
	secondFactor
)

// next is what a session lacks of what its login was asked for: of a refresh all that
// has become stale, first factors first, however high the level is; else the level.
//
// An account recovery is no first factor here, however recent: what sends a recovery
// session to a refresh wants a real sign-in, and would send it here for ever. For its
// repairs it needs the level alone.
func (a *app) next(c session.Current, q asked) step {
	switch {
	case q.Refresh && !a.begunAgain(c):
		return firstFactor
	case q.Refresh && len(c.Stale(a.privilegedMaxAge)) > 0,
		!a.allowAAL1 && !c.Suffices(),
		!q.Refresh && q.Further && c.Level() < aal.AAL2 && !c.Session.Recovering():
		return secondFactor
	}
	return done
}

// begunAgain reports whether some first factor was proved recently. Which one of
// them is stale does not matter then: a second factor completes the sign-in.
func (a *app) begunAgain(c session.Current) bool {
	return slices.ContainsFunc(c.Session.Methods, func(m session.Completed) bool {
		return aal.First(m.Method) && aal.Fresh(time.Now(), m.At, a.privilegedMaxAge)
	})
}

// further are the factors any of which completes the login, of those that its user
// has and this server offers: also ones that the session was not begun with, for who
// has lost the app and kept the recovery codes.
func (a *app) further(c session.Current, q asked) (methods []aal.Method) {
	for _, m := range []aal.Method{aal.Passkey, aal.WebAuthn, aal.TOTP, aal.Lookup} {
		if find(a.offered, m) == nil || !c.Identity.Has(m) {
			continue
		}
		now := time.Now()
		if a.next(a.amend.Sessions.Current(c.Session.Completing(now, m), c.Identity, now), q) == done {
			methods = append(methods, m)
		}
	}
	return methods
}
