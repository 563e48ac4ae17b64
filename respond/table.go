package respond

import (
	"fmt"
	"maps"
)

// Body is what a response's body holds.
type Body uint8

const (
	NoBody    Body = iota
	FormBody       // the flow
	ErrorBody      // the error
	DoneBody       // Outcome.Body
	PageBody       // a small HTML page of ours
)

// Target is where a response leads: as Location of a redirect, or as
// redirect_browser_to beside an error.
type Target uint8

const (
	Nowhere      Target = iota
	ToUI                // the settings UI, with the flow if one is known
	ToAfter             // Outcome.After, else the settings UI with the flow
	ToFlow              // the URL that reads the flow
	ToLogin             // login, to come back to the settings UI with the flow
	ToLoginStart        // login, with the return_to that was asked for, if any
	ToLoginPage         // the login page, as it is
	ToRefresh           // login with refresh=true, and aal=aal2 for a second factor, to come back to the resume URL
	ToStepUp            // login with aal=aal2, to come back to the resume URL
	ToError             // the error UI, with the error that the cell names
	ToURL               // Outcome.URL
)

// Extra is what a form carries besides the flow.
type Extra uint8

const (
	NoExtra         Extra = iota
	WithToken             // session_token, and continue_with set_ory_session_token
	WithNewToken          // continue_with set_ory_session_token, if the token was rotated
	WithRedirection       // continue_with redirect_browser_to
)

// Cell is the answer to one kind of client.
type Cell struct {
	Status int
	Body   Body
	Extra  Extra
	Target Target

	// ID names the error in the body, or the one behind a redirect ToError. The code of an
	// error in the body is the Status; the code of one behind a redirect is Code.
	ID   ErrorID
	Code int
}

// Row is the answer to one kind of outcome, for each kind of client.
type Row struct {
	API, Page, Script Cell
}

// Cell is the row's cell for a client.
func (r Row) Cell(c Client) Cell {
	switch c {
	case Page:
		return r.Page
	case Script:
		return r.Script
	}
	return r.API
}

// Key is the place of a row in a Table. A row for an endpoint is used in preference to the
// one for AnyEndpoint.
type Key struct {
	Kind     Kind
	Endpoint Endpoint
}

// Table gives the answer to each kind of outcome, for each kind of client. Every status
// that this library writes stands in one.
type Table struct {
	Rows map[Key]Row
}

// Clone copies the table, for a host that replaces cells.
func (t Table) Clone() Table {
	t.Rows = maps.Clone(t.Rows)
	return t
}

// Row is the row for a kind at an endpoint.
func (t Table) Row(k Kind, e Endpoint) (Row, bool) {
	r, ok := t.Rows[Key{k, e}]
	if !ok {
		r, ok = t.Rows[Key{k, AnyEndpoint}]
	}
	return r, ok
}

// ShowsForm reports whether the answer has a form in its body. Render needs Outcome.Form
// only then.
func (t Table) ShowsForm(k Kind, c Client, e Endpoint) bool {
	row, ok := t.Row(k, e)
	return ok && row.Cell(c).Body == FormBody
}

// ShowsError reports whether the answer has the error in its body. Its client then learns
// of the error without reading the flow.
func (t Table) ShowsError(k Kind, c Client, e Endpoint) bool {
	row, ok := t.Row(k, e)
	return ok && row.Cell(c).Body == ErrorBody
}

// Check reports what makes a table unusable: a kind without a row for every
// endpoint, a cell without a status, a redirect to nowhere, an error without an
// id of the list, a bug that shows a form.
func (t Table) Check() error {
	for k := Done; k < kinds; k++ {
		if _, ok := t.Rows[Key{k, AnyEndpoint}]; !ok {
			return fmt.Errorf("respond: the table has no row for %v at any endpoint", k)
		}
	}
	for key, row := range t.Rows {
		for _, c := range []Client{API, Page, Script} {
			cell := row.Cell(c)
			if cell.Status < 200 || cell.Status > 599 {
				return fmt.Errorf("respond: %v at %v for %v has no status", key.Kind, key.Endpoint, c)
			}
			if cell.Status/100 == 3 && cell.Target == Nowhere {
				return fmt.Errorf("respond: %v at %v for %v redirects to nowhere", key.Kind, key.Endpoint, c)
			}
			if key.Kind == Bug && cell.Body == FormBody {
				return fmt.Errorf("respond: %v at %v for %v shows a form, which a bug does not have", key.Kind, key.Endpoint, c)
			}
			if _, known := ErrorIDs[cell.ID]; cell.Body == ErrorBody && !known {
				return fmt.Errorf("respond: %v at %v for %v has no error id of the list", key.Kind, key.Endpoint, c)
			}
			if _, known := ErrorIDs[cell.ID]; cell.Target == ToError && (!known || cell.Code < 400) {
				return fmt.Errorf("respond: %v at %v for %v leads to an error without an id of the list or a code", key.Kind, key.Endpoint, c)
			}
		}
	}
	return nil
}

func form(status int, x Extra) Cell { return Cell{Status: status, Body: FormBody, Extra: x} }
func see(t Target) Cell             { return Cell{Status: 303, Target: t} }
func fail(status int, id ErrorID) Cell {
	return Cell{Status: status, Body: ErrorBody, ID: id}
}

// failTo is an error that also tells where a browser should go.
func failTo(status int, id ErrorID, t Target) Cell {
	return Cell{Status: status, Body: ErrorBody, ID: id, Target: t}
}

// same is a row that answers every client alike.
func same(c Cell) Row { return Row{API: c, Page: c, Script: c} }

// failing answers JSON clients with an error, and leads pages to the same one.
func failing(status int, id ErrorID) Row { return orPage(fail(status, id), seeError(status, id)) }

// seeError leads a page to the error UI.
func seeError(code int, id ErrorID) Cell {
	return Cell{Status: 303, Target: ToError, ID: id, Code: code}
}

// orPage answers JSON clients with one cell and pages with another.
func orPage(c, page Cell) Row { return Row{API: c, Page: page, Script: c} }

// Documented is the default table: the documented contract of the Ory Kratos settings
// endpoint, POST /self-service/settings, and of the endpoints around it.
func Documented() Table {
	return Table{Rows: map[Key]Row{
		// What a submit comes to.       API client                     page           script in a browser
		{Succeeded, AnyEndpoint}:    {form(200, WithToken), see(ToAfter), form(200, WithRedirection)},
		{Shown, AnyEndpoint}:        {form(200, NoExtra), see(ToUI), form(200, NoExtra)},
		{Invalid, AnyEndpoint}:      {form(400, NoExtra), see(ToUI), form(400, NoExtra)},
		{Expired, AnyEndpoint}:      {see(ToFlow), see(ToUI), see(ToLogin)},
		{Gone, AnyEndpoint}:         failing(410, FlowExpired),
		{NoSession, AnyEndpoint}:    {fail(401, SessionInactive), see(ToLogin), fail(401, SessionInactive)},
		{Stale, AnyEndpoint}:        {failTo(403, SessionRefreshRequired, ToRefresh), see(ToRefresh), failTo(403, SessionRefreshRequired, ToRefresh)},
		{LowAAL, AnyEndpoint}:       {failTo(403, SessionAAL2Required, ToStepUp), see(ToStepUp), failTo(403, SessionAAL2Required, ToStepUp)},
		{Mismatch, AnyEndpoint}:     failing(403, IdentityMismatch),
		{Forged, AnyEndpoint}:       failing(403, CSRFViolation), // of an API client: a callback that somebody else has begun
		{BadReturnTo, AnyEndpoint}:  failing(403, IdentityMismatch),
		{Redirect, AnyEndpoint}:     {failTo(422, LocationChangeRequired, ToURL), see(ToURL), failTo(422, LocationChangeRequired, ToURL)},
		{NoFlow, AnyEndpoint}:       failing(404, FlowNotFound),
		{Disabled, AnyEndpoint}:     failing(404, FlowDisabled),
		{NoFlowGiven, AnyEndpoint}:  failing(400, FlowMissing),
		{Ambiguous, AnyEndpoint}:    failing(400, BadRequest),
		{TooLarge, AnyEndpoint}:     failing(413, BodyTooLarge),
		{TooSlow, AnyEndpoint}:      failing(408, BodyTooSlow),
		{WrongMedia, AnyEndpoint}:   failing(415, UnsupportedMediaType),
		{TooManyTries, AnyEndpoint}: orPage(fail(429, TooManyTriesID), see(ToUI)),
		{Overloaded, AnyEndpoint}:   orPage(fail(503, OverloadedID), see(ToUI)),
		{Unavailable, AnyEndpoint}:  orPage(fail(503, UnavailableID), see(ToUI)),
		{Bug, AnyEndpoint}:          failing(500, InternalError),
		{NotFound, AnyEndpoint}:     same(fail(404, NotFoundID)),
		{WrongMethod, AnyEndpoint}:  same(fail(405, MethodNotAllowed)),
		{NotFound, Submit}:          failing(404, NotFoundID),

		// Starting a flow. A store that fails must not send a page to the
		// settings UI: without a flow that would start one again, for ever.
		{Started, AnyEndpoint}:      orPage(form(200, NoExtra), see(ToUI)),
		{BadReturnTo, StartBrowser}: failing(400, IdentityMismatch),
		{BadReturnTo, StartAPI}:     same(fail(400, IdentityMismatch)),
		{Unavailable, StartBrowser}: failing(503, UnavailableID),
		{Unavailable, Resume}:       failing(503, UnavailableID),

		// Coming back to a flow whose time is over: the settings UI finds out.
		// A login that could not raise the level must not be started again here.
		{LowAAL, Resume}:  orPage(failTo(403, SessionAAL2Required, ToStepUp), see(ToUI)),
		{Expired, Resume}: orPage(fail(410, FlowExpired), see(ToUI)),

		// Coming back from another site is a page's business alone.
		{Expired, Callback}:     orPage(fail(410, FlowExpired), see(ToUI)),
		{Unavailable, Callback}: failing(503, UnavailableID),

		// Reading a flow is JSON for every client.
		{Shown, Read}:       same(form(200, NoExtra)),
		{Expired, Read}:     same(fail(410, FlowExpired)),
		{Gone, Read}:        same(fail(410, FlowExpired)),
		{NoSession, Read}:   same(fail(401, SessionInactive)),
		{LowAAL, Read}:      same(failTo(403, SessionAAL2Required, ToStepUp)),
		{Mismatch, Read}:    same(fail(403, IdentityMismatch)),
		{NoFlow, Read}:      same(fail(404, FlowNotFound)),
		{NoFlowGiven, Read}: same(fail(404, FlowNotFound)),
		{Ambiguous, Read}:   same(fail(400, BadRequest)),
		{Unavailable, Read}: same(fail(503, UnavailableID)),
		{Bug, Read}:         same(fail(500, InternalError)),

		// Everything else speaks JSON, but for the page that shows an error
		// and the host's own routes.
		{Done, AnyEndpoint}:           same(Cell{Status: 200, Body: DoneBody}),
		{Done, ErrorPage}:             same(Cell{Status: 200, Body: PageBody}),
		{NotFound, ErrorPage}:         same(Cell{Status: 404, Body: PageBody, ID: NotFoundID}),
		{Done, RevokeSession}:         same(Cell{Status: 204}),
		{NoSession, Whoami}:           same(fail(401, SessionInactive)),
		{NoSession, ListSessions}:     same(fail(401, SessionInactive)),
		{NoSession, RevokeSessions}:   same(fail(401, SessionInactive)),
		{NoSession, RevokeSession}:    same(fail(401, SessionInactive)),
		{LowAAL, Whoami}:              same(failTo(403, SessionAAL2Required, ToStepUp)),
		{LowAAL, ListSessions}:        same(failTo(403, SessionAAL2Required, ToStepUp)),
		{LowAAL, RevokeSessions}:      same(failTo(403, SessionAAL2Required, ToStepUp)),
		{LowAAL, RevokeSession}:       same(failTo(403, SessionAAL2Required, ToStepUp)),
		{Stale, Whoami}:               same(failTo(403, SessionRefreshRequired, ToRefresh)),
		{Stale, ListSessions}:         same(failTo(403, SessionRefreshRequired, ToRefresh)),
		{Stale, RevokeSessions}:       same(failTo(403, SessionRefreshRequired, ToRefresh)),
		{Stale, RevokeSession}:        same(failTo(403, SessionRefreshRequired, ToRefresh)),
		{Forged, RevokeSessions}:      same(fail(403, CSRFViolation)),
		{Forged, RevokeSession}:       same(fail(403, CSRFViolation)),
		{Ambiguous, Whoami}:           same(fail(400, SessionAmbiguous)),
		{Ambiguous, ListSessions}:     same(fail(400, SessionAmbiguous)),
		{Ambiguous, RevokeSessions}:   same(fail(400, SessionAmbiguous)),
		{Ambiguous, RevokeSession}:    same(fail(400, SessionAmbiguous)),
		{Ambiguous, HostRoute}:        same(fail(400, SessionAmbiguous)),
		{Unavailable, Whoami}:         same(fail(503, UnavailableID)),
		{Unavailable, ListSessions}:   same(fail(503, UnavailableID)),
		{Unavailable, RevokeSessions}: same(fail(503, UnavailableID)),
		{Unavailable, RevokeSession}:  same(fail(503, UnavailableID)),
		{Unavailable, HostRoute}:      same(fail(503, UnavailableID)),
		{Bug, Whoami}:                 same(fail(500, InternalError)),
		{Bug, ListSessions}:           same(fail(500, InternalError)),
		{Bug, RevokeSessions}:         same(fail(500, InternalError)),
		{Bug, RevokeSession}:          same(fail(500, InternalError)),
		{Bug, HostRoute}:              same(fail(500, InternalError)),
	}}
}
