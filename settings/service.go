package settings

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/store"
)

// Service is the settings machine without HTTP: it takes a Request and decides
// its Outcome. It is safe for concurrent use and keeps nothing itself.
type Service struct {
	c Config
	parsed
	sessions *session.Sessions
	respond  *respond.Responder
	starts   atomic.Uint64 // for sweepNowAndThen
}

func newService(c Config) (*Service, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p, err := c.parse()
	if err != nil {
		return nil, err
	}
	s := &Service{c: c, parsed: p}
	s.respond = &respond.Responder{Table: c.Responses, Ring: p.ring, Public: c.PublicURL, UI: c.UIURL, Login: c.LoginURL, Error: c.ErrorURL}
	s.sessions = session.NewSessions(session.Config{
		Store: c.Sessions, Identities: c.Identities, Ring: p.ring, Transport: c.Transport, Responder: s.respond,
		Now: c.Now, Lifespan: c.SessionLifespan, Find: s.find, Log: s.log,
	})
	return s, nil
}

// find reads a session with its identity, for the session manager.
func (s *Service) find(ctx context.Context, tokenHash string) (session.Session, identity.Record, error) {
	l, err := s.load(ctx, tokenHash, "")
	if err != nil {
		return session.Session{}, identity.Record{}, err
	}
	if l.Session == nil || l.Identity == nil {
		return session.Session{}, identity.Record{}, session.ErrNotFound
	}
	return *l.Session, *l.Identity, nil
}

// load reads session, identity and flow, at once if the stores can.
func (s *Service) load(ctx context.Context, tokenHash, flowKey string) (store.Loaded, error) {
	if s.c.Backend != nil {
		return s.c.Backend.Load(ctx, tokenHash, flowKey)
	}
	// The identity comes last. A change writes it first, so nothing that is read
	// before it is of a later change than it knows.
	var l store.Loaded
	found, err := s.c.Sessions.GetSession(ctx, tokenHash)
	if errors.Is(err, session.ErrNotFound) {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	l.Session = &found
	if flowKey != "" {
		record, err := s.c.Flows.GetFlow(ctx, flowKey)
		if err == nil {
			l.Flow = &record
		} else if !errors.Is(err, flow.ErrNotFound) {
			return store.Loaded{}, err
		}
	}
	row, err := s.c.Identities.GetIdentity(ctx, found.IdentityID)
	if err == nil {
		l.Identity = &row
	} else if !errors.Is(err, identity.ErrNotFound) {
		return store.Loaded{}, err
	}
	return l, nil
}

// store runs a call of a store that must not be torn off by a client going
// away. It has a time of its own.
func uninterrupted(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), uninterruptedTimeout)
	defer cancel()
	return call(ctx)
}

const uninterruptedTimeout = 10 * time.Second

// form renders a flow for its client: the nodes of every method, and the token
// that proves a submit is not forged. Beside an error it lacks the nodes of the
// methods that failed.
func (s *Service) form(ctx context.Context, c session.Current, f flow.Flow) (*flow.Form, error) {
	nodes := make([]ui.Node, 1, 16)
	csrf := &ui.Input{Name: fieldCSRF, Type: ui.InputHidden, Required: true, Value: ""}
	if f.Type == flow.Browser {
		csrf.Value = s.csrfToken(c.Session.ID, f.ID)
	}
	nodes[0] = ui.Node{Group: ui.Default, Attributes: csrf}
	view := s.view(c, f)
	var failed error
	for _, m := range s.methods.list {
		view.Secrets = method.SecretsOf(s.ring, m.Name, c.Identity.ID)
		made, err := m.nodes(ctx, view)
		failed = errors.Join(failed, err)
		nodes = append(nodes, made...)
	}
	f.ReturnTo = s.stillAllowed(f.ReturnTo)
	return &flow.Form{
		Flow: f, Owner: c.Identity, About: s.about(c.Identity),
		UI: ui.New(s.c.PublicURL+"/self-service/settings?flow="+f.ID, nodes, f.Messages),
	}, failed
}

// view is what methods see of a session and a flow.
func (s *Service) view(c session.Current, f flow.Flow) method.View {
	return method.View{
		Identity: c.Identity, Session: c.Session, Flow: f, Input: f.Input,
		Now: s.c.Now(), PublicURL: s.c.PublicURL, Base: s.rendered(f.IdentityID, f.Rendered),
	}
}

// viewOf is the view of one method, with copies: a method may do with them what
// it likes.
func (s *Service) viewOf(o *offered, c session.Current, f flow.Flow) method.View {
	v := s.view(c, f)
	v.Identity, v.Session = c.Identity.Clone(), c.Session.Clone()
	v.Secrets = method.SecretsOf(s.ring, o.Name, c.Identity.ID)
	return v
}

// about is what the JSON of an identity says besides its row.
func (s *Service) about(i identity.Identity) identity.About {
	about := identity.About{SchemaURL: s.schemaURL(i)}
	if s.methods.addressed != nil {
		about.Addresses = s.methods.addressed.Addresses(i)
	}
	return about
}

func (s *Service) schemaURL(i identity.Identity) string {
	return s.c.PublicURL + "/schemas/" + i.Schema()
}

// CheckReturnTo reports whether a return_to is allowed, and the absolute URL
// to send the browser to: for the host's login page, which is given one too.
// Besides the AllowReturnTo list it accepts what this library itself asks to
// come back to: the settings page, and any page of PublicURL's origin, as routes
// behind Sessions.Require do.
func (s *Service) CheckReturnTo(raw string) (target string, ok bool) {
	if target, ok := s.returnTo.Check(raw); ok {
		return target, true
	}
	return s.ownURLs.Check(raw)
}

// stillAllowed is a return_to of a flow, or "" if the list has shrunk since.
func (s *Service) stillAllowed(returnTo string) string {
	if returnTo == "" {
		return ""
	}
	target, _ := s.returnTo.Check(returnTo)
	return target
}

// plain is an outcome that is about nobody.
func (s *Service) plain(kind respond.Kind, e respond.Endpoint) respond.Outcome {
	return respond.Outcome{Kind: kind, Endpoint: e, Client: respond.Script, At: s.c.Now()}
}

// recovered makes a bug's outcome of a panic.
func (s *Service) recovered(o *respond.Outcome, endpoint respond.Endpoint, req Request) {
	if p := recover(); p != nil {
		*o = respond.Outcome{
			Kind: respond.Bug, Endpoint: endpoint, Client: s.clientBefore(req, endpoint), At: s.c.Now(),
			Err: fmt.Errorf("panic: %v\n%s", p, debug.Stack()),
		}
	}
}

// sweepEvery is how many starts of flows there are to one small sweep, and
// sweepStep how much that deletes of each kind: more than was made meanwhile.
const (
	sweepEvery = 64
	sweepStep  = 3 * sweepEvery
)

// sweepNowAndThen keeps stores from growing where nobody calls Sweep.
func (s *Service) sweepNowAndThen(ctx context.Context) {
	if s.starts.Add(1)%sweepEvery != 0 {
		return
	}
	_, err := s.c.Flows.DeleteExpiredFlows(ctx, s.c.Now(), sweepStep)
	if err == nil {
		_, err = s.c.Sessions.DeleteExpiredSessions(ctx, s.c.Now(), sweepStep)
	}
	if err != nil {
		s.c.Logger.WarnContext(ctx, "sweep", "error", err)
	}
}

// Sweep deletes what has expired, in small steps, until nothing is left or ctx
// is done. Starting flows deletes some of it, now and then; a host that wants
// the room back at once, or that stops and starts often, calls this. Expired
// records are refused anyway.
func (s *Service) Sweep(ctx context.Context) error {
	for _, sweep := range []func(context.Context, time.Time, int) (int, error){s.c.Flows.DeleteExpiredFlows, s.c.Sessions.DeleteExpiredSessions} {
		for {
			n, err := sweep(ctx, s.c.Now(), sweepStep)
			if err != nil {
				return err
			}
			if n < sweepStep {
				break
			}
		}
	}
	return nil
}
