package body_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/body"
)

func nested(depth int) string {
	return strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth)
}

func numbered(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"f%d":0`, i)
	}
	return "{" + strings.Join(members, ",") + "}"
}

func TestJSONAccepts(t *testing.T) {
	for _, row := range []struct{ name, text string }{
		{"an empty object", `{}`},
		{"white space everywhere", " \r\n{ \t\"a\" : [ 1 , { } , [ ] ] , \"b\" : null } \n"},
		{"every kind of value", `{"a":"x","b":1.5e-3,"c":true,"d":false,"e":null,"f":{"g":[]},"h":[-0,"",{}]}`},
		{"every escape", `{"a":"\"\\\/\b\f\n\r\t\u00e9\u0041"}`},
		{"a surrogate pair, in either letter case", `{"a":"\ud83d\uDE00","\uD83D\ude00":1}`},
		{"text that looks like JSON inside a string", `{"a":"}]\\\",\"b\":[{","c":"\\"}`},
		{"U+FFFD, which the client wrote itself", `{"a":"` + "\ufffd" + `\ufffd"}`},
		{"U+0000 in a password", `{"password":"a\u0000b"}`},
		{"a number that no float holds", `{"traits":{"a":1e400}}`},
		{"a number of ten thousand digits", `{"traits":{"a":` + strings.Repeat("9", 10000) + `}}`},
		{"unknown names", `{"id":"x","state":"success","credentials":{},"metadata_admin":{}}`},
		{"a known name below the top in other letter case", `{"traits":{"Password":"x"}}`},
		{"equal keys of different objects", `{"a":{"x":1},"b":{"x":1},"x":1}`},
		{"nesting of 32", nested(32)},
		{"100 fields", numbered(100)},
		{"1000 values", `{"a":[` + strings.Repeat("0,", 998) + `0]}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			fields := accept(t, typeJSON, row.text)
			want := map[string]any{}
			decoder := json.NewDecoder(strings.NewReader(row.text))
			decoder.UseNumber()
			require.NoError(t, decoder.Decode(&want))
			assert.Equal(t, want, tree(fields))
		})
	}
}

func TestJSONStringsAreUnescaped(t *testing.T) {
	fields := accept(t, typeJSON, `{"\u0061":"\"\\\/\b\f\n\r\t\u00e9 \ud83d\ude00"}`)
	value, _ := fields.String("a")
	assert.Equal(t, "\"\\/\b\f\n\r\té 😀", value)
}

func TestNoBytesAreEmptyWhereSomeAreNeeded(t *testing.T) {
	for _, contentType := range []string{typeJSON, typeMultipart} {
		fields, problem := body.Decode(contentType, "", strings.NewReader(""), 1<<10, nil)
		require.NotNil(t, problem)
		assert.Equal(t, body.Empty, problem.Kind)
		assert.Empty(t, fields.Names())
	}
}

func TestJSONRefuses(t *testing.T) {
	for _, row := range []struct{ name, text, reason string }{
		{"white space", " \n", "not valid JSON"},
		{"null", "null", "not a JSON object"},
		{"an array", `[{"method":"password"}]`, "not a JSON object"},
		{"a string", `"method"`, "not a JSON object"},
		{"a number", "1", "not a JSON object"},
		{"a form", "method=password", "not valid JSON"},
		{"an object cut short", `{"method":"password"`, "not valid JSON"},
		{"a comma too many", `{"method":"password",}`, "not valid JSON"},
		{"a comment", `{"method":"password"/**/}`, "not valid JSON"},
		{"a single-quoted string", `{'method':'password'}`, "not valid JSON"},
		{"a raw line break in a string", "{\"method\":\"pass\nword\"}", "not valid JSON"},
		{"a number with a leading zero", `{"a":01}`, "not valid JSON"},
		{"not a number", `{"a":NaN}`, "not valid JSON"},
		{"a byte order mark", "\ufeff{}", "byte order mark"},
		{"a second object", `{"method":"password"}{"method":"profile"}`, "text after it"},
		{"text after the object", `{"method":"password"} x`, "text after it"},
		{"U+0000 after the object", "{}\x00", "text after it"},
		{"a key twice", `{"password":"a","password":"b"}`, "twice"},
		{"a key twice with equal values", `{"password":"a","password":"a"}`, "twice"},
		{"a key twice, once escaped", `{"password":"a","p\u0061ssword":"b"}`, "twice"},
		{"a key twice far below", `{"traits":{"a":[{"b":{"c":1,"d":2,"c":3}}]}}`, "twice"},
		{"an empty key twice", `{"":1,"":2}`, "twice"},
		{"a known name in other letter case", `{"METHOD":"password"}`, "letter case"},
		{"a known name with the long s", `{"paſsword":"x"}`, "letter case"},
		{"a known name with the long s, escaped", `{"pa\u017fsword":"x"}`, "letter case"},
		{"a known name with the Kelvin sign", "{\"lin\u212a\":\"x\"}", "letter case"},
		{"a known name beside its other spelling", `{"method":"a","Method":"b"}`, "letter case"},
		{"a known name in other letter case before a dot", `{"Traits.email":"x"}`, "letter case"},
		{"two unknown names that differ by letter case", `{"foo":1,"FOO":2}`, "letter case"},
		{"two unknown names of which neither is lower case", `{"Foo":1,"FOO":2}`, "letter case"},
		{"two traits that differ by letter case", `{"traits":{"list":[{"k":1,"` + "\u212a" + `":2}]}}`, "letter case"},
		{"a byte that is not UTF-8", "{\"password\":\"\xff\"}", "UTF-8"},
		{"a UTF-8 sequence cut short", "{\"password\":\"\xc3\"}", "UTF-8"},
		{"an overlong UTF-8 sequence", "{\"password\":\"\xc0\x80\"}", "UTF-8"},
		{"a surrogate in UTF-8", "{\"password\":\"\xed\xa0\x80\"}", "UTF-8"},
		{"the escape of a high surrogate", `{"password":"\ud800"}`, "surrogate"},
		{"the escape of a low surrogate", `{"password":"\udc00"}`, "surrogate"},
		{"surrogates in the wrong order", `{"password":"\udc00\ud800"}`, "surrogate"},
		{"two high surrogates", `{"password":"\ud800\ud800"}`, "surrogate"},
		{"a high surrogate before other text", `{"password":"\ud800\n0000"}`, "surrogate"},
		{"the escape of a surrogate in a key", `{"\ud800":1}`, "surrogate"},
		{"the escape of a surrogate far below", `{"traits":{"a":["\udfff"]}}`, "surrogate"},
		{"nesting of 33", nested(33), "deep"},
		{"arrays nested 33 deep", `{"a":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`, "deep"},
		{"nesting without end", `{"a":` + strings.Repeat("[", 60000), "not valid JSON"},
		{"nesting beyond what encoding/json takes", `{"a":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, "not valid JSON"},
		{"101 fields", numbered(101), "100 fields"},
		{"1001 values", `{"a":[` + strings.Repeat("0,", 999) + `0]}`, "1000 values"},
		{"1001 values, objects among them", `{"a":[` + strings.Repeat(`{},`, 999) + `[]]}`, "1000 values"},
		{"U+0000 in a trait", `{"traits":{"name":"a\u0000b"}}`, "U+0000"},
		{"U+0000 in the name of a trait", `{"traits":{"a\u0000b":1}}`, "U+0000"},
		{"U+0000 far below in the traits", `{"traits":{"a":[1,{"b":["\u0000"]}]}}`, "U+0000"},
		{"U+0000 in traits that are no object", `{"traits":"\u0000"}`, "U+0000"},
	} {
		t.Run(row.name, func(t *testing.T) {
			fields := refuse(t, typeJSON, row.text, row.reason)
			assert.Empty(t, fields.Names())
			assert.False(t, fields.FromForm(), "it is still known to be JSON")
		})
	}
}

func TestCSRFTokenOfMalformedJSON(t *testing.T) {
	for _, row := range []struct {
		name, text string
		readable   bool
	}{
		{"before a key that stands twice", `{"csrf_token":"t","a":1,"a":2}`, true},
		{"after a key that stands twice", `{"a":1,"a":2,"csrf_token":"t"}`, true},
		{"beside a misspelt name", `{"csrf_token":"t","METHOD":"password"}`, true},
		{"after half a surrogate pair", `{"password":"\ud800","csrf_token":"t"}`, true},
		{"after a byte that is not UTF-8", "{\"password\":\"\xff\",\"csrf_token\":\"t\"}", true},
		{"after deep nesting", `{"a":` + nested(40) + `,"csrf_token":"t"}`, true},
		{"after too many values", `{"a":[` + strings.Repeat("0,", 1500) + `0],"csrf_token":"t"}`, true},
		{"before text after the object", `{"csrf_token":"t"} x`, true},
		{"before the end, which is missing", `{"csrf_token":"t","password":"`, true},
		{"escaped", `{"csrf\u005ftoken":"\u0074","a":1,"a":2}`, true},
		{"after a mistake, where names are guesses", `{"password":x,"csrf_token":"t"}`, false},
		{"twice", `{"csrf_token":"t","csrf_token":"u"}`, false},
		{"twice with equal values", `{"csrf_token":"t","csrf_token":"t"}`, false},
		{"twice, once escaped", `{"csrf_token":"t","csrf_tok\u0065n":"u"}`, false},
		{"beside its other spelling", `{"csrf_token":"t","CSRF_TOKEN":"u"}`, false},
		{"in its other spelling", `{"CSRF_TOKEN":"t"}`, false},
		{"below the top", `{"a":{"csrf_token":"t"},"b":1,"b":2}`, false},
		{"of another type", `{"csrf_token":["t"],"b":1,"b":2}`, false},
		{"of null", `{"csrf_token":null,"b":1,"b":2}`, false},
		{"with half a surrogate pair", `{"csrf_token":"t\ud800"}`, false},
		{"with a byte that is not UTF-8", "{\"csrf_token\":\"t\xff\"}", false},
		{"in an array", `["csrf_token","t"]`, false},
		{"in an object in an array", `[{"csrf_token":"t"}]`, false},
		{"after a byte order mark", "\ufeff{\"csrf_token\":\"t\"}", true},
		{"after two", "\ufeff\ufeff{\"csrf_token\":\"t\"}", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			fields := refuse(t, typeJSON, row.text, "")
			if row.readable {
				assert.Equal(t, map[string]any{"csrf_token": "t"}, tree(fields), "the token and nothing else")
			} else {
				assert.Empty(t, fields.Names())
			}
		})
	}
}

func TestReasonsQuoteNothing(t *testing.T) {
	const secret = "hunter2-hunter2"
	for contentType, texts := range map[string][]string{
		typeJSON: {
			`{"password":"` + secret + `","password":"` + secret + `"}`, `{"` + secret + `":1,"` + secret + `":2}`,
			`{"password":` + secret + `}`, secret, `{"PASSWORD":"` + secret + `"}`,
		},
		typeURLEncoded: {"password=" + secret + "%zz", secret + "=1&" + secret + "=2", "password=" + secret + ";"},
		typeMultipart:  {"--B\r\n" + secret + "\r\n\r\n--B--", "--B\r\n\r\n--B\r\n--B" + secret, secret},
	} {
		for _, text := range texts {
			_, problem := decode(contentType, text)
			require.NotNil(t, problem, text)
			assert.NotContains(t, problem.Error(), secret)
			assert.NotContains(t, problem.Reason, secret)
			assert.Regexp(t, `^[A-Z].*\.$`, problem.Reason, "a sentence")
		}
	}
}

func BenchmarkDecodeProfile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, problem := decode(typeJSON, profile)
		require.Nil(b, problem)
	}
}

const profile = `{"method":"profile","csrf_token":"c1nGDhYVQnOvJ0","traits":{"email":"ada@example.com",` +
	`"name":{"first":"Ada","last":"Lovelace"},"newsletter":true,"age":36,"phone":"+441632960000"}}`

func TestAProfileIsDecodedWithFewAllocations(t *testing.T) {
	allocations := testing.AllocsPerRun(100, func() { _, _ = decode(typeJSON, profile) })
	assert.LessOrEqual(t, allocations, 40.0, "of the hundred that a submit may take")
}
