package text_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/secure/precis"

	"github.com/amend-go/amend/settings/text"
)

// one is text that is refused.
const refused = "\xff refused"

func TestPasswords(t *testing.T) {
	for _, c := range []struct{ name, typed, form string }{
		{"ASCII is as it is", " Correct horse, 42! ", " Correct horse, 42! "},
		{"é as one character", "caf\u00e9", "caf\u00e9"},
		{"é as two, as some browsers send it (ulsklyc/yuvomi#608, ory/hydra#2882)", "cafe\u0301", "caf\u00e9"},
		{"ñ as two (usnistgov/800-63-3#301)", "man\u0303ana", "ma\u00f1ana"},
		{"Korean in pieces, as a Mac has it", "\u1112\u1161\u11ab\u1100\u1173\u11af", "\ud55c\uae00"},
		{"a no-break space", "correct\u00a0horse", "correct horse"},
		{"an ideographic space", "correct\u3000horse", "correct horse"},
		{"a narrow space of French", "quoi\u202f?", "quoi ?"},
		{"spaces at the ends count", "\u00a0x ", " x "},
		{"case counts", "GrÜße", "GrÜße"},
		{"width counts", "\uff41bc", "\uff41bc"},
		{"a ligature is not taken apart", "\ufb01x", "\ufb01x"},
		{"a superscript is no digit", "m\u00b2", "m\u00b2"},
		{"emoji with joiners and selectors of a variant", "\U0001f469\u200d\U0001f4bb\u2764\ufe0f", "\U0001f469\u200d\U0001f4bb\u2764\ufe0f"},
		{"an emoji that no table has yet", "\U0001fadf\U0001faff", "\U0001fadf\U0001faff"},
		{"a tab", "correct\thorse", refused},
		{"NUL", "correct\x00horse", refused},
		{"a control character beyond ASCII", "correct\u0085horse", refused},
		{"no UTF-8", "correct\xffhorse", refused},
	} {
		t.Run(c.name, func(t *testing.T) { requireForm(t, text.Password, c.typed, c.form) })
	}
}

func TestIdentifiers(t *testing.T) {
	for _, c := range []struct{ name, typed, form string }{
		{"ASCII is as it is", "ada.lovelace_1815", "ada.lovelace_1815"},
		{"é as two characters (home-assistant/architecture#301)", "rene\u0301", "ren\u00e9"},
		{"a space that nobody sees (openstreetmap/openstreetmap-website#4538)", "a\u200bd\u200ba\u2060", "ada"},
		{"a byte-order mark before it", "\ufeffada", "ada"},
		{"marks of direction", "\u202aada\u202c\u200e", "ada"},
		{"letters turned round", "\u202eada", "ada"},
		{"a soft hyphen", "ada\u00adlove", "adalove"},
		{"a joiner between Persian letters", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u062e\u0648\u0627\u0647\u0645"},
		{"a filler of Hangul", "ada\u3164", "ada"},
		{"a selector of a variant", "\u2764\ufe0f", "\u2764"},
		{"full-width letters", "\uff41\uff44\uff41", "ada"},
		{"half-width katakana", "\uff76\uff9e", "\u30ac"},
		{"spaces around it", "\u00a0 ada\u3000", "ada"},
		{"a space in it", "ada\u00a0l", "ada l"},
		{"case is for others to say", "Ada", "Ada"},
		{"a Cyrillic letter is another one", "\u0430da", "\u0430da"},
		{"an Arabic sign that is seen", "\u0600\u0661", "\u0600\u0661"},
		{"a control character (SimpleMachines/SMF#7085)", "test\x0fmember", refused},
		{"NUL", "admin\x00", refused},
		{"a line's end", "ada\n", refused},
		{"nothing that is seen (openstreetmap/openstreetmap-website#6642)", "\u200b\u200b", refused},
		{"only spaces", " \u3000", refused},
		{"nothing", "", refused},
		{"no UTF-8", "ada\xff", refused},
	} {
		t.Run(c.name, func(t *testing.T) { requireForm(t, text.Identifier, c.typed, c.form) })
	}
}

func TestDomains(t *testing.T) {
	for _, c := range []struct{ name, typed, form string }{
		{"ASCII", "example.com", "example.com"},
		{"ASCII in capitals", "Example.COM", "example.com"},
		{"letters beyond ASCII (directus/directus#2122)", "dömäin.com", "xn--dmin-moa0i.com"},
		{"in capitals", "MÜNCHEN.DE", "xn--mnchen-3ya.de"},
		{"ü as two characters", "mu\u0308nchen.de", "xn--mnchen-3ya.de"},
		{"in punycode (mailcow/mailcow-dockerized#7395)", "xn--mnchen-3ya.de", "xn--mnchen-3ya.de"},
		{"in punycode, in capitals", "XN--MNCHEN-3YA.DE", "xn--mnchen-3ya.de"},
		{"ß is a letter of its own (keycloak/keycloak-ui#1994)", "maßanfertigung.de", "xn--maanfertigung-cdb.de"},
		{"all of it beyond ASCII (PHPMailer/PHPMailer#668)", "письмо.рф", "xn--h1aigbl0e.xn--p1ai"},
		{"dots of Chinese", "例え。jp", "xn--r8jz45g.jp"},
		{"full-width letters", "ｅｘａｍｐｌｅ.com", "example.com"},
		{"a space that nobody sees", "example\u200b.com", "example.com"},
		{"from right to left", "مثال.إختبار", "xn--mgbh0fb.xn--kgbechtv"},
		{"ASCII that no registry would have", "a--b_.example", "a--b_.example"},
		{"punycode of nothing", "xn--a.example", "xn--a.example"},
		{"both directions in one label", "aא.example", refused},
		{"a space", "mün chen.de", refused},
		{"a sign that the older standard has", "i❤.example", "xn--i-7iq.example"},
		{"a label that is too long", "ü" + string(make([]byte, 63)) + ".de", refused},
		{"no UTF-8", "m\xffnchen.de", refused},
	} {
		t.Run(c.name, func(t *testing.T) { requireForm(t, text.Domain, c.typed, c.form) })
	}
}

func requireForm(t *testing.T, f func(string) (string, error), typed, want string) {
	t.Helper()
	form, err := f(typed)
	if want == refused {
		require.Error(t, err)
		assert.Empty(t, form)
		assert.Regexp(t, `^its? [a-z ]+$`, err.Error(), "a part of a sentence, without the value")
		return
	}
	require.NoError(t, err)
	require.Equal(t, want, form)
	again, err := f(form)
	require.NoError(t, err)
	assert.Equal(t, form, again, "mapping twice changes nothing more")
}

func TestUnicodeHasAll(t *testing.T) {
	u := text.Unicode()
	assert.NotNil(t, u.Password)
	assert.NotNil(t, u.Identifier)
	assert.NotNil(t, u.Domain)
	assert.NotNil(t, u.Spellings)
}

func TestSpellings(t *testing.T) {
	for _, c := range []struct {
		name, form string
		want       []string
	}{
		{"an ASCII name", "ada", nil},
		{"an ASCII address", "ada@example.com", nil},
		{"a name", "rené", []string{"rene\u0301"}},
		{"a name in a script without pieces", "письмо", nil},
		{"a domain (mailcow/mailcow-dockerized#7395)", "ada@xn--mnchen-3ya.de", []string{"ada@münchen.de", "ada@mu\u0308nchen.de"}},
		{"both parts", "rené@xn--mnchen-3ya.de", []string{"rené@münchen.de", "rene\u0301@mu\u0308nchen.de", "rene\u0301@xn--mnchen-3ya.de"}},
		{"punycode that is none", "ada@xn--a.de", nil},
		{"two signs", "a@b@xn--mnchen-3ya.de", []string{"a@b@münchen.de", "a@b@mu\u0308nchen.de"}},
		{"nothing", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, text.Spellings(c.form))
			same := func(s string) string { return text.Unicode().Address(s) }
			assert.Equal(t, c.want, text.Unicode().Others(c.form, same), "each is of that form")
		})
	}
}

// Mapping again changes nothing more, and where the profile of the RFC takes a
// password, it is the same one.
func FuzzForms(f *testing.F) {
	for _, s := range []string{"", "ada", "cafe\u0301", "\u2000\u00a0", "\u1112\u1161\u11ab", "\uff76\uff9e", "a\u200db\ufe0f", "münchen.de", "İ", "\u0345\u03b1", "\u0958", "\U0001d15e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, form := range []func(string) (string, error){text.Password, text.Identifier, text.Domain} {
			once, err := form(s)
			if err != nil {
				continue
			}
			twice, err := form(once)
			require.NoError(t, err, "%q, mapped to %q", s, once)
			require.Equal(t, once, twice, "of %q", s)
		}
		if standard, err := precis.OpaqueString.String(s); err == nil && utf8.ValidString(s) {
			ours, err := text.Password(s)
			require.NoError(t, err, "%q", s)
			require.Equal(t, standard, ours, "of %q", s)
		}
	})
}
