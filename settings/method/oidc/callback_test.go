package oidc_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/oidc"
)

// with changes the query of a URL.
func with(t testing.TB, raw string, change func(q url.Values)) string {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	q := u.Query()
	change(q)
	u.RawQuery = q.Encode()
	return u.String()
}

func setting(name string, values ...string) func(url.Values) {
	return func(q url.Values) { q[name] = values }
}

// What a provider says of a failure is not repeated, to nobody.
func TestWhatComesBackWithoutALogin(t *testing.T) {
	other := "http://other.example"
	for name, row := range map[string]struct {
		change func(q url.Values)
		say    string
	}{
		"a refusal":                   {func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }, "cancelled"},
		"an error":                    {func(q url.Values) { q.Del("code"); q.Set("error", "<script>") }, "did not confirm"},
		"an error with a description": {func(q url.Values) { q.Set("error", "x"); q.Set("error_description", "call 555-0123 now") }, "did not confirm"},
		"an error and a code":         {setting("error", "server_error"), "did not confirm"},
		"no code":                     {func(q url.Values) { q.Del("code") }, "did not confirm"},
		"an empty code":               {setting("code", ""), "did not confirm"},
		"a code of nobody's":          {setting("code", "guessed-code-of-nobody"), "did not confirm"},
		"a code of more than 4 KiB":   {setting("code", strings.Repeat("x", 4<<10+1)), "did not confirm"},
		"another issuer":              {setting("iss", other), "another provider"},
		"another issuer and an error": {func(q url.Values) { q.Set("iss", other); q.Set("error", "access_denied") }, "another provider"},
		"the issuer and a slash":      {setting("iss", "ISSUER/"), "another provider"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, kind respond.Client) {
				s := newFixture(t)
				c := s.SignIn(s.ada, kind)
				f, was := start(c), s.Snapshot(s.ada)
				callback := with(t, s.op.signIn(s.begin(c, f), "ada-there"), func(q url.Values) {
					if row.change(q); q.Has("iss") {
						q.Set("iss", strings.Replace(q.Get("iss"), "ISSUER", s.op.URL, 1))
					}
				})
				shown := s.refused(c, f, s.comeBack(c, f, callback), "4000001")
				assert.Contains(t, shown.UI.Messages[0].Text, row.say)
				assert.Equal(t, was, s.Snapshot(s.ada))
				if name != "a code of nobody's" {
					assert.Zero(t, s.op.count("/token"), "the code goes to nobody")
				}
				read := string(c.Read(f.ID).Body)
				assert.NotContains(t, read, "555-0123")
				assert.NotContains(t, read, "<script>")
				assert.NotContains(t, s.Log.String(), "555-0123")
				if name == "a refusal" {
					c.Read(f.ID).Golden(kind.String() + "_cancelled")
				}
				// The state is used up, whatever came of it.
				again := browser(c).Get(callback)
				if kind == respond.API {
					again = c.Submit(f, fields{"method": "oidc", "state": query(t, callback).Get("state"), "code": "x"})
					s.refused(c, f, again, "4000001")
				} else {
					s.forbidden(c, again)
				}
				assert.Equal(t, was, s.Snapshot(s.ada))
				// And another try is as good as the first.
				s.saved(c, f, s.link(c, f, "ada-there"))
			})
		})
	}
}

func query(t testing.TB, raw string) url.Values {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u.Query()
}

func TestParametersThatABrowserBringsTwice(t *testing.T) {
	for name, change := range map[string]func(q url.Values){
		"two codes":           func(q url.Values) { q.Add("code", "x") },
		"a code twice":        func(q url.Values) { q.Add("code", q.Get("code")) },
		"an issuer twice":     func(q url.Values) { q["iss"] = []string{"ISSUER", "ISSUER"} },
		"two issuers":         func(q url.Values) { q["iss"] = []string{"ISSUER", "http://other.example"} },
		"two errors":          setting("error", "access_denied", "x"),
		"an error of no text": setting("error", ""),
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t)
			c := s.SignIn(s.ada, respond.Page)
			f, was := start(c), s.Snapshot(s.ada)
			callback := with(t, s.op.signIn(s.begin(c, f), "ada-there"), func(q url.Values) {
				change(q)
				for n, iss := range q["iss"] {
					q["iss"][n] = strings.Replace(iss, "ISSUER", s.op.URL, 1)
				}
			})
			s.refused(c, f, s.comeBack(c, f, callback), "4000001")
			assert.Equal(t, was, s.Snapshot(s.ada))
			assert.Zero(t, s.op.count("/token"))
		})
	}
}

// RFC 9207: a provider that announces it names itself in every answer.
func TestTheIssuerThatIsAnnounced(t *testing.T) {
	for name, row := range map[string]struct {
		iss    func(o *op) []string
		linked bool
	}{
		"is there":     {func(o *op) []string { return []string{o.URL} }, true},
		"is missing":   {func(*op) []string { return nil }, false},
		"is another's": {func(*op) []string { return []string{"http://other.example"} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, kind respond.Client) {
				s := newFixture(t)
				s.op.metadata = func(m map[string]any) { m["authorization_response_iss_parameter_supported"] = true }
				s.op.answer = func(q url.Values) { q["iss"] = row.iss(s.op) }
				c := s.SignIn(s.ada, kind)
				f, was := start(c), s.Snapshot(s.ada)
				a := s.link(c, f, "ada-there")
				if row.linked {
					s.saved(c, f, a)
					return
				}
				s.refused(c, f, a, "4000001")
				assert.Equal(t, was, s.Snapshot(s.ada))
				assert.Zero(t, s.op.count("/token"), "the code goes to nobody")
			})
		})
	}
}

func TestAProviderThatIsNoLongerOffered(t *testing.T) {
	s := newFixture(t)
	c := s.SignIn(s.ada, respond.Page)
	f := start(c)
	callback := s.op.signIn(s.begin(c, f), "ada-there")
	config := s.Config // the host restarts with another list
	other := s.op.provider("other")
	config.Methods = []settings.Method{config.Methods[0], oidc.New(oidc.Config{Providers: []oidc.Provider{other}})}
	h, err := settings.New(config)
	require.NoError(t, err)
	s.Handler = h
	was := s.Snapshot(s.ada)
	s.refused(c, f, c.Get(callback), "4000001")
	assert.Equal(t, was, s.Snapshot(s.ada))
}

// Nothing that is on its way lies readable in a store, or gets into the log.
func TestNothingOfALinkIsReadable(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		s := newFixture(t)
		c := s.SignIn(s.ada, kind)
		f := start(c)
		u := s.begin(c, f)
		callback := s.op.signIn(u, "ada-there")
		s.SecretAtRest("state", query(t, u).Get("state"))
		s.SecretAtRest("nonce", query(t, u).Get("nonce"))
		s.SecretAtRest("code", query(t, callback).Get("code"))
		s.saved(c, f, s.comeBack(c, f, callback))
		s.refused(c, f, c.Submit(f, fields{"link": "one"}), "4000001")
	})
}
