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

// createFlow stores a new flow.
func (s *Service) createFlow(ctx context.Context, f *flow.Flow) error {
	r, err := f.Record()
	if err != nil {
		return err
	}
	f.Version = 1
	return s.c.Flows.CreateFlow(ctx, r)
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

// lookUp finds the flow of a GET request, if it is there to be shown.
func (s *Service) lookUp(ctx context.Context, endpoint respond.Endpoint, req Request) (*attempt, *respond.Outcome) {
	req.ReturnTo = nil // means nothing here
	a, refused := s.arrive(req, endpoint)
	if refused != nil {
		return a, refused
	}
	if refused := s.admit(ctx, a); refused != nil {
		return a, refused
	}
	var o respond.Outcome
	switch {
	case a.flow.Gone(a.Identity):
		o = s.over(a, respond.Gone)
	case a.flow.Expired(s.c.Now()):
		o = s.over(a, respond.Expired)
	default:
		return a, nil
	}
	return a, &o
}

// over is the outcome of a flow whose time is over, when nothing may be
// written: it names the fresh flow only if there is one already. One in the
// place of a flow that is gone would be gone too.
func (s *Service) over(a *attempt, kind respond.Kind) respond.Outcome {
	o := s.outcome(a, kind)
	if a.flow.Expired(s.c.Now()) {
		o.ExpiredAt = a.flow.ExpiresAt
	}
	if kind == respond.Expired {
		o.UseFlow = a.flow.ReplacedBy
	}
	return o
}
