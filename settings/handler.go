package settings

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/method"
)

// This file owns the translation between HTTP and the Service: paths, methods,
// headers and the one place where a response is written.

// Handler answers every endpoint of the settings flow, below the path of
// PublicURL. It only translates: requests for the Service, outcomes for package
// respond. Each endpoint is also a handler of its own, for hosts that route
// themselves.
//
// A mount with http.StripPrefix works as well as one without. The path is
// matched exactly; the Handler never cleans or redirects one.
//
// A middleware before it may have parsed a form, by http.Request.ParseForm or FormValue:
// the Handler goes on with what that has left. One that reads a body otherwise puts it
// back. If it does not, a submit whose length was announced is answered with 500, and the
// log says why.
type Handler struct {
	// Service is the machine behind the Handler, without HTTP.
	Service *Service

	// Sessions is the login side: issue, renew, end, revoke, and middleware.
	Sessions *session.Sessions

	prefix string

	// errors is set once, by ShowErrorsBy.
	errors atomic.Pointer[errorPage]
}

// errorPage is what ShowErrorsBy takes.
type errorPage = func(w http.ResponseWriter, r *http.Request, status int, e respond.Error, home string)

// New checks a Config and makes a Handler of it. Its error names the field that
// is wrong. The Config is copied.
func New(c Config) (*Handler, error) {
	s, err := newService(c)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(s.c.PublicURL)
	if err != nil {
		return nil, wrong("PublicURL", "%w", err)
	}
	return &Handler{Service: s, Sessions: s.sessions, prefix: u.Path}, nil
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, h.prefix)
	if r.URL.RawPath != "" { // spelt with an encoding it does not need: not one of ours
		path = ""
	}
	switch path {
	case "/self-service/settings":
		switch r.Method {
		case http.MethodPost:
			h.ServeSubmit(w, r)
		case http.MethodGet:
			h.ServeResume(w, r)
		default:
			h.wrongMethod(w, r, respond.Submit, "GET, POST")
		}
	case "/self-service/settings/browser":
		h.ServeStartBrowser(w, r)
	case "/self-service/settings/api":
		h.ServeStartAPI(w, r)
	case "/self-service/settings/flows":
		h.ServeRead(w, r)
	case "/self-service/errors":
		h.ServeError(w, r)
	case "/self-service/errors/page":
		h.ServeErrorPage(w, r)
	case "/sessions/whoami":
		h.ServeWhoami(w, r)
	case "/sessions":
		h.ServeSessions(w, r)
	default:
		if id, ok := strings.CutPrefix(path, "/sessions/"); ok && id != "" && !strings.Contains(id, "/") {
			h.serveSession(w, r, id)
			return
		}
		if method, rest, ok := callbackOf(path); ok {
			h.serveCallback(w, r, method, rest)
			return
		}
		if f, ok := h.Service.methods.files[path]; ok {
			h.serveFile(w, r, f)
			return
		}
		h.patient(w, r).finish()
		o := h.Service.bare(respond.NotFound, respond.AnyEndpoint)
		o.Client = h.Service.clientOfRequest(r)
		o.Err = fmt.Errorf("no endpoint at this path: by PublicURL the handler is mounted at %q, with or without StripPrefix", h.prefix+"/")
		h.answer(w, r, o)
	}
}

// Form gives the flow that a request to the host's own settings page names by ?flow=, to be
// shown to its signed-in user and not cached. It is nil if there is none to show; then Form
// has answered the request: by starting a flow, if none was named or its time is over; by
// leading to the login, without a session; and by the error page, if a store fails.
func (h *Handler) Form(w http.ResponseWriter, r *http.Request) *flow.Form {
	req := h.newRequest(w, r, "flow")
	req.WantsForm = true
	ctx, end := h.Service.observe(r.Context(), respond.Read.String())
	o := h.Service.Read(ctx, req)
	end(o)
	if ctx != r.Context() {
		r = r.WithContext(ctx)
	}
	o.Client, o.Endpoint = respond.Page, respond.StartBrowser
	switch o.Kind {
	case respond.Shown:
		w.Header().Set("Cache-Control", "private, no-store")
		return o.Form
	case respond.NoFlowGiven, respond.NoFlow, respond.Expired, respond.Gone, respond.Mismatch:
		o.Kind, o.URL = respond.Redirect, h.Service.c.PublicURL+"/self-service/settings/browser"
	}
	h.answer(w, r, o)
	return nil
}

// ServeSubmit completes a flow: POST /self-service/settings?flow=.
func (h *Handler) ServeSubmit(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, respond.Submit, http.MethodPost, "flow", h.Service.Submit)
}

// ServeResume comes back to a flow after a login: GET /self-service/settings?flow=.
func (h *Handler) ServeResume(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, respond.Resume, http.MethodGet, "flow", h.Service.Resume)
}

// ServeStartBrowser starts a browser's flow: GET /self-service/settings/browser.
func (h *Handler) ServeStartBrowser(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, respond.StartBrowser, http.MethodGet, "flow", func(ctx context.Context, req Request) respond.Outcome {
		return h.Service.Start(ctx, flow.Browser, req)
	})
}

// ServeStartAPI starts an API client's flow: GET /self-service/settings/api.
func (h *Handler) ServeStartAPI(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, respond.StartAPI, http.MethodGet, "flow", func(ctx context.Context, req Request) respond.Outcome {
		return h.Service.Start(ctx, flow.API, req)
	})
}

// ServeRead reads a flow: GET /self-service/settings/flows?id=.
func (h *Handler) ServeRead(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, respond.Read, http.MethodGet, "id", h.Service.Read)
}

// ServeError explains the error behind a redirect to the error page, as JSON:
// GET /self-service/errors?id=.
func (h *Handler) ServeError(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, respond.ErrorRead, http.MethodGet, "id", h.Service.explain)
}

// ServeErrorPage is the error page for hosts that have none of their own:
// GET /self-service/errors/page?id=.
func (h *Handler) ServeErrorPage(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, respond.ErrorPage, http.MethodGet, "id", h.Service.explainPage)
}

// ServeWhoami shows the session of the request: GET /sessions/whoami.
func (h *Handler) ServeWhoami(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, respond.Whoami, http.MethodGet, "", h.Service.Whoami)
}

// ServeSessions lists the other sessions of the user, or ends them: GET and
// DELETE /sessions.
func (h *Handler) ServeSessions(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		h.serve(w, r, respond.ListSessions, http.MethodGet, "", h.Service.OtherSessions)
	case http.MethodDelete:
		h.serve(w, r, respond.RevokeSessions, http.MethodDelete, "", h.Service.RevokeOthers)
	default:
		h.wrongMethod(w, r, respond.ListSessions, "DELETE, GET")
	}
}

// serveSession ends one session: DELETE /sessions/{id}.
func (h *Handler) serveSession(w http.ResponseWriter, r *http.Request, id string) {
	h.serve(w, r, respond.RevokeSession, http.MethodDelete, "", func(ctx context.Context, req Request) respond.Outcome {
		return h.Service.Revoke(ctx, req, id)
	})
}

// serveCallback takes a browser back that a method has sent to another site:
// GET /self-service/methods/{method}/callback/{path}, and POST where the site does so.
func (h *Handler) serveCallback(w http.ResponseWriter, r *http.Request, method, path string) {
	if posts := h.Service.postsForm(method, path); posts && r.Method == http.MethodPost {
		h.serve(w, r, respond.Callback, http.MethodPost, "", func(ctx context.Context, req Request) respond.Outcome {
			return h.Service.FormPost(ctx, req, method, path)
		})
		return
	} else if posts && r.Method != http.MethodGet {
		h.wrongMethod(w, r, respond.Callback, "GET, POST")
		return
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil { // what cannot be read whole is not trusted in part
		query = nil
	}
	h.serve(w, r, respond.Callback, http.MethodGet, "", func(ctx context.Context, req Request) respond.Outcome {
		return h.Service.Callback(ctx, req, method, path, query)
	})
}

// serveFile sends a file that a method's form needs, or the schema of traits.
func (h *Handler) serveFile(w http.ResponseWriter, r *http.Request, f method.File) {
	h.serve(w, r, respond.StaticFile, http.MethodGet, "", func(context.Context, Request) respond.Outcome {
		o := h.Service.bare(respond.Done, respond.StaticFile)
		o.Body, o.ContentType = f.Body, f.ContentType
		return o
	})
}

// serve runs one operation of the Service for the one HTTP method it has.
// HEAD is refused like any other: it is not GET without a body here.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, e respond.Endpoint, method, flowParam string, run func(context.Context, Request) respond.Outcome) {
	if r.Method != method {
		h.wrongMethod(w, r, e, method)
		return
	}
	ctx, end := h.Service.observe(r.Context(), e.String())
	if ctx != r.Context() { // the lines of the log are of the operation
		r = r.WithContext(ctx)
	}
	req := h.newRequest(w, r, flowParam)
	o := run(ctx, req)
	end(o)
	if b, ok := req.Body.(*patientBody); ok {
		b.finish()
	}
	h.Service.log(r.Context(), o)
	h.send(w, r, o)
}

// saveToken hands the token of a change to the Transport. A change that is made stays made:
// without the cookie its user signs in again.
func (h *Handler) saveToken(w http.ResponseWriter, r *http.Request, token string, s session.Session) {
	if _, own := h.Service.c.Transport.(session.Cookie); !own { // which asks for the end only
		s = s.Clone()
	}
	if err := h.Service.c.Transport.Save(w, r, token, s); err != nil {
		h.Service.c.Logger.ErrorContext(r.Context(), "session token not saved", "session", s.ID, "error", err)
	}
}

func (h *Handler) wrongMethod(w http.ResponseWriter, r *http.Request, e respond.Endpoint, allow string) {
	h.patient(w, r).finish()
	o := h.Service.bare(respond.WrongMethod, e)
	o.Allow = allow
	h.answer(w, r, o)
}

// answer logs an outcome that brings no token, and sends its response.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, o respond.Outcome) {
	h.Service.log(r.Context(), o)
	h.send(w, r, o)
}

func (h *Handler) send(w http.ResponseWriter, r *http.Request, o respond.Outcome) {
	if o.ForgetToken {
		if err := h.Service.c.Transport.Clear(w, r); err != nil {
			h.Service.c.Logger.ErrorContext(r.Context(), "session token not cleared", "error", err)
		}
	}
	for _, c := range o.Cookies {
		h.Service.setCookie(w, c)
	}
	if h.showsError(w, r, o) {
		return
	}
	if err := h.Service.respond.Send(w, o); err != nil {
		h.Service.c.Logger.DebugContext(r.Context(), "response not sent", "error", err)
	}
}
