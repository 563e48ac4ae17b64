package respond

import (
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
)

// Kind is the kind of result that a request had.
type Kind uint8

const (
	Done         Kind = iota + 1 // an endpoint other than a submit did what it is for
	Started                      // a flow was created
	Succeeded                    // a submit changed what it asked for
	Shown                        // a submit was a step on the way: the form asks for the next
	Invalid                      // input not valid: messages stand on the form
	Expired                      // the flow expired: Form is the fresh one
	Gone                         // no fresh flow either, or from before a credential change
	NoSession                    // no valid session
	Stale                        // older than the privileged age
	LowAAL                       // assurance level too low
	Mismatch                     // another identity's flow
	Forged                       // the anti-CSRF check failed
	BadReturnTo                  // return_to not allowed
	Redirect                     // the browser must open a URL
	NoFlow                       // unknown flow
	Disabled                     // a method that is not offered
	NoFlowGiven                  // the flow parameter is missing or malformed
	Ambiguous                    // two sessions in one request, or another contradiction before a flow is known
	TooLarge                     // body over the limit
	TooSlow                      // body did not arrive whole
	WrongMedia                   // media type, charset or encoding
	TooManyTries                 // a factor is locked
	Overloaded                   // no room for the work
	Unavailable                  // a store failed
	Bug                          // ours
	NotFound                     // no such endpoint, or nothing by that id
	WrongMethod                  // HTTP method

	kinds // how many there are
)

var kindNames = [...]string{
	Done: "done", Started: "started", Succeeded: "succeeded", Shown: "shown", Invalid: "invalid", Expired: "expired",
	Gone: "gone", NoSession: "no_session", Stale: "stale", LowAAL: "low_aal", Mismatch: "mismatch", Forged: "forged",
	BadReturnTo: "bad_return_to", Redirect: "redirect", NoFlow: "no_flow", Disabled: "disabled",
	NoFlowGiven: "no_flow_given", Ambiguous: "ambiguous", TooLarge: "too_large", TooSlow: "too_slow",
	WrongMedia: "wrong_media", TooManyTries: "too_many_tries", Overloaded: "overloaded", Unavailable: "unavailable",
	Bug: "bug", NotFound: "not_found", WrongMethod: "wrong_method",
}

func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "unknown"
}

// Endpoint is the endpoint that a request was for. A table may have a row for one endpoint,
// beside the row for AnyEndpoint.
type Endpoint uint8

const (
	AnyEndpoint Endpoint = iota
	StartBrowser
	StartAPI
	Read      // GET .../flows
	Submit    // POST .../settings
	Resume    // GET .../settings
	ErrorRead // GET .../errors
	ErrorPage // GET .../errors/page
	Whoami
	ListSessions
	RevokeSessions
	RevokeSession
	HostRoute  // a route of the host behind our middleware
	Callback   // GET .../methods/{method}/callback/{path}
	StaticFile // a script of a form, a schema
)

var endpointNames = [...]string{
	AnyEndpoint: "any", StartBrowser: "start_browser", StartAPI: "start_api", Read: "read", Submit: "submit",
	Resume: "resume", ErrorRead: "error", ErrorPage: "error_page", Whoami: "whoami", ListSessions: "list_sessions",
	RevokeSessions: "revoke_sessions", RevokeSession: "revoke_session", HostRoute: "host_route",
	Callback: "callback", StaticFile: "file",
}

func (e Endpoint) String() string {
	if int(e) < len(endpointNames) {
		return endpointNames[e]
	}
	return "unknown"
}

// Cookie is a further cookie for a browser. Whatever writes it adds Path, Secure, HttpOnly
// and SameSite=Lax, and no Domain. Zero for Lifetime makes the browser forget the cookie.
type Cookie struct {
	Name, Value string
	Lifetime    time.Duration
}

// Outcome is what was decided about one request, in values. A field that a kind does not
// need is zero; "of Expired" in a field's comment means that only an Outcome of the Kind
// Expired has it.
type Outcome struct {
	Kind     Kind
	Endpoint Endpoint
	Client   Client

	// At is when it was decided.
	At time.Time

	// Form is the flow as its client sees it; of Expired, the fresh one.
	Form *flow.Form

	// FlowID is the id of the flow that a redirect leads back to when Form is nil. It is ""
	// or has the form of an id.
	FlowID string

	// After is where a success leads: the flow's return_to, the method's
	// after-URL or the general one; "" for the settings UI with the flow.
	After string

	// ReturnTo is the allowed return_to that a start was asked with.
	ReturnTo string

	// HostPath is the path and query of a host's own route, to come back to.
	HostPath string

	// URL is what the browser must open, of Redirect.
	URL string

	// Token is the session token the client holds from now on, until
	// TokenExpires; "" if nothing changes. Rotated says that it is not the one
	// it presented. An API client gets it in the body; for a browser the
	// handler saves it where the host keeps tokens: a cookie.
	Token        string
	TokenExpires time.Time
	Rotated      bool

	// ForgetToken makes a browser forget the session token that it keeps, of Ambiguous.
	ForgetToken bool

	// Cookies are further ones that a browser is to keep for a while.
	Cookies []Cookie

	// Body is that of a Done answer that is no flow: JSON, or of ContentType.
	Body        []byte
	ContentType string

	// ExpiredAt is when the flow expired, of Expired and Gone, if it did, and
	// UseFlow the id of the fresh flow in its place, if there is one.
	ExpiredAt time.Time
	UseFlow   string

	// Refresh is the level whose factor has to be proved again, of Stale: AAL2 for a
	// second factor. Zero is AAL1.
	Refresh aal.Level

	// Failure is the error that an error endpoint shows.
	Failure Error

	// Reason replaces the general sentence of the error, for the client.
	Reason string

	// RetryAfter is how long to wait, of TooManyTries, Overloaded and
	// Unavailable; at least a second is sent.
	RetryAfter time.Duration

	// Allow lists the methods of an endpoint, of WrongMethod.
	Allow string

	// The log's half: never sent.
	Err        error  // what went wrong
	IdentityID string // id of the session's identity
	SessionID  string
	Method     string // the settings method that was asked for
}

// flowID is the id of the flow the outcome is about, "" without one.
func (o *Outcome) flowID() string {
	if o.Form != nil {
		return o.Form.ID
	}
	return o.FlowID
}
