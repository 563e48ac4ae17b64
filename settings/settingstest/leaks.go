package settingstest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// watch looks for secrets where none may be. It learns them from what the
// clients of a Kit send and get, and sees everything that is logged, answered
// and stored; the Kit fails its test if one shows up.
type watch struct {
	mu       sync.Mutex
	secrets  map[string]string // value: what it is
	shown    map[string]bool   // those that answers show
	public   map[string]bool   // identifiers, which a test may well try as a password
	answered []string          // headers and bodies of answers
	stored   []string          // what the stores were given to write
}

// shortest is the length from which a value is a canary: a shorter one stands
// in innocent text by chance.
const shortest = 8

// Secret makes the Kit watch for a value of at least 8 bytes: no log, no store
// and, unless it is a session token or a form's token, no answer may have it,
// as it is or as it is written in JSON, Go or a URL. Passwords and codes that a
// Client submits, and tokens that it gets, are watched already.
func (k *Kit) Secret(what, value string) { k.watch.add(what, value) }

// SecretAtRest makes the Kit watch for a value that its owner is shown: a new
// recovery code, the secret of an authenticator app. No log and no store may have
// it.
func (k *Kit) SecretAtRest(what, value string) {
	k.watch.add(what, value)
	k.watch.mu.Lock()
	defer k.watch.mu.Unlock()
	if k.watch.shown == nil {
		k.watch.shown = map[string]bool{}
	}
	k.watch.shown[value] = true
}

func (w *watch) add(what, value string) {
	if len(value) < shortest {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.secrets == nil {
		w.secrets = map[string]string{}
	}
	if !w.public[value] {
		w.secrets[value] = what
	}
}

func (w *watch) identifier(value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.public == nil {
		w.public = map[string]bool{}
	}
	w.public[value] = true
}

// Secret fields of a submit.
var secretFields = []string{"password", "current_password", "totp_code"}

const (
	sessionToken = "session token"
	formToken    = "form token"
)

func (w *watch) submitted(fields Fields) {
	for _, name := range secretFields {
		if v, ok := fields[name].(string); ok {
			w.add(name, v)
		}
	}
}

func (w *watch) answer(header http.Header, body []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answered = append(w.answered, fmt.Sprint(header, string(body)))
}

func (w *watch) wrote(record any) {
	j, err := json.Marshal(record)
	if err != nil {
		j = fmt.Append(nil, record)
	}
	// Bytes are base64 in JSON; what is in them is looked for too.
	raw := string(j)
	switch r := record.(type) {
	case flow.Record:
		raw += string(r.Data)
	case identity.Record:
		raw += string(r.SealedState) + string(r.Traits)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stored = append(w.stored, raw)
}

// leaks lists what was found where it may not be. It never prints a secret.
func (w *watch) leaks(log string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []string
	for value, what := range w.secrets {
		if stands(value, log) {
			found = append(found, what+" in the log")
		}
		if stands(value, w.stored...) {
			found = append(found, what+" in a store")
		}
		if what != sessionToken && what != formToken && !w.shown[value] && stands(value, w.answered...) { // their clients get those two
			found = append(found, what+" in an answer")
		}
	}
	return found
}

// stands reports whether a value stands in one of the texts, in one of the ways
// it may be written.
func stands(value string, texts ...string) bool {
	quoted := strconv.Quote(value)
	encoded, _ := json.Marshal(value) // a string: cannot fail
	spellings := []string{
		value, quoted[1 : len(quoted)-1], string(encoded[1 : len(encoded)-1]), url.QueryEscape(value), url.PathEscape(value),
		base64.StdEncoding.EncodeToString([]byte(value)), // []byte in JSON
	}
	return slices.ContainsFunc(texts, func(text string) bool {
		return slices.ContainsFunc(spellings, func(s string) bool { return strings.Contains(text, s) })
	})
}

// The stores of a Kit, watched.

type watchedFlows struct {
	store.FlowStore
	w *watch
}

func (s watchedFlows) Unwrap() any { return s.FlowStore }

func (s watchedFlows) CreateFlow(ctx context.Context, r flow.Record) error {
	s.w.wrote(r)
	return s.FlowStore.CreateFlow(ctx, r)
}

func (s watchedFlows) UpdateFlow(ctx context.Context, r flow.Record) error {
	s.w.wrote(r)
	return s.FlowStore.UpdateFlow(ctx, r)
}

type watchedSessions struct {
	store.SessionStore
	w *watch
}

func (s watchedSessions) Unwrap() any { return s.SessionStore }

func (s watchedSessions) CreateSession(ctx context.Context, r session.Session) error {
	s.w.wrote(r)
	return s.SessionStore.CreateSession(ctx, r)
}

func (s watchedSessions) UpdateSession(ctx context.Context, r session.Session) error {
	s.w.wrote(r)
	return s.SessionStore.UpdateSession(ctx, r)
}

type watchedIdentities struct {
	store.IdentityStore
	w *watch
}

func (s watchedIdentities) Unwrap() any { return s.IdentityStore }

func (s watchedIdentities) UpdateIdentity(ctx context.Context, r identity.Record) error {
	s.w.wrote(r)
	return s.IdentityStore.UpdateIdentity(ctx, r)
}

type watchedBackend struct {
	store.Backend
	w *watch
}

func (s watchedBackend) Unwrap() any { return s.Backend }

func (s watchedBackend) Commit(ctx context.Context, c store.Commit) error {
	if c.Identity != nil {
		s.w.wrote(*c.Identity)
	}
	if c.Session != nil {
		s.w.wrote(*c.Session)
	}
	if c.Flow != nil {
		s.w.wrote(*c.Flow)
	}
	return s.Backend.Commit(ctx, c)
}
