package page

import (
	"net/url"
	"slices"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
)

// This file owns what a login asks for next: a first factor, a second one, or nothing
// more. Both pages, and both kinds of proof, ask here.
//
// Between the two steps nothing is kept but the session itself, at AAL1: the library
// asks every session for the level that its account requires, so an AAL1 session of an
// account with an authenticator app opens nothing but its login.

// asked is what a login is for, as the query of its page says it. The page's forms are
// sent to the same URL.
type asked struct {
	ReturnTo string
	Refresh  bool // what was proved too long ago is to be proved again
	Further  bool // a second factor is to be proved, or proved again
}

func askedBy(v url.Values) asked {
	return asked{v.Get("return_to"), v.Get("refresh") == "true", v.Get("aal") == aal.AAL2.String()}
}

// page is the page that asks for it, relative to any page of the login.
func (q asked) page() string { return "?" + q.query().Encode() }

func (q asked) query() url.Values {
	v := url.Values{}
	if q.ReturnTo != "" {
		v.Set("return_to", q.ReturnTo)
	}
	if q.Refresh {
		v.Set("refresh", "true")
	}
	if q.Further {
		v.Set("aal", aal.AAL2.String())
	}
	return v
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
func (l *LoginHandler) next(c session.Current, q asked) step {
	switch {
	case q.Refresh && !l.begunAgain(c):
		return firstFactor
	case q.Refresh && len(c.Stale(l.config.PrivilegedSessionMaxAge)) > 0,
		!l.config.AllowAAL1 && !c.Suffices(),
		!q.Refresh && q.Further && c.Level() < aal.AAL2 && !c.Session.Recovering():
		return secondFactor
	}
	return done
}

// begunAgain reports whether some first factor was proved recently. Which one of
// them is stale does not matter then: a second factor completes the sign-in.
func (l *LoginHandler) begunAgain(c session.Current) bool {
	return slices.ContainsFunc(c.Session.Methods, func(m session.Completed) bool {
		return aal.First(m.Method) && aal.Fresh(l.config.Now(), m.At, l.config.PrivilegedSessionMaxAge)
	})
}

// further are the factors any of which completes the login, of those that its user
// has and the Config offers: also ones that the session was not begun with, for who
// has lost the app and kept the recovery codes.
func (l *LoginHandler) further(c session.Current, q asked) (methods []aal.Method) {
	now := l.config.Now()
	for _, m := range []aal.Method{aal.Passkey, aal.WebAuthn, aal.TOTP, aal.Lookup} {
		if !l.offers(m) || !c.Identity.Has(m) {
			continue
		}
		if l.next(l.amend.Sessions.Current(c.Session.Completing(now, m), c.Identity, now), q) == done {
			methods = append(methods, m)
		}
	}
	return methods
}

// confirming are the first factors by which somebody who is signed in signs in again:
// those that they have, or all that are offered if they have none of them.
func (l *LoginHandler) confirming(c session.Current) []aal.Method {
	var has []aal.Method
	for _, m := range l.firsts() {
		if c.Identity.Has(m) {
			has = append(has, m)
		}
	}
	if len(has) == 0 {
		return l.firsts()
	}
	return has
}

// firsts are the first factors that are offered.
func (l *LoginHandler) firsts() []aal.Method {
	return slices.DeleteFunc(slices.Clone(l.offered), func(m aal.Method) bool { return !aal.First(m) })
}
