package settings

import (
	"context"
	"net/url"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
)

// Start starts a flow of a type: GET /self-service/settings/browser and /api.
func (s *Service) Start(ctx context.Context, typ flow.Type, req Request) (o respond.Outcome) {
	endpoint, path := respond.StartBrowser, "/self-service/settings/browser"
	if typ == flow.API {
		endpoint, path = respond.StartAPI, "/self-service/settings/api"
	}
	defer s.recovered(&o, endpoint, req)
	a, refused := s.arrive(req, endpoint)
	if refused != nil {
		return *refused
	}
	if refused := s.admit(ctx, a); refused != nil {
		return *refused
	}
	s.redeliver(ctx, a.Identity)
	s.sweepNowAndThen(ctx)
	requestURL := s.c.PublicURL + path
	if a.returnTo != "" {
		requestURL += "?return_to=" + url.QueryEscape(a.returnTo)
	}
	a.flow = flow.New(flow.Start{
		Type: typ, Identity: a.Identity, RequestURL: requestURL, ReturnTo: a.returnTo,
		Now: s.c.Now(), Lifespan: s.c.Lifespan,
	})
	s.remember(&a.flow, a.Identity)
	if err := s.createFlow(ctx, &a.flow); err != nil {
		return *s.failed(a, respond.Unavailable, err)
	}
	return s.showForm(ctx, a, respond.Started)
}

// Read reads a flow: GET /self-service/settings/flows. It changes nothing.
func (s *Service) Read(ctx context.Context, req Request) (o respond.Outcome) {
	defer s.recovered(&o, respond.Read, req)
	a, stop := s.lookUp(ctx, respond.Read, req)
	if stop != nil {
		return *stop
	}
	return s.showForm(ctx, a, respond.Shown)
}
