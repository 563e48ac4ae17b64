package method_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/method"
)

func TestCodesAsTheyAreTyped(t *testing.T) {
	for _, c := range []struct{ name, typed, code string }{
		{"as it was made", "123456", "123456"},
		{"in halves, as apps show it (devise-two-factor/devise-two-factor#195)", "123 456", "123456"},
		{"in halves, as Authy copies it, with a space behind (WordPress/two-factor#317)", "123 456 ", "123456"},
		{"with spaces around it", "  123456\t", "123456"},
		{"with the line break of what was pasted", "123456\r\n", "123456"},
		{"with a no-break space", "123\u00a0456", "123456"},
		{"with a narrow no-break space", "123\u202f456", "123456"},
		{"with a thin space", "123\u2009456", "123456"},
		{"with an ideographic space", "123\u3000456", "123456"},
		{"with a space that nobody sees", "123\u200b456\ufeff", "123456"},
		{"between marks of direction, as a chat sends it", "\u202a\u200e123456\u202c", "123456"},
		{"with a hyphen", "123-456", "123456"},
		{"with dashes that an editor made of hyphens", "12\u201334\u2014\u221256", "123456"},
		{"in Arabic-Indic digits (devfolioco/react-otp-input#440)", "\u0661\u0662\u0663\u0664\u0665\u0666", "123456"},
		{"in Persian digits (jadijadi/sms_serial_verification#2)", "\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6", "123456"},
		{"in full-width digits (longbridge/gpui-kit#2261)", "\uff11\uff12\uff13\u3000\uff14\uff15\uff16", "123456"},
		{"in Devanagari digits", "\u0967\u0968\u0969\u096a\u096b\u096c", "123456"},
		{"in digits of two scripts", "123\u0664\u06f5\uff16", "123456"},
		{"letters that are full-width", "\uff21\uff42\uff43\uff0d\uff11", "Abc1"},
		{"letters keep their case", "aBc", "aBc"},
		{"a sign stays, to be refused", "+123456", "+123456"},
		{"so does what looks like a digit and is none", "12345\u2075\u2464\u2167", "12345\u2075\u2464\u2167"},
		{"and a letter of another script", "\u0430\u212a", "\u0430\u212a"},
		{"and NUL", "123456\x00", "123456\x00"},
		{"nothing", "", ""},
		{"only spaces", " \u00a0 ", ""},
		{"no UTF-8", "123456\xff", ""},
		{"a code behind very many spaces", strings.Repeat(" ", 1<<20) + "123456", ""},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.code, method.TypedCode(c.typed)) })
	}
}

// Every digit there is stands for the number that Unicode's data says: each script
// has its ten in a row, from zero on.
func TestDigitsOfEveryScript(t *testing.T) {
	digits, scripts := 0, 0
	for r := range rune(unicode.MaxRune + 1) {
		if !unicode.IsDigit(r) {
			continue
		}
		if digits++; method.TypedCode(string(r)) != "0" {
			continue
		}
		scripts++
		ten := ""
		for n := range rune(10) {
			require.True(t, unicode.IsDigit(r+n), "%U", r+n)
			ten += string(r + n)
		}
		require.Equal(t, "0123456789", method.TypedCode(ten), "from %U", r)
	}
	assert.Equal(t, digits, 10*scripts)
	assert.Greater(t, scripts, 60)
}
