package settings_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/settingstest"
)

// readers are middlewares of a host's that read the body of a request before the Handler
// does.
var readers = map[string]func(*http.Request){
	"a method override asks for _method (gobuffalo/buffalo#1480)": func(r *http.Request) {
		if m := r.FormValue("_method"); m != "" {
			r.Method = m
		}
	},
	"a token check asks for its field (labstack/echo#2600)": func(r *http.Request) { _ = r.PostFormValue("_csrf") },
	"the form is parsed":              func(r *http.Request) { _ = r.ParseForm() },
	"a form of either kind is parsed": func(r *http.Request) { _ = r.ParseMultipartForm(1 << 20) },
	"what is parsed is put back (vaporz/turbo#56)": func(r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(raw))
		_ = r.ParseMultipartForm(1 << 20)
		r.Body = io.NopCloser(bytes.NewReader(raw))
	},
	"what is parsed is closed": func(r *http.Request) {
		_ = r.ParseMultipartForm(1 << 20)
		r.Body = http.NoBody
	},
}

// behind puts the Handler of a kit behind a middleware, for submits.
func behind(kit *settingstest.Kit, read func(*http.Request)) {
	kit.App = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			read(r)
		}
		kit.Handler.ServeHTTP(w, r)
	})
}

func part(name, value string) string {
	return "--frontier\r\nContent-Disposition: form-data; " + name + "\r\n\r\n" + value + "\r\n"
}

// A form that a middleware has parsed is submitted all the same, by all that net/http has
// left of it.
func TestAFormThatAMiddlewareHasParsed(t *testing.T) {
	bodies := map[string][2]string{
		"a form": {bodyIsForm, "csrf_token=TOKEN&method=password&password=a+much+better+horse%2C+indeed"},
		"a multipart form": {bodyParts, part(`name="csrf_token"`, "TOKEN") + part(`name="method"`, "password") +
			part(`name="password"`, "a much better horse, indeed") + "--frontier--\r\n"},
		"JSON, which no middleware has parsed": {bodyIsJSON, `{"csrf_token":"TOKEN","method":"password","password":"a much better horse, indeed"}`},
	}
	for name, read := range readers {
		for what, body := range bodies {
			if strings.HasPrefix(body[0], bodyIsJSON) && strings.HasSuffix(name, "is closed") || strings.HasPrefix(body[0], bodyParts) && name == "the form is parsed" {
				continue // see TestABodyThatIsGone; and ParseForm leaves a multipart form alone
			}
			for _, kind := range bodyKinds {
				t.Run(fmt.Sprint(name, "/", what, "/", kind), func(t *testing.T) {
					kit := bodyKit(t)
					behind(kit, read)
					ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
					c := kit.SignIn(ada, kind)
					f := c.Start()
					c.Header["Sec-Fetch-Site"], c.Header["Origin"] = nil, nil // so that the token decides
					wantSaved(t, c, bodyPost(c, f, body[0], body[1]))
					assert.True(t, kit.PasswordIs(ada, "a much better horse, indeed"))
				})
			}
		}
	}
}

// It is held to the same rules: the query of the URL is no form, and what is ambiguous,
// too large or a file is refused.
func TestAParsedFormIsHeldToTheRules(t *testing.T) {
	const start = "csrf_token=TOKEN&method=password"
	for _, row := range []struct{ name, query, contentType, body, want string }{
		{"the fields in the query", "&method=password&password=a-canary-of-a-password", bodyIsForm, "csrf_token=TOKEN", "400 4010004"},
		{"the token in the query", "&csrf_token=TOKEN", bodyIsForm, "method=password&password=a-canary-of-a-password", "403 security_csrf_violation"},
		{"no token", "", bodyIsForm, "method=password&password=a-canary-of-a-password", "403 security_csrf_violation"},
		{"two tokens", "", bodyIsForm, "csrf_token=TOKEN&csrf_token=TOKEN&method=password&password=a-canary-of-a-password", "403 security_csrf_violation"},
		{"a field twice", "", bodyIsForm, start + "&password=a-canary-of-a-password&password=another-password", "400 4000001"},
		{"a field in other letters", "", bodyIsForm, start + "&Password=a-canary-of-a-password", "400 4000001"},
		{"bytes that are not UTF-8", "", bodyIsForm, start + "&password=a-canary-of-a-password%ff", "400 4000001"},
		{"a NUL in a trait", "", bodyIsForm, start + "&traits.a=%00", "400 4000001"},
		{"a file", "", bodyParts, part(`name="csrf_token"`, "TOKEN") + part(`name="a"; filename="a"`, "x") + "--frontier--\r\n", "400 4000001"},
		{"64 KiB and more", "", bodyIsForm, start + "&password=" + strings.Repeat("a", 64<<10), "413 body_too_large"},
		{"a short password", "", bodyIsForm, start + "&password=short", "400 password:4000032"},
	} {
		t.Run(row.name, func(t *testing.T) {
			kit := bodyKit(t)
			behind(kit, func(r *http.Request) { _ = r.ParseMultipartForm(1 << 20) })
			ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
			c := kit.SignIn(ada, respond.Script)
			f := c.Start()
			c.Header["Sec-Fetch-Site"], c.Header["Origin"] = nil, nil
			token := f.CSRFToken()
			a := c.Post("/self-service/settings?flow="+f.ID+strings.ReplaceAll(row.query, "TOKEN", token), row.contentType, strings.ReplaceAll(row.body, "TOKEN", token))
			assert.Equal(t, row.want, a.Brief())
			assert.True(t, kit.PasswordIs(ada, csrfOldPassword))
		})
	}
}

// A body that is gone without a trace is the fault of the host. The log says whose, and
// nobody is told of a forgery.
func TestABodyThatIsGone(t *testing.T) {
	for name, read := range map[string]func(*http.Request){
		"read":            func(r *http.Request) { _, _ = io.ReadAll(r.Body) },
		"read and closed": func(r *http.Request) { _, _ = io.ReadAll(r.Body); r.Body = http.NoBody },
		"read and nil":    func(r *http.Request) { _, _ = io.ReadAll(r.Body); r.Body = nil },
		"closed": func(r *http.Request) {
			r.Body = io.NopCloser(failingReader{http.ErrBodyReadAfterClose})
		},
	} {
		for _, contentType := range []string{bodyIsJSON, bodyIsForm, bodyParts} {
			for _, kind := range bodyKinds {
				t.Run(fmt.Sprint(name, "/", contentType, "/", kind), func(t *testing.T) {
					kit := bodyKit(t)
					behind(kit, read)
					c := kit.SignIn(kit.AddIdentity("ada@example.com", csrfOldPassword), kind)
					a := c.Post("/self-service/settings?flow="+c.Start().ID, contentType, "whatever it was")
					failure := requireError(t, a, kind, 500, "internal_error")
					assert.Contains(t, failure.Reason, "read by something before this service")
					require.Contains(t, kit.Log.String(), "such as a middleware")
				})
			}
		}
	}
}
