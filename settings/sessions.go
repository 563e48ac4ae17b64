package settings

import (
	"context"
	"errors"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/wire"
)

// This file owns the endpoints about sessions: whoami, the list, ending others.

// Whoami shows the session of the request, with its identity.
func (s *Service) Whoami(ctx context.Context, req Request) respond.Outcome {
	return s.answer(respond.Whoami, req, func() *respond.Outcome {
		a, refused := s.looking(ctx, req, respond.Whoami)
		if refused != nil {
			return refused
		}
		w := wire.New(1024)
		a.Session.WriteJSON(w, a.Identity, s.about(a.Identity), true)
		o := s.outcome(a, respond.Done)
		o.Body = w.Bytes()
		return o
	})
}

// OtherSessions lists the user's other sessions: GET /sessions.
func (s *Service) OtherSessions(ctx context.Context, req Request) respond.Outcome {
	return s.answer(respond.ListSessions, req, func() *respond.Outcome {
		a, refused := s.looking(ctx, req, respond.ListSessions)
		if refused != nil {
			return refused
		}
		all, err := s.sessions.List(ctx, a.Identity)
		if err != nil {
			return s.failed(a, respond.Unavailable, err)
		}
		w := wire.New(1024)
		w.BeginArray()
		for _, other := range all {
			if other.ID != a.Session.ID {
				other.WriteJSON(w, a.Identity, identity.About{}, false)
			}
		}
		w.EndArray()
		o := s.outcome(a, respond.Done)
		o.Body = w.Bytes()
		return o
	})
}

// RevokeOthers ends the user's other sessions.
func (s *Service) RevokeOthers(ctx context.Context, req Request) respond.Outcome {
	return s.answer(respond.RevokeSessions, req, func() *respond.Outcome {
		a, refused := s.revoking(ctx, req, respond.RevokeSessions)
		if refused != nil {
			return refused
		}
		n, err := s.sessions.RevokeOthers(ctx, a.Current)
		if err != nil {
			return s.failed(a, respond.Unavailable, err)
		}
		w := wire.New(32)
		w.BeginObject()
		w.Key("count")
		w.Int(int64(n))
		w.EndObject()
		o := s.outcome(a, respond.Done)
		o.Body = w.Bytes()
		return o
	})
}

// Revoke ends one of the user's other sessions. It answers 404 for a session of somebody
// else, and for the session of the request, which a logout ends.
func (s *Service) Revoke(ctx context.Context, req Request, id string) respond.Outcome {
	return s.answer(respond.RevokeSession, req, func() *respond.Outcome {
		a, refused := s.revoking(ctx, req, respond.RevokeSession)
		if refused != nil {
			return refused
		}
		if id == a.Session.ID {
			return s.failed(a, respond.NotFound, nil)
		}
		switch err := s.sessions.Revoke(ctx, a.Identity, id); {
		case errors.Is(err, session.ErrNotFound):
			return s.failed(a, respond.NotFound, nil)
		case err != nil:
			return s.failed(a, respond.Unavailable, err)
		}
		return s.outcome(a, respond.Done)
	})
}

// signedIn finds the session of a request that is about no flow.
func (s *Service) signedIn(ctx context.Context, req Request, e respond.Endpoint) (*attempt, *respond.Outcome) {
	a := s.attempt(req, e)
	if o := s.pick(ctx, a); o != nil {
		return a, o
	}
	var err error
	switch a.Current, err = s.sessions.FromToken(ctx, a.token); {
	case errors.Is(err, session.ErrNoSession):
		return a, s.failed(a, respond.NoSession, nil)
	case err != nil:
		return a, s.failed(a, respond.Unavailable, err)
	}
	return a, nil
}

// looking is signedIn for what is only read: the session has the level that its
// account requires, and is no recovery, which is there to repair.
func (s *Service) looking(ctx context.Context, req Request, e respond.Endpoint) (*attempt, *respond.Outcome) {
	a, refused := s.signedIn(ctx, req, e)
	switch {
	case refused != nil || s.c.Behaviour.LenientSessions:
		return a, refused
	case a.Session.Recovering():
		return a, s.failed(a, respond.Stale, nil)
	}
	return a, s.judgeLevel(a)
}

// revoking is signedIn for what ends sessions of others. With a cookie, only a page
// of ours may ask for it.
func (s *Service) revoking(ctx context.Context, req Request, e respond.Endpoint) (*attempt, *respond.Outcome) {
	a, refused := s.signedIn(ctx, req, e)
	switch {
	case refused != nil:
		return a, refused
	case !s.sameOriginOnly(req):
		return a, s.refused(a, respond.Forged, "A browser may ask for this only from a page of the same origin.")
	}
	return a, s.mayRevoke(a)
}
