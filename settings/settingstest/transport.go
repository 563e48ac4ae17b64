package settingstest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/profile"
)

// Carrier is a session.Transport, and the middleware that it needs.
type Carrier struct {
	Transport session.Transport

	// Wrap is the middleware of the host's session library; nil: none.
	Wrap func(http.Handler) http.Handler

	// Visit begins a session of the host's in a browser that nobody has signed in
	// with: it puts something into the cart. nil: the host has none before a sign-in.
	Visit http.HandlerFunc

	// Cart is what Visit has put into the cart, as the host's handlers find it in a
	// request; "" for nothing. nil: the rules about it are skipped.
	Cart func(r *http.Request) string
}

// Transport checks that a session.Transport carries sessions safely, through the
// host's own middleware: one subtest for each rule, whose name is the rule. They sign
// browsers in and out, plant and steal cookies, press a button twice, change passwords
// and let time pass.
//
// open makes a new Carrier each time, over an empty store of the host's sessions. now is
// the time of the test; a session library that goes by the clock of the machine may
// ignore it.
//
//	func TestOurSessionsCarryTheToken(t *testing.T) {
//		settingstest.Transport(t, func(t testing.TB, now func() time.Time) settingstest.Carrier {
//			sessions := ours.New()
//			return settingstest.Carrier{Transport: ours.Transport{sessions}, Wrap: sessions.Middleware}
//		})
//	}
func Transport(t *testing.T, open func(t testing.TB, now func() time.Time) Carrier) {
	t.Helper()
	for _, r := range transportRules {
		t.Run(r.says, func(t *testing.T) { r.run(t, open) })
	}
}

// transportRule is a rule, and how it is seen that a Transport keeps it.
type transportRule struct {
	says  string
	check func(w *carried)
}

func (r transportRule) run(t testing.TB, open func(t testing.TB, now func() time.Time) Carrier) {
	w := &carried{}
	w.Kit = New(t, func(c *settings.Config) {
		w.carrier = open(t, c.Now)
		c.Transport = w.carrier.Transport
		c.Methods = []settings.Method{
			password.New(password.Config{Writer: FastHash()}),
			profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
				profile.Field{Name: "email", Type: profile.Email, Required: true, Identifier: true}, profile.Field{Name: "name"},
			)}}),
		}
	})
	w.Wrap = w.carrier.Wrap
	mux := http.NewServeMux()
	mux.Handle("/auth/", w.Handler)
	if w.carrier.Visit != nil {
		mux.HandleFunc("/visit", w.carrier.Visit)
	}
	w.App = w.wrapped(mux)
	w.ada, w.eve = w.AddIdentity("ada@example.com", carriedPassword), w.AddIdentity("eve@example.com", carriedPassword)
	r.check(w)
}

const carriedPassword, carriedNewPassword = "correct horse battery staple", "a much better horse"

// carried is a Kit whose sessions go by the Carrier under test, and two accounts.
type carried struct {
	*Kit
	carrier  Carrier
	ada, eve string
}

// is fails unless a browser is signed in as an identity, "" for nobody.
func (w *carried) is(c *Client, id, when string) {
	w.T.Helper()
	a := c.Whoami()
	switch {
	case id == "" && a.Status == http.StatusUnauthorized:
	case id != "" && a.Status == http.StatusOK && strings.Contains(string(a.Body), `"`+id+`"`):
	case id == "":
		w.T.Fatalf("%s: the browser is signed in, want nobody", when)
	default:
		w.T.Fatalf("%s: the browser is not signed in as it should be: %d", when, a.Status)
	}
}

// cart is what a browser has in the host's session.
func (w *carried) cart(c *Client) (found string) {
	c.sessions(func(_ http.ResponseWriter, r *http.Request) error {
		found = w.carrier.Cart(r)
		return nil
	})
	return found
}

// has fails unless a browser has something in the host's session, or nothing.
func (w *carried) has(c *Client, something bool, when string) {
	w.T.Helper()
	if found := w.cart(c); something != (found != "") {
		w.T.Fatalf("%s: the browser's cart has %q", when, found)
	}
}

// visitor is a browser that nobody has signed in with, but that has a session of the
// host's where there is such a thing.
func (w *carried) visitor() *Client {
	w.T.Helper()
	c := w.Anonymous(respond.Page)
	if w.carrier.Visit != nil {
		c.Get("https://app.example.com/visit")
	}
	return c
}

func (w *carried) signedIn() *Client {
	w.T.Helper()
	c := w.visitor()
	c.SignInAs(w.ada)
	w.is(c, w.ada, "after a sign-in")
	return c
}

// change submits a form, and fails unless it says that it is saved.
func (w *carried) change(c *Client, f *Flow, fields Fields, when string) {
	w.T.Helper()
	if said := c.Submit(f, fields).Brief(); said != "303 UI ⇒ 1050001" {
		w.T.Fatalf("%s: the change is answered by %q, want it saved", when, said)
	}
}

func (w *carried) changePassword(c *Client) {
	w.T.Helper()
	w.change(c, c.Start(), Fields{"method": "password", "password": carriedNewPassword}, "a change of the password")
	w.is(c, w.ada, "after its own change of the password")
}
