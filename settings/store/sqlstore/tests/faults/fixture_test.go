package faults_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/settingstest"
)

// errFault has a text that must never reach a client.
var errFault = errors.New("pq: connection reset by peer at conn.go:12")

// user is what somebody knows who has an account, and what they were told. It
// outlives the process that told it.
type user struct {
	ID, Email string
	Key       []byte        // of the installation
	Journal   string        // the file of the After hook, outside of any database
	Backend   bool          // the installation uses it
	Passed    time.Duration // since the fixture began

	Token  string   // of the laptop
	Former []string // tokens it had, which are over
	Phone  string   // the token of another session, which the first new password ends

	Password string // the last one that was acknowledged
	Wanted   string // sent, and not answered: it may be the password
	Secret   string // of the authenticator app
	Codes    []string
	Accepted map[string]int       // codes by how often they signed somebody in
	Unsure   map[string]bool      // codes that were sent and not answered
	Steps    map[string]time.Time // codes of the app by when it first showed them

	Flow    string   // the form that is open
	Done    int      // steps of the scenario that were acknowledged
	Doubt   bool     // the next one was sent, and not answered
	Changes []string // events of changes that were acknowledged
}

// fixture is an installation with its user.
type fixture struct {
	t      testing.TB
	at     opened
	watch  *watchedStores
	kit    *settingstest.Kit
	client *settingstest.Client // the user's laptop
	user   user
	steps  []step

	// save is called whenever the user knows more; nil drops it.
	save func(user)

	cause      error // why a sign-in was not done
	unanswered bool  // the step was tried before
	shutOut    bool  // and its session may not send it again

	// overtaken is set while a request waits for a store, and the same one was
	// sent again and answered.
	overtaken, overtook bool

	// deaf makes the After hook fail.
	deaf atomic.Bool

	// hashing is called while a new password is hashed; nil is not.
	hashing func() error
	hashed  atomic.Int64

	mu      sync.Mutex
	request context.Context // of each request; nil is the client's own
}

// begin makes a fixture with a new user, who has signed in on a laptop and on a
// phone.
func begin(t testing.TB, at opened, backend bool) *fixture {
	t.Helper()
	id := strings.ToLower(rand.Text())
	u := user{
		ID: id, Email: id + "@example.com", Key: settings.NewKey(), Backend: backend,
		Journal:  filepath.Join(t.TempDir(), "journal"),
		Password: newPassword(), Accepted: map[string]int{}, Unsure: map[string]bool{}, Steps: map[string]time.Time{},
	}
	hash, err := settingstest.FastHash().Hash(u.Password)
	require.NoError(t, err)
	require.NoError(t, at.CreateIdentity(t.Context(), identity.Record{
		ID: id, Active: true, Traits: fmt.Appendf(nil, `{"email":%q}`, u.Email), PasswordHash: hash,
		Keys: []identity.Key{{Kind: identity.Identifier, Value: u.Email}},
	}))
	w := goOn(t, at, u)
	w.client = w.kit.SignIn(id, respond.API, aal.Password)
	w.user.Token, w.user.Phone = w.client.Token, w.kit.SignIn(id, respond.API, aal.Password).Token
	summary.add(at.Store, counts{rounds: 1})
	return w
}

// goOn makes a fixture with a user that there is: the installation was started
// again.
func goOn(t testing.TB, at opened, u user) *fixture {
	t.Helper()
	w := &fixture{t: t, at: at, watch: &watchedStores{stores: at.stores}, user: u, steps: scenario()}
	w.kit = w.instance(0)
	w.client = w.kit.Anonymous(respond.API)
	w.client.Token = u.Token
	for what, secrets := range map[string][]string{"password": {u.Password, u.Wanted}, "secret or code": append(u.Codes, u.Secret)} {
		for _, s := range secrets {
			w.kit.SecretAtRest(what, s)
		}
	}
	return w
}

// end is for fixtures that share a place: the next one finds it as it was.
func (w *fixture) end() { require.NoError(w.t, w.at.DeleteIdentity(w.t.Context(), w.user.ID)) }

// instance is an instance of the installation whose clock is off.
func (w *fixture) instance(off time.Duration) *settingstest.Kit {
	kit := settingstest.New(w.t, func(c *settings.Config) {
		c.Keys = [][]byte{w.user.Key}
		c.Flows, c.Sessions, c.Identities = w.watch, w.watch, w.watch
		if w.user.Backend {
			c.Backend = w.watch
		}
		c.Methods = append(c.Methods[:0:0], password.New(password.Config{Writer: writer{settingstest.FastHash(), w}}), totp.New(totp.Config{Issuer: "Example"}), lookup.New(lookup.Config{Alone: true}),
			profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
				profile.Field{Name: "email", Type: profile.Email, Identifier: true, Required: true},
				profile.Field{Name: "name"},
			)}}))
		c.After = append(c.After, w.write)
	})
	kit.Clock.Advance(w.user.Passed + off)
	kit.App = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		kit.Handler.ServeHTTP(rw, r.WithContext(w.context(r.Context())))
	})
	return kit
}

// writer hashes passwords, and does beside it what a test wants.
type writer struct {
	password.Writer
	w *fixture
}

func (h writer) Hash(p string) (string, error) {
	h.w.hashed.Add(1)
	if h.w.hashing != nil {
		if err := h.w.hashing(); err != nil {
			return "", err
		}
	}
	return h.Writer.Hash(p)
}

// write is the After hook. What it writes survives the process and any store.
func (w *fixture) write(_ context.Context, e settings.Event) error {
	if w.deaf.Load() {
		return errFault
	}
	f, err := os.OpenFile(w.user.Journal, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = fmt.Fprintln(f, e.ID, e.Name)
		err = errors.Join(err, f.Close())
	}
	return err
}

// context is that of a request: the one the test cancels, or the client's own.
func (w *fixture) context(own context.Context) context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.request != nil {
		return w.request
	}
	return own
}

// leaving makes the requests from now on end with what it returns: the client
// goes away.
func (w *fixture) leaving() (leave context.CancelFunc) {
	ctx, cancel := context.WithCancel(w.t.Context())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.request = ctx
	return cancel
}

func (w *fixture) staying() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.request = nil
}

func (w *fixture) saved() {
	if w.save != nil {
		w.save(w.user)
	}
}

// advance lets time pass.
func (w *fixture) advance(d time.Duration) {
	w.user.Passed += d
	w.kit.Clock.Advance(d)
	w.saved()
}

// violated reports what must not be.
func (w *fixture) violated(format string, args ...any) {
	w.t.Helper()
	summary.add(w.at.Store, counts{violations: 1})
	w.t.Errorf("at the step %q, seed %d: %s", w.step().name, *seed, fmt.Sprintf(format, args...))
}

// holds runs check.
func (w *fixture) holds() {
	w.t.Helper()
	for _, v := range check(w) {
		w.violated("%s", v)
	}
}

// answered reports whether an answer says that all is done. Anything else must
// be the answer of a store that is down, without its reasons.
func (w *fixture) answered(a *settingstest.Answer) bool {
	w.t.Helper()
	switch {
	case a.Status == http.StatusOK:
		return true
	case a.Status == http.StatusServiceUnavailable && a.Error != nil && a.Error.ID == "unavailable" && a.Header.Get("Retry-After") != "":
		for _, reason := range []string{"pq:", "sql:", ".go:", "panic", "context", "driver", "SQL"} {
			if strings.Contains(string(a.Body), reason) {
				w.violated("the answer tells %q: %s", reason, a.Body)
			}
		}
	case w.overtaken && a.Status >= 400 && a.Status < 500:
		// The same request was answered, and this one came too late.
	case a.Status == http.StatusForbidden && a.Error != nil && a.Error.ID == "session_aal2_required" && w.unsure():
		w.shutOut = true // its session is not of the level that the account asks for now
	case a.Status == http.StatusUnauthorized && a.Error != nil && a.Error.ID == "session_inactive" && w.unsure() && w.step().bare:
		w.shutOut = true // nothing tells it from a thief who holds the superseded token
	default:
		w.violated("answered %s", brief(a))
	}
	w.cause = errors.New(brief(a))
	return false
}

// brief is an answer without its nodes, for messages of a test that fails. It has the whole
// body of an error, and asks nothing more: settingstest's Brief follows a redirect, through
// the store whose fault is looked at.
func brief(a *settingstest.Answer) string {
	if a.Flow != nil {
		return fmt.Sprint(a.Status, " with a form and the messages ", a.Flow.Messages())
	}
	return a.String()
}

// token takes up the token that the laptop has after an answer.
func (w *fixture) token(before string) {
	if w.client.Token != before {
		w.user.Former = append(w.user.Former, before)
	}
	w.user.Token = w.client.Token
	w.saved()
}

// session is the one of a token, nil if there is none.
func (w *fixture) session(token string) *session.Session {
	s, err := w.at.GetSession(w.t.Context(), session.Hash(token))
	if errors.Is(err, session.ErrNotFound) {
		return nil
	}
	require.NoError(w.t, err)
	return &s
}

// identity is the user's as it is stored, past all that stands before the store.
func (w *fixture) identity() identity.Identity {
	w.t.Helper()
	r, err := w.at.GetIdentity(context.Background(), w.user.ID)
	require.NoError(w.t, err)
	ring, err := seal.New(w.user.Key)
	require.NoError(w.t, err)
	i, err := identity.Open(ring, r)
	require.NoError(w.t, err)
	return i
}
