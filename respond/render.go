package respond

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/wire"
)

// Responder renders outcomes for one installation. Its URLs are absolute and
// come from configuration, never from a request.
type Responder struct {
	Table Table
	Ring  *seal.Keyring

	Public string // where the library is mounted, without a slash at the end
	UI     string // the settings page
	Login  string // the login page
	Error  string // the error page; "" for the small one of ours

	// LoginStart is the URL that starts a login and leads to the login page; "" if
	// a login begins there.
	LoginStart string
}

// Render gives the response to an outcome. The same outcome gives the same response, except
// for a redirect ToError, whose sealed id has a random nonce. An outcome that the table has
// no row for is answered as a Bug.
func (r *Responder) Render(o Outcome) Response { return r.render(wire.New(2048), o) }

// render is Render with a form that is written to w.
func (r *Responder) render(w *wire.Writer, o Outcome) Response {
	row, ok := r.Table.Row(o.Kind, o.Endpoint)
	if !ok {
		o.Kind = Bug
		row, _ = r.Table.Row(Bug, o.Endpoint)
	}
	cell := row.Cell(o.Client)
	if cell.Body == FormBody && o.Form == nil {
		// No form can be shown: the outcome lacks what its row needs.
		o.Kind = Bug
		row, _ = r.Table.Row(Bug, o.Endpoint)
		cell = row.Cell(o.Client)
	}
	res := Response{Status: cell.Status, Allow: o.Allow}
	switch o.Kind {
	case TooManyTries, Overloaded, Unavailable:
		res.RetryAfter = max(time.Second, o.RetryAfter)
	}
	target := r.target(cell, o)
	switch cell.Body {
	case NoBody:
		res.Location = target
	case FormBody:
		o.Form.WriteJSON(w, r.extra(cell.Extra, o))
		res.ContentType, res.Body = typeJSON, w.Bytes()
	case ErrorBody:
		res.ContentType, res.Body = typeJSON, r.errorBody(cell, o, target)
	case DoneBody:
		res.ContentType, res.Body, res.Public = cmp.Or(o.ContentType, typeJSON), o.Body, o.Endpoint == StaticFile
	case PageBody:
		res.ContentType, res.Body = typeHTML, errorPage(o.Failure)
	}
	return res
}

func (r *Responder) extra(x Extra, o Outcome) flow.Extra {
	switch {
	case x == WithToken:
		return flow.Extra{SessionToken: o.Token, SetToken: o.Token}
	case x == WithNewToken && o.Rotated:
		return flow.Extra{SetToken: o.Token}
	case x == WithRedirection:
		return flow.Extra{RedirectTarget: r.after(o)}
	}
	return flow.Extra{}
}

// failure is the client's half of the error that a cell names.
func failure(cell Cell, o Outcome) Error {
	reason := o.Reason
	switch {
	case reason != "":
	case o.Kind == BadReturnTo: // its id may be that of a mismatch, which says nothing of return_to
		reason = ErrorIDs[ReturnToForbidden]
	default:
		reason = ErrorIDs[cell.ID]
	}
	return Error{ID: cell.ID, Code: cmp.Or(cell.Code, cell.Status), Reason: reason}
}

func (r *Responder) errorBody(cell Cell, o Outcome, target string) []byte {
	w := wire.New(512)
	w.BeginObject()
	w.Key("error")
	failure(cell, o).write(w, r.details(cell, o))
	if target != "" {
		w.Field("redirect_browser_to", target)
	}
	if cell.ID == FlowExpired && !o.ExpiredAt.IsZero() {
		if o.UseFlow != "" {
			w.Field("use_flow_id", o.UseFlow)
		}
		w.Key("expired_at")
		w.Time(o.ExpiredAt)
		w.Key("since")
		w.Int(int64(o.At.Sub(o.ExpiredAt)))
	}
	w.EndObject()
	return w.Bytes()
}

// details tell a program what to do next.
func (r *Responder) details(cell Cell, o Outcome) Details {
	switch {
	case cell.ID == SessionRefreshRequired && o.Refresh == aal.AAL2:
		return Details{"login": map[string]any{"refresh": true, "aal": "aal2"}}
	case cell.ID == SessionRefreshRequired:
		return Details{"login": map[string]any{"refresh": true}}
	case cell.ID == SessionAAL2Required:
		return Details{"login": map[string]any{"aal": "aal2"}}
	case cell.ID == FlowExpired && o.Endpoint == Read && o.Client == API:
		return Details{"api": r.Public + "/self-service/settings/api"}
	case cell.ID == FlowExpired && o.Endpoint == Read:
		return Details{"redirect_to": r.Public + "/self-service/settings/browser"}
	}
	return nil
}

func (r *Responder) target(cell Cell, o Outcome) string {
	switch cell.Target {
	case ToUI:
		return r.ui(o)
	case ToAfter:
		return r.after(o)
	case ToFlow:
		return withQuery(r.Public+"/self-service/settings/flows", "id", o.flowID())
	case ToLogin:
		return withQuery(r.login(), "return_to", r.back(o, r.ui(o)))
	case ToLoginStart:
		return withQuery(r.login(), "return_to", o.ReturnTo)
	case ToLoginPage:
		return r.Login
	case ToRefresh:
		level := ""
		if o.Refresh == aal.AAL2 {
			level = "aal2"
		}
		return withQuery(r.login(), "refresh", "true", "return_to", r.back(o, r.resume(o)), "aal", level)
	case ToStepUp:
		return withQuery(r.login(), "aal", "aal2", "return_to", r.back(o, r.resume(o)))
	case ToError:
		page := r.Error
		if page == "" {
			page = r.Public + "/self-service/errors/page"
		}
		return withQuery(page, "id", SealError(r.Ring, failure(cell, o), o.At))
	case ToURL:
		return o.URL
	}
	return ""
}

// login is where a login starts.
func (r *Responder) login() string {
	if r.LoginStart != "" {
		return r.LoginStart
	}
	return r.Login
}

func (r *Responder) ui(o Outcome) string {
	if id := o.flowID(); id != "" {
		return withQuery(r.UI, "flow", id)
	}
	return r.UI
}

func (r *Responder) after(o Outcome) string {
	if o.After != "" {
		return o.After
	}
	return r.ui(o)
}

func (r *Responder) resume(o Outcome) string {
	return withQuery(r.Public+"/self-service/settings", "flow", o.flowID())
}

// back is where a login leads back to: with a flow, the given URL; without
// one, what was asked for.
func (r *Responder) back(o Outcome, withFlow string) string {
	switch {
	case o.HostPath != "":
		return origin(r.Public) + o.HostPath
	case o.flowID() != "":
		return withFlow
	case o.Endpoint == StartBrowser && o.ReturnTo == "" && r.LoginStart != "":
		return "" // a login that was started, not visited, knows where to go
	case o.Endpoint == StartBrowser:
		return withQuery(r.Public+"/self-service/settings/browser", "return_to", o.ReturnTo)
	}
	return r.UI
}

// origin is scheme and host of an absolute URL.
func origin(absolute string) string {
	scheme, rest, _ := strings.Cut(absolute, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

// withQuery adds parameters, given as key, value, …, to a URL that may have
// some already. One without a value is left out.
func withQuery(base string, pairs ...string) string {
	var b strings.Builder
	b.Grow(len(base) + 64) // with the id of a flow
	b.WriteString(base)
	sep := byte('?')
	if strings.Contains(base, "?") {
		sep = '&'
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		b.WriteByte(sep)
		b.WriteString(pairs[i])
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(pairs[i+1]))
		sep = '&'
	}
	return b.String()
}
