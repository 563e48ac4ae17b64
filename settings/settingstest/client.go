package settingstest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"github.com/amend-go/amend/respond"
)

// Fields are the fields of a submit. A page sends them as a form, with nested
// objects as dotted names, and a list as one name several times; the others as JSON.
type Fields map[string]any

// Client is a signed-in client of one kind.
type Client struct {
	Kind respond.Client
	Kit  *Kit

	// Token is what an API client holds. A browser's stands in Jar.
	Token string
	Jar   http.CookieJar

	// Header is sent with every request, in place of what the client would
	// send: an empty list leaves a header out.
	Header http.Header
}

// Anonymous is a client without a session.
func (k *Kit) Anonymous(kind respond.Client) *Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		k.T.Fatal(err)
	}
	return &Client{Kind: kind, Kit: k, Jar: jar, Header: http.Header{}}
}

// Copy is a second client that holds what this one holds now: another tab, or
// a thief.
func (c *Client) Copy() *Client {
	other := c.Kit.Anonymous(c.Kind)
	other.Token = c.Token
	u, err := url.Parse(c.Kit.Config.PublicURL)
	if err != nil {
		c.Kit.T.Fatal(err)
	}
	other.Jar.SetCookies(u, c.Jar.Cookies(u))
	return other
}

// Start starts a flow and reads it. It fails the test if either fails; use Get to test
// that.
func (c *Client) Start() *Flow {
	c.Kit.T.Helper()
	a := c.Get("/self-service/settings/" + map[bool]string{true: "api", false: "browser"}[c.Kind == respond.API])
	if c.Kind == respond.Page && a.Status == http.StatusSeeOther {
		a = a.Follow()
	}
	if a.Flow == nil {
		c.Kit.T.Fatalf("%v: no flow started: %v", c.Kind, a)
	}
	return a.Flow
}

// Read reads a flow.
func (c *Client) Read(flowID string) *Answer {
	c.Kit.T.Helper()
	return c.Get("/self-service/settings/flows?id=" + url.QueryEscape(flowID))
}

// Submit submits a flow, by the kind of request that the client's kind makes and with the
// form's token where it belongs. After a success the client goes on with its new session
// token, if there is one.
func (c *Client) Submit(f *Flow, fields Fields) *Answer {
	c.Kit.T.Helper()
	c.Kit.watch.submitted(fields)
	all := Fields{}
	if token := f.CSRFToken(); token != "" {
		all["csrf_token"] = token
	}
	for k, v := range fields {
		all[k] = v
	}
	path := "/self-service/settings?flow=" + url.QueryEscape(f.ID)
	if c.Kind == respond.Page {
		form := url.Values{}
		flatten(form, "", all)
		return c.Post(path, "application/x-www-form-urlencoded", form.Encode())
	}
	j, err := json.Marshal(all)
	if err != nil {
		c.Kit.T.Fatal(err)
	}
	return c.Post(path, "application/json", string(j))
}

func flatten(form url.Values, prefix string, m map[string]any) {
	for k, v := range m {
		switch v := v.(type) {
		case Fields:
			flatten(form, prefix+k+".", v)
		case map[string]any:
			flatten(form, prefix+k+".", v)
		case []any:
			for _, entry := range v {
				form.Add(prefix+k, fmt.Sprint(entry))
			}
		case []string:
			form[prefix+k] = v
		default:
			form.Add(prefix+k, fmt.Sprint(v))
		}
	}
}

// Whoami asks who is signed in.
func (c *Client) Whoami() *Answer {
	c.Kit.T.Helper()
	return c.Get("/sessions/whoami")
}

// Get asks for a path below PublicURL.
func (c *Client) Get(path string) *Answer {
	c.Kit.T.Helper()
	return c.Do(http.MethodGet, path, "", "")
}

// Post sends a body to a path below PublicURL.
func (c *Client) Post(path, contentType, body string) *Answer {
	c.Kit.T.Helper()
	return c.Do(http.MethodPost, path, contentType, body)
}

// Do makes any request with the headers that a client of its kind sends: to a path below
// PublicURL, or to a whole URL of App.
func (c *Client) Do(method, path, contentType, body string) *Answer {
	t := c.Kit.T
	t.Helper()
	if strings.HasPrefix(path, "/") {
		path = c.Kit.Config.PublicURL + path
	}
	r, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	switch c.Kind {
	case respond.API:
		r.Header.Set("Accept", "application/json")
		if c.Token != "" {
			r.Header.Set("X-Session-Token", c.Token)
		}
	case respond.Page:
		r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	case respond.Script:
		r.Header.Set("Accept", "application/json")
	}
	if c.Kind != respond.API {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Sec-Fetch-Dest", map[bool]string{true: "document", false: "empty"}[c.Kind == respond.Page])
		if method != http.MethodGet {
			r.Header.Set("Origin", r.URL.Scheme+"://"+r.URL.Host)
		}
	}
	for k, v := range c.Header {
		if r.Header.Del(k); len(v) > 0 {
			r.Header[http.CanonicalHeaderKey(k)] = v
		}
	}
	browser := http.Client{
		Transport:     c.Kit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if c.Kind != respond.API {
		browser.Jar = c.Jar
	}
	res, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := newAnswer(c, res, raw)
	c.Kit.watch.answer(res.Header, raw)
	if a.Flow != nil {
		c.Kit.watch.add(formToken, a.Flow.CSRFToken())
	}
	for _, cookie := range res.Cookies() {
		c.Kit.watch.add(sessionToken, cookie.Value)
	}
	if c.Kind == respond.API && a.SessionToken() != "" {
		c.Token = a.SessionToken()
		c.Kit.watch.add(sessionToken, c.Token)
	}
	return a
}
