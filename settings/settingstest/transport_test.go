package settingstest_test

import (
	"crypto/rand"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestTheCookieIsATransport(t *testing.T) {
	settingstest.Transport(t, func(testing.TB, func() time.Time) settingstest.Carrier {
		return settingstest.Carrier{Transport: session.Cookie{}}
	})
}

// rows is a host's own sessions: a cookie that leads to a row, which has the token.
// flaw is what it does wrong, "" for nothing.
type rows struct {
	flaw    string
	now     func() time.Time
	all     map[string]row
	revived string // the token of who signed in last, of a flaw
}

type row struct {
	token   string
	expires time.Time
	cart    string
	owner   string // whose the cart is
}

func (h *rows) of(r *http.Request) (id string, found row) {
	c, err := r.Cookie("sid")
	if err != nil {
		return "", row{}
	}
	if found = h.all[c.Value]; !h.now().Before(found.expires) {
		return c.Value, row{}
	}
	return c.Value, found
}

func (h *rows) start(w http.ResponseWriter, id string, r row) {
	h.all[id] = r
	c := &http.Cookie{Name: "sid", Value: id, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	switch h.flaw {
	case "a cookie for scripts":
		c.HttpOnly = false
	case "a cookie for every site":
		c.SameSite = http.SameSiteNoneMode
	}
	http.SetCookie(w, c)
}

func (h *rows) visit(w http.ResponseWriter, _ *http.Request) {
	h.start(w, rand.Text(), row{expires: h.now().Add(30 * 24 * time.Hour), cart: "a kite"})
}

func (h *rows) cart(r *http.Request) string {
	_, found := h.of(r)
	return found.cart
}

func (h *rows) Tokens(r *http.Request) []string {
	_, found := h.of(r)
	switch {
	case h.flaw == "one for all":
		return []string{h.revived}
	case found.token == "":
		return nil
	}
	return []string{found.token}
}

func (h *rows) Save(w http.ResponseWriter, r *http.Request, token string, s session.Session) error {
	id, old := h.of(r)
	_, known := h.all[id]
	h.revived = token
	cart, ends := old.cart, s.ExpiresAt
	if h.flaw == "an empty cart" || old.owner != "" && old.owner != s.IdentityID && h.flaw != "a cart for everybody" {
		cart = ""
	}
	if h.flaw == "an end of its own" {
		ends = h.now().Add(time.Hour)
	}
	switch {
	case old.token == token && h.flaw != "a new id each time":
		return nil
	case h.flaw == "an id that anybody invents" && !known && id != "":
		h.start(w, id, row{token, ends, cart, s.IdentityID})
		return nil
	case h.flaw == "the id of before" && id != "":
		h.start(w, id, row{token, ends, cart, s.IdentityID})
		return nil
	case h.flaw == "no place for who was signed in" && old.token != "":
		return nil
	case h.flaw == "forgets the old token", h.flaw == "a new id each time":
		delete(h.all, id)
	case old.token != "":
		h.all[id] = row{token: old.token, expires: h.now().Add(session.RetryWindow), owner: s.IdentityID}
	default:
		delete(h.all, id)
	}
	h.start(w, rand.Text(), row{token, ends, cart, s.IdentityID})
	return nil
}

func (h *rows) Clear(_ http.ResponseWriter, r *http.Request) error {
	id, _ := h.of(r)
	if h.flaw == "an error where nobody is" && id == "" {
		return http.ErrNoCookie
	}
	if h.flaw != "forgets nobody" {
		delete(h.all, id)
	}
	return nil
}

func carrierOf(flaw string, visit bool) func(testing.TB, func() time.Time) settingstest.Carrier {
	return func(_ testing.TB, now func() time.Time) settingstest.Carrier {
		h := &rows{flaw: flaw, now: now, all: map[string]row{}}
		c := settingstest.Carrier{Transport: h}
		if visit {
			c.Visit, c.Cart = h.visit, h.cart
		}
		return c
	}
}

func TestAHostsOwnSessionsAreATransport(t *testing.T) {
	settingstest.Transport(t, carrierOf("", true))
}

// Each flaw breaks the rules that are against it.
func TestTransportFindsFlaws(t *testing.T) {
	const (
		signsIn   = "who signs in is signed in with the next request, in that browser and no other"
		invented  = "a cookie that the host never gave out is nobody's, before a sign-in and after it"
		planted   = "a session that was planted before the sign-in is not signed in by it"
		plantedIn = "a session that was planted signed in does not become the victim's"
		stolen    = "a cookie that was stolen before a change of the password is worth nothing after it"
		renewed   = "the same with a cookie that was stolen before a renewal: a second factor, a refresh"
		twice     = "a button that is pressed twice is one change, and signs nobody out"
		tooLate   = "for a second press the cookies of before are good for the moment, and for nothing else"
		noToken   = "a change that gives no new token signs nobody out, pressed twice either"
		signsOut  = "who signs out is nobody, nor is whoever has the cookies of before, and can sign in again"
		silent    = "a browser that has signed out sends no token any more"
		cartStays = "what the host keeps stays with its browser over a sign-in and a new token, and with no cookie of before"
		cartGoes  = "another account that signs in, or whoever comes after a sign-out, finds nothing that the host keeps"
		nobody    = "a sign-out without a session is no error"
		over      = "a session that is over is nobody's, and its browser can sign in again"
		elsewhere = "a session that was ended elsewhere is nobody's, and its browser can sign in again"
		cookies   = "what signs somebody in is in cookies that no script and no other site can use"
	)
	found := map[string]bool{}
	for flaw, rules := range map[string][]string{
		"one for all":                    {signsIn, planted, stolen, tooLate},
		"an id that anybody invents":     {invented},
		"the id of before":               {invented, planted, plantedIn, stolen, renewed, tooLate, signsOut},
		"no place for who was signed in": {plantedIn, stolen, renewed, elsewhere},
		"forgets the old token":          {twice},
		"a new id each time":             {twice, noToken},
		"an empty cart":                  {cartStays},
		"a cart for everybody":           {cartGoes},
		"forgets nobody":                 {silent},
		"an error where nobody is":       {nobody},
		"an end of its own":              {over},
		"a cookie for scripts":           {cookies},
		"a cookie for every site":        {cookies},
	} {
		for _, rule := range rules {
			t.Run(flaw+" breaks: "+rule, func(t *testing.T) {
				found[rule] = true
				visit := flaw != "an error where nobody is"
				failures := run(t, func(t testing.TB) { settingstest.TransportRules(t, rule, carrierOf(flaw, visit)) })
				assert.NotEmpty(t, failures, "the suite is content")
			})
		}
	}
	for _, rule := range settingstest.TransportRuleNames() {
		assert.True(t, found[rule], "no flaw shows that this rule is checked: %s", rule)
	}
}
