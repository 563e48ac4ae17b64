package session_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
)

// Of several cookies the valid one counts, in whatever order they come. Two of different
// identities are refused.
func TestACookieThatIsSentTwice(t *testing.T) {
	h := newInstallation(t)
	_, a := h.issue(t, "42", aal.Password)
	_, ended := h.issue(t, "42", aal.Password)
	require.NoError(t, h.EndToken(t.Context(), ended))
	h.now = h.now.Add(time.Minute)
	_, newer := h.issue(t, "42", aal.Password)
	_, eves := h.issue(t, "43", aal.Password)
	superseded, rotated := h.issue(t, "43", aal.Password)
	next, fresh := superseded.RotatedFor("c", superseded.Generation, h.ring, h.now)
	require.NoError(t, h.store.UpdateSession(t.Context(), next))
	_, expired := h.issue(t, "43", aal.Password)
	expire(t, h, expired)
	nobodys := []string{session.NewToken("42"), session.NewToken("43"), session.NewToken("42")}

	for name, c := range map[string]struct {
		cookies []string
		want    string // "" for no session
		err     error
		lookups int
	}{
		"one":                        {[]string{a}, a, nil, 1},
		"the same twice":             {[]string{a, a}, a, nil, 1},
		"one emptied":                {[]string{"", a}, a, nil, 1},
		"one that is no token":       {[]string{"x", a}, a, nil, 1},
		"both emptied":               {[]string{"", ""}, "", nil, 0},
		"one that nobody gave out":   {[]string{nobodys[0], a}, a, nil, 3},
		"three that nobody gave out": {append(slices.Clone(nobodys), a), a, nil, 5},
		"a stale one (code-dot-org/code-dot-org#74198)": {[]string{ended, a}, a, nil, 3},
		"a stale one of another identity":               {[]string{expired, a}, a, nil, 3},
		"the one before a rotation":                     {[]string{rotated, fresh}, fresh, nil, 3},
		"the one before another's rotation":             {[]string{rotated, a}, a, nil, 3},
		"two valid ones: that of the newest sign-in":    {[]string{a, newer}, newer, nil, 3},
		"two valid ones of different identities":        {[]string{a, eves}, "", session.ErrAmbiguous, 2},
		"those, and a stale one":                        {[]string{a, ended, eves}, "", session.ErrAmbiguous, 3},
		"stale ones alone":                              {[]string{ended, expired}, "", nil, 3},
		"five, of which one is valid":                   {append(slices.Clone(nobodys), ended, a), "", session.ErrAmbiguous, 0},
	} {
		for _, order := range []string{"", ", the other way round"} {
			t.Run(name+order, func(t *testing.T) {
				cookies := slices.Clone(c.cookies)
				if order != "" {
					slices.Reverse(cookies)
				}
				before := h.store.count("GetSession")
				cur, err := h.FromRequest(request(cookies...))
				assert.Equal(t, c.lookups, h.store.count("GetSession")-before)
				switch {
				case c.err != nil:
					require.ErrorIs(t, err, c.err)
				case c.want == "":
					require.ErrorIs(t, err, session.ErrNoSession)
				default:
					require.NoError(t, err)
					assert.Equal(t, session.Hash(c.want), cur.Session.TokenHash)
				}
			})
		}
	}

	h.store.fail = map[string]error{"GetSession": errDown}
	_, err := h.FromRequest(request(a, eves))
	assert.ErrorIs(t, err, errDown, "a store that fails is no contradiction")
}

// expire makes the session of a token one that is over.
func expire(t *testing.T, h *installation, token string) {
	t.Helper()
	s, err := h.store.GetSession(t.Context(), session.Hash(token))
	require.NoError(t, err)
	s.ExpiresAt = h.now
	require.NoError(t, h.store.UpdateSession(t.Context(), s))
}

// Who comes with sessions of different identities is refused, forgets ours, and is
// signed in again as anybody else: what a browser goes on sending is worth nothing.
func TestALoginHelpsWhoSendsTwoSessions(t *testing.T) {
	h := newInstallation(t)
	_, a := h.issue(t, "42", aal.Password)
	_, planted := h.issue(t, "43", aal.Password)
	for _, accept := range []string{"text/html", "application/json"} {
		_, a := h.issue(t, "42", aal.Password)
		_, planted := h.issue(t, "43", aal.Password)
		r := request(a, planted)
		r.Header.Set("Accept", accept)
		h.store.fail = map[string]error{"DeleteSession": errDown}
		w := serve(h.Require(session.AllowAAL1())(shown), r)
		assert.Equal(t, 503, w.Code)
		assert.Empty(t, w.Result().Cookies(), "it stays as it is while nothing can be ended")
		h.store.fail = nil
		w = serve(h.Require(session.AllowAAL1())(shown), r)
		assert.Equal(t, 400, w.Code)
		assert.Contains(t, w.Body.String(), `"session_ambiguous"`)
		assert.Negative(t, w.Result().Cookies()[0].MaxAge, "forgotten")
		assert.False(t, h.valid(t, planted), "and nobody goes on as somebody else")
		assert.False(t, h.valid(t, a))
	}
	byHeader := request(a)
	byHeader.Header.Set("X-Session-Token", planted)
	w := serve(h.Require()(shown), byHeader)
	assert.Equal(t, 400, w.Code)
	assert.Empty(t, w.Result().Cookies(), "a header that contradicts one cookie is no browser's doing")
	assert.True(t, h.valid(t, a))

	w = httptest.NewRecorder()
	_, err := h.Issue(w, request(planted, a), "42", aal.Password)
	require.NoError(t, err)
	fresh := saved(t, w)
	for _, cookies := range [][]string{{fresh, planted}, {planted, fresh}, {planted, a, fresh}} {
		cur, err := h.FromRequest(request(cookies...))
		require.NoError(t, err)
		assert.Equal(t, session.Hash(fresh), cur.Session.TokenHash)
	}
}

func TestALogoutEndsAllThatTheBrowserSends(t *testing.T) {
	h := newInstallation(t)
	_, a := h.issue(t, "42", aal.Password)
	_, b := h.issue(t, "42", aal.Password)
	_, c := h.issue(t, "43", aal.Password)
	w := httptest.NewRecorder()
	require.NoError(t, h.End(w, request(a, b, a, c)))
	for _, token := range []string{a, b, c} {
		assert.False(t, h.valid(t, token))
	}
	crowd := http.Header{"Cookie": {cookies(5)}}
	before := h.store.count("GetSession")
	r := request()
	r.Header = crowd
	require.NoError(t, h.End(httptest.NewRecorder(), r))
	assert.Equal(t, session.MaxCandidates, h.store.count("GetSession")-before)
}
