package respond_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/seal"
)

const (
	flowF     = "0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6a"
	flowFresh = "f2e5c9d4-1111-4222-8333-444455556666"
)

var (
	now  = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	ring = newRing(seal.NewKey())
)

func newRing(keys ...[]byte) *seal.Keyring {
	r, err := seal.New(keys...)
	if err != nil {
		panic(err)
	}
	return r
}

func responder() *respond.Responder {
	return &respond.Responder{
		Table: respond.Documented(), Ring: ring, Public: "https://id.example", UI: "https://app.example/settings",
		Login: "https://app.example/login", Error: "https://app.example/error",
	}
}

func form(id string) *flow.Form {
	i := identity.Identity{Record: identity.Record{ID: "42", Active: true}}
	f := flow.New(flow.Start{Type: flow.Browser, Identity: i, RequestURL: "https://id.example/start", Now: now, Lifespan: time.Hour})
	f.ID = id
	return &flow.Form{Flow: f, Owner: i, UI: ui.New("https://id.example/self-service/settings?flow="+id, nil, nil)}
}

// rendered is the answer to an outcome in one line; see TestDocumentedContract.
func rendered(t *testing.T, o respond.Outcome, c respond.Client) string {
	t.Helper()
	return renderedBy(t, responder(), o, c)
}

func renderedBy(t *testing.T, r *respond.Responder, o respond.Outcome, c respond.Client) string {
	t.Helper()
	o.Client = c
	if o.At.IsZero() {
		o.At = now
	}
	res := r.Render(o)
	line := strconv.Itoa(res.Status)
	switch {
	case res.Location != "":
		require.Empty(t, res.Body)
		require.Empty(t, res.ContentType)
		line += " " + address(t, res.Location)
	case res.ContentType == "text/html; charset=utf-8":
		line += " html"
	case res.ContentType == "application/json; charset=utf-8":
		line += " " + contents(t, res)
	default:
		require.Empty(t, res.Body)
	}
	line += headers(t, res)
	return strings.NewReplacer(flowF, "F", flowFresh, "FRESH").Replace(line)
}

// headers are those that not every answer carries, as they are sent.
func headers(t *testing.T, res respond.Response) string {
	t.Helper()
	rec := httptest.NewRecorder()
	require.NoError(t, res.Write(rec))
	line := ""
	for _, k := range []string{"Retry-After", "Allow"} {
		if v := rec.Header().Get(k); v != "" {
			line += " " + strings.ToLower(k) + "=" + v
		}
	}
	return line
}

// address is a URL with its parameters unescaped.
func address(t *testing.T, location string) string {
	t.Helper()
	base, query, found := strings.Cut(location, "?")
	if !found {
		return base
	}
	for pair := range strings.SplitSeq(query, "&") {
		k, v, _ := strings.Cut(pair, "=")
		v, err := url.QueryUnescape(v)
		require.NoError(t, err)
		if base == "https://app.example/error" && k == "id" {
			e := opened(t, location)
			v = fmt.Sprintf("error(%d %s)", e.Code, e.ID)
		}
		base += " " + k + "=" + v
	}
	return base
}

// opened is the error behind a redirect to the error page.
func opened(t *testing.T, location string) respond.Error {
	t.Helper()
	u, err := url.Parse(location)
	require.NoError(t, err)
	e, ok := respond.OpenError(ring, u.Query().Get("id"), now)
	require.True(t, ok, "the id opens: %s", location)
	return e
}

// contents says what a JSON body is, and what it has besides.
func contents(t *testing.T, res respond.Response) string {
	t.Helper()
	got := body(t, res)
	var line string
	var known []string
	switch e, isError := got["error"].(map[string]any); {
	case isError:
		line, known = fmt.Sprint("error ", e["id"]), []string{"error"}
		assert.EqualValues(t, res.Status, e["code"])
		if d, has := e["details"]; has {
			line += " details=" + nested(d)
		}
	case got["ui"] != nil:
		line = "flow"
		known = []string{"id", "type", "expires_at", "issued_at", "request_url", "ui", "identity", "state"}
		for _, k := range known {
			require.Contains(t, got, k)
		}
	default:
		return string(res.Body)
	}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		switch v := got[k]; {
		case slices.Contains(known, k):
		case k == "redirect_browser_to":
			line += " " + k + "=" + address(t, v.(string))
		case k == "continue_with":
			step := v.([]any)[0].(map[string]any)
			require.Len(t, v, 1)
			value := step["ory_session_token"]
			if value == nil {
				value = step["redirect_browser_to"]
			}
			line += fmt.Sprintf(" continue_with=%s:%s", step["action"], value)
		default:
			if number, is := v.(float64); is { // not as 6e+10
				v = strconv.FormatFloat(number, 'f', -1, 64)
			}
			line += fmt.Sprint(" ", k, "=", v)
		}
	}
	return line
}

// nested writes an object of one key each as a:b:c.
func nested(v any) string {
	object, is := v.(map[string]any)
	if !is {
		return fmt.Sprint(v)
	}
	for k, v := range object {
		return k + ":" + nested(v)
	}
	return ""
}

func body(t *testing.T, res respond.Response) map[string]any {
	t.Helper()
	require.Equal(t, "application/json; charset=utf-8", res.ContentType)
	var got map[string]any
	require.NoError(t, json.Unmarshal(res.Body, &got), string(res.Body))
	return got
}
