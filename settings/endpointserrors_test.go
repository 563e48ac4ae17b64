package settings_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// failed is a redirect to the error page, and the id in it.
func failed(t *testing.T, kit *settingstest.Kit) (id string) {
	t.Helper()
	page := kit.SignIn(kit.AddIdentity(t.Name()+"@example.com", contractOldPassword), respond.Page)
	a := page.Get("/self-service/settings?flow=0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6a")
	id, ok := strings.CutPrefix(a.Location, "https://app.example.com/auth/self-service/errors/page?id=")
	require.True(t, ok, "%v", a)
	return id
}

// The error behind a redirect is for whoever has its id, for 15 minutes.
func TestErrorBehindARedirect(t *testing.T) {
	kit := settingstest.New(t)
	id := failed(t, kit)
	for _, kind := range everyClient {
		kit.Clock.Advance(time.Second)
		a := kit.Anonymous(kind).Get("/self-service/errors?id=" + id)
		require.Equal(t, 200, a.Status, "%v", a)
		require.Equal(t, "application/json; charset=utf-8", a.Header.Get("Content-Type"))
		var body struct {
			ID    string         `json:"id"`
			Error map[string]any `json:"error"`
		}
		require.NoError(t, json.Unmarshal(a.Body, &body))
		assert.Equal(t, id, body.ID)
		assert.Equal(t, "self_service_flow_not_found", body.Error["id"])
		decodableError(t, 404, body.Error)
	}
	kit.Clock.Advance(15*time.Minute - 4*time.Second)
	assert.Equal(t, 200, kit.Anonymous(respond.Script).Get("/self-service/errors?id="+id).Status, "a second before the end")
	kit.Clock.Advance(time.Second)
	gone := kit.Anonymous(respond.Script).Get("/self-service/errors?id=" + id)
	assert.Equal(t, 404, gone.Status)
	assert.Equal(t, "not_found", gone.Error.ID)
	assert.Equal(t, 404, kit.Anonymous(respond.Page).Get("/self-service/errors/page?id="+id).Status)
}

func TestErrorIDsThatOpenNothing(t *testing.T) {
	kit := settingstest.New(t)
	id := failed(t, kit)
	page := kit.SignIn(kit.AddIdentity("ada@example.com", contractOldPassword), respond.Page)
	middle := len(id) / 2
	flipped := "A"
	if id[middle] == 'A' {
		flipped = "B"
	}
	stranger := settingstest.New(t) // with keys of its own
	for name, query := range map[string]string{
		"no id":                             "",
		"an empty id":                       "?id=",
		"nonsense":                          "?id=nonsense",
		"a character changed":               "?id=" + id[:middle] + flipped + id[middle+1:],
		"a character missing":               "?id=" + id[:len(id)-1],
		"a character more":                  "?id=" + id + "A",
		"padding":                           "?id=" + id + "%3D",
		"a line break in it":                "?id=" + id[:middle] + "%0A" + id[middle:],
		"another alphabet":                  "?id=" + url.QueryEscape(strings.NewReplacer("-", "+", "_", "/").Replace(id)) + "%2B",
		"two that differ":                   "?id=" + id + "&id=nonsense",
		"by another parameter":              "?error=" + id,
		"the error of another installation": "?id=" + failed(t, stranger),
		"what was sealed for another use":   "?id=" + page.Start().CSRFToken(),
	} {
		t.Run(name, func(t *testing.T) {
			a := kit.Anonymous(respond.Script).Get("/self-service/errors" + query)
			assert.Equal(t, 404, a.Status)
			assert.Equal(t, "not_found", a.Error.ID)
			html := kit.Anonymous(respond.Page).Get("/self-service/errors/page" + query)
			assert.Equal(t, 404, html.Status)
			assert.Equal(t, "text/html; charset=utf-8", html.Header.Get("Content-Type"))
			assert.Contains(t, string(html.Body), "<!doctype html>")
		})
	}
	assert.Equal(t, 200, kit.Anonymous(respond.Script).Get("/self-service/errors?id="+id+"&id="+id).Status, "the same twice is one")
}

// A key that was rotated out of first place still opens what it sealed.
func TestErrorOfAnOlderKey(t *testing.T) {
	kit := settingstest.New(t)
	id := failed(t, kit)
	c := kit.Config
	c.Keys = append([][]byte{settings.NewKey()}, c.Keys...)
	var err error
	kit.Handler, err = settings.New(c)
	require.NoError(t, err)
	assert.Equal(t, 200, kit.Anonymous(respond.Script).Get("/self-service/errors?id="+id).Status)
}

// The small error page of ours explains the error to a person, and has nothing
// in it that a request could have put there.
func TestErrorPage(t *testing.T) {
	kit := settingstest.New(t)
	id := failed(t, kit)
	for _, kind := range everyClient {
		a := kit.Anonymous(kind).Get("/self-service/errors/page?id=" + id + "&title=%3Cscript%3Ealert(1)%3C/script%3E")
		require.Equal(t, 200, a.Status)
		assert.Equal(t, "text/html; charset=utf-8", a.Header.Get("Content-Type"))
		assert.Contains(t, string(a.Body), "There is no such settings flow.")
		assert.Contains(t, string(a.Body), "self_service_flow_not_found")
		assert.NotContains(t, string(a.Body), "script")
		assert.NotContains(t, string(a.Body), "alert")
		fixedHeaders(t, a.Header)
	}
}

// A host that wants none but the small page says so before page.New has another one.
func TestTheSmallErrorPageStays(t *testing.T) {
	kit := settingstest.New(t)
	assert.True(t, kit.Handler.ShowErrorsBy(nil))
	assert.False(t, kit.Handler.ShowErrorsBy(func(http.ResponseWriter, *http.Request, int, respond.Error, string) { t.Error("called") }))
	a := kit.Anonymous(respond.Page).Get("/self-service/errors/page?id=" + failed(t, kit))
	assert.Equal(t, 200, a.Status)
	assert.Contains(t, string(a.Body), "<html")
}
