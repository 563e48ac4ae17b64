package webauthn_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/webauthn"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestNames(t *testing.T) {
	const name = "webauthn_register_displayname"
	for _, kind := range everyClient {
		for given, want := range map[string]string{
			"":                               "",
			"   ":                            "",
			"\u200b\u202e\x07":               "",
			" Office key ":                   "Office key",
			"blue\x1b[31m\r\nkey":            "blue[31mkey",
			"evil\u202eyek":                  "evilyek",
			"Schlüssel für zu Hause 🔑":       "Schlüssel für zu Hause 🔑",
			strings.Repeat("ü", 64):          strings.Repeat("ü", 64),
			strings.Repeat("x", 64) + "    ": strings.Repeat("x", 64),
			`<script>alert("1")</script>`:    `<script>alert("1")</script>`,
		} {
			t.Run(kind.String()+" "+given, func(t *testing.T) {
				w := newFixture(t)
				c := w.SignIn(w.ada, kind)
				f := c.Start()
				f = saved(t, kind, c.Submit(f, settingstest.Fields{keys.add: newDevice(t).create(options(t, f, keys)), name: given}))
				assert.Equal(t, want, w.Identity(w.ada).State.Factors["webauthn"].Credentials[0].Name)
				assert.Equal(t, cmp.Or(want, "Security key added 2030-01-02"), node(f, keys.remove).Meta.Label.Context["display_name"])
				assert.Equal(t, "", node(f, name).Attributes["value"], "the field is empty for the next one")
			})
		}
		t.Run(kind.String()+" one that is too long", func(t *testing.T) {
			w := newFixture(t)
			c := w.SignIn(w.ada, kind)
			f := c.Start()
			was := w.Snapshot(w.ada)
			a := c.Submit(f, settingstest.Fields{keys.add: newDevice(t).create(options(t, f, keys)), name: strings.Repeat("ü", 65)})
			refused(t, kind, a, name+":4000017")
			assert.Equal(t, strings.Repeat("ü", 65), node(c.Read(f.ID).Flow, name).Attributes["value"], "it is there to be made shorter")
			assert.Equal(t, was, w.Snapshot(w.ada))
		})
	}
}

// What a credential is called whose owner has not said so.
func TestNamesOfThoseWithoutOne(t *testing.T) {
	icloud := [16]byte{0xfb, 0xfc, 0x30, 0x07, 0x15, 0x4e, 0x4e, 0xcc, 0x8c, 0x0b, 0x6e, 0x02, 0x05, 0x57, 0xd7, 0xbd}
	knows := func(aaguid [16]byte) string {
		if aaguid == icloud {
			return "iCloud Keychain"
		}
		return ""
	}
	for name, row := range map[string]struct {
		aaguid [16]byte
		knows  func([16]byte) string
		stored string
		want   string
		kind   any
	}{
		"the authenticator does not tell":           {knows: knows, want: "Passkey added 2030-01-02"},
		"it tells, and the host knows no names":     {aaguid: icloud, want: "Passkey added 2030-01-02"},
		"it tells, and the host has no name for it": {aaguid: [16]byte{1}, knows: knows, want: "Passkey added 2030-01-02"},
		"it tells": {aaguid: icloud, knows: knows, want: "iCloud Keychain", kind: "iCloud Keychain"},
		"a row of before, with a name by the day": {aaguid: icloud, knows: knows, stored: "Passkey added 2030-01-02", want: "iCloud Keychain", kind: "iCloud Keychain"},
		"its owner calls it otherwise":            {aaguid: icloud, knows: knows, stored: "Laptop", want: "Laptop", kind: "iCloud Keychain"},
	} {
		for behaviour, like := range map[string]settings.Behaviour{"strict": settings.Strict(), "kratos": settings.LikeKratos()} {
			t.Run(behaviour+" "+name, func(t *testing.T) {
				w := newFixture(t, func(c *settings.Config) {
					named := site
					named.AuthenticatorName = row.knows
					c.Behaviour, c.Methods = like, append(c.Methods[:1:1], webauthn.Both(named)...)
				})
				d := newDevice(t)
				d.auth.Aaguid = row.aaguid
				w.enrolDevice(w.ada, passkeys, d)
				assert.Empty(t, w.Identity(w.ada).State.Factors["passkey"].Credentials[0].Name, "only what its owner says is stored")
				w.Edit(w.ada, func(i *identity.Identity) { i.State.Factors["passkey"].Credentials[0].Name = row.stored })
				f := w.SignIn(w.ada, respond.Script, "passkey").Start()
				context := node(f, passkeys.remove).Meta.Label.Context
				assert.Equal(t, row.want, context["display_name"])
				if behaviour == "kratos" {
					assert.Len(t, context, 3, "Kratos says no more")
					assert.Nil(t, node(f, "passkey_rename"))
					assert.Nil(t, node(f, "passkey_rename_displayname"))
					return
				}
				assert.Equal(t, row.kind, context["authenticator"])
				assert.Equal(t, false, context["synced"])
				assert.Equal(t, row.want == "Laptop", context["own_name"] == "Laptop")
			})
		}
	}
}
