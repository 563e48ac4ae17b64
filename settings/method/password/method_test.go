package password_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/memory"
)

// methodFixture is Ada, who has passwordBefore, at a Handler with one method.
type methodFixture struct {
	*settingstest.Kit
	ada    string
	hashed atomic.Int32 // new passwords
}

func newMethodFixture(t *testing.T, config password.Config, changes ...func(*settings.Config)) *methodFixture {
	t.Helper()
	w := &methodFixture{}
	if config.Writer == nil {
		config.Writer = settingstest.FastHash()
	}
	config.Writer = countingWriter{config.Writer, &w.hashed}
	offer := func(c *settings.Config) { c.Methods = []settings.Method{password.New(config)} }
	w.Kit = settingstest.New(t, append(changes, offer)...)
	w.ada = w.AddIdentity("ada@example.com", passwordBefore)
	return w
}

// inBothModes runs a test without a Backend and with one.
func inBothModes(t *testing.T, test func(t *testing.T, mode func(*settings.Config))) {
	t.Run("three stores", func(t *testing.T) { test(t, func(*settings.Config) {}) })
	t.Run("a backend", func(t *testing.T) {
		test(t, func(c *settings.Config) { c.Backend = c.Flows.(*memory.Store) })
	})
}

// to are the fields of a submit: the new password, and the current one if any.
func to(wanted string, current ...string) settingstest.Fields {
	f := settingstest.Fields{"method": "password", "password": wanted}
	for _, c := range current {
		f["current_password"] = c
	}
	return f
}

func saved(t *testing.T, c *settingstest.Client, a *settingstest.Answer) {
	t.Helper()
	f := shown(t, c.Kind, a, http.StatusOK)
	require.Equal(t, "success", f.State)
	require.Equal(t, []string{"1050001"}, f.Messages())
}

func TestNodesOfThePassword(t *testing.T) {
	const (
		wanted = `{"type":"input","group":"password","attributes":{"node_type":"input","name":"password","type":"password","minlength":8,
			"disabled":false,"required":true,"autocomplete":"new-password"},"messages":[],"meta":{"label":{"id":1070001,"type":"info","text":"*"}}}`
		likeKratos = `{"type":"input","group":"password","attributes":{"node_type":"input","name":"password","type":"password",
			"disabled":false,"required":true,"autocomplete":"new-password"},"messages":[],"meta":{"label":{"id":1070001,"type":"info","text":"*"}}}`
		current = `{"type":"input","group":"password","attributes":{"node_type":"input","name":"current_password","type":"password",
			"disabled":false,"required":true,"autocomplete":"current-password"},"messages":[],"meta":{"label":{"id":7000003,"type":"info","text":"*"}}}`
		button = `{"type":"input","group":"password","attributes":{"node_type":"input","name":"method","type":"submit",
			"disabled":false,"value":"password"},"messages":[],"meta":{"label":{"id":1070003,"type":"info","text":"*"}}}`
	)
	for name, row := range map[string]struct {
		require bool
		has     string
		kratos  bool
		nodes   []string
	}{
		"by default":               {false, passwordBefore, false, []string{wanted, button}},
		"like Kratos":              {false, passwordBefore, true, []string{likeKratos, button}},
		"the current one is asked": {true, passwordBefore, false, []string{current, wanted, button}},
		"the current one is asked, and there is none": {true, "", false, []string{wanted, button}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range everyClient {
				w := newMethodFixture(t, password.Config{RequireCurrentPassword: row.require}, func(c *settings.Config) { c.Behaviour.OmitHints = row.kratos })
				c := w.SignIn(w.AddIdentity("bob@example.com", row.has), kind)
				f := c.Start()
				assert.Equal(t, row.nodes, passwordNodes(t, c.Read(f.ID).Body, row.nodes))
				// After a refusal too: what was typed is not given back.
				c.Submit(f, to("short", "the secret that was typed"))
				body := string(c.Read(f.ID).Body)
				assert.NotContains(t, body, `"value":"short"`)
				assert.NotContains(t, body, "the secret that was typed")
			}
		})
	}
}

// passwordNodes are the nodes of the group, each as the string of want that is
// equal to it as JSON, or as it is. Texts are not compared.
func passwordNodes(t *testing.T, body []byte, want []string) (nodes []string) {
	t.Helper()
	var f struct {
		UI struct {
			Nodes []map[string]any `json:"nodes"`
		} `json:"ui"`
	}
	require.NoError(t, json.Unmarshal(body, &f))
	for _, n := range f.UI.Nodes {
		if n["group"] != "password" {
			continue
		}
		n["meta"].(map[string]any)["label"].(map[string]any)["text"] = "*"
		got, err := json.Marshal(n)
		require.NoError(t, err)
		text := string(got)
		for _, w := range want {
			if assert.ObjectsAreEqual(normal(t, w), n) {
				text = w
			}
		}
		nodes = append(nodes, text)
	}
	return nodes
}

func normal(t *testing.T, j string) (v map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(j), &v))
	return v
}

func TestTheFirstPasswordOfAnAccount(t *testing.T) {
	for _, kind := range everyClient {
		for _, asks := range []bool{false, true} {
			t.Run(fmt.Sprint(kind, ", asking for the current one: ", asks), func(t *testing.T) {
				w := newMethodFixture(t, password.Config{RequireCurrentPassword: asks})
				bob := w.AddIdentity("bob@example.com", "")
				w.AddFactor(bob, aal.OIDC)
				c := w.SignIn(bob, kind, aal.OIDC)
				f := c.Start()
				saved(t, c, c.Submit(f, to(passwordAfter)))
				assert.True(t, w.PasswordIs(bob, passwordAfter))
				if asks { // from now on there is one
					f := shown(t, kind, c.Submit(f, to("another good one")), http.StatusBadRequest)
					assert.Equal(t, []string{"current_password:4000002"}, f.Messages())
				}
			})
		}
	}
}

func TestTheCurrentPasswordIsAsked(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			w := newMethodFixture(t, password.Config{RequireCurrentPassword: true})
			c := w.SignIn(w.ada, kind)
			f := c.Start()
			was := w.Identity(w.ada)
			for current, message := range map[string]string{
				"": "4000002", "not the one": "7000002", strings.ToUpper(passwordBefore): "7000002", passwordBefore + " ": "7000002",
			} {
				shownFlow := shown(t, kind, c.Submit(f, to(passwordAfter, current)), http.StatusBadRequest)
				assert.Equal(t, []string{"current_password:" + message}, shownFlow.Messages(), "%q", current)
			}
			both := shown(t, kind, c.Submit(f, to("short", "")), http.StatusBadRequest)
			assert.ElementsMatch(t, []string{"password:4000032", "current_password:4000002"}, both.Messages(), "all that is wrong is said at once")
			assert.Equal(t, was, w.Identity(w.ada))
			assert.Zero(t, w.hashed.Load())
			saved(t, c, c.Submit(f, to(passwordAfter, passwordBefore)))
		})
	}
}

// Who does not know the current password learns nothing by what they want the new
// one to be: neither that it is the current one, nor what the policy says of it. And
// each of their guesses is counted.
func TestTheCurrentPasswordIsComparedFirst(t *testing.T) {
	rows := map[string]struct {
		wanted any
		then   string // what is said to who knows the current one
	}{
		"one that will do":       {passwordAfter, ""},
		"one that is too short":  {"short", "password:4000032"},
		"one that is too long":   {strings.Repeat("x", 257), "password:4000033"},
		"a common one":           {"iloveyou", "password:4000005"},
		"the user's own address": {"ada@example.com", "password:4000031"},
		"the current one":        {passwordBefore, "password:4000039"},
		"none":                   {"", "password:4000002"},
	}
	for name, row := range rows {
		for _, kind := range everyClient {
			t.Run(fmt.Sprint(name, ", ", kind), func(t *testing.T) {
				w := newMethodFixture(t, password.Config{RequireCurrentPassword: true})
				c := w.SignIn(w.ada, kind)
				f := c.Start()
				was := w.Identity(w.ada)
				submit := func(current string) []string {
					fields := to("", current)
					fields["password"] = row.wanted
					return shown(t, kind, c.Submit(f, fields), http.StatusBadRequest).Messages()
				}
				if row.then != "" {
					require.Equal(t, []string{row.then}, submit(passwordBefore))
				}
				for range 10 {
					require.Equal(t, []string{"current_password:7000002"}, submit("not the one"))
				}
				locked := c.Submit(f, to(passwordAfter, passwordBefore))
				if kind == respond.Page {
					assert.Equal(t, []string{"7000011"}, locked.Follow().Flow.Messages())
				} else {
					assert.Equal(t, http.StatusTooManyRequests, locked.Status)
				}
				assert.Equal(t, was, w.Identity(w.ada))
				assert.Zero(t, w.hashed.Load())
			})
		}
	}
}

// The hash that is stored need not be the Writer's: an app changes its Writer,
// and its users' hashes follow one by one.
func TestHashesThatAreReplaced(t *testing.T) {
	// From PHP's password_hash("Sommerregen", PASSWORD_BCRYPT).
	const sommerregen = "$2y$05$k50HttQQTCqrz0L5glQBgOD4fFZKMEg3qrDFO1wLhw97X0QHGebXu"
	stored := func(w *methodFixture, hash string) {
		w.Edit(w.ada, func(i *identity.Identity) { i.PasswordHash = hash })
	}
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		for _, kind := range everyClient {
			t.Run(kind.String(), func(t *testing.T) {
				t.Run("an old bcrypt hash is compared, and replaced", func(t *testing.T) {
					w := newMethodFixture(t, password.Config{RequireCurrentPassword: true}, mode)
					stored(w, sommerregen)
					c := w.SignIn(w.ada, kind)
					f := c.Start()
					unchanged := shown(t, kind, c.Submit(f, to("Sommerregen", "Sommerregen")), http.StatusBadRequest)
					assert.Equal(t, []string{"password:4000039"}, unchanged.Messages())
					wrong := shown(t, kind, c.Submit(f, to(passwordAfter, "Winterregen")), http.StatusBadRequest)
					assert.Equal(t, []string{"current_password:7000002"}, wrong.Messages())
					saved(t, c, c.Submit(f, to(passwordAfter, "Sommerregen")))
					assert.True(t, strings.HasPrefix(w.Identity(w.ada).PasswordHash, "$argon2id$"))
					assert.True(t, w.PasswordIs(w.ada, passwordAfter))
				})
				t.Run("bcrypt is written", func(t *testing.T) {
					w := newMethodFixture(t, password.Config{Writer: password.Bcrypt(10)}, mode)
					c := w.SignIn(w.ada, kind)
					most := strings.Repeat("8 chars.", 9) // 72 bytes
					saved(t, c, c.Submit(c.Start(), to(most)))
					assert.True(t, strings.HasPrefix(w.Identity(w.ada).PasswordHash, "$2a$10$"))
					assert.True(t, w.PasswordIs(w.ada, most))
					assert.False(t, w.PasswordIs(w.ada, most+"!"))
				})
				t.Run("one that nobody can read locks nobody out", func(t *testing.T) {
					w := newMethodFixture(t, password.Config{}, mode)
					stored(w, "{SSHA}a-format-of-old")
					c := w.SignIn(w.ada, kind)
					saved(t, c, c.Submit(c.Start(), to(passwordAfter)))
					assert.True(t, w.PasswordIs(w.ada, passwordAfter))
				})
				for _, row := range unreadable {
					t.Run("no password is right for "+row.name, func(t *testing.T) {
						w := newMethodFixture(t, password.Config{RequireCurrentPassword: true}, mode)
						stored(w, row.hash)
						was := w.Identity(w.ada)
						c := w.SignIn(w.ada, kind)
						f := c.Start()
						for tries, current := range []string{passwordBefore, row.hash} {
							wrong := shown(t, kind, c.Submit(f, to(passwordAfter, current)), http.StatusBadRequest)
							assert.Equal(t, []string{"current_password:7000002"}, wrong.Messages())
							assert.Equal(t, tries+1, strings.Count(w.Log.String(), row.is.Error()), "the log says why, in one line")
						}
						assert.Equal(t, was, w.Identity(w.ada))
						assert.Zero(t, w.hashed.Load())
					})
				}
			})
		}
	})
}

func TestTheHasherIsNotCalledInVain(t *testing.T) {
	rows := map[string]func(c *settingstest.Client) *settingstest.Answer{
		"a forged request": func(c *settingstest.Client) *settingstest.Answer {
			f := c.Start()
			c.Header = http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}
			return c.Submit(f, to(passwordAfter))
		},
		"no session": func(c *settingstest.Client) *settingstest.Answer {
			f := c.Start()
			nobody := c.Kit.Anonymous(c.Kind)
			return nobody.Submit(f, to(passwordAfter))
		},
		"a sign-in that is too old": func(c *settingstest.Client) *settingstest.Answer {
			f := c.Start()
			c.Kit.Clock.Advance(16 * time.Minute)
			return c.Submit(f, to(passwordAfter))
		},
		"a flow that has expired": func(c *settingstest.Client) *settingstest.Answer {
			f := c.Start()
			c.Kit.Clock.Advance(time.Hour)
			return c.Submit(f, to(passwordAfter))
		},
		"somebody else's flow": func(c *settingstest.Client) *settingstest.Answer {
			other := c.Kit.SignIn(c.Kit.AddIdentity("bob@example.com", ""), c.Kind)
			return c.Submit(other.Start(), to(passwordAfter))
		},
		"a body that is too large": func(c *settingstest.Client) *settingstest.Answer {
			return c.Submit(c.Start(), to(strings.Repeat("long one", 9000)))
		},
		"a password that is too long": func(c *settingstest.Client) *settingstest.Answer {
			return c.Submit(c.Start(), to(strings.Repeat("long one", 33)))
		},
		"a password that is too common": func(c *settingstest.Client) *settingstest.Answer { return c.Submit(c.Start(), to("iloveyou")) },
		"the password that is set":      func(c *settingstest.Client) *settingstest.Answer { return c.Submit(c.Start(), to(passwordBefore)) },
		"a method that is not offered": func(c *settingstest.Client) *settingstest.Answer {
			return c.Submit(c.Start(), settingstest.Fields{"method": "totp", "password": passwordAfter})
		},
		"a password without saying that it is meant": func(c *settingstest.Client) *settingstest.Answer {
			return c.Submit(c.Start(), settingstest.Fields{"password": passwordAfter})
		},
	}
	for _, kind := range everyClient {
		for name, try := range rows {
			t.Run(fmt.Sprint(kind, ": ", name), func(t *testing.T) {
				w := newMethodFixture(t, password.Config{})
				was := w.Identity(w.ada)
				a := try(w.SignIn(w.ada, kind))
				assert.NotEqual(t, http.StatusOK, a.Status, "%v", a)
				assert.Zero(t, w.hashed.Load())
				assert.Equal(t, was, w.Identity(w.ada))
			})
		}
	}
}

func TestTooMuchToHash(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		for _, kind := range everyClient {
			t.Run(kind.String(), func(t *testing.T) {
				limiter := password.NewLimiter(1, 0, time.Millisecond)
				w := newMethodFixture(t, password.Config{Limiter: limiter}, mode)
				was := w.Identity(w.ada)
				c, phone := w.SignIn(w.ada, kind), w.SignIn(w.ada, kind)
				f := c.Start()

				started, release := make(chan struct{}), make(chan struct{})
				done := make(chan error, 1)
				go func() {
					done <- limiter.Do(context.Background(), "somebody else", 0, func() error {
						close(started)
						<-release
						return nil
					})
				}()
				<-started
				a := c.Submit(f, to(passwordAfter))
				close(release)
				require.NoError(t, <-done)

				if kind == respond.Page {
					again := shown(t, kind, a, 0)
					assert.Equal(t, "show_form", again.State)
					assert.Equal(t, []string{"7000012"}, again.Messages())
				} else {
					assert.Equal(t, http.StatusServiceUnavailable, a.Status, "%v", a)
					require.NotNil(t, a.Error)
					assert.Equal(t, "overloaded", a.Error.ID)
				}
				assert.Equal(t, "2", a.Header.Get("Retry-After"))
				assert.Equal(t, was, w.Identity(w.ada))
				assert.Zero(t, w.hashed.Load())
				assert.Equal(t, http.StatusOK, phone.Whoami().Status)

				saved(t, c, c.Submit(f, to(passwordAfter))) // the same request, a moment later
			})
		}
	})
}

func TestAConfigThatCannotProtectIsRefused(t *testing.T) {
	for name, config := range map[string]password.Config{
		"argon2id with one pass":       {Writer: password.Argon2id{Time: 1}},
		"argon2id with little memory":  {Writer: password.Argon2id{MemoryKiB: 1024}},
		"more than Verify would read":  {Writer: password.Argon2id{MemoryKiB: 1 << 20}},
		"bcrypt with cost 9":           {Writer: password.Bcrypt(9)},
		"bcrypt with cost 15":          {Writer: password.Bcrypt(15)},
		"seven characters":             {Policy: password.Policy{MinLength: 7}},
		"a maximum below 64":           {Policy: password.Policy{MaxLength: 63}},
		"a negative number of bytes":   {Policy: password.Policy{MaxBytes: -1}},
		"negative bytes, and a format": {Policy: password.Policy{MaxBytes: -1}, Writer: password.Bcrypt(10)},
	} {
		t.Run(name, func(t *testing.T) {
			good := settingstest.New(t).Config
			good.Methods = []settings.Method{password.New(config)}
			h, err := settings.New(good)
			require.ErrorContains(t, err, "Config.Methods: password: ")
			assert.Nil(t, h)
		})
	}
	good := settingstest.New(t).Config
	good.Methods = []settings.Method{password.New(password.Config{})}
	_, err := settings.New(good)
	require.NoError(t, err)
}

// An app whose own login compares with bcrypt keeps bcrypt.
func ExampleMethod_bcrypt() {
	store := memory.New()
	_, err := settings.New(settings.Config{
		PublicURL: "https://app.example.com/auth",
		UIURL:     "https://app.example.com/settings",
		LoginURL:  "https://app.example.com/login",
		Keys:      [][]byte{settings.NewKey()},
		Flows:     store, Sessions: store, Identities: store,
		Methods: []settings.Method{password.New(password.Config{
			Writer:                 password.Bcrypt(12),
			RequireCurrentPassword: true,
		})},
	})
	fmt.Println(err)
	// Output: <nil>
}
