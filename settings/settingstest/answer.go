package settingstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Answer is a response, read.
type Answer struct {
	Status   int
	Header   http.Header
	Location string // of a redirect
	Body     []byte

	Flow  *Flow  // if the body is a flow
	Error *Error // if the body is an error

	client *Client
}

// Error is the error of an answer.
type Error struct {
	ID      string         `json:"id"`
	Code    int            `json:"code"`
	Reason  string         `json:"reason"`
	Details map[string]any `json:"details"`
}

// Flow is a flow as a client reads it.
type Flow struct {
	ID           string         `json:"id"`
	Type         string         `json:"type"`
	State        string         `json:"state"`
	Active       string         `json:"active"`
	ReturnTo     string         `json:"return_to"`
	RequestURL   string         `json:"request_url"`
	Identity     map[string]any `json:"identity"`
	SessionToken string         `json:"session_token"`
	ContinueWith []struct {
		Action            string `json:"action"`
		OrySessionToken   string `json:"ory_session_token"`
		RedirectBrowserTo string `json:"redirect_browser_to"`
	} `json:"continue_with"`
	UI struct {
		Action   string `json:"action"`
		Nodes    []Node `json:"nodes"`
		Messages []Text `json:"messages"`
	} `json:"ui"`
}

// Node is a node of a flow.
type Node struct {
	Type       string         `json:"type"`
	Group      string         `json:"group"`
	Attributes map[string]any `json:"attributes"`
	Messages   []Text         `json:"messages"`
	Meta       struct {
		Label Text `json:"label"`
	} `json:"meta"`
}

// Text is a message of a flow.
type Text struct {
	ID      int            `json:"id"`
	Text    string         `json:"text"`
	Type    string         `json:"type"`
	Context map[string]any `json:"context"`
}

// Name is the name of an input, the id of another node.
func (n Node) Name() string {
	if name, ok := n.Attributes["name"].(string); ok {
		return name
	}
	id, _ := n.Attributes["id"].(string)
	return id
}

// CSRFToken is the token of the form.
func (f *Flow) CSRFToken() string {
	for _, n := range f.UI.Nodes {
		if n.Name() == "csrf_token" {
			v, _ := n.Attributes["value"].(string)
			return v
		}
	}
	return ""
}

// Messages are the messages of the flow in a short form, in order: the id, or
// "node:id" for one that stands on a node.
func (f *Flow) Messages() []string {
	var out []string
	for _, m := range f.UI.Messages {
		out = append(out, fmt.Sprint(m.ID))
	}
	for _, n := range f.UI.Nodes {
		for _, m := range n.Messages {
			out = append(out, fmt.Sprintf("%s:%d", n.Name(), m.ID))
		}
	}
	return out
}

func newAnswer(c *Client, res *http.Response, raw []byte) *Answer {
	a := &Answer{Status: res.StatusCode, Header: res.Header, Location: res.Header.Get("Location"), Body: raw, client: c}
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		return a
	}
	var shape struct {
		UI    json.RawMessage `json:"ui"`
		Error *Error          `json:"error"`
	}
	if json.Unmarshal(raw, &shape) != nil {
		return a
	}
	if a.Error = shape.Error; shape.UI != nil {
		a.Flow = &Flow{}
		if err := json.Unmarshal(raw, a.Flow); err != nil {
			c.Kit.T.Fatalf("a flow that cannot be read: %v: %s", err, raw)
		}
	}
	return a
}

// SessionToken is the new session token of an API client, "" without one.
func (a *Answer) SessionToken() string {
	if a.Flow == nil {
		return ""
	}
	for _, c := range a.Flow.ContinueWith {
		if c.Action == "set_ory_session_token" {
			return c.OrySessionToken
		}
	}
	return a.Flow.SessionToken
}

// Follow does what a settings page does after a redirect to it: it reads the
// flow that the redirect names. It fails the test if there is none.
func (a *Answer) Follow() *Answer {
	a.client.Kit.T.Helper()
	u, err := url.Parse(a.Location)
	if err != nil || !strings.HasPrefix(a.Location, a.client.Kit.Config.UIURL+"?") || u.Query().Get("flow") == "" {
		a.client.Kit.T.Fatalf("no redirect to the settings page with a flow: %v", a)
	}
	return a.client.Read(u.Query().Get("flow"))
}

// Failure is the error behind a redirect to the error page. It fails the test
// if the answer is no such redirect.
func (a *Answer) Failure() *Error {
	a.client.Kit.T.Helper()
	u, err := url.Parse(a.Location)
	if err != nil || u.Query().Get("id") == "" {
		a.client.Kit.T.Fatalf("no redirect to an error: %v", a)
	}
	behind := a.client.Get("/self-service/errors?id=" + url.QueryEscape(u.Query().Get("id")))
	if behind.Error == nil {
		a.client.Kit.T.Fatalf("no error behind the redirect: %v", behind)
	}
	return behind.Error
}

// Brief is the answer in short, for tables of tests: the status with the messages
// of the flow ("400 password:4000032"), with the id of the error ("403
// session_aal2_required"), or with where a redirect leads: "303 UI ⇒ 1050001" with
// the messages that are read there, or the error of reading it, "303 ERR ⇒ not_found", "303 REFRESH", "303
// STEPUP", "303 LOGIN" for LoginURL, "303 START" for the path at which Kratos starts a login, or else the
// Location itself.
func (a *Answer) Brief() string {
	a.client.Kit.T.Helper()
	said := ""
	u, _ := url.Parse(a.Location) // it is what Location says if it is no URL
	switch {
	case a.Flow != nil:
		said = strings.Join(a.Flow.Messages(), " ")
	case a.Error != nil:
		said = a.Error.ID
	case strings.HasPrefix(a.Location, a.client.Kit.Config.UIURL+"?flow="):
		said = "UI ⇒ "
		if read := a.Follow(); read.Flow != nil {
			said += strings.Join(read.Flow.Messages(), " ")
		} else {
			said += read.Brief()
		}
	case strings.Contains(a.Location, "/self-service/errors/"):
		said = "ERR ⇒ " + a.Failure().ID
	case u != nil && (strings.HasPrefix(a.Location, a.client.Kit.Config.LoginURL) || strings.Contains(u.Path, "/self-service/login/")):
		switch query := u.Query(); {
		case query.Get("refresh") == "true":
			said = "REFRESH"
		case query.Get("aal") == "aal2":
			said = "STEPUP"
		case strings.Contains(u.Path, "/self-service/login/"):
			said = "START"
		default:
			said = "LOGIN"
		}
	default:
		said = a.Location
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, said))
}

func (a *Answer) String() string {
	return fmt.Sprintf("%d %s %s", a.Status, a.Location, a.Body)
}
