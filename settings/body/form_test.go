package body_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A pair is a name and a value of a form.
type pair [2]string

// encodings write the same fields as either kind of form does.
var encodings = map[string]func(...pair) string{
	typeURLEncoded: func(pairs ...pair) string {
		texts := make([]string, len(pairs))
		for i, p := range pairs {
			texts[i] = url.QueryEscape(p[0]) + "=" + url.QueryEscape(p[1])
		}
		return strings.Join(texts, "&")
	},
	typeMultipart: func(pairs ...pair) string {
		var text strings.Builder
		for _, p := range pairs {
			fmt.Fprintf(&text, "--B\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", p[0], p[1])
		}
		return text.String() + "--B--\r\n"
	},
}

func path(steps int) string { return "traits" + strings.Repeat(".a", steps-1) }

func repeat(n int, field func(i int) pair) []pair {
	pairs := make([]pair, n)
	for i := range pairs {
		pairs[i] = field(i)
	}
	return pairs
}

func TestFormsAccept(t *testing.T) {
	type object = map[string]any
	for _, row := range []struct {
		name  string
		pairs []pair
		want  object
	}{
		{"nothing", nil, object{}},
		{"flat fields", []pair{{"method", "password"}, {"password", " a&b=c;ü😀\r\n "}}, object{"method": "password", "password": " a&b=c;ü😀\r\n "}},
		{"an empty value", []pair{{"password", ""}}, object{"password": ""}},
		{"U+0000 in a password", []pair{{"password", "a\x00b"}}, object{"password": "a\x00b"}},
		{"paths", []pair{{"traits.name.first", "Ada"}, {"traits.email", "a@example.com"}, {"traits.name.last", "Lovelace"}},
			object{"traits": object{"name": object{"first": "Ada", "last": "Lovelace"}, "email": "a@example.com"}}},
		{"a path of the transient payload", []pair{{"transient_payload.locale.code", "en"}}, object{"transient_payload": object{"locale": object{"code": "en"}}}},
		{"dots in other names", []pair{{"webauthn.x..", "1"}, {"traits", ""}}, object{"webauthn.x..": "1", "traits": ""}},
		{"a path of 32 steps", []pair{{path(32), "1"}}, nil},
		{"100 fields", repeat(100, func(i int) pair { return pair{fmt.Sprint("traits.f", i), ""} }), nil},
		{"a ticked box after its hidden field", []pair{{"traits.news", "false"}, {"traits.news", "true"}}, object{"traits": object{"news": "true"}}},
		{"a ticked box after an empty hidden field", []pair{{"traits.news", ""}, {"traits.news", "on"}}, object{"traits": object{"news": "on"}}},
		{"a hundred ticked boxes", repeat(200, func(i int) pair { return pair{fmt.Sprint("traits.f", i/2), []string{"false", "on"}[i%2]} }), nil},
		{"a box that is not ticked", []pair{{"traits.news", "false"}}, object{"traits": object{"news": "false"}}},
		{"numbers as steps, which stay names", []pair{{"traits.tags.0", "a"}}, object{"traits": object{"tags": object{"0": "a"}}}},
		{"a list", []pair{{"traits.roles", "a"}, {"method", "profile"}, {"traits.roles", ""}, {"traits.roles", "a"}}, object{"method": "profile", "traits": object{"roles": []any{"a", "", "a"}}}},
		{"a list of one", []pair{{"traits.home.phones", "1"}}, object{"traits": object{"home": object{"phones": []any{"1"}}}}},
		{"a list by the numbers of its entries", []pair{{"traits.roles.1", "b"}, {"traits.roles.0", "a"}}, object{"traits": object{"roles": object{"1": "b", "0": "a"}}}},
		{"a list of 900 entries", repeat(900, func(int) pair { return pair{"traits.roles", ""} }), nil},
		{"900 entries of a list, each by its number", repeat(900, func(i int) pair { return pair{fmt.Sprint("traits.roles.", i), ""} }), nil},
		{"unknown names", []pair{{"id", "x"}, {"credentials", "y"}}, object{"id": "x", "credentials": "y"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			for contentType, encode := range encodings {
				fields := accept(t, contentType, encode(row.pairs...))
				assert.True(t, fields.FromForm())
				if row.want != nil {
					assert.Equal(t, row.want, tree(fields), contentType)
				}
			}
		})
	}
}

func TestFormsRefuse(t *testing.T) {
	for _, row := range []struct {
		name   string
		pairs  []pair
		reason string
	}{
		{"a field twice", []pair{{"password", "a"}, {"password", "b"}}, "twice"},
		{"a field twice with equal values", []pair{{"password", "a"}, {"password", "a"}}, "twice"},
		{"a path twice", []pair{{"traits.email", "a"}, {"traits.email", "b"}}, "twice"},
		{"a box before its hidden field", []pair{{"traits.news", "true"}, {"traits.news", "false"}}, "twice"},
		{"a box that is not next to its hidden field", []pair{{"traits.news", "false"}, {"x", ""}, {"traits.news", "true"}}, "twice"},
		{"a box after two hidden fields", []pair{{"traits.news", "false"}, {"traits.news", "false"}, {"traits.news", "true"}}, "twice"},
		{"two boxes after a hidden field", []pair{{"traits.news", "false"}, {"traits.news", "true"}, {"traits.news", "true"}}, "twice"},
		{"a box with another value", []pair{{"traits.news", "false"}, {"traits.news", "yes"}}, "twice"},
		{"a hidden field with another value", []pair{{"traits.news", "0"}, {"traits.news", "true"}}, "twice"},
		{"a value, then a path through it", []pair{{"traits.a", "1"}, {"traits.a.b", "2"}}, "contradict"},
		{"a path, then a value in its way", []pair{{"traits.a.b", "2"}, {"traits.a", "1"}}, "contradict"},
		{"a path, then an empty hidden field in its way", []pair{{"traits.a.b", "2"}, {"traits.a", ""}}, "contradict"},
		{"traits as a value and a path", []pair{{"traits", "1"}, {"traits.a", "2"}}, "contradict"},
		{"traits as a path and a value", []pair{{"traits.a", "2"}, {"traits", "{}"}}, "contradict"},
		{"a list, and an entry of it by its number", []pair{{"traits.roles", "a"}, {"traits.roles.1", "b"}}, "contradict"},
		{"an entry of a list by its number, and the list", []pair{{"traits.roles.0", "a"}, {"traits.roles", "b"}}, "contradict"},
		{"the same entry of a list twice", []pair{{"traits.roles.0", "a"}, {"traits.roles.0", "b"}}, "twice"},
		{"a field twice that only ends like a list", []pair{{"roles", "a"}, {"roles", "b"}}, "twice"},
		{"a list of 1001 entries", repeat(1001, func(int) pair { return pair{"traits.roles", ""} }), "1000 values"},
		{"U+0000 in a list", []pair{{"traits.roles", "a"}, {"traits.roles", "\x00"}}, "U+0000"},
		{"an empty name", []pair{{"", "1"}}, "empty"},
		{"an empty step", []pair{{"traits..a", "1"}}, "empty"},
		{"an empty last step", []pair{{"traits.", "1"}}, "empty"},
		{"an empty last step below", []pair{{"transient_payload.a.", "1"}}, "empty"},
		{"a path of 33 steps", []pair{{path(33), "1"}}, "deep"},
		{"101 fields", repeat(101, func(i int) pair { return pair{fmt.Sprint("f", i), ""} }), "100 fields"},
		{"101 fields, all of them traits", repeat(101, func(i int) pair { return pair{fmt.Sprint("traits.f", i), ""} }), "100 fields"},
		{"1001 values, objects among them", repeat(50, func(i int) pair { return pair{fmt.Sprint("traits.f", i, strings.Repeat(".a", 20)), ""} }), "1000 values"},
		{"a known name in other letter case", []pair{{"METHOD", "password"}}, "letter case"},
		{"a known name with the long s", []pair{{"paſsword", "x"}}, "letter case"},
		{"traits in other letter case", []pair{{"Traits.email", "x"}}, "letter case"},
		{"the transient payload with the long s", []pair{{"tranſient_payload.a", "x"}}, "letter case"},
		{"two traits that differ by letter case", []pair{{"traits.k", "1"}, {"traits.\u212a", "2"}}, "letter case"},
		{"U+0000 in a trait", []pair{{"traits.a", "\x00"}}, "U+0000"},
		{"U+0000 in traits that are no object", []pair{{"traits", "\x00"}}, "U+0000"},
		{"a value that is not UTF-8", []pair{{"password", "\xff"}}, "UTF-8"},
		{"a name that is not UTF-8", []pair{{"a\xc3", "x"}}, "UTF-8"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for contentType, encode := range encodings {
				fields := refuse(t, contentType, encode(row.pairs...), row.reason)
				assert.Empty(t, fields.Names(), contentType)
				assert.True(t, fields.FromForm())
			}
		})
	}
}

func TestCSRFTokenOfAMalformedForm(t *testing.T) {
	twice := []pair{{"password", "a"}, {"password", "b"}}
	for _, row := range []struct {
		name     string
		pairs    []pair
		readable bool
	}{
		{"before what is wrong", append([]pair{{"csrf_token", "t"}}, twice...), true},
		{"after what is wrong", append(twice[:2:2], pair{"csrf_token", "t"}), true},
		{"after a value that is not UTF-8", []pair{{"password", "\xff"}, {"csrf_token", "t"}}, true},
		{"beside a misspelt name", []pair{{"csrf_token", "t"}, {"METHOD", "profile"}}, true},
		{"after a hundred fields", append(repeat(101, func(i int) pair { return pair{fmt.Sprint("f", i), ""} }), pair{"csrf_token", "t"}), true},
		{"twice", []pair{{"csrf_token", "t"}, {"csrf_token", "u"}}, false},
		{"twice with equal values", []pair{{"csrf_token", "t"}, {"csrf_token", "t"}}, false},
		{"once more, not in UTF-8", []pair{{"csrf_token", "t"}, {"csrf_token", "\xff"}}, false},
		{"not in UTF-8, then once more", []pair{{"csrf_token", "\xff"}, {"csrf_token", "t"}}, false},
		{"beside its other spelling", []pair{{"csrf_token", "t"}, {"Csrf_Token", "u"}}, false},
		{"in its other spelling", []pair{{"Csrf_Token", "t"}}, false},
		{"not in UTF-8", []pair{{"csrf_token", "t\xff"}}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			for contentType, encode := range encodings {
				fields := refuse(t, contentType, encode(row.pairs...), "")
				if row.readable {
					assert.Equal(t, map[string]any{"csrf_token": "t"}, tree(fields), "the token and nothing else: %s", contentType)
				} else {
					assert.Empty(t, fields.Names(), contentType)
				}
			}
		})
	}
}
