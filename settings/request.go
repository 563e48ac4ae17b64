package settings

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/body"
)

// This file owns what is taken from an HTTP request, and how long its body may take.
// Nothing of it is believed.

// Request is what came in, and is not believed. The Handler makes one of an
// http.Request; a test or another transport may make its own.
type Request struct {
	// Flow are the values of the query parameter flow (id where a flow is read).
	Flow []string

	// ReturnTo are the values of the query parameter return_to.
	ReturnTo []string

	// Tokens are the session tokens the request carries.
	Tokens session.Presented

	// Cookies are the names of all cookies that the request carries.
	Cookies []string

	// Headers, each joined by commas if there were several.
	Accept          string
	ContentType     string
	ContentEncoding string
	Origin          string
	FetchSite       string // Sec-Fetch-Site
	FetchDest       string // Sec-Fetch-Dest

	// Pauses are the cookies of paused changes that it carries: names and values.
	Pauses []respond.Cookie

	// ClientIP is the address of the client, "" if it is not known: a hint for
	// hooks.
	ClientIP string

	// Prefetch says that the browser only fetches ahead (Sec-Purpose).
	Prefetch bool

	// WantsForm asks for the form of an outcome that has one, also where the answer
	// to its client is without: for callers in the process. The Handler needs none
	// for a redirect or an error.
	WantsForm bool

	// SaveToken is told the token that a browser keeps from now on, with its session,
	// when a change is made, before the answer is; nil where the Token of the outcome
	// is enough. The session is not the callee's to change.
	SaveToken func(token string, s session.Session)

	// Body is read only when every guard before it has let the request pass;
	// nil is an empty one.
	Body io.Reader

	// Parsed are the fields of a form that a middleware has already parsed, nil if none
	// has; ParsedFiles says that the form has files. They are used if nothing of Body is
	// left. The query of the URL is no part of them.
	Parsed      url.Values
	ParsedFiles bool
}

// newRequest translates an HTTP request. flowParam is the parameter that names
// the flow.
func (h *Handler) newRequest(w http.ResponseWriter, r *http.Request, flowParam string) Request {
	req := h.Service.requestOf(r)
	req.SaveToken = func(token string, s session.Session) { h.saveToken(w, r, token, s) }
	req.Flow = queryValues(r.URL.RawQuery, flowParam)
	req.ReturnTo = queryValues(r.URL.RawQuery, "return_to")
	if b := h.patient(w, r); b != nil {
		req.Body = b
	}
	req.Parsed = r.PostForm
	if f := r.MultipartForm; f != nil {
		req.ParsedFiles = len(f.File) > 0
		if len(f.Value) > 0 {
			req.Parsed = f.Value
		}
	}
	return req
}

// requestOf is what the headers of an HTTP request say.
func (s *Service) requestOf(r *http.Request) Request {
	return Request{
		Tokens:          session.Present(r, s.c.Transport),
		Cookies:         cookieNames(r.Header["Cookie"]),
		Accept:          joined(r, "Accept"),
		ContentType:     joined(r, "Content-Type"),
		ContentEncoding: joined(r, "Content-Encoding"),
		Origin:          joined(r, "Origin"),
		FetchSite:       joined(r, "Sec-Fetch-Site"),
		FetchDest:       joined(r, "Sec-Fetch-Dest"),
		Pauses:          s.begunCookiesOf(begunPause, r),
		ClientIP:        s.clientIP(r),
		Prefetch:        strings.Contains(joined(r, "Sec-Purpose"), "prefetch") || strings.Contains(joined(r, "Purpose"), "prefetch"),
	}
}

func cookieNames(headers []string) (names []string) {
	for _, line := range headers {
		for pair := range strings.SplitSeq(line, ";") {
			name, _, _ := strings.Cut(pair, "=")
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names
}

func joined(r *http.Request, header string) string {
	v := r.Header[header]
	if len(v) == 1 {
		return v[0]
	}
	return strings.Join(v, ",")
}

// queryValues are the values of one parameter. What cannot be decoded stands as
// it is: url.ParseQuery would drop it, and a refusal must not turn into absence.
func queryValues(raw, name string) (values []string) {
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		k, v, _ := strings.Cut(pair, "=")
		if k, err := url.QueryUnescape(k); err != nil || k != name {
			continue
		}
		if decoded, err := url.QueryUnescape(v); err == nil {
			v = decoded
		}
		values = append(values, v)
	}
	return values
}

// single is the one value among equal ones; ok is false if they differ.
func single(values []string) (v string, ok bool) {
	for i, x := range values {
		if i > 0 && x != v {
			return "", false
		}
		v = x
	}
	return v, true
}

// patientBody reads a body for so long and no longer: a client that sends a
// byte a minute must not keep a goroutine.
type patientBody struct {
	r        io.Reader
	control  *http.ResponseController
	patience time.Duration
	timer    *time.Timer
	missing  bool // the request announces bytes, and none has come yet
	asked    bool // the client sends the body only if it is read (Expect: 100-continue)
	ended    bool
}

// patient is the body of a request, nil if it has none.
func (h *Handler) patient(w http.ResponseWriter, r *http.Request) *patientBody {
	from := r.Body
	if from == nil {
		from = http.NoBody
	}
	announced := r.ContentLength > 0
	if from == http.NoBody && !announced {
		return nil
	}
	return &patientBody{
		r: from, control: http.NewResponseController(w), patience: h.Service.c.BodyTimeout,
		missing: announced, asked: r.Header.Get("Expect") != "",
	}
}

// A deadline in the past ends a read that is under way, at once. It is set by
// a timer, so that no clock needs to be asked.
var past = time.Unix(1, 0)

func (b *patientBody) Read(p []byte) (int, error) {
	if b.timer == nil {
		b.timer = time.AfterFunc(b.patience, func() { _ = b.control.SetReadDeadline(past) })
	}
	n, err := b.r.Read(p)
	if n > 0 {
		b.missing = false
	}
	if err == io.EOF && b.missing { // a client that goes away is another error
		err = body.ErrConsumed
	}
	if err != nil {
		b.ended = true
		b.timer.Stop()
	}
	return n, err
}

// maxRest is how much of a body that nobody wants is read, so that the
// connection can be used again: as much as net/http reads.
const maxRest = 256 << 10

// finish is called before the answer. net/http waits for the rest of a body
// before it sends one, for as long as that takes; here the rest has what is
// left of the body's time.
func (b *patientBody) finish() {
	if b == nil || b.ended {
		return
	}
	if !b.asked {
		_, _ = io.CopyN(io.Discard, b, maxRest)
	}
	if b.timer != nil {
		b.timer.Stop()
	}
	if !b.ended {
		_ = b.control.SetReadDeadline(past)
	}
}
