package respond_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
)

func sent(t *testing.T, r respond.Response) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	require.NoError(t, r.Write(w))
	return w
}

// Every header of every kind of answer, and no other.
func TestHeadersAreExact(t *testing.T) {
	always := func(more http.Header) http.Header {
		h := http.Header{
			"Cache-Control":           {"private, no-cache, no-store, must-revalidate"},
			"X-Content-Type-Options":  {"nosniff"},
			"Vary":                    {"Cookie, Accept"},
			"Content-Security-Policy": {"default-src 'none'; frame-ancestors 'none'"},
			"Referrer-Policy":         {"no-referrer"},
		}
		for k, v := range more {
			h[k] = v
		}
		return h
	}
	for _, c := range []struct {
		name    string
		outcome respond.Outcome
		status  int
		headers http.Header
		empty   bool
	}{
		{
			"JSON", respond.Outcome{Kind: respond.Done, Endpoint: respond.Whoami, Client: respond.Script, Body: []byte(`{}`)}, 200,
			always(http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Content-Length": {"2"}}), false,
		},
		{
			"HTML of ours", respond.Outcome{Kind: respond.NotFound, Endpoint: respond.ErrorPage, Client: respond.Page}, 404,
			always(http.Header{"Content-Type": {"text/html; charset=utf-8"}, "Referrer-Policy": {"same-origin"}, "Content-Length": nil}), false,
		},
		{
			"a redirect", respond.Outcome{Kind: respond.Invalid, Endpoint: respond.Submit, Client: respond.Page, Form: form(flowF)}, 303,
			always(http.Header{"Location": {"https://app.example/settings?flow=" + flowF}, "Content-Length": {"0"}}), true,
		},
		{
			"nothing to say", respond.Outcome{Kind: respond.Done, Endpoint: respond.RevokeSession, Client: respond.API}, 204,
			always(nil), true,
		},
		{
			"another HTTP method", respond.Outcome{Kind: respond.WrongMethod, Endpoint: respond.Submit, Client: respond.API, Allow: "GET, POST"}, 405,
			always(http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Allow": {"GET, POST"}, "Content-Length": nil}), false,
		},
		{
			"later", respond.Outcome{Kind: respond.Overloaded, Endpoint: respond.Submit, Client: respond.API, RetryAfter: time.Minute}, 503,
			always(http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Retry-After": {"60"}, "Content-Length": nil}), false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.outcome.At = now
			w := sent(t, responder().Render(c.outcome))
			assert.Equal(t, c.status, w.Code)
			assert.Equal(t, c.empty, w.Body.Len() == 0)
			got := w.Header().Clone()
			if v, checked := c.headers["Content-Length"]; checked && v == nil {
				c.headers["Content-Length"] = []string{strconv.Itoa(w.Body.Len())}
			}
			assert.Equal(t, c.headers, got)
		})
	}
}

// A 204 through net/http has neither a body nor a length.
func TestNoContentOverTheWire(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		assert.NoError(t, respond.Response{Status: 204}.Write(w))
	}))
	defer s.Close()
	res, err := http.Get(s.URL)
	require.NoError(t, err)
	defer res.Body.Close()
	assert.Equal(t, 204, res.StatusCode)
	assert.Empty(t, res.Header.Values("Content-Length"))
	assert.Empty(t, res.Header.Values("Content-Type"))
}

func TestVaryKeepsTheHostsOwn(t *testing.T) {
	w := httptest.NewRecorder()
	w.Header().Set("Vary", "Origin")
	require.NoError(t, respond.Response{Status: 204}.Write(w))
	assert.Equal(t, []string{"Origin", "Cookie, Accept"}, w.Header().Values("Vary"))
}

// What the host has allowed to be stored or framed, our answers are not.
func TestHeadersOfTheHostDoNotLoosenOurs(t *testing.T) {
	w := httptest.NewRecorder()
	for k, v := range map[string]string{"Cache-Control": "public, max-age=60", "Content-Security-Policy": "default-src *", "Referrer-Policy": "unsafe-url"} {
		w.Header().Set(k, v)
	}
	require.NoError(t, respond.Response{Status: 204}.Write(w))
	assert.Equal(t, []string{"private, no-cache, no-store, must-revalidate"}, w.Header().Values("Cache-Control"))
	assert.Equal(t, []string{"default-src 'none'; frame-ancestors 'none'"}, w.Header().Values("Content-Security-Policy"))
	assert.Equal(t, []string{"no-referrer"}, w.Header().Values("Referrer-Policy"))
}

// Appending to one header must not reach into another.
func TestHeadersShareNothing(t *testing.T) {
	w := sent(t, responder().Render(respond.Outcome{Kind: respond.Bug, Client: respond.API, At: now}))
	before := w.Header().Get("X-Content-Type-Options")
	w.Header().Add("Cache-Control", "no-transform")
	assert.Equal(t, before, w.Header().Get("X-Content-Type-Options"))
}

func TestRetryAfterIsWholeSecondsRoundedUp(t *testing.T) {
	for _, c := range []struct {
		wait time.Duration
		want string
	}{{0, ""}, {-time.Second, ""}, {1, "1"}, {time.Second, "1"}, {time.Second + 1, "2"}, {1500 * time.Millisecond, "2"}, {24 * time.Hour, "86400"}} {
		assert.Equal(t, c.want, sent(t, respond.Response{Status: 503, RetryAfter: c.wait}).Header().Get("Retry-After"), c.wait)
	}
	for _, c := range []struct {
		kind respond.Kind
		wait time.Duration
		want string
	}{
		{respond.TooManyTries, 0, "1"}, {respond.Overloaded, -time.Hour, "1"}, {respond.Unavailable, time.Millisecond, "1"},
		{respond.TooManyTries, 15 * time.Minute, "900"}, {respond.Bug, time.Minute, ""}, {respond.NoSession, time.Minute, ""},
	} {
		res := responder().Render(respond.Outcome{Kind: c.kind, Client: respond.API, RetryAfter: c.wait, At: now})
		assert.Equal(t, c.want, sent(t, res).Header().Get("Retry-After"), "%v %v", c.kind, c.wait)
	}
}

// A reason may repeat what a client sent.
func TestReasonsAreNeverMarkup(t *testing.T) {
	const evil = `</p><script>alert("1")</script><img src=x onerror='a'>&amp;`
	page := responder().Render(respond.Outcome{
		Kind: respond.Done, Endpoint: respond.ErrorPage, Client: respond.Page, At: now,
		Failure: respond.Error{ID: evil, Code: 400, Reason: evil},
	})
	html := string(page.Body)
	assert.NotContains(t, html, "<script")
	assert.NotContains(t, html, "<img")
	assert.Contains(t, html, "&lt;script&gt;alert(&#34;1&#34;)")
	assert.Contains(t, html, "&amp;amp;", "what looks escaped is escaped again")

	res := responder().Render(respond.Outcome{Kind: respond.Ambiguous, Client: respond.API, Reason: evil, At: now})
	assert.NotContains(t, string(res.Body), "<")
	assert.NotContains(t, string(res.Body), "&")
	assert.Equal(t, evil, body(t, res)["error"].(map[string]any)["reason"])

	behind := responder().Render(respond.Outcome{Kind: respond.Ambiguous, Client: respond.Page, Reason: evil, At: now})
	assert.Equal(t, evil, opened(t, behind.Location).Reason, "the reason reaches the error page as it is, for it to escape")
}

func TestPageOfAnUnknownErrorSaysNothing(t *testing.T) {
	res := responder().Render(respond.Outcome{Kind: respond.NotFound, Endpoint: respond.ErrorPage, Client: respond.Page, At: now})
	assert.Equal(t, 404, res.Status)
	assert.Contains(t, string(res.Body), "no longer kept")
	assert.True(t, strings.HasPrefix(string(res.Body), "<!doctype html>"))
}

// What came in with the request stands in a URL as a parameter, whole.
func TestNothingFromARequestMakesAHeader(t *testing.T) {
	const evil = "/x\r\nSet-Cookie: a=b\r\n\r\n<script>&flow=other#\x00"
	for name, o := range map[string]respond.Outcome{
		"a path of the host":      {Kind: respond.NoSession, Endpoint: respond.HostRoute, HostPath: evil},
		"return_to":               {Kind: respond.NoSession, Endpoint: respond.StartBrowser, ReturnTo: evil},
		"a flow's id":             {Kind: respond.NoSession, Endpoint: respond.Submit, FlowID: evil},
		"a flow's id, on refresh": {Kind: respond.Stale, Endpoint: respond.Submit, FlowID: evil},
		"a flow's id, to the UI":  {Kind: respond.TooManyTries, Endpoint: respond.Submit, FlowID: evil},
	} {
		t.Run(name, func(t *testing.T) {
			o.Client, o.At = respond.Page, now
			w := sent(t, responder().Render(o))
			assert.Equal(t, 303, w.Code)
			location := w.Header().Get("Location")
			assert.Regexp(t, `^https://app\.example/(login|settings)\?[A-Za-z0-9_.%=&+-]+$`, location)
			assert.Regexp(t, "0D%(25)?0A", location, "it is there, escaped")
			assert.Empty(t, w.Header().Values("Set-Cookie"))
			assert.LessOrEqual(t, strings.Count(location, "&"), 1, "and adds no parameter: %s", location)
		})
	}
}

// A URL of the configuration may have parameters of its own.
func TestParametersAreAddedToThoseThere(t *testing.T) {
	r := responder()
	r.UI, r.Login = "https://app.example/ui?tab=me", "https://app.example/login?lang=en"
	res := r.Render(respond.Outcome{Kind: respond.NoSession, Endpoint: respond.Submit, Client: respond.Page, FlowID: flowF, At: now})
	assert.Equal(t, "https://app.example/login?lang=en&return_to=https%3A%2F%2Fapp.example%2Fui%3Ftab%3Dme%26flow%3D"+flowF, res.Location)
}
