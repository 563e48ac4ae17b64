package settings_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/settingstest"
)

const (
	uiPage    = "https://app.example.com/settings?flow="
	loginPage = "https://app.example.com/login?"
	errorPage = "https://app.example.com/auth/self-service/errors/page?id="
)

// wantSaved asks for the success of a submit, as each kind of client gets it,
// and returns the session token that came with it.
func wantSaved(t testing.TB, c *settingstest.Client, a *settingstest.Answer) string {
	t.Helper()
	return wantSuccess(t, c, a, "1050001")
}

// wantTakenUp is wantSaved for a change that had waited for a sign-in: it is named,
// and the cookie of its pause goes.
func wantTakenUp(t testing.TB, c *settingstest.Client, a *settingstest.Answer) string {
	t.Helper()
	cookies := a.Header["Set-Cookie"]
	require.Len(t, cookies, 2)
	require.Regexp(t, "^__Host-amend_pause_[0-9a-f]{8}=; .*Max-Age=0", cookies[1])
	a.Header["Set-Cookie"] = cookies[:1]
	return wantSuccess(t, c, a, "1050001", "7000014")
}

func wantSuccess(t testing.TB, c *settingstest.Client, a *settingstest.Answer, messages ...string) string {
	t.Helper()
	f := a.Flow
	if c.Kind == respond.Page {
		require.Equal(t, http.StatusSeeOther, a.Status, "%v", a)
		require.True(t, strings.HasPrefix(a.Location, uiPage), "%v", a)
	} else {
		require.Equal(t, http.StatusOK, a.Status, "%v", a)
		require.NotNil(t, f, "%v", a)
		require.Equal(t, "success", f.State)
		require.Equal(t, messages, f.Messages())
	}
	if c.Kind == respond.API {
		require.NotEmpty(t, f.SessionToken, "an API client always gets the token")
		require.Equal(t, f.SessionToken, a.SessionToken(), "both places name the same token")
		require.Empty(t, a.Header["Set-Cookie"])
		return f.SessionToken
	}
	cookies := (&http.Response{Header: a.Header}).Cookies()
	require.Len(t, cookies, 1, "a browser always gets the cookie")
	require.Equal(t, "__Host-amend_session", cookies[0].Name)
	return cookies[0].Value
}

// wantInvalid asks for a refusal of the input, with messages as
// settingstest.Flow.Messages writes them.
func wantInvalid(t testing.TB, c *settingstest.Client, a *settingstest.Answer, messages ...string) {
	t.Helper()
	f := a.Flow
	if c.Kind == respond.Page {
		require.Equal(t, http.StatusSeeOther, a.Status, "%v", a)
		f = a.Follow().Flow
	} else {
		require.Equal(t, http.StatusBadRequest, a.Status, "%v", a)
	}
	require.NotNil(t, f, "what is wrong with a submit stands in its flow: %v", a)
	assert.Equal(t, "show_form", f.State)
	assert.Equal(t, messages, f.Messages())
}

// wantRefused asks for an error: as JSON, or for a page as a redirect.
func wantRefused(t testing.TB, c *settingstest.Client, a *settingstest.Answer, status int, id string) {
	t.Helper()
	if c.Kind != respond.Page {
		require.Equal(t, status, a.Status, "%v", a)
		require.NotNil(t, a.Error, "%v", a)
		require.Equal(t, id, a.Error.ID)
		if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
			require.NotEmpty(t, a.Header.Get("Retry-After"))
		}
		return
	}
	require.Equal(t, http.StatusSeeOther, a.Status, "%v", a)
	switch id {
	case "session_inactive":
		require.True(t, strings.HasPrefix(a.Location, loginPage+"return_to="), "%v", a)
	case "session_refresh_required":
		require.True(t, strings.HasPrefix(a.Location, loginPage+"refresh=true&return_to="), "%v", a)
	case "session_aal2_required":
		require.True(t, strings.HasPrefix(a.Location, loginPage+"aal=aal2&return_to="), "%v", a)
	case "too_many_tries", "overloaded", "unavailable":
		require.True(t, strings.HasPrefix(a.Location, uiPage), "%v", a)
	default:
		require.True(t, strings.HasPrefix(a.Location, errorPage), "%v", a)
		failure := a.Failure()
		require.Equal(t, id, failure.ID)
		require.Equal(t, status, failure.Code)
	}
}

// wantNoSession asks for 401 in JSON, which every client gets but a page that
// submits, starts or resumes.
func wantNoSession(t testing.TB, a *settingstest.Answer) {
	t.Helper()
	require.Equal(t, http.StatusUnauthorized, a.Status, "%v", a)
	require.NotNil(t, a.Error, "%v", a)
	require.Equal(t, "session_inactive", a.Error.ID)
}
