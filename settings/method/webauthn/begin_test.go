package webauthn_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// begin is the button of a form without creation options.
func (v variant) begin() string { return string(v.method) + "_begin" }

// A session that could not add a credential gets no creation options, and no
// script. Its form has a button that asks for what is missing, and then shows them.
func TestTheFormOfASessionThatMayNotAddACredential(t *testing.T) {
	for name, row := range map[string]struct {
		config    func(*settings.Config)
		lack      func(w *fixture)
		id, query string
		login     []aal.Method
	}{
		"its sign-in is too old": {
			func(*settings.Config) {}, func(w *fixture) { w.Clock.Advance(15*time.Minute + 1) },
			"session_refresh_required", "refresh=true", []aal.Method{aal.Password},
		},
		"it has not proved the factor that there is": {
			func(c *settings.Config) { c.AllowAAL1 = true }, func(w *fixture) { w.AddFactor(w.ada, aal.TOTP) },
			"session_aal2_required", "aal=aal2", []aal.Method{aal.TOTP},
		},
	} {
		t.Run(name, func(t *testing.T) {
			forEach(t, func(t *testing.T, v variant, kind respond.Client, mode func(*settings.Config)) {
				w := newFixture(t, mode, row.config)
				c := w.SignIn(w.ada, kind)
				row.lack(w)
				f := c.Start()
				for _, m := range variants {
					button := node(f, m.begin())
					require.NotNil(t, button, m.method)
					assert.Equal(t, []any{"submit", "true", false}, []any{button.Attributes["type"], button.Attributes["value"], button.Attributes["disabled"]})
				}
				for _, hidden := range []string{"webauthn_register", "webauthn_register_displayname", "webauthn_register_trigger", "webauthn_script", "passkey_settings_register", "passkey_create_data", "passkey_register_trigger"} {
					assert.Nil(t, node(f, hidden), hidden)
				}
				assert.NotContains(t, string(c.Read(f.ID).Body), "challenge")

				press := settingstest.Fields{v.begin(): "true"}
				asked(t, kind, c.Submit(f, press), row.id, row.query)
				w.Clock.Advance(time.Second)
				c.SignInAgain(row.login...)
				a := c.Submit(f, press) // an app sends it again
				if kind != respond.API {
					c.Submit(f, press)
					a = c.Get("/self-service/settings?flow=" + f.ID)
				}
				open := shown(t, kind, a, 200)
				require.Equal(t, "show_form", open.State)
				require.Empty(t, open.Messages())
				assert.Nil(t, node(open, v.begin()))
				saved(t, kind, c.Submit(open, settingstest.Fields{v.add: newDevice(t).create(options(t, open, v))}))
			})
		})
	}
}

// The UI kits of Kratos find the options in every form. What was made for them waits
// for the sign-in, and is good after it.
func TestOptionsOfAStaleSessionLikeKratos(t *testing.T) {
	for _, v := range variants {
		w := newFixture(t, func(c *settings.Config) { c.Behaviour = settings.LikeKratos() })
		c := w.SignIn(w.ada, respond.Page)
		w.Clock.Advance(time.Hour)
		f := c.Start()
		require.Nil(t, node(f, v.begin()))
		submit := settingstest.Fields{v.add: newDevice(t).create(options(t, f, v))}
		asked(t, respond.Page, c.Submit(f, submit), "session_refresh_required", "refresh=true")
		w.Clock.Advance(time.Minute)
		c.SignInAgain()
		assert.Equal(t, []string{"1050001", "7000014"}, flowOf(t, c.Get("/self-service/settings?flow="+f.ID)).Messages())
	}
}

func TestTheButtonThatBegins(t *testing.T) {
	for _, v := range variants {
		for name, row := range map[string]struct {
			fields func(t *testing.T, f *settingstest.Flow, id string) settingstest.Fields
			want   []string
		}{
			"alone": {func(*testing.T, *settingstest.Flow, string) settingstest.Fields {
				return settingstest.Fields{v.begin(): true}
			}, nil},
			"with the name of the method": {func(*testing.T, *settingstest.Flow, string) settingstest.Fields {
				return settingstest.Fields{"method": string(v.method), v.begin(): "true"}
			}, nil},
			"that was not pressed": {func(*testing.T, *settingstest.Flow, string) settingstest.Fields {
				return settingstest.Fields{"method": string(v.method), v.begin(): false}
			}, []string{"4010004"}},
			"that is a word": {func(*testing.T, *settingstest.Flow, string) settingstest.Fields {
				return settingstest.Fields{v.begin(): "now"}
			}, []string{"4000026"}},
			"with a credential": {func(t *testing.T, f *settingstest.Flow, _ string) settingstest.Fields {
				return settingstest.Fields{v.begin(): "true", v.add: newDevice(t).create(options(t, f, v))}
			}, []string{"4000001"}},
			"with the removal of one": {func(_ *testing.T, _ *settingstest.Flow, id string) settingstest.Fields {
				return settingstest.Fields{v.begin(): "true", v.remove: id}
			}, []string{"4000001"}},
			"with the button of another method": {func(*testing.T, *settingstest.Flow, string) settingstest.Fields {
				return settingstest.Fields{v.begin(): "true", v.other().begin(): "true"}
			}, []string{"4000001"}},
		} {
			t.Run(string(v.method)+" "+name, func(t *testing.T) {
				w := newFixture(t)
				id := hex.EncodeToString(w.enrol(w.ada, v).cred.ID)
				c := w.SignIn(w.ada, respond.Script, w.Identity(w.ada).Methods()...)
				f := c.Start()
				was := w.Snapshot(w.ada)
				a := c.Submit(f, row.fields(t, f, id))
				if row.want == nil {
					assert.Equal(t, "200", a.Brief())
				} else {
					refused(t, c.Kind, a, row.want...)
				}
				assert.Equal(t, was, w.Snapshot(w.ada))
			})
		}
	}
}
