package webauthn_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/settings/settingstest"
)

func TestNames(t *testing.T) {
	const name = "webauthn_register_displayname"
	for _, kind := range everyClient {
		for given, want := range map[string]string{
			"":                               "Security key added 2030-01-02",
			"   ":                            "Security key added 2030-01-02",
			"\u200b\u202e\x07":               "Security key added 2030-01-02",
			" Office key ":                   "Office key",
			"blue\x1b[31m\r\nkey":            "blue[31mkey",
			"evil\u202eyek":                  "evilyek",
			"Schlüssel für zu Hause 🔑":       "Schlüssel für zu Hause 🔑",
			strings.Repeat("ü", 64):          strings.Repeat("ü", 64),
			strings.Repeat("x", 64) + "    ": strings.Repeat("x", 64),
			`<script>alert("1")</script>`:    `<script>alert("1")</script>`,
		} {
			t.Run(kind.String()+" "+given, func(t *testing.T) {
				w := newWorld(t)
				c := w.SignIn(w.ada, kind)
				f := c.Start()
				f = saved(t, kind, c.Submit(f, settingstest.Fields{keys.add: newDevice(t).create(options(t, f, keys)), name: given}))
				assert.Equal(t, want, w.Identity(w.ada).State.Factors["webauthn"].Credentials[0].Name)
				assert.Equal(t, "", node(f, name).Attributes["value"], "the field is empty for the next one")
			})
		}
		t.Run(kind.String()+" one that is too long", func(t *testing.T) {
			w := newWorld(t)
			c := w.SignIn(w.ada, kind)
			f := c.Start()
			was := w.Snapshot(w.ada)
			a := c.Submit(f, settingstest.Fields{keys.add: newDevice(t).create(options(t, f, keys)), name: strings.Repeat("ü", 65)})
			refused(t, kind, a, name+":4000017")
			assert.Equal(t, strings.Repeat("ü", 65), node(c.Read(f.ID).Flow, name).Attributes["value"], "it is there to be made shorter")
			assert.Equal(t, was, w.Snapshot(w.ada))
		})
	}
	t.Run("passkeys have a name of ours", func(t *testing.T) {
		w := newWorld(t)
		w.enrol(w.ada, passkeys)
		assert.Equal(t, "Passkey added 2030-01-02", w.Identity(w.ada).State.Factors["passkey"].Credentials[0].Name)
	})
}
