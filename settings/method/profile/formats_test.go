package profile_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/method/profile"
)

func TestFormatsOfTexts(t *testing.T) {
	label := strings.Repeat("a", 63)
	for _, c := range []struct {
		kind      profile.Type
		id        int64
		good, bad []string
	}{
		{profile.Email, 4000040,
			[]string{"a@b", "ada@example.com", "ada+tag@sub.example.co.uk", "o'hara@example.com", "a.b.c@example.com", strings.Repeat("a", 64) + "@example.com", "a@" + label + ".com"},
			[]string{"ada", "@example.com", "ada@", "a@@b", "ada@example..com", "ada@-example.com", "ada@example.com ", " ada@example.com", "ada@example.com\n", "ada@exa mple.com", "ada@example.com\r\nBcc: eve@example.com",
				"Ada <ada@example.com>", `"ada"@example.com`, "ada@[192.0.2.1]", "ada@exämple.com", "a@" + label + "a.com", strings.Repeat("a", 65) + "@example.com", "a@" + strings.Repeat(label+".", 4) + "com", "ada@example.com,eve@example.com"}},
		{profile.Tel, 4000041,
			[]string{"+442071838750", "+44 20 7183 8750", "+1 (212) 555-0100", "+49.30.123456"},
			[]string{"442071838750", "0207 183 8750", "+0442071838750", "+1", "+1234567890123456", "+44x", "++442071838750", "+44 20\n7183", "+٤٤٢٠٧١٨٣٨٧٥٠", "+4420" + strings.Repeat(" ", 50) + "71838750"}},
		{profile.URL, 4000004,
			[]string{"https://example.com", "HTTP://example.com:8080/a?b#c", "https://[2001:db8::1]/", "https://example.com/a%20b;c=1/(d)/~e!$&'*+,:@?/?#/?", "https://example.com:", "https://192.0.2.1", "https://a_b.example/", "https://m%C3%BCnchen.de"},
			[]string{"https://example.com/a b", "https://example.com/?a b", "https://example.com/#a b", "https://example.com/é", "https://foobar®.pdf", "https://münchen.de/", "https://example.com/?a|b", "https://example.com/{a}", `https://example.com/\a`, `https://example.com\@evil.example`,
				"https://example.com/^", "https://example.com/`", "https://example.com/<b>", `https://example.com/"`, "https://example.com/[a]", "https://example.com/?a[0]=1", "https://example.com/%zz", "https://example.com/?%", "https://example.com/#a#b", "https://a@b@example.com/", "https://ada@example.com/",
				"https://example.com:port/", "https://[2001:db8::1", "https://[::1%25lo]/", "https://[192.0.2.1]/", "https://2001:db8::1/", "https://?a", "https://#a", "https://example.com\n", " https://example.com", "https://example.com/\t", "https://example.com/\x7f",
				"example.com", "//example.com", "/a", "javascript:alert(1)", "data:text/html,x", "ftp://example.com", "https://", "https:///a", "https:a", "https://ada:secret@example.com", "https://exa mple.com", "ht tp://x", "JAVASCRIPT://example.com/%0aalert(1)"}},
		{profile.Date, 4000004,
			[]string{"2030-12-31", "2028-02-29"},
			[]string{"2030-02-29", "2030-13-01", "31.12.2030", "2030-1-1", "2030-12-31T00:00:00Z", "2030-12-31 "}},
		{profile.DateTime, 4000004,
			[]string{"2030-12-31T23:59:59Z", "2030-12-31T23:59:59.5+01:00"},
			[]string{"2030-12-31", "2030-12-31T25:00:00Z", "2030-12-31 23:59:59Z"}},
	} {
		for _, v := range c.good {
			assert.Nil(t, profile.JudgeText(c.kind, v), "%s %q", c.kind, v)
		}
		for _, v := range c.bad {
			wrong := profile.JudgeText(c.kind, v)
			if assert.NotNil(t, wrong, "%s %q", c.kind, v) {
				assert.Equal(t, c.id, wrong.ID, "%s %q", c.kind, v)
			}
		}
		empty := profile.JudgeText(c.kind, "")
		require.NotNil(t, empty, c.kind)
		assert.EqualValues(t, 4000001, empty.ID, "an empty %s", c.kind)
	}
	assert.Nil(t, profile.JudgeText(profile.Text, ""))
	assert.Nil(t, profile.JudgeText(profile.Number, "x"), "no text, no form")
}

func TestNumbersToCountWith(t *testing.T) {
	for _, n := range []string{"0", "-1", "1.5", "1e3", "1e308", "1e-308", "0.0", "0e10", strings.Repeat("9", 64)} {
		assert.True(t, profile.CountableNumber(json.Number(n)), n)
	}
	for _, n := range []string{"", "x", "1e309", "-1e309", "1e-400", "0e99999", "1e0000000001", "Inf", "NaN", "0x1p999999999", strings.Repeat("9", 65)} {
		assert.False(t, profile.CountableNumber(json.Number(n)), n)
	}
}
