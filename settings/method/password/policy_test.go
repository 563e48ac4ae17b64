package password_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/method/password"
)

func TestPolicyCountsCharacters(t *testing.T) {
	verdict := func(kind password.Kind, numbers ...int) password.Verdict {
		v := password.Verdict{Kind: kind}
		if len(numbers) > 0 {
			v.Actual = numbers[1]
			if kind == password.TooShort {
				v.Min = numbers[0]
			} else {
				v.Max = numbers[0]
			}
		}
		return v
	}
	nist, bcrypt := password.Policy{NIST: true}, password.Policy{MaxBytes: 72}
	for _, row := range []struct {
		name         string
		policy       password.Policy
		password     string
		secondFactor bool
		want         password.Verdict
	}{
		{"empty", password.Policy{}, "", false, verdict(password.TooShort, 8, 0)},
		{"seven letters", password.Policy{}, "xkcdpgq", false, verdict(password.TooShort, 8, 7)},
		{"eight letters", password.Policy{}, "xkcdpgqv", false, verdict(password.OK)},
		{"seven emoji, which are 28 bytes", password.Policy{}, strings.Repeat("🦉", 7), false, verdict(password.TooShort, 8, 7)},
		{"eight emoji", password.Policy{}, "🦉🐈🐕🦊🐻🐼🐨🐯", false, verdict(password.OK)},
		{"eight digits", password.Policy{}, "83920174", false, verdict(password.OK)},
		{"eight spaces", password.Policy{}, "        ", false, verdict(password.OK)},
		{"six letters between spaces: the spaces count", password.Policy{}, " xkcdpg ", false, verdict(password.OK)},
		{"lower case only", password.Policy{}, "correct horse battery staple", false, verdict(password.OK)},
		{"control characters", password.Policy{}, "\x00\x01\x02\x03\x04\x05\x06\x07", false, verdict(password.OK)},
		{"256 characters", password.Policy{}, strings.Repeat("ß", 256), false, verdict(password.OK)},
		{"257 characters", password.Policy{}, strings.Repeat("ß", 257), false, verdict(password.TooLong, 256, 257)},
		{"64 characters at the least maximum", password.Policy{MaxLength: 64}, strings.Repeat("x", 64), false, verdict(password.OK)},
		{"65 characters at the least maximum", password.Policy{MaxLength: 64}, strings.Repeat("x", 65), false, verdict(password.TooLong, 64, 65)},
		{"eleven characters where twelve are asked", password.Policy{MinLength: 12}, "xkcdpgqvbnm", false, verdict(password.TooShort, 12, 11)},
		{"seven characters under an unchecked policy that asks four", password.Policy{MinLength: 4}, "xkcdpgq", false, verdict(password.TooShort, 8, 7)},
		{"eight characters under an unchecked policy that asks a negative number", password.Policy{MinLength: -1}, "xkcdpgqv", false, verdict(password.OK)},
		{"NIST, single factor, fourteen characters", nist, "xkcdpgqvbnmlkj", false, verdict(password.TooShort, 15, 14)},
		{"NIST, single factor, fifteen characters", nist, "xkcdpgqvbnmlkjh", false, verdict(password.OK)},
		{"NIST, two factors, eight characters", nist, "xkcdpgqv", true, verdict(password.OK)},
		{"NIST, two factors, seven characters", nist, "xkcdpgq", true, verdict(password.TooShort, 8, 7)},
		{"NIST and twenty asked, single factor", password.Policy{NIST: true, MinLength: 20}, "xkcdpgqvbnmlkjh", false, verdict(password.TooShort, 20, 15)},
		{"eight without NIST, whatever the factors", password.Policy{}, "xkcdpgqv", true, verdict(password.OK)},
		{"bcrypt, 72 bytes", bcrypt, strings.Repeat("x", 72), false, verdict(password.OK)},
		{"bcrypt, 73 bytes", bcrypt, strings.Repeat("x", 73), false, verdict(password.TooManyBytes, 72, 73)},
		{"bcrypt, nineteen emoji", bcrypt, strings.Repeat("🦉", 19), false, verdict(password.TooManyBytes, 72, 76)},
		{"bcrypt, 257 characters: the first limit is named", bcrypt, strings.Repeat("x", 257), false, verdict(password.TooLong, 256, 257)},
		{"bcrypt, a NUL", bcrypt, "xkcd\x00pgqv", false, verdict(password.NotText)},
		{"bytes that are no UTF-8", password.Policy{}, "xkcd\xffpgqv", false, verdict(password.NotText)},
		{"a surrogate in UTF-8", password.Policy{}, "xkcd\xed\xa0\x80pgqv", false, verdict(password.NotText)},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := row.policy.Judge(password.Candidate{Password: row.password, HasSecondFactor: row.secondFactor})
			assert.Equal(t, row.want, got, "%v", got.Kind)
		})
	}
}

func TestPolicyRefusesPasswordsLikeAnIdentifier(t *testing.T) {
	const ada, long = "ada@example.com", "ada.lovelace@example.com"
	for _, row := range []struct{ name, identifier, password string }{
		{"the identifier", ada, "ada@example.com"},
		{"in another case", ada, "Ada@Example.COM"},
		{"in another case, outside ASCII", "ÄNNE-MÜLLER", "änne-müller"},
		{"with a long s and a Kelvin sign, which fold to s and k", "kiss@example.com", "\u212Ai\u017F\u017F@example.com"},
		{"with the two small sigmas", "ὈΔΥΣΣΕΥΣ", "ὀδυσσευς"},
		{"with a digit after it", ada, "ada@example.com1"},
		{"with a digit before it", ada, "1ada@example.com"},
		{"with a year and punctuation around it", ada, "!ada@example.com!2024"},
		{"with many digits after it", ada, "ada@example.com1234567890123456"},
		{"with exclamation marks after it", ada, "ada@example.com!!"},
		{"with spaces around it", ada, "  ada@example.com  "},
		{"with an emoji after it", ada, "ada@example.com🦉"},
		{"without its punctuation", ada, "adaexamplecom"},
		{"with other punctuation", ada, "ada-example-com"},
		{"with its digits changed", "lovelace1815", "lovelace2024"},
		{"with its digits removed", "lovelace1815", "lovelace"},
		{"backwards", ada, "moc.elpmaxe@ada"},
		{"backwards, with a digit", ada, "moc.elpmaxe@ada7"},
		{"twice", ada, "ada@example.comada@example.com"},
		{"twice with a space between", ada, "ada@example.com ada@example.com"},
		{"thrice", "lovelace", "lovelacelovelacelovelace"},
		{"a short user name with digits", "ada", "ada12345"},
		{"a short user name, repeated", "ada", "adaadaada"},
		{"a short user name, repeated backwards", "bob1", "1bob1bob"},
		{"the local part", long, "ada.lovelace"},
		{"the local part with digits", long, "ada.lovelace99"},
		{"the local part without its dot", long, "AdaLovelace!"},
		{"the local part, backwards", long, "ecalevol.ada"},
		{"a local part of four characters with digits", "jane@example.com", "jane12345"},
		{"the local part before a tag", "lovelace+amend@example.com", "lovelace1"},
		{"a local part with an @ in it", `"jane@home"@example.com`, "janehome12"},
		{"the local part with its tag", "jane+shop@example.com", "janeshop7"},
		{"one letter typed wrong", ada, "ada@exemple.com"},
		{"three edits of fifteen", ada, "adda@exomple.con"},
		{"two edits of eight", "lovelace", "lovelaxy"},
		{"four edits of 24", long, "adaxlovelacexexamplexcox"},
		{"letters before it", ada, "xy-ada@example.com"},
		{"words around it that are less than it", long, "i am ada.lovelace@example.com"},
		{"a word after a long user name", "jonathan", "jonathan loves"},
		{"a telephone number", "+49 170 1234567", "+491701234567"},
		{"a telephone number without its plus sign", "+491701234567", "491701234567"},
		{"a telephone number with a digit more", "+491701234567", "4917012345678"},
		{"a telephone number, backwards", "+491701234567", "765432107194"},
		{"the second identifier", "", "babbage!"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := password.Policy{}.Judge(password.Candidate{
				Password: row.password, Identifiers: []string{row.identifier, "babbage"},
			})
			assert.Equal(t, password.Verdict{Kind: password.LikeIdentifier}, got, "%v", got.Kind)
		})
	}
}

func TestPolicyAllowsPasswordsThatOnlyContainAnIdentifier(t *testing.T) {
	for _, row := range []struct{ name, identifier, password string }{
		{"a passphrase with a short user name in it", "ada", "adapting llamas in canada"},
		{"a word that starts with a short user name", "ada", "adaptive"},
		{"a passphrase with the user name as one word", "horse", "correct horse battery staple"},
		{"a passphrase with a long user name as one word", "jonathan", "jonathan and the nine cats"},
		{"a passphrase with the local part as one word", "correct@example.com", "correct horse battery staple"},
		{"a short local part with digits", "ada@example.com", "ada83920174"},
		{"a local part of three letters, repeated", "ada@example.com", "adaadaada"},
		{"the domain of the address", "ada@example.com", "example.com"},
		{"a word that shares letters with the name", "margaret", "marigold"},
		{"three edits of eight", "lovelace", "lovelyxx"},
		{"five edits of 24", "ada.lovelace@example.com", "adaxxovelacexexamplexcox"},
		{"a long user name that is just half of it", "jonathan", "jonathan xkcdpgq"},
		{"a short user name that is more than half of it", "horses", "horsesaddle"},
		{"digits that are no telephone number", "+491701234567", "839201744410"},
		{"an empty identifier", "", "xkcdpgqv"},
		{"an identifier of punctuation only", "...", "!!!!!!!!!"},
		{"an address without a local part", "@example.com", "xkcdpgqv"},
		{"a user name of one letter", "a", "a passphrase at last"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := password.Policy{}.Judge(password.Candidate{Password: row.password, Identifiers: []string{row.identifier}})
			assert.Equal(t, password.OK, got.Kind, "%v", got.Kind)
		})
	}
}

func TestPolicyCheck(t *testing.T) {
	for _, row := range []struct {
		name   string
		policy password.Policy
		field  string // named in the error; none is fine
	}{
		{"the zero value", password.Policy{}, ""},
		{"NIST for bcrypt", password.Policy{NIST: true, MaxBytes: 72}, ""},
		{"8 to 64", password.Policy{MinLength: 8, MaxLength: 64}, ""},
		{"64 to 1024", password.Policy{MinLength: 64, MaxLength: 1024}, ""},
		{"a minimum of 7", password.Policy{MinLength: 7}, "MinLength"},
		{"a negative minimum", password.Policy{MinLength: -8}, "MinLength"},
		{"a minimum that forbids 64 characters", password.Policy{MinLength: 65}, "MinLength"},
		{"a maximum below 64", password.Policy{MaxLength: 63}, "MaxLength"},
		{"a negative maximum", password.Policy{MaxLength: -1}, "MaxLength"},
		{"a maximum above 1024", password.Policy{MaxLength: 1025}, "MaxLength"},
		{"negative bytes", password.Policy{MaxBytes: -1}, "MaxBytes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := row.policy.Check()
			if row.field == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, row.field)
			}
		})
	}
}

func TestTheZeroVerdictIsNotOK(t *testing.T) {
	var zero password.Verdict
	assert.NotEqual(t, password.OK, zero.Kind)
	names := map[string]bool{}
	for kind := zero.Kind; kind <= password.LikeIdentifier; kind++ {
		names[kind.String()] = true
	}
	assert.Len(t, names, 8, "each Kind has a name of its own")
	assert.Equal(t, "unjudged", password.Kind(-1).String())
	assert.Equal(t, "unjudged", (password.LikeIdentifier + 1).String())
}
