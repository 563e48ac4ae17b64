package settings

import (
	"context"
	"net/url"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
)

// This file owns starting and reading a flow.

// Start starts a flow of a type: GET /self-service/settings/browser and /api.
func (s *Service) Start(ctx context.Context, typ flow.Type, req Request) respond.Outcome {
	endpoint, path := respond.StartBrowser, "/self-service/settings/browser"
	if typ == flow.API {
		endpoint, path = respond.StartAPI, "/self-service/settings/api"
	}
	return s.answer(endpoint, req, func() *respond.Outcome {
		a, refused := s.arrive(ctx, req, endpoint)
		if refused != nil {
			return refused
		}
		if refused := s.admit(ctx, a); refused != nil {
			return refused
		}
		s.redeliver(ctx, a.Identity)
		requestURL := s.c.PublicURL + path
		if a.returnTo != "" {
			requestURL += "?return_to=" + url.QueryEscape(a.returnTo)
		}
		a.flow = flow.New(flow.Start{
			Type: typ, Identity: a.Identity, RequestURL: requestURL, ReturnTo: a.returnTo,
			Now: a.at, Lifespan: s.c.Lifespan,
		})
		s.remember(&a.flow, a.Identity)
		if err := s.createFlow(ctx, &a.flow); err != nil {
			return s.failed(a, respond.Unavailable, err)
		}
		return s.showForm(ctx, a, respond.Started)
	})
}

// Read reads a flow: GET /self-service/settings/flows. It changes nothing.
func (s *Service) Read(ctx context.Context, req Request) respond.Outcome {
	return s.answer(respond.Read, req, func() *respond.Outcome {
		a, stop := s.lookUp(ctx, respond.Read, req)
		if stop != nil {
			return stop
		}
		return s.showForm(ctx, a, respond.Shown)
	})
}
