package webauthn_test

import (
	"encoding/hex"
	"net/http"
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
)

// The outcomes of this method's submits, by both tables: in these cells they are
// equal. The bodies of a page are forms as browsers send them, without "method".
func TestOutcomes(t *testing.T) {
	const ok, refused, nothing = "1050001", "4000001", "4010004"
	tables := map[string]settings.Behaviour{"documented": settings.Strict(), "kratos": settings.LikeKratos()}
	for table, responses := range tables {
		for _, row := range []struct {
			name   string
			fields func(t *testing.T, v variant, f *settingstest.Flow, id string) settingstest.Fields
			want   string
		}{
			{"add", func(t *testing.T, v variant, f *settingstest.Flow, _ string) settingstest.Fields {
				return settingstest.Fields{v.add: newDevice(t).create(options(t, f, v))}
			}, ok},
			{"add, with the method", func(t *testing.T, v variant, f *settingstest.Flow, _ string) settingstest.Fields {
				return settingstest.Fields{"method": string(v.method), v.add: newDevice(t).create(options(t, f, v))}
			}, ok},
			{"add, by a form with every field in it", func(t *testing.T, v variant, f *settingstest.Flow, _ string) settingstest.Fields {
				return settingstest.Fields{
					v.add: newDevice(t).create(options(t, f, v)), v.other().add: "", v.remove: "",
					"webauthn_register_displayname": "", "passkey_create_data": options(t, f, passkeys), "password": "",
				}
			}, ok},
			{"remove", func(_ *testing.T, v variant, _ *settingstest.Flow, id string) settingstest.Fields {
				return settingstest.Fields{v.remove: id}
			}, ok},
			{"remove, as the UI kit does", func(_ *testing.T, v variant, _ *settingstest.Flow, id string) settingstest.Fields {
				return settingstest.Fields{"method": string(v.method), v.remove: id, v.add: "", "webauthn_register_displayname": ""}
			}, ok},
			{"not json", func(_ *testing.T, v variant, _ *settingstest.Flow, _ string) settingstest.Fields {
				return settingstest.Fields{v.add: "not json"}
			}, refused},
			{"{}", func(_ *testing.T, v variant, _ *settingstest.Flow, _ string) settingstest.Fields {
				return settingstest.Fields{"method": string(v.method), v.add: "{}"}
			}, refused},
			{"remove unknown", func(_ *testing.T, v variant, _ *settingstest.Flow, _ string) settingstest.Fields {
				return settingstest.Fields{"method": string(v.method), v.remove: "deadbeef"}
			}, refused},
			{"add and remove", func(t *testing.T, v variant, f *settingstest.Flow, id string) settingstest.Fields {
				return settingstest.Fields{v.add: newDevice(t).create(options(t, f, v)), v.remove: id}
			}, refused},
			{"both methods", func(t *testing.T, v variant, f *settingstest.Flow, id string) settingstest.Fields {
				return settingstest.Fields{v.other().add: newDevice(t).create(options(t, f, v.other())), v.remove: id}
			}, refused},
			{"another method's name", func(_ *testing.T, v variant, _ *settingstest.Flow, id string) settingstest.Fields {
				return settingstest.Fields{"method": string(v.other().method), v.remove: id}
			}, refused},
			{"nothing", func(_ *testing.T, v variant, _ *settingstest.Flow, _ string) settingstest.Fields {
				return settingstest.Fields{"method": string(v.method)}
			}, nothing},
			{"empty fields", func(_ *testing.T, v variant, _ *settingstest.Flow, _ string) settingstest.Fields {
				return settingstest.Fields{"method": string(v.method), v.add: "", v.remove: ""}
			}, nothing},
			{"only the name", func(*testing.T, variant, *settingstest.Flow, string) settingstest.Fields {
				return settingstest.Fields{"webauthn_register_displayname": "x"}
			}, nothing},
		} {
			for _, v := range variants {
				for _, kind := range everyClient {
					t.Run(table+" "+row.name+" "+string(v.method)+" "+kind.String(), func(t *testing.T) {
						w := newFixture(t, func(c *settings.Config) { c.Behaviour = responses })
						id := hex.EncodeToString(w.enrol(w.ada, v).cred.ID)
						c := w.SignIn(w.ada, kind, w.Identity(w.ada).Methods()...)
						f := c.Start()
						was := w.Snapshot(w.ada)
						a := c.Submit(f, row.fields(t, v, f, id))
						if row.want == ok {
							saved(t, kind, a)
							assert.NotEqual(t, was, w.Snapshot(w.ada))
							if kind != respond.API {
								assert.NotEmpty(t, a.Header["Set-Cookie"])
							}
							return
						}
						assert.Equal(t, []string{row.want}, shown(t, kind, a, http.StatusBadRequest).Messages())
						assert.Equal(t, was, w.Snapshot(w.ada))
					})
				}
			}
		}
	}
}

// A value of another type is no text, and "true" is no credential.
func TestFieldsOfTheWrongType(t *testing.T) {
	for _, kind := range []respond.Client{respond.API, respond.Script} {
		for _, v := range variants {
			w := newFixture(t)
			w.enrol(w.ada, v)
			c := w.SignIn(w.ada, kind, w.Identity(w.ada).Methods()...)
			f := c.Start()
			was := w.Snapshot(w.ada)
			for _, value := range []string{`true`, `1`, `["x"]`, `{"id":"x"}`} {
				for _, field := range []string{v.add, v.remove} {
					refused(t, kind, c.Post(f.UI.Action[len(settingstest.PublicURL):], "application/json",
						`{"csrf_token":"`+f.CSRFToken()+`","`+field+`":`+value+`}`), "4000001")
				}
			}
			for _, value := range []string{`null`, `false`, `"false"`, `""`} { // a button that was not pressed
				for _, field := range []string{v.add, v.remove} {
					refused(t, kind, c.Post(f.UI.Action[len(settingstest.PublicURL):], "application/json",
						`{"csrf_token":"`+f.CSRFToken()+`","method":"`+string(v.method)+`","`+field+`":`+value+`}`), "4010004")
				}
			}
			twice := `{"csrf_token":"` + f.CSRFToken() + `","` + v.remove + `":"a","` + v.remove + `":"b"}`
			refused(t, kind, c.Post(f.UI.Action[len(settingstest.PublicURL):], "application/json", twice), "4000001")
			a := c.Submit(f, settingstest.Fields{keys.add: newDevice(t).create(options(t, f, keys)), "webauthn_register_displayname": 7})
			refused(t, kind, a, "webauthn_register_displayname:4000026")
			assert.Equal(t, was, w.Snapshot(w.ada))
		}
	}
}

func TestMethodsThatAreNotOffered(t *testing.T) {
	for _, v := range variants {
		for _, kind := range everyClient {
			w := newFixture(t, func(c *settings.Config) {
				c.Methods = []settings.Method{password.New(password.Config{Writer: settingstest.FastHash()})}
			})
			c := w.SignIn(w.ada, kind)
			f := c.Start()
			was := w.Snapshot(w.ada)
			a := c.Submit(f, settingstest.Fields{v.remove: "00"})
			if kind == respond.Page {
				assert.Equal(t, 404, a.Failure().Code)
			} else {
				assert.Equal(t, http.StatusNotFound, a.Status)
			}
			assert.Equal(t, was, w.Snapshot(w.ada))
		}
	}
}

// What a flow shows, before, with an error, and after. What differs from run to
// run is named.
func TestGolden(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			w := newFixture(t)
			c := w.SignIn(w.ada, kind)
			f := c.Start()
			golden := func(step string, devices ...*device) {
				a := c.Read(f.ID)
				var pairs []string
				for _, v := range variants {
					o := creationOf(t, options(t, a.Flow, v)).PublicKey
					name := strings.ToUpper(string(v.method))
					pairs = append(pairs, o.Challenge, name+"-CHALLENGE")
					if len(devices) == 0 {
						pairs = append(pairs, o.User.ID, name+"-HANDLE")
					} else {
						pairs = append(pairs, o.User.ID, "HANDLE")
					}
				}
				if n := node(a.Flow, "webauthn_script"); n != nil {
					pairs = append(pairs, n.Attributes["nonce"].(string), "NONCE", n.Attributes["integrity"].(string), "INTEGRITY")
				}
				for n, d := range devices {
					name := []string{"KEY", "PASSKEY"}[n]
					pairs = append(pairs, hex.EncodeToString(d.cred.ID), name+"-HEX", unpadded(d.cred.ID), name+"-BASE64URL")
				}
				a.Golden(step+"-"+kind.String(), pairs...)
			}
			golden("fresh")
			c.Submit(f, settingstest.Fields{keys.add: "{}", "webauthn_register_displayname": "Office key"})
			golden("refused")
			key, passkey := newDevice(t), newDevice(t)
			f = saved(t, kind, c.Submit(f, settingstest.Fields{keys.add: key.create(options(t, f, keys)), "webauthn_register_displayname": "Office key"}))
			w.Clock.Advance(time.Minute)
			saved(t, kind, c.Submit(f, settingstest.Fields{passkeys.add: passkey.create(options(t, f, passkeys))}))
			golden("added", key, passkey)
		})
	}
}

// The kit and the SDKs name these parts of a form.
func TestNodes(t *testing.T) {
	w := newFixture(t)
	key := w.enrol(w.ada, keys)
	for _, kind := range everyClient {
		f := w.SignIn(w.ada, kind, w.Identity(w.ada).Methods()...).Start()
		trigger := node(f, "webauthn_register_trigger")
		assert.Equal(t, "button", trigger.Attributes["type"])
		assert.Equal(t, "oryWebAuthnRegistration", trigger.Attributes["onclickTrigger"])
		assert.Equal(t, "oryPasskeySettingsRegistration", node(f, "passkey_register_trigger").Attributes["onclickTrigger"])
		for _, hidden := range []string{"webauthn_register", "passkey_settings_register", "passkey_create_data"} {
			assert.Equal(t, "hidden", node(f, hidden).Attributes["type"], hidden)
		}
		remove := node(f, "webauthn_remove")
		assert.Equal(t, "submit", remove.Attributes["type"])
		assert.Equal(t, hex.EncodeToString(key.cred.ID), remove.Attributes["value"])
		scripts := nodes(f, "webauthn_script")
		if kind == respond.API {
			assert.Empty(t, scripts, "an app has no use for it")
			continue
		}
		require.Len(t, scripts, 1, "two methods, one script")
		assert.Equal(t, "webauthn", scripts[0].Group)
		assert.Equal(t, settingstest.PublicURL+"/.well-known/ory/webauthn.js", scripts[0].Attributes["src"])
	}
}

// What a test kit adds has no key. It is shown and can be removed; it proves
// nothing.
func TestACredentialWithoutAKey(t *testing.T) {
	for _, v := range variants {
		w := newFixture(t)
		w.AddFactor(w.ada, v.method)
		_, err := w.Handler.Service.Challenge(t.Context(), v.method, w.ada)
		assert.ErrorIs(t, err, method.ErrWrong)
		c := w.SignIn(w.ada, respond.Script, w.Identity(w.ada).Methods()...)
		f := c.Start()
		assert.Empty(t, creationOf(t, options(t, f, v)).PublicKey.ExcludeCredentials)
		f = saved(t, c.Kind, c.Submit(f, settingstest.Fields{v.remove: node(f, v.remove).Attributes["value"]}))
		assert.Nil(t, node(f, v.remove))
	}
}
