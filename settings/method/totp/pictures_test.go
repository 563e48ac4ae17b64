package totp_test

import (
	"bytes"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/settingstest"
)

// drawer is an encoder that takes down what it draws.
type drawer struct{ drawn []string }

func (d *drawer) draw(uri string) (string, error) {
	d.drawn = append(d.drawn, uri)
	return "data:image/png;base64," + strconv.Itoa(len(d.drawn)), nil
}

func TestAPictureIsDrawnOnce(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(w *fixture, c *settingstest.Client) *settingstest.Client // between the first form and the second
		again  bool
	}{
		{"the form is read again", func(_ *fixture, c *settingstest.Client) *settingstest.Client { return c }, false},
		{"a quarter of an hour later, when half of the pictures are forgotten", func(w *fixture, c *settingstest.Client) *settingstest.Client {
			w.Clock.Advance(16 * time.Minute)
			return c
		}, false},
		{"by a clock that was set back", func(w *fixture, c *settingstest.Client) *settingstest.Client {
			w.Clock.Advance(-30 * time.Second)
			return c
		}, false},
		{"half an hour later", func(w *fixture, c *settingstest.Client) *settingstest.Client {
			w.Clock.Advance(30 * time.Minute)
			return c
		}, true},
		{"in another session", func(w *fixture, _ *settingstest.Client) *settingstest.Client { return w.SignIn(w.ada, respond.Script) }, true},
		{"of somebody else", func(w *fixture, _ *settingstest.Client) *settingstest.Client {
			return w.SignIn(w.AddIdentity("bob@example.com", ""), respond.Script)
		}, true},
		{"of an account that has another name since", func(w *fixture, c *settingstest.Client) *settingstest.Client {
			w.Edit(w.ada, func(i *identity.Identity) { i.Keys[0].Value = "countess@example.com" })
			return c
		}, true},
		{"after an app was added and removed", func(w *fixture, c *settingstest.Client) *settingstest.Client {
			w.enrolled(c)
			w.saved(c, c.Submit(c.Start(), unlink))
			return c
		}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			var d drawer
			w := newFixture(t, func(c *settings.Config) {
				c.Methods = []settings.Method{totp.New(totp.Config{Issuer: "Example", QR: d.draw})}
				c.PrivilegedSessionMaxAge = 2 * time.Hour // or there would be nothing to show
			})
			c := w.SignIn(w.ada, respond.Script)
			first := w.picture(c.Start())
			second := w.picture(row.change(w, c).Start())
			assert.Equal(t, row.again, first != second, "each drawing has a number of its own: %v", d.drawn)
		})
	}
}

// attribute is one of a node, "" without that node.
func attribute(f *settingstest.Flow, node, name string) (value string, has bool) {
	for _, n := range f.UI.Nodes {
		if n.Name() == node {
			value, has = n.Attributes[name].(string)
		}
	}
	return value, has
}

// picture is the picture of a form, which must be that of its secret.
func (w *fixture) picture(f *settingstest.Flow) string {
	w.t.Helper()
	src, ok := attribute(f, "totp_qr", "src")
	require.True(w.t, ok)
	w.secret(f)
	return src
}

func TestPicturesAreForgotten(t *testing.T) {
	m := totp.New(totp.Config{Issuer: "Example", QR: drawn})
	now := time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)
	show := func(id string) method.View {
		secrets, err := method.NewSecrets("totp", id, bytes.Repeat([]byte("ab"), 16))
		require.NoError(t, err)
		v := method.View{Identity: identity.Identity{Record: identity.Record{ID: id}}, Session: session.Session{ID: "1"}, Now: now, Secrets: secrets, ShowPending: true}
		_, err = m.Nodes(t.Context(), v)
		require.NoError(t, err)
		return v
	}
	t.Run("there are never more than a bound", func(t *testing.T) {
		most := 0
		for n := range 3 * totp.MaxPictures {
			show(fmt.Sprint("crowd ", n))
			most = max(most, m.Pictures())
		}
		assert.Equal(t, totp.MaxPictures, most)
	})
	t.Run("those of the last hour go with the next form", func(t *testing.T) {
		now = now.Add(time.Hour)
		show("ada")
		assert.Equal(t, 1, m.Pictures())
	})
	t.Run("one whose secret is enrolled is dropped", func(t *testing.T) {
		v := show("ada")
		nodes, err := m.Nodes(t.Context(), v)
		require.NoError(t, err)
		secret := ui.New("", nodes, nil).Node("totp_secret_key").Attributes.(*ui.Plain).Text.Text
		typed, problem := body.Decode("application/json", "", strings.NewReader(`{"totp_code":"`+app(t, secret, now)+`"}`), 1<<10, []string{"totp_code"})
		require.Nil(t, problem)
		plan, err := m.Plan(v, method.Submission{Fields: typed})
		require.NoError(t, err)
		result, err := plan.Do(t.Context())
		require.NoError(t, err)
		require.IsType(t, method.Change{}, result)
		assert.Zero(t, m.Pictures())
	})
	t.Run("one that could not be drawn is not kept", func(t *testing.T) {
		broken := totp.New(totp.Config{Issuer: "Example", QR: func(string) (string, error) { return "", assert.AnError }})
		_, err := broken.Nodes(t.Context(), show("ada"))
		require.ErrorIs(t, err, assert.AnError)
		assert.Zero(t, broken.Pictures())
	})
}

// The link has what the picture has.
func TestLinkForTheDeviceThatHasTheApp(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			var d drawer
			w := newFixture(t, func(c *settings.Config) {
				c.Methods = []settings.Method{totp.New(totp.Config{Issuer: "Example Co", QR: d.draw, Link: true})}
			})
			c := w.SignIn(w.ada, kind)
			f := c.Start()
			href, _ := attribute(f, "totp_link", "href")
			assert.Equal(t, d.drawn[len(d.drawn)-1], href)
			u, err := url.Parse(href)
			require.NoError(t, err)
			assert.Equal(t, "otpauth://totp/Example Co:ada@example.com", u.Scheme+"://"+u.Host+u.Path)
			assert.Equal(t, w.secret(f), u.Query().Get("secret"))
			w.enrolled(c)
			_, shown := attribute(c.Start(), "totp_link", "href")
			assert.False(t, shown, "an app that is there is not added again")
		})
	}
	t.Run("is there only if it is asked for", func(t *testing.T) {
		w := newFixture(t)
		c := w.SignIn(w.ada, respond.API)
		assert.NotContains(t, string(c.Read(c.Start().ID).Body), "otpauth:")
	})
}
