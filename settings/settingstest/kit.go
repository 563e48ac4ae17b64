package settingstest

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/memory"
)

// Where a Kit says it is mounted.
const (
	PublicURL = "https://app.example.com/auth"
	UIURL     = "https://app.example.com/settings"
	LoginURL  = "https://app.example.com/login"
)

// Kit is a Handler together with its Config, stores, clock and log.
type Kit struct {
	T       testing.TB
	Config  settings.Config // what Handler was made of
	Handler *settings.Handler
	Store   *memory.Store
	Clock   *Clock
	Log     *Log

	// App is what the clients of the Kit talk to, if it is more than Handler: a
	// host's whole mux, with Handler on it and its own middleware around it.
	App http.Handler

	// Wrap is the middleware that a Transport of the host's needs around the handler:
	// LoadAndSave of a session library. It is put around what SignIn and the like do, and
	// around Handler if there is no App. nil: none.
	Wrap func(http.Handler) http.Handler

	// Login signs a browser in by the host's own login, for SignIn and SignInAs without
	// methods: it asks App as a user would. nil: the Kit calls Sessions.Issue itself. A
	// test of a host's own routes says, with the names that the fields of its login have
	// (these are those of page.Login; its second step has totp_code)
	//
	//	kit.Login = func(c *settingstest.Client, id string) {
	//		c.FillIn(settingstest.LoginURL, settingstest.Fields{"identifier": "ada@example.com", "password": "…"})
	//	}
	//
	// SignIn fails the test if nobody is signed in after it.
	// An API client gets a session of its own from the Kit in any case.
	Login func(c *Client, id string)

	watch *watch
}

// New makes a Kit. Its Config has memory stores, the method password with a
// fast and worthless hash, and a clock that stands at noon of a day in 2030;
// each change may replace any of it. The test fails if a secret leaks: see
// Secret.
func New(t testing.TB, changes ...func(*settings.Config)) *Kit {
	t.Helper()
	k := &Kit{T: t, Store: memory.New(), Clock: NewClock(time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)), Log: &Log{}, watch: &watch{}}
	k.Config = settings.Config{
		PublicURL: PublicURL, UIURL: UIURL, LoginURL: LoginURL,
		Keys:  [][]byte{settings.NewKey()},
		Flows: k.Store, Sessions: k.Store, Identities: k.Store,
		Methods: []settings.Method{password.New(password.Config{Writer: FastHash()})},
		Logger:  slog.New(slog.NewTextHandler(k.Log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now:     k.Clock.Now,
	}
	for _, change := range changes {
		change(&k.Config)
	}
	watched := k.Config
	watched.Flows, watched.Sessions, watched.Identities = watchedFlows{k.Config.Flows, k.watch}, watchedSessions{k.Config.Sessions, k.watch}, watchedIdentities{k.Config.Identities, k.watch}
	if k.Config.Backend != nil {
		watched.Backend = watchedBackend{k.Config.Backend, k.watch}
	}
	t.Cleanup(func() {
		for _, leak := range k.watch.leaks(k.Log.String()) {
			t.Error("leaked: " + leak)
		}
	})
	h, err := settings.New(watched)
	if err != nil {
		t.Fatal(err)
	}
	k.Handler = h
	return k
}

// AddIdentity adds an account to Store that logs in with email, and with pass
// unless it is "". It returns its id. A host that tests its own identity store
// adds accounts by its own means; everything else of the Kit works on them.
func (k *Kit) AddIdentity(email, pass string) string {
	k.T.Helper()
	traits, err := json.Marshal(map[string]string{"email": email})
	if err != nil {
		k.T.Fatal(err)
	}
	r := identity.Record{
		ID: uuid.NewString(), Active: true, Traits: traits, CreatedAt: k.Clock.Now(), UpdatedAt: k.Clock.Now(),
		Keys: []identity.Key{{Kind: identity.Identifier, Value: email}},
	}
	k.watch.identifier(email)
	k.Secret("password", pass)
	if pass != "" {
		if r.PasswordHash, err = FastHash().Hash(pass); err != nil {
			k.T.Fatal(err)
		}
	}
	if err := k.Store.CreateIdentity(k.T.Context(), r); err != nil {
		k.T.Fatal(err)
	}
	return r.ID
}

// AddFactor gives an identity a credential of a method, as if it had been
// enrolled before: enough for its assurance level, not to verify anything.
func (k *Kit) AddFactor(id string, m aal.Method) {
	k.T.Helper()
	k.Edit(id, func(i *identity.Identity) {
		if i.State.Factors == nil {
			i.State.Factors = map[aal.Method]identity.Factor{}
		}
		f := i.State.Factors[m]
		f.Serial++
		f.Credentials = append(f.Credentials, identity.Credential{ID: uuid.NewString(), AddedAt: k.Clock.Now()})
		i.State.Factors[m] = f
	})
}

// Edit changes a stored identity directly, without the library.
func (k *Kit) Edit(id string, change func(*identity.Identity)) {
	k.T.Helper()
	i := k.Identity(id)
	change(&i)
	r, err := i.Seal(k.ring())
	if err == nil {
		err = k.identities(id).UpdateIdentity(k.T.Context(), r)
	}
	if err != nil {
		k.T.Fatal(err)
	}
}

// identities is where an identity is: in Store, past anything a test has put
// around it, or in a host's own store.
func (k *Kit) identities(id string) store.IdentityStore {
	if _, err := k.Store.GetIdentity(k.T.Context(), id); err == nil {
		return k.Store
	}
	return k.Config.Identities
}

// Identity reads a stored identity.
func (k *Kit) Identity(id string) identity.Identity {
	k.T.Helper()
	r, err := k.identities(id).GetIdentity(k.T.Context(), id)
	if err != nil {
		k.T.Fatal(err)
	}
	i, err := identity.Open(k.ring(), r)
	if err != nil {
		k.T.Fatal(err)
	}
	return i
}

// PasswordIs reports whether an identity's password is pass.
func (k *Kit) PasswordIs(id, pass string) bool {
	k.T.Helper()
	ok, err := password.Verify(k.Identity(id).PasswordHash, pass)
	if err != nil {
		k.T.Fatal(err)
	}
	return ok
}

func (k *Kit) ring() *seal.Keyring {
	ring, err := seal.New(k.Config.Keys...)
	if err != nil {
		k.T.Fatal(err)
	}
	return ring
}

// RoundTrip answers a request in this process. It makes a Kit an http.RoundTripper for its
// clients.
func (k *Kit) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "192.0.2.1:1234"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	app := k.App
	if app == nil {
		app = k.wrapped(k.Handler)
	}
	app.ServeHTTP(rec, in)
	res := rec.Result()
	res.Request = r
	return res, nil
}

// Log holds what was logged. It is safe for concurrent use.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
