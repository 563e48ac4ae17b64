package settings_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
)

type bodyRow struct{ name, body string }

// requireMalformed sends rows that no client may: each is answered with the
// form and one message, and changes nothing.
func requireMalformed(t *testing.T, contentType string, rows []bodyRow) {
	for _, row := range rows {
		for _, kind := range bodyKinds {
			t.Run(fmt.Sprintf("%s, %v", row.name, kind), func(t *testing.T) {
				kit := bodyKit(t)
				ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
				client := kit.SignIn(ada, kind)
				f := client.Start()
				before := snapshot(t, kit, ada)
				requireInvalid(t, bodyPost(client, f, contentType, row.body), client, f, "4000001")
				require.Equal(t, before, snapshot(t, kit, ada))
			})
		}
	}
}

func TestMalformedJSON(t *testing.T) {
	const start = `{"csrf_token":"TOKEN","method":"password",`
	const whole = start + `"password":"a-canary-of-a-password"}`
	manyFields := start + `"password":"a-canary-of-a-password"`
	for n := range 98 { // with the three, 101
		manyFields += fmt.Sprintf(`,"field%d":1`, n)
	}
	requireMalformed(t, bodyIsJSON, []bodyRow{
		{"a key that stands twice", start + `"password":"another-password","password":"a-canary-of-a-password"}`},
		{"a key that stands twice, once escaped", start + `"password":"another-password","passwor\u0064":"a-canary-of-a-password"}`},
		{"a key that stands twice in an object below", start + `"password":"a-canary-of-a-password","traits":{"a":1,"a":2}}`},
		{"the method twice", start + `"method":"profile","password":"a-canary-of-a-password"}`},
		{"METHOD in capitals", `{"csrf_token":"TOKEN","METHOD":"password","password":"a-canary-of-a-password"}`},
		{"METHOD beside method", start + `"METHOD":"profile","password":"a-canary-of-a-password"}`},
		{"password with a long s, which folds to it", start + `"paſsword":"a-canary-of-a-password"}`},
		{"transient_payload with a capital", start + `"password":"a-canary-of-a-password","Transient_Payload":{}}`},
		{"two names that differ by case, in traits", start + `"traits":{"Name":1,"name":2}}`},
		{"a second object after the first", whole + `{}`},
		{"text after the object", whole + ` x`},
		{"a NUL after the object", whole + "\x00"},
		{"a byte order mark before the object", "\ufeff" + whole},
		{"invalid UTF-8 in a value", start + "\"password\":\"a-canary-of-a-password\xff\"}"},
		{"UTF-8 longer than it needs to be", start + "\"password\":\"a-canary-of-a-password\xc0\xaf\"}"},
		{"a surrogate in UTF-8", start + "\"password\":\"a-canary-of-a-password\xed\xa0\x80\"}"},
		{"half a surrogate pair, escaped", start + `"password":"a-canary-of-a-password\ud800"}`},
		{"a pair of surrogates the wrong way round", start + `"password":"a-canary-of-a-password\udc00\ud800"}`},
		{"objects nested more than 32 deep", start + `"traits":` + strings.Repeat(`{"a":`, 32) + `1` + strings.Repeat(`}`, 33)},
		{"arrays nested more than 32 deep", start + `"traits":{"a":` + strings.Repeat(`[`, 32) + strings.Repeat(`]`, 32) + `}}`},
		{"10,000 brackets", strings.Repeat(`[`, 10_000)},
		{"null", `null`},
		{"an array", `[` + whole + `]`},
		{"a string", `"password"`},
		{"a number", `1`},
		{"true", `true`},
		{"white space", " \r\n"},
		{"an object that does not end", `{"csrf_token":"TOKEN","method":"password","password":"a-canary-of-a-password"`},
		{"single quotes", `{'method':'password'}`},
		{"a comment", start + `/* */"password":"a-canary-of-a-password"}`},
		{"a comma too much", start + `"password":"a-canary-of-a-password",}`},
		{"NaN", start + `"traits":{"a":NaN}}`},
		{"a line break in a string", start + "\"password\":\"a-canary-of-\na-password\"}"},
		{"101 fields", manyFields + `}`},
		{"NUL in a trait", start + `"traits":{"name":"a\u0000b"}}`},
		{"NUL in the name of a trait", start + `"traits":{"na\u0000me":1}}`},
		{"NUL in a trait's array", start + `"traits":{"names":[{"a":"\u0000"}]}}`},
		{"a form that says it is JSON", `csrf_token=TOKEN&method=password&password=a-canary-of-a-password`},
	})
}

// Where nothing but the token says that a form is ours, it is found behind a byte order
// mark too: what is wrong is the mark, and nobody is told of a forgery.
func TestAByteOrderMarkIsNoForgery(t *testing.T) {
	for _, kind := range bodyKinds {
		t.Run(kind.String(), func(t *testing.T) {
			kit := bodyKit(t)
			client := kit.SignIn(kit.AddIdentity("ada@example.com", csrfOldPassword), kind)
			f := client.Start()
			client.Header["Sec-Fetch-Site"], client.Header["Origin"] = nil, nil
			body := "\ufeff" + `{"csrf_token":"TOKEN","method":"password","password":"a-canary-of-a-password"}`
			requireInvalid(t, bodyPost(client, f, bodyIsJSON, body), client, f, "4000001")
		})
	}
}

func TestMalformedForms(t *testing.T) {
	const start = `csrf_token=TOKEN&method=password`
	const whole = start + `&password=a-canary-of-a-password`
	manyFields := whole
	for n := range 98 {
		manyFields += fmt.Sprintf(`&field%d=1`, n)
	}
	requireMalformed(t, bodyIsForm, []bodyRow{
		{"a field that stands twice", start + `&password=another-password&password=a-canary-of-a-password`},
		{"a field that stands twice with one value", whole + `&password=a-canary-of-a-password`},
		{"the method twice", start + `&method=profile&password=a-canary-of-a-password`},
		{"a ticked box whose hidden field comes after it", start + `&traits.news=true&traits.news=false`},
		{"a ticked box whose hidden field is not beside it", start + `&traits.news=false&traits.a=1&traits.news=true`},
		{"a hidden field that is neither empty nor false", start + `&traits.news=0&traits.news=true`},
		{"a box with two ticks", start + `&traits.news=false&traits.news=true&traits.news=true`},
		{"METHOD in capitals", `csrf_token=TOKEN&METHOD=password&password=a-canary-of-a-password`},
		{"password with a long s", start + `&pa%C5%BFsword=a-canary-of-a-password`},
		{"Traits with a capital", start + `&Traits.a=1`},
		{"101 fields", manyFields},
		{"a path with a value where another has fields", start + `&traits.a=1&traits.a.b=2`},
		{"a path with fields where another has a value", start + `&traits.a.b=2&traits.a=1`},
		{"traits as a value and as fields", start + `&traits.a=1&traits=2`},
		{"a path with an empty step", start + `&traits..a=1`},
		{"a path that ends in a dot", start + `&traits.=1`},
		{"a path 33 deep", start + `&traits` + strings.Repeat(`.a`, 32) + `=1`},
		{"NUL in a trait", start + `&traits.name=a%00b`},
		{"NUL in the name of a trait", start + `&traits.na%00me=a`},
		{"invalid UTF-8", start + `&password=a-canary-of-a-password%ff`},
		{"a percent sign that encodes nothing", start + `&password=a-canary-of-a-password%zz`},
		{"a field without a name", start + `&=a-canary-of-a-password`},
		{"a semicolon, for some readers a separator", start + `&password=a-canary-of-a-password;method=profile`},
	})
}

func TestMalformedMultipart(t *testing.T) {
	part := func(header, value string) string {
		return "--frontier\r\nContent-Disposition: form-data; " + header + "\r\n\r\n" + value + "\r\n"
	}
	start := part(`name="csrf_token"`, "TOKEN") + part(`name="method"`, "password")
	whole := start + part(`name="password"`, "a-canary-of-a-password")
	const end = "--frontier--\r\n"
	requireMalformed(t, bodyParts, []bodyRow{
		{"a file", whole + part(`name="avatar"; filename="a.png"`, "PNG") + end},
		{"the password as a file", start + part(`name="password"; filename="a.txt"`, "a-canary-of-a-password") + end},
		{"a file without a name", whole + part(`name="avatar"; filename=""`, "") + end},
		{"a field that stands twice", whole + part(`name="password"`, "another-password") + end},
		{"no closing boundary", whole},
		{"text after the closing boundary", whole + end + "more"},
		{"an encoded part", start + "--frontier\r\nContent-Disposition: form-data; name=\"password\"\r\nContent-Transfer-Encoding: base64\r\n\r\nYS1jYW5hcnk=\r\n" + end},
		{"a part in another charset", start + "--frontier\r\nContent-Disposition: form-data; name=\"password\"\r\nContent-Type: text/plain; charset=utf-16\r\n\r\na-canary-of-a-password\r\n" + end},
		{"a part of JSON", start + "--frontier\r\nContent-Disposition: form-data; name=\"traits\"\r\nContent-Type: application/json\r\n\r\n{}\r\n" + end},
		{"paths that contradict", start + part(`name="traits.a"`, "1") + part(`name="traits.a.b"`, "2") + end},
	})
}

// A second token makes the first one worth nothing: which of them the check
// read, and which another reader, would not be known.
func TestTwoTokensInOneBody(t *testing.T) {
	for _, row := range []struct{ name, contentType, body string }{
		{"a form", bodyIsForm, `csrf_token=TOKEN&method=password&password=a-canary-of-a-password&csrf_token=TOKEN`},
		{"a form, another spelling", bodyIsForm, `csrf_token=TOKEN&method=password&password=a-canary-of-a-password&Csrf_Token=TOKEN`},
		{"JSON", bodyIsJSON, `{"csrf_token":"TOKEN","method":"password","password":"a-canary-of-a-password","csrf_token":"TOKEN"}`},
	} {
		for _, kind := range []respond.Client{respond.Page, respond.Script} {
			t.Run(fmt.Sprintf("%s, %v", row.name, kind), func(t *testing.T) {
				kit := bodyKit(t)
				ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
				client := kit.SignIn(ada, kind)
				f := client.Start()
				client.Header["Sec-Fetch-Site"], client.Header["Origin"] = nil, nil // so that the token decides
				before, stored := snapshot(t, kit, ada), flowRecord(t, kit, f.ID)
				requireError(t, bodyPost(client, f, row.contentType, row.body), kind, 403, "security_csrf_violation")
				require.Equal(t, before, snapshot(t, kit, ada))
				require.Equal(t, stored, flowRecord(t, kit, f.ID))
			})
		}
	}
}
