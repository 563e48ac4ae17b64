package settings

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/store"
)

// This file owns what a host configures. configcheck.go has the defaults and the checks.

// Config is what New works with. The fields up to Methods are mandatory. For
// the rest the zero value is the default, and the strictest choice.
type Config struct {
	// PublicURL is where the Handler is mounted, as browsers see it:
	// "https://app.example.com/auth". Its path is the mount's prefix; every URL
	// this library makes starts with it, none comes from a request.
	PublicURL string

	// UIURL is the page that shows the settings form; it gets ?flow=<id>.
	UIURL string

	// LoginURL is the login page; it gets return_to, and refresh=true or
	// aal=aal2 where a session is not fresh or strong enough.
	LoginURL string

	// Keys protect what is stored and what leaves through a browser: 32 random
	// bytes each, made by NewKey. The first one seals, all of them open. To rotate,
	// put a new key last in every instance, then first: so each opens what the others
	// make, and nothing that is pending breaks. The old key may go when nothing is
	// left that it has made: an account's row is sealed anew when it changes, and
	// recovery codes are of the key that they were made with.
	Keys [][]byte

	Flows      store.FlowStore
	Sessions   store.SessionStore
	Identities store.IdentityStore

	// Methods are the ways to change an account, at least one.
	Methods []Method

	// Backend reads and writes the three stores together. nil is fine.
	Backend store.Backend

	// ErrorURL is the page that shows an error; it gets ?id=, which
	// GET /self-service/errors?id= explains. "" is a small page of ours.
	ErrorURL string

	// AfterURL is where a page goes after a change, if its flow has no
	// return_to; AfterURLs the same for one method, by name. "" is the
	// settings page with the flow.
	AfterURL  string
	AfterURLs map[string]string

	// AllowReturnTo lists where return_to may lead: see package returnto.
	// Nothing is allowed by default.
	AllowReturnTo []string

	// TrustedOrigins are further origins whose pages may submit flows,
	// "https://www.example.com", always with the form's token. PublicURL's own is
	// always one. A host's own cross-origin protection around the Handler has to
	// trust them too. Sessions are revoked from PublicURL's own origin only.
	TrustedOrigins []string

	// Text maps passwords, user names and domains to the form that is compared:
	// see method.Text, and the module settings/text, which has one. The zero Text
	// takes passwords as they are typed, and names and addresses of ASCII only.
	Text method.Text

	// Behaviour is what the machine does differently for clients of Ory Kratos:
	// LikeKratos(). The zero value is Strict(), the documented contract.
	Behaviour Behaviour

	// Responses replaces the branching: a Clone of respond.Documented() or
	// respond.Kratos() with cells of the host's own. The zero Table is that of
	// Behaviour.
	Responses respond.Table

	// AllowAAL1 lets an account with a second factor use settings, the session
	// endpoints and the routes behind Sessions.Require without it. By default a
	// session needs the level its account requires: see aal.Required (Kratos:
	// required_aal). Ending other sessions asks for that level in any case.
	AllowAAL1 bool

	// AllowFactorChangeAtAAL1 lets factors be added and removed by a session below the
	// required level, and without proving each factor again.
	AllowFactorChangeAtAAL1 bool

	// PrivilegedSessionMaxAge is how old a sign-in may be for a sensitive
	// change; 0 is 15 minutes (ASVS 5.0 7.5.1).
	PrivilegedSessionMaxAge time.Duration

	// Lifespan is how long a flow can be submitted; 0 is 1 hour. For a day after
	// that it is known to have expired, and a submit gets a fresh one.
	Lifespan time.Duration

	// SessionLifespan is how long a sign-in lasts; 0 is 24 hours. Each further one
	// makes the session last as long again, up to MaxSessionAge.
	SessionLifespan time.Duration

	// MaxSessionAge is how long a session may go on at all, counted from the last
	// sign-in that proved every factor its account requires within
	// PrivilegedSessionMaxAge of each other; 0 is 30 days (NIST SP 800-63B-4 2.1.3).
	MaxSessionAge time.Duration

	// IdleTimeout ends a session that is not used for so long; 0 is never (ASVS 5.0
	// 7.3.1). With one, a use is written down at most ten times in it.
	IdleTimeout time.Duration

	// KeepOtherSessions leaves an identity's other sessions alone after a
	// credential change: whoever stole the old password stays signed in.
	KeepOtherSessions bool

	// Transport carries session tokens to browsers; nil is session.Cookie{}.
	Transport session.Transport

	// InsecureCookies allows a PublicURL of plain http and drops the Secure
	// attribute of the cookie: for development on one's own machine.
	InsecureCookies bool

	// BodyLimit is the largest body of a submit in bytes; 0 is 64 KiB.
	BodyLimit int64

	// BodyTimeout is how long a body may take to arrive; 0 is 10 seconds.
	BodyTimeout time.Duration

	// Before hooks run before a change is committed, and may refuse it: with
	// Refuse the client is told why, any other error is logged and answered
	// with 503. They may run more than once for one change.
	Before []func(context.Context, Event) error

	// After hooks run after the commit, before the answer: at least once for every
	// change, also if the process dies in between. The change is made, whatever they
	// return. After an error or a panic all of them are told again, with the same event
	// and its same ID: by a later request of the identity, or by Service.Sweep, after a
	// minute, two, four, up to an hour. At most 20 events of an account wait; its next
	// change is then answered with 503, and nothing is written. All processes should have
	// the same hooks: one without any makes no events, and tells none.
	After []func(context.Context, Event) error

	// Send sends a message to the owner of an account: that its password, a factor, an
	// address, a name or a linked login was changed, to where it was reached before; and
	// the codes of profile.Config.ProveAddresses. It is called after the change is
	// committed, before the answer, so it should hand the message on and return. After an
	// error or a panic it is called again as After hooks are, with the same Message.ID; so
	// it may be after a success whose trace was lost. At most 20 messages of an account
	// wait, as of its events. nil sends nothing, and writes nothing down to be sent.
	Send func(context.Context, Message) error

	// KeepActivity keeps the last 20 changes of each account, and sign-ins on new devices,
	// for 90 days, for its owner to look over: when, what, and from which user agent and
	// ClientIP. Service.Activity gives them, and the ready page shows them. They are one
	// sealed record in Flows, written beside the answer by two store calls: what cannot be
	// written is lost, and the change is made. It has personal data, and so false keeps
	// nothing.
	KeepActivity bool

	// Language gives the language of an account's messages as a tag of BCP 47, from a trait
	// or a table of the host's. nil is "en".
	Language func(identity.Record) string

	// Place gives the rough place of a client's address, for messages: "Leeds, United
	// Kingdom". clientIP is what ClientIP gave. "", and a nil Place, mean that it is not
	// known.
	Place func(ctx context.Context, clientIP string) string

	// ClientIP gives the address of a request's client, for the list of sessions, hooks and
	// limits. It is a hint, and proves nothing. Behind a proxy only the host knows which
	// header has it; without a proxy it is r.RemoteAddr. nil: no address is known.
	ClientIP func(r *http.Request) string

	// BeforeVerify runs before a proof is counted and compared, unless its factor is
	// locked: for a captcha or a risk engine. If it returns an error, the proof is refused
	// and Service.Verify returns that error. It can only refuse: a nil error proves nobody.
	BeforeVerify func(context.Context, Try) error

	// OnLock is called once when a factor of an account has had a hundred wrong tries in a
	// row from unknown devices (NIST SP 800-63B-4 3.2.2 allows no more for one
	// authenticator), so that the host can tell the owner, or have them set the factor
	// anew. Each lock on the way there opens after its time; Service.Unlock opens it at
	// once.
	OnLock func(ctx context.Context, identityID, factor string)

	// Observe hears of each operation, for tracing and metrics: the module settings/otel
	// has one. It is called with the operation's name before it begins: that of a
	// respond.Endpoint ("submit", "whoami"), "verify" of a proof or of a sign-in at another
	// site, or "sweep"; what the operation does runs under the context that it returns. end
	// is called once, with what came of it: its Err, IdentityID and SessionID are for logs, and no secret is
	// in its Kind, Endpoint, Client and Method. nil observes nothing.
	Observe func(ctx context.Context, operation string) (observed context.Context, end func(respond.Outcome))

	// Logger gets one line a request; nil is slog.Default(). At the level debug is what
	// nobody who is signed in has asked for, and what only shows somebody a form, their
	// session or their list of sessions; an error that came of it is at warn or error.
	Logger *slog.Logger

	// Now is the time; nil is time.Now.
	Now func() time.Time
}

// NewKey makes a key for Config.Keys: 32 random bytes. Make it once, and keep
// it where secrets are kept.
func NewKey() []byte { return seal.NewKey() }

// KeyFromBase64 reads a key for Config.Keys from text, as an environment variable or a file
// has it: 32 bytes in base64 (RFC 4648), in the standard or the URL alphabet, with or
// without padding, white space around it ignored. `openssl rand -base64 32` makes one. The
// error does not have the text in it.
func KeyFromBase64(text string) ([]byte, error) {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(strings.TrimSpace(text), "="))
	key, err := base64.RawStdEncoding.Strict().DecodeString(text)
	switch {
	case text == "":
		return nil, errors.New("settings: the key is empty: is the variable set? Make one by `openssl rand -base64 32`")
	case err != nil:
		return nil, errors.New("settings: the key is not in base64: make one by `openssl rand -base64 32`")
	case len(key) != seal.KeySize:
		return nil, fmt.Errorf("settings: the key is %d bytes long, want %d: make one by `openssl rand -base64 32`", len(key), seal.KeySize)
	}
	return key, nil
}
