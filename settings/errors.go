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

// ShowErrorsBy has a page of the host's show errors to people, with a status, in the place
// of the small page of ours: behind a redirect to the error page, and where a browser asks
// for what is not there. The Error is zero for one that is no longer kept; home is
// Config.UIURL. page.New calls it; a host with a page of its own calls it first.
//
// The first page stays, and nil is a page too: that of ours. The answer to any other is
// false, so what is shown never changes under a request. ShowErrorsBy may be called at any
// time, from any goroutine.
func (h *Handler) ShowErrorsBy(page func(w http.ResponseWriter, r *http.Request, status int, e respond.Error, home string)) bool {
	return h.errors.CompareAndSwap(nil, &page)
}

// showsError gives an outcome to the page of ShowErrorsBy, if it is an error that a person
// reads.
func (h *Handler) showsError(w http.ResponseWriter, r *http.Request, o respond.Outcome) bool {
	page := h.errors.Load()
	if page == nil || *page == nil {
		return false
	}
	show := *page
	switch {
	case o.Endpoint == respond.ErrorPage && o.Kind == respond.Done:
		show(w, r, http.StatusOK, o.Failure, h.Service.c.UIURL)
	case o.Endpoint == respond.ErrorPage && o.Kind == respond.NotFound:
		show(w, r, http.StatusNotFound, respond.Error{}, h.Service.c.UIURL)
	case o.Endpoint == respond.AnyEndpoint && o.Kind == respond.NotFound && o.Client == respond.Page && r.Method == http.MethodGet:
		show(w, r, http.StatusNotFound, respond.Error{ID: respond.NotFoundID, Code: http.StatusNotFound, Reason: respond.ErrorIDs[respond.NotFoundID]}, h.Service.c.UIURL)
	default:
		return false
	}
	return true
}
