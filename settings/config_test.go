package settings_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/memory"
)

// mandatoryConfig has what must be set, and nothing else.
func mandatoryConfig() settings.Config {
	store := memory.New()
	return settings.Config{
		PublicURL: "https://app.example.com/auth",
		UIURL:     "https://app.example.com/settings",
		LoginURL:  "https://app.example.com/login",
		Keys:      [][]byte{settings.NewKey()},
		Flows:     store, Sessions: store, Identities: store,
		Methods: []settings.Method{password.New(password.Config{})},
	}
}

func TestNewTakesTheMandatoryFieldsAlone(t *testing.T) {
	h, err := settings.New(mandatoryConfig())
	require.NoError(t, err)
	require.NotNil(t, h.Service)
	require.NotNil(t, h.Sessions)
}

// configMethod is a method with a description of its own.
type configMethod struct {
	fakeMethod
	info method.Info
	err  error
}

func (m configMethod) Info() (method.Info, error) { return m.info, m.err }

func described(i method.Info) settings.Method { return configMethod{info: i} }

// An error of New names the field, and never a secret.
func TestNewNamesTheFieldThatIsWrong(t *testing.T) {
	type config = settings.Config
	key := settings.NewKey()
	rows := []struct {
		name  string
		field string
		wrong func(*config)
	}{
		{"no flow store", "Flows", func(c *config) { c.Flows = nil }},
		{"no session store", "Sessions", func(c *config) { c.Sessions = nil }},
		{"no identity store", "Identities", func(c *config) { c.Identities = nil }},

		{"PublicURL has a query", "PublicURL", func(c *config) { c.PublicURL += "?a=b" }},
		{"PublicURL has a path no mux would match", "PublicURL", func(c *config) { c.PublicURL = "https://app.example.com/a/../b" }},
		{"PublicURL has two slashes", "PublicURL", func(c *config) { c.PublicURL = "https://app.example.com//auth" }},
		{"PublicURL has an encoded slash", "PublicURL", func(c *config) { c.PublicURL = "https://app.example.com/a%2Fb" }},
		{"PublicURL has an empty query", "PublicURL", func(c *config) { c.PublicURL += "?" }},

		{"no keys", "Keys", func(c *config) { c.Keys = nil }},
		{"an empty key", "Keys", func(c *config) { c.Keys = [][]byte{{}} }},
		{"a key of 31 bytes", "Keys", func(c *config) { c.Keys = [][]byte{make([]byte, 31)} }},
		{"a key of 33 bytes", "Keys", func(c *config) { c.Keys = [][]byte{make([]byte, 33)} }},
		{"an old key that is none", "Keys", func(c *config) { c.Keys = append(c.Keys, []byte("hunter2")) }},
		{"the same key twice", "Keys", func(c *config) { c.Keys = [][]byte{key, key} }},

		{"no methods", "Methods", func(c *config) { c.Methods = nil }},
		{"a nil method", "Methods", func(c *config) { c.Methods = append(c.Methods, nil) }},
		{"a method twice", "Methods", func(c *config) { c.Methods = append(c.Methods, c.Methods[0]) }},
		{"two methods of one name", "Methods", func(c *config) { c.Methods = append(c.Methods, described(method.Info{Name: "password"})) }},
		{"a method without a name", "Methods", func(c *config) { c.Methods = append(c.Methods, described(method.Info{})) }},
		{"a method that says it cannot be used", "Methods", func(c *config) { c.Methods = append(c.Methods, configMethod{err: errors.New("no good")}) }},
		{"a password method that hashes with nothing", "Methods", func(c *config) {
			c.Methods = []settings.Method{password.New(password.Config{Writer: password.Bcrypt(99)})}
		}},
		{"a field that another method reads", "Methods", func(c *config) {
			c.Methods = append(c.Methods, described(method.Info{Name: "test", Fields: []string{"password"}}))
		}},
		{"a field that is everybody's", "Methods", func(c *config) {
			c.Methods = append(c.Methods, described(method.Info{Name: "test", Fields: []string{"csrf_token"}}))
		}},
		{"a button that is no field", "Methods", func(c *config) {
			c.Methods = append(c.Methods, described(method.Info{Name: "test", Fields: []string{"a"}, Buttons: []string{"b"}}))
		}},
		{"an echo that is no field", "Methods", func(c *config) {
			c.Methods = append(c.Methods, described(method.Info{Name: "test", Fields: []string{"a"}, Echo: []string{"b"}}))
		}},

		{"an after-URL of a method that is not offered", "AfterURLs", func(c *config) { c.AfterURLs = map[string]string{"totp": "https://app.example.com/x"} }},
		{"an after-URL of plain http", "AfterURLs", func(c *config) { c.AfterURLs = map[string]string{"password": "http://app.example.com/x"} }},
		{"an after-URL that is empty", "AfterURLs", func(c *config) { c.AfterURLs = map[string]string{"password": ""} }},

		{"a negative age", "PrivilegedSessionMaxAge", func(c *config) { c.PrivilegedSessionMaxAge = -time.Second }},
		{"a negative life of flows", "Lifespan", func(c *config) { c.Lifespan = -1 }},
		{"a negative life of sessions", "SessionLifespan", func(c *config) { c.SessionLifespan = -time.Hour }},
		{"a negative wait for a body", "BodyTimeout", func(c *config) { c.BodyTimeout = -1 }},
		{"a negative size of bodies", "BodyLimit", func(c *config) { c.BodyLimit = -1 }},

		{"a table without a row", "Responses", func(c *config) {
			c.Responses = respond.Documented()
			delete(c.Responses.Rows, respond.Key{Kind: respond.Stale, Endpoint: respond.AnyEndpoint})
		}},
		{"a table with an empty cell", "Responses", func(c *config) {
			c.Responses = respond.Documented()
			c.Responses.Rows[respond.Key{Kind: respond.Stale, Endpoint: respond.Submit}] = respond.Row{}
		}},
		{"a table with no rows", "Responses", func(c *config) { c.Responses.Rows = map[respond.Key]respond.Row{} }},
	}
	urls := map[string]func(*config, string){
		"PublicURL": func(c *config, u string) { c.PublicURL = u },
		"UIURL":     func(c *config, u string) { c.UIURL = u },
		"LoginURL":  func(c *config, u string) { c.LoginURL = u },
		"ErrorURL":  func(c *config, u string) { c.ErrorURL = u },
		"AfterURL":  func(c *config, u string) { c.AfterURL = u },
	}
	for field, set := range urls {
		for name, u := range map[string]string{
			"is missing":                  "",
			"is relative":                 "/auth",
			"has no scheme":               "app.example.com/auth",
			"has no scheme but slashes":   "//app.example.com/auth",
			"has no host":                 "https:///auth",
			"is opaque":                   "https:app.example.com/auth",
			"has another scheme":          "ftp://app.example.com/auth",
			"is a script":                 "javascript:alert(1)",
			"is plain http":               "http://app.example.com/auth",
			"is plain http in capitals":   "HTTP://app.example.com/auth",
			"has a user":                  "https://ada:hunter2@app.example.com/auth",
			"has an empty user":           "https://@app.example.com/auth",
			"has a fragment":              "https://app.example.com/auth#top",
			"has an empty fragment":       "https://app.example.com/auth#",
			"has a control character":     "https://app.example.com/au\x7fth",
			"has a line break":            "https://app.example.com/auth\r\nSet-Cookie: a=b",
			"has an escape that is none":  "https://app.example.com/%zz",
			"has a port that is a word":   "https://app.example.com:https/auth",
			"has a host with a backslash": `https://app.example.com\@evil.example/`,
		} {
			if u == "" && (field == "ErrorURL" || field == "AfterURL") {
				continue // these have a default
			}
			rows = append(rows, struct {
				name  string
				field string
				wrong func(*config)
			}{field + " " + name, field, func(c *config) { set(c, u) }})
		}
	}
	for _, entry := range []string{
		"", "*", "/after", "app.example.com", "https://*example.org", "https://*.com", "https://*", "https://a.*.example.org", "https://ada@example.org",
		"https://example.org/?a=b", "https://example.org/#top", "javascript:alert(1)", "https:example.org", "https://example.org/%2e%2e/", "https://", "https://exa mple.org/",
	} {
		rows = append(rows, struct {
			name  string
			field string
			wrong func(*config)
		}{"AllowReturnTo " + entry, "AllowReturnTo", func(c *config) { c.AllowReturnTo = []string{"https://app.example.com/", entry} }})
	}
	for _, origin := range []string{
		"", "null", "*", "www.example.com", "//www.example.com", "https://www.example.com/", "https://www.example.com/settings", "https://www.example.com?a=b",
		"https://www.example.com#top", "https://ada:hunter2@www.example.com", "https://*.example.com", "ftp://www.example.com", "http://www.example.com", "https://", "https:www.example.com",
	} {
		rows = append(rows, struct {
			name  string
			field string
			wrong func(*config)
		}{"TrustedOrigins " + origin, "TrustedOrigins", func(c *config) { c.TrustedOrigins = []string{"https://good.example.com", origin} }})
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			c := mandatoryConfig()
			row.wrong(&c)
			h, err := settings.New(c)
			require.Error(t, err)
			assert.Nil(t, h)
			assert.True(t, strings.HasPrefix(err.Error(), "settings: Config."+row.field+": "), "%v", err)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

// Plain http is for development, and has to be asked for.
func TestInsecureCookiesAllowPlainHTTP(t *testing.T) {
	c := mandatoryConfig()
	c.PublicURL, c.UIURL, c.LoginURL = "http://localhost:8080/auth", "http://localhost:8080/settings", "http://localhost:8080/login"
	c.TrustedOrigins = []string{"http://localhost:3000"}
	_, err := settings.New(c)
	require.ErrorContains(t, err, "Config.PublicURL")
	c.InsecureCookies = true
	_, err = settings.New(c)
	require.NoError(t, err)
}

// After New a Config is its caller's again: nothing that is done to it reaches
// the Handler.
func TestConfigIsCopied(t *testing.T) {
	var asked, told int
	kit := settingstest.New(t, func(c *settings.Config) {
		c.AfterURLs = map[string]string{"password": "https://app.example.com/thanks"}
		c.AllowReturnTo = []string{"https://app.example.com/after"}
		c.TrustedOrigins = []string{"https://www.example.com"}
		c.Responses = respond.Documented()
		c.Before = append(c.Before, func(context.Context, settings.Event) error { asked++; return nil })
		c.After = append(c.After, func(context.Context, settings.Event) error { told++; return nil })
	})
	ada := kit.AddIdentity("ada@example.com", "correct horse battery staple")
	page := kit.SignIn(ada, respond.Page)
	form := page.Start()

	c := &kit.Config
	clear(c.Keys[0])
	c.Keys[0] = settings.NewKey()
	c.Methods[0] = nil
	c.AfterURLs["password"] = "https://evil.example/"
	c.AllowReturnTo[0] = "https://evil.example/"
	c.TrustedOrigins[0] = "https://evil.example"
	clear(c.Responses.Rows)
	c.Before[0] = func(context.Context, settings.Event) error { return settings.Refuse("changed") }
	c.After[0] = func(context.Context, settings.Event) error { panic("changed") }

	assert.Equal(t, 400, kit.SignIn(ada, respond.API).Get("/self-service/settings/api?return_to=https%3A%2F%2Fevil.example%2F").Status)
	assert.Equal(t, 303, page.Get("/self-service/settings/browser?return_to=https%3A%2F%2Fapp.example.com%2Fafter").Status)

	page.Header.Set("Sec-Fetch-Site", "cross-site")
	page.Header.Set("Origin", "https://evil.example")
	assert.Equal(t, "security_csrf_violation", page.Submit(form, passwordFields()).Failure().ID)
	page.Header.Set("Origin", "https://www.example.com")
	assert.Equal(t, "https://app.example.com/thanks", page.Submit(form, passwordFields()).Location)
	assert.Equal(t, []int{1, 1}, []int{asked, told})
}

// What the check fills in and trims is what a host would have written.
func TestURLsAreTakenAsTheyAre(t *testing.T) {
	kit := settingstest.New(t, func(c *settings.Config) {
		c.PublicURL = "https://app.example.com/auth/" // one slash too many
		c.UIURL = "https://app.example.com/app?page=settings"
		c.LoginURL = "https://app.example.com/app?page=login"
		c.ErrorURL = "https://app.example.com/app?page=error"
	})
	kit.Config.PublicURL = "https://app.example.com/auth" // where its clients go
	ada := kit.AddIdentity("ada@example.com", "correct horse battery staple")
	page := kit.SignIn(ada, respond.Page)
	start := page.Get("/self-service/settings/browser")
	require.Equal(t, 303, start.Status)
	require.True(t, strings.HasPrefix(start.Location, "https://app.example.com/app?page=settings&flow="), start.Location)
	form := page.Get("/self-service/settings/flows?id=" + strings.TrimPrefix(start.Location, "https://app.example.com/app?page=settings&flow=")).Flow
	require.NotNil(t, form)
	assert.Equal(t, "https://app.example.com/auth/self-service/settings?flow="+form.ID, form.UI.Action)
	lost := kit.Anonymous(respond.Page).Submit(form, passwordFields())
	assert.Equal(t, "https://app.example.com/app?page=login&return_to=https%3A%2F%2Fapp.example.com%2Fapp%3Fpage%3Dsettings%26flow%3D"+form.ID, lost.Location)
	unknown := page.Get("/self-service/settings?flow=0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6a")
	assert.True(t, strings.HasPrefix(unknown.Location, "https://app.example.com/app?page=error&id="), unknown.Location)
	assert.Equal(t, "self_service_flow_not_found", unknown.Failure().ID)
}

// Origins are compared as browsers write them.
func TestTrustedOriginsAsBrowsersWriteThem(t *testing.T) {
	for _, row := range []struct {
		name, configured, origin string
		trusted                  bool
	}{
		{"the same", "https://www.example.com", "https://www.example.com", true},
		{"capital letters", "https://WWW.example.com", "https://www.example.com", true},
		{"the scheme's own port", "https://www.example.com:443", "https://www.example.com", true},
		{"an address with the scheme's own port", "https://[2001:db8::1]:443", "https://[2001:db8::1]", true},
		{"another port", "https://www.example.com:8443", "https://www.example.com:8443", true},
		{"another port than the configured one", "https://www.example.com:8443", "https://www.example.com", false},
		{"another scheme than the configured one", "https://www.example.com", "http://www.example.com", false},
		{"a host that ends like the configured one", "https://www.example.com", "https://evilwww.example.com", false},
		{"a host that begins like the configured one", "https://www.example.com", "https://www.example.com.evil.example", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			kit := settingstest.New(t, func(c *settings.Config) { c.TrustedOrigins = []string{row.configured} })
			ada := kit.AddIdentity("ada@example.com", contractOldPassword)
			page := kit.SignIn(ada, respond.Page)
			form := page.Start()
			page.Header.Set("Sec-Fetch-Site", "cross-site")
			page.Header.Set("Origin", row.origin)
			page.Submit(form, passwordFields())
			assert.Equal(t, row.trusted, kit.PasswordIs(ada, contractNewPassword))
		})
	}
}

func TestKeysAsTheyAreKept(t *testing.T) {
	key := bytes.Repeat([]byte{0xfb, 0xef, 1, 2}, 8) // both alphabets differ on it
	for name, row := range map[string]struct {
		text, says string
	}{
		"standard":                     {base64.StdEncoding.EncodeToString(key), ""},
		"without padding":              {base64.RawStdEncoding.EncodeToString(key), ""},
		"for URLs":                     {base64.URLEncoding.EncodeToString(key), ""},
		"of a file, with its line end": {" " + base64.StdEncoding.EncodeToString(key) + "\r\n", ""},
		"nothing":                      {" \n", "is empty"},
		"a password":                   {"correct horse battery staple !", "not in base64"},
		"in hexadecimal":               {hex.EncodeToString(key), "48 bytes long"},
		"16 bytes":                     {base64.StdEncoding.EncodeToString(key[:16]), "16 bytes long"},
		"wrapped by a tool":            {base64.StdEncoding.EncodeToString(key)[:20] + "\n" + base64.StdEncoding.EncodeToString(key)[20:], ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := settings.KeyFromBase64(row.text)
			if row.says == "" {
				require.NoError(t, err)
				assert.Equal(t, key, got)
				return
			}
			require.ErrorContains(t, err, row.says)
			assert.Nil(t, got)
			if text := strings.TrimSpace(row.text); text != "" {
				assert.NotContains(t, err.Error(), text)
			}
		})
	}
}
