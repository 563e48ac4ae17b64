package settingstest_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestTheReadyLoginIsFilledIn(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", "correct horse battery staple")
	login, err := page.Login(kit.Handler, page.LoginOptions{})
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/auth/", kit.Handler)
	mux.Handle("/login", login)
	kit.App = mux
	kit.Login = func(c *settingstest.Client, _ string) {
		c.FillIn(settingstest.LoginURL, settingstest.Fields{"identifier": "ada@example.com", "password": "correct horse battery staple"})
	}
	assert.Equal(t, http.StatusOK, kit.SignIn(ada, respond.Page).Whoami().Status)

	wrong := run(t, func(t testing.TB) {
		kit := kit.Beside()
		kit.T, kit.App = t, mux
		kit.Login = func(c *settingstest.Client, _ string) {
			c.FillIn(settingstest.LoginURL, settingstest.Fields{"identifier": "ada@example.com", "password": "a wrong password"})
		}
		kit.SignIn(ada, respond.Page)
	})
	require.Len(t, wrong, 1)
	assert.Contains(t, wrong[0], "Kit.Login has signed nobody in")
}

func TestAFormIsSentAsABrowserSendsIt(t *testing.T) {
	const form = `<form action=/search><input type="hidden" name="q" value="not this one"></form>
<FORM class="a" method=post>
<input value="a &amp; b" type="hidden" name="csrf_token"><input type="hidden" name="method" value="password">
<input name="email" value="shown"><input type="hidden" name="step" value="1"></form>
<form method="post"><input type="hidden" name="method" value="passkey"></form>`
	kit := settingstest.New(t)
	kit.App = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/bare":
			fmt.Fprint(w, `<form><input name="q"></form>`)
		case r.Method == http.MethodGet:
			fmt.Fprint(w, form)
		default:
			_ = r.ParseForm()
			fmt.Fprint(w, r.PostForm.Encode())
		}
	})
	sent := kit.Anonymous(respond.Page).FillIn("https://app.example.com/login", settingstest.Fields{"email": "ada@example.com", "step": "2"})
	assert.Equal(t, "csrf_token=a+%26+b&email=ada%40example.com&method=password&step=2", string(sent.Body))

	wrong := run(t, func(t testing.TB) {
		kit.T = t
		kit.Anonymous(respond.Page).FillIn("https://app.example.com/bare", nil)
	})
	require.Len(t, wrong, 1)
	assert.Contains(t, wrong[0], "has no form to fill in")
}
