package settingstest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
)

// This file owns what a session.Transport has to keep.

var transportRules = []transportRule{
	{"who signs in is signed in with the next request, in that browser and no other", func(w *carried) {
		visitor := w.visitor()
		w.is(visitor, "", "before a sign-in")
		w.signedIn()
		w.is(visitor, "", "another browser")
	}},
	{"a session that was planted before the sign-in is not signed in by it", func(w *carried) {
		victim := w.visitor()
		planted := victim.Copy()
		victim.SignInAs(w.ada)
		w.is(victim, w.ada, "after a sign-in")
		w.is(planted, "", "whoever planted the cookies")
	}},
	{"a cookie that the host never gave out is nobody's, before a sign-in and after it", func(w *carried) {
		victim, at := w.Anonymous(respond.Page), &url.URL{Scheme: "https", Host: "app.example.com", Path: "/auth/"}
		for _, c := range w.signedIn().Jar.Cookies(at) {
			invented := strings.Repeat("A", max(len(c.Value), 1))
			victim.Jar.SetCookies(at, []*http.Cookie{{Name: c.Name, Value: invented, Path: "/", Secure: true}})
		}
		planted := victim.Copy()
		w.is(victim, "", "before a sign-in")
		victim.SignInAs(w.ada)
		w.is(victim, w.ada, "after a sign-in")
		w.is(planted, "", "whoever invented the cookies")
	}},
	{"a session that was planted signed in does not become the victim's", func(w *carried) {
		attacker := w.visitor()
		attacker.SignInAs(w.eve)
		victim := attacker.Copy()
		victim.SignInAs(w.ada)
		w.is(victim, w.ada, "after a sign-in over somebody else's session")
		w.is(attacker, "", "whoever planted the cookies")
	}},
	{"a cookie that was stolen before a change of the password is worth nothing after it", func(w *carried) {
		laptop, phone := w.signedIn(), w.signedIn()
		thief := laptop.Copy()
		w.is(thief, w.ada, "before the change")
		w.changePassword(laptop)
		w.is(thief, "", "whoever has the cookies of before")
		w.is(phone, "", "the other browser")
		w.is(laptop, w.ada, "the browser of the change, once more")
	}},
	{"the same with a cookie that was stolen before a renewal: a second factor, a refresh", func(w *carried) {
		laptop := w.signedIn()
		thief := laptop.Copy()
		laptop.SignInAgain(aal.TOTP)
		w.is(laptop, w.ada, "after a renewal")
		w.is(thief, "", "whoever has the cookies of before")
	}},
	{"a button that is pressed twice is one change, and signs nobody out", func(w *carried) {
		laptop := w.signedIn()
		form := laptop.Start()
		second := laptop.Copy() // the second press leaves with the cookies of the first
		fields := Fields{"method": "password", "password": carriedNewPassword}
		w.change(laptop, form, fields, "the first press")
		made := w.Identity(w.ada).Version
		a := second.Submit(form, fields)
		w.is(second, w.ada, "with the answer to the second press")
		if said := a.Brief(); said != "303 UI ⇒ 1050001" {
			w.T.Fatalf("the second press is answered by %q, want the success of the first", said)
		}
		if now := w.Identity(w.ada).Version; now != made {
			w.T.Fatalf("the second press has written version %d over %d", now, made)
		}
		w.is(laptop, w.ada, "with the answer to the first press")
	}},
	{"for a second press the cookies of before are good for the moment, and for nothing else", func(w *carried) {
		laptop := w.signedIn()
		form := laptop.Start()
		second := laptop.Copy()
		fields := Fields{"method": "password", "password": carriedNewPassword}
		w.change(laptop, form, fields, "the first press")
		w.is(second, "", "the cookies of before")
		w.Clock.Advance(session.RetryWindow)
		second.Submit(form, fields)
		w.is(second, "", "a second press that comes too late")
	}},
	{"a change that gives no new token signs nobody out, pressed twice either", func(w *carried) {
		laptop := w.signedIn()
		form := laptop.Start()
		second := laptop.Copy()
		fields := Fields{"method": "profile", "traits": Fields{"email": "ada@example.com", "name": "Ada"}}
		w.change(laptop, form, fields, "the first press")
		w.is(laptop, w.ada, "after the first press")
		w.change(second, form, fields, "the second press")
		w.is(second, w.ada, "after the second press")
		w.is(laptop, w.ada, "after both")
	}},
	{"who signs out is nobody, nor is whoever has the cookies of before, and can sign in again", func(w *carried) {
		laptop, phone := w.signedIn(), w.signedIn()
		thief := laptop.Copy()
		laptop.SignOut()
		w.is(laptop, "", "after a sign-out")
		w.is(thief, "", "whoever has the cookies of before")
		w.is(phone, w.ada, "the other browser")
		laptop.SignInAs(w.ada)
		w.is(laptop, w.ada, "after another sign-in")
		w.is(thief, "", "whoever has the cookies of before, after another sign-in")
	}},
	{"a browser that has signed out sends no token any more", func(w *carried) {
		laptop := w.signedIn()
		laptop.SignOut()
		if n := len(w.tokens(laptop)); n > 0 {
			w.T.Fatalf("the browser still sends %d tokens", n)
		}
	}},
	{"what the host keeps stays with its browser over a sign-in and a new token, and with no cookie of before", func(w *carried) {
		if w.carrier.Cart == nil {
			return
		}
		laptop := w.visitor()
		w.has(laptop, true, "before a sign-in")
		laptop.SignInAs(w.ada)
		w.has(laptop, true, "after a sign-in")
		thief := laptop.Copy()
		w.changePassword(laptop)
		w.has(laptop, true, "after a change of the password")
		w.has(thief, false, "whoever has the cookies of before")
	}},
	{"another account that signs in, or whoever comes after a sign-out, finds nothing that the host keeps", func(w *carried) {
		if w.carrier.Cart == nil {
			return
		}
		shared := w.signedIn()
		shared.SignInAs(w.eve)
		w.is(shared, w.eve, "after a sign-in over somebody else's session")
		w.has(shared, false, "after a sign-in over somebody else's session")
		shared = w.signedIn()
		w.has(shared, true, "before a sign-out")
		shared.SignOut()
		w.has(shared, false, "after a sign-out")
	}},
	{"a sign-out without a session is no error", func(w *carried) {
		visitor := w.visitor()
		visitor.SignOut()
		w.is(visitor, "", "after a sign-out")
	}},
	{"a session that is over is nobody's, and its browser can sign in again", func(w *carried) {
		laptop := w.signedIn()
		w.Clock.Advance(24*time.Hour - time.Second)
		w.is(laptop, w.ada, "right before the session is over")
		w.Clock.Advance(time.Second)
		w.is(laptop, "", "when the session is over")
		laptop.SignInAs(w.ada)
		w.is(laptop, w.ada, "after another sign-in")
	}},
	{"a session that was ended elsewhere is nobody's, and its browser can sign in again", func(w *carried) {
		laptop := w.signedIn()
		if err := w.Handler.Sessions.RevokeAll(w.T.Context(), w.ada); err != nil {
			w.T.Fatal(err)
		}
		w.is(laptop, "", "when all sessions were ended")
		laptop.SignInAs(w.ada)
		w.is(laptop, w.ada, "after another sign-in")
	}},
	{"what signs somebody in is in cookies that no script and no other site can use", func(w *carried) {
		laptop := w.visitor()
		rec, r := httptest.NewRecorder(), laptop.browse()
		var err error
		w.wrapped(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			_, err = w.Handler.Sessions.Issue(rw, r, w.ada, aal.Password)
		})).ServeHTTP(rec, r)
		if err != nil {
			w.T.Fatal(err)
		}
		loose := w.visitor()
		for _, c := range rec.Result().Cookies() {
			strict := c.SameSite == http.SameSiteLaxMode || c.SameSite == http.SameSiteStrictMode
			if !c.HttpOnly || !c.Secure || !strict || c.Domain != "" {
				loose.Jar.SetCookies(r.URL, []*http.Cookie{c})
			}
		}
		w.is(loose, "", "a browser with only the cookies that are not Secure, HttpOnly, SameSite=Lax or Strict, and without a Domain")
	}},
}

// tokens are the session tokens that a browser sends.
func (w *carried) tokens(c *Client) (found []string) {
	w.T.Helper()
	c.sessions(func(_ http.ResponseWriter, r *http.Request) error {
		found = w.carrier.Transport.Tokens(r)
		return nil
	})
	return found
}
