package settings

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// This file owns what a host can find out at its start, beyond what New refuses: whether
// the stores work, and whether what is configured can do what it is for.

// Finding is a problem that Handler.Check has found.
type Finding struct {
	// Text has a sentence that says what is wrong, and another one that says what to do. It
	// has no secret in it.
	Text string

	// Broken says that users will get errors or lose data. Otherwise all works, but less
	// safely than it could.
	Broken bool

	// Err is the store's error behind it; nil if there is none.
	Err error
}

// Check looks for problems that New cannot see in a Config: keys that somebody has typed;
// stores that do not answer, lose what they are given or ignore versions; a wrong clock;
// URLs that do not fit together; cookies that browsers will not send; and settings that are
// looser than the default. It is nil if there are none. Call it when a server starts, and
// print the findings. It writes one flow record and deletes it again.
//
// A store with a method Check(context.Context) error, as sqlstore's, is checked by that
// too. The time of a store with a method Clock(context.Context) (time.Time, error) is
// compared with Config.Now.
func (h *Handler) Check(ctx context.Context) []Finding {
	var found []Finding
	for _, look := range []func(context.Context) []Finding{
		h.Service.checkKeys, h.Service.checkStores, h.Service.checkClock, h.Service.checkURLs, h.Service.checkCookies, h.Service.checkLoosenings,
	} {
		found = append(found, look(ctx)...)
	}
	return found
}

func broken(err error, format string, a ...any) Finding {
	return Finding{Text: fmt.Sprintf(format, a...), Broken: true, Err: err}
}

func loose(format string, a ...any) Finding { return Finding{Text: fmt.Sprintf(format, a...)} }

// checkKeys finds keys of characters: 32 random bytes are all printable once in 10^13
// times.
func (s *Service) checkKeys(context.Context) (found []Finding) {
	for n, key := range s.c.Keys {
		typed := !slices.ContainsFunc(key, func(b byte) bool { return b < ' ' || b > '~' })
		few := map[byte]bool{}
		for _, b := range key {
			few[b] = true
		}
		if typed || len(few) < len(key)/4 {
			found = append(found, loose("Keys[%d] does not look random: whoever guesses it opens every account. Make one by NewKey or `openssl rand 32`, put it last in Keys everywhere, then first; if this one is the text of a key, decode it first.", n))
		}
	}
	return found
}

func (s *Service) checkStores(ctx context.Context) (found []Finding) {
	var asked []any
	for _, st := range []any{s.c.Flows, s.c.Sessions, s.c.Identities, s.c.Backend} {
		checker, ok := store.As[interface{ Check(context.Context) error }](st)
		if !ok || slices.ContainsFunc(asked, func(other any) bool { return samePointer(other, checker) }) {
			continue
		}
		asked = append(asked, checker)
		if err := checker.Check(ctx); err != nil {
			found = append(found, broken(err, "a store says that it cannot work: %v. Do what it says, and start again.", err))
		}
	}
	if len(found) > 0 {
		return found
	}
	if wrong, err := s.tryFlows(ctx); wrong != "" {
		found = append(found, broken(err, "the flow store %s. See store.FlowStore; storetest.Flows finds out what is wrong with one of your own.", wrong))
	}
	if _, err := s.c.Sessions.GetSession(ctx, session.Hash(uuid.NewString())); !errors.Is(err, session.ErrNotFound) {
		found = append(found, broken(err, "the session store does not answer session.ErrNotFound for a token that nobody has. See store.SessionStore."))
	}
	nobody := identity.Key{Kind: identity.Identifier, Value: uuid.NewString() + "@check.invalid"}
	if _, err := s.c.Identities.IdentityOwner(ctx, nobody); !errors.Is(err, identity.ErrNotFound) {
		found = append(found, broken(err, "the identity store does not answer identity.ErrNotFound for a name that nobody has. See store.IdentityStore."))
	}
	return found
}

func samePointer(a, b any) bool {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	return x.Kind() == reflect.Pointer && y.Kind() == reflect.Pointer && x.Pointer() == y.Pointer()
}

// tryFlows has a record go through the flow store, and is what is wrong: "" for nothing.
func (s *Service) tryFlows(ctx context.Context) (wrong string, err error) {
	r := flow.Record{Key: "check:" + uuid.NewString(), Owner: "check", ExpiresAt: s.c.Now().Add(time.Minute), Data: []byte("{}")}
	if err := s.c.Flows.CreateFlow(ctx, r); err != nil {
		return "does not take a record", err
	}
	defer func() {
		if err == nil && wrong == "" {
			return
		}
		_ = s.c.Flows.DeleteFlow(context.WithoutCancel(ctx), r.Key)
	}()
	if err := s.c.Flows.CreateFlow(ctx, r); !errors.Is(err, flow.ErrDuplicate) {
		return "takes a record twice, so that something good once could be used twice", err
	}
	read, err := s.c.Flows.GetFlow(ctx, r.Key)
	if err != nil || string(read.Data) != "{}" {
		return "does not give back what it took", err
	}
	if err := s.c.Flows.UpdateFlow(ctx, read); err != nil {
		return "does not take a change", err
	}
	if err := s.c.Flows.UpdateFlow(ctx, read); !errors.Is(err, flow.ErrConflict) {
		return "ignores versions, so that two requests at once overwrite each other", err
	}
	if err := s.c.Flows.DeleteFlow(ctx, r.Key); err != nil {
		return "does not delete", err
	}
	if _, err := s.c.Flows.GetFlow(ctx, r.Key); !errors.Is(err, flow.ErrNotFound) {
		return "gives back what was deleted", err
	}
	return "", nil
}

// maxClockSkew is how far a store's clock may be off: codes of authenticator apps are
// good for 30 seconds, and a step before and after.
const maxClockSkew = 15 * time.Second

func (s *Service) checkClock(ctx context.Context) (found []Finding) {
	now := s.c.Now()
	if now.Year() < 2025 || now.Year() > 2100 {
		found = append(found, broken(nil, "the clock stands at %s: sessions and codes will be wrong. Set it, by NTP if you can, or Config.Now.", now.Format(time.DateTime)))
	}
	if again := s.c.Now(); again.Before(now) {
		found = append(found, broken(nil, "Config.Now goes back: %v after %v. Sessions end early, and codes are refused.", again, now))
	}
	for _, st := range []any{s.c.Flows, s.c.Identities} {
		clock, ok := store.As[interface {
			Clock(context.Context) (time.Time, error)
		}](st)
		if !ok {
			continue
		}
		theirs, err := clock.Clock(ctx)
		if off := theirs.Sub(s.c.Now()).Abs(); err == nil && off > maxClockSkew {
			found = append(found, loose("the clocks of this machine and of the store's are %v apart. Codes of authenticator apps count by this machine's: set both by NTP.", off.Round(time.Second)))
			break
		}
	}
	return found
}

func (s *Service) checkURLs(context.Context) (found []Finding) {
	public, _ := url.Parse(s.c.PublicURL) // New has parsed them all
	for _, other := range []struct{ name, url string }{{"UIURL", s.c.UIURL}, {"LoginURL", s.c.LoginURL}} {
		u, _ := url.Parse(other.url)
		if u.Scheme != public.Scheme {
			found = append(found, broken(nil, "%s is %s and PublicURL is %s: browsers do not send the same cookies to both. Write the scheme that browsers see, also behind a proxy.", other.name, u.Scheme, public.Scheme))
			continue
		}
		if _, own := s.c.Transport.(session.Cookie); !own || sameHost(u, public) {
			continue
		}
		found = append(found, broken(nil, "%s is on the host %s and PublicURL on %s: the session's cookie is of one host, so a session that begins on one is not seen on the other. Put both on one host, or give a Transport that carries it.", other.name, u.Hostname(), public.Hostname()))
	}
	ui, _ := url.Parse(s.c.UIURL)
	if origin := originOf(ui); !slices.Contains(s.origins, origin) {
		found = append(found, broken(nil, "the pages of UIURL are of %s, and their forms are refused as forged. Add it to TrustedOrigins.", origin))
	}
	return found
}

func sameHost(a, b *url.URL) bool { return strings.EqualFold(a.Hostname(), b.Hostname()) }

func (s *Service) checkCookies(context.Context) (found []Finding) {
	public, _ := url.Parse(s.c.PublicURL)
	cookie, own := s.c.Transport.(session.Cookie)
	switch {
	case public.Scheme == "https" && s.c.InsecureCookies:
		found = append(found, loose("InsecureCookies is on, and PublicURL is https: cookies go out without Secure. Leave it out."))
	case public.Scheme == "http" && own && !cookie.Insecure:
		found = append(found, broken(nil, "PublicURL is plain http, and the Transport's cookies are Secure: browsers drop them. Give https, or session.Cookie{Insecure: true} on your own machine."))
	case public.Scheme == "http" && !onThisMachine(public.Hostname()):
		found = append(found, loose("PublicURL is plain http on %s: everybody on the way can read passwords and cookies, and browsers offer no passkeys there. Give https.", public.Hostname()))
	}
	return found
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// checkLoosenings names what is looser than the default, and what it costs.
func (s *Service) checkLoosenings(context.Context) (found []Finding) {
	for _, l := range []struct {
		on   bool
		text string
	}{
		{s.c.KeepOtherSessions, "KeepOtherSessions is on: whoever stole a password stays signed in after it is changed."},
		{s.c.AllowAAL1, "AllowAAL1 is on: a stolen password is enough for an account with a second factor."},
		{s.c.AllowFactorChangeAtAAL1, "AllowFactorChangeAtAAL1 is on: a stolen password is enough to take a second factor away."},
		{s.c.Behaviour.LenientSessions && !s.c.AllowAAL1, "Behaviour.LenientSessions is on: a stolen password is enough to see and end the sessions of an account with a second factor."},
	} {
		if l.on {
			found = append(found, loose("%s Leave it out if you can.", l.text))
		}
	}
	if _, due := store.As[store.Due](s.c.Identities); len(s.c.After) > 0 && !due {
		found = append(found, loose("Identities is no store.Due: what an After hook has not taken is told again when that user comes back, and else never. Add the column due_at and DueIdentities."))
	}
	return found
}
