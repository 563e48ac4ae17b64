package settings

import (
	"context"
	"net/http"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/wire"
)

// This file owns the two endpoints that show the error behind a redirect. The error is
// sealed into the id in the URL, so nothing is stored.

// explain opens the error that a redirect to the error page has in its id.
func (s *Service) explain(_ context.Context, req Request) respond.Outcome {
	o, id := s.opened(req, respond.ErrorRead)
	if o.Kind != respond.Done {
		return o
	}
	w := wire.New(512)
	w.BeginObject()
	w.Field("id", id)
	w.Key("error")
	o.Failure.WriteJSON(w)
	w.EndObject()
	o.Body = w.Bytes()
	return o
}

// explainPage shows it to a person.
func (s *Service) explainPage(_ context.Context, req Request) respond.Outcome {
	o, _ := s.opened(req, respond.ErrorPage)
	return o
}

func (s *Service) opened(req Request, e respond.Endpoint) (respond.Outcome, string) {
	if id, ok := single(req.Flow); ok {
		if failure, ok := respond.OpenError(s.ring, id, s.c.Now()); ok {
			o := s.bare(respond.Done, e)
			o.Failure = failure
			return o, id
		}
	}
	return s.bare(respond.NotFound, e), ""
}

// showsError gives an outcome to ErrorPage, if it is an error that a person reads.
func (h *Handler) showsError(w http.ResponseWriter, r *http.Request, o respond.Outcome) bool {
	switch {
	case h.ErrorPage == nil:
		return false
	case o.Endpoint == respond.ErrorPage && o.Kind == respond.Done:
		h.ErrorPage(w, r, http.StatusOK, o.Failure, h.Service.c.UIURL)
	case o.Endpoint == respond.ErrorPage && o.Kind == respond.NotFound:
		h.ErrorPage(w, r, http.StatusNotFound, respond.Error{}, h.Service.c.UIURL)
	case o.Endpoint == respond.AnyEndpoint && o.Kind == respond.NotFound && o.Client == respond.Page && r.Method == http.MethodGet:
		h.ErrorPage(w, r, http.StatusNotFound, respond.Error{ID: respond.NotFoundID, Code: http.StatusNotFound, Reason: respond.ErrorIDs[respond.NotFoundID]}, h.Service.c.UIURL)
	default:
		return false
	}
	return true
}
