package body_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestURLEncodedAccepts(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       map[string]any
	}{
		{"nothing", "", map[string]any{}},
		{"plus and percent signs", "a+b=%2B+%26%3D%3B", map[string]any{"a b": "+ &=;"}},
		{"an encoded name", "%6Dethod=profile", map[string]any{"method": "profile"}},
		{"an encoded dot in a path", "traits%2Eemail=a", map[string]any{"traits": map[string]any{"email": "a"}}},
		{"a name without a value", "a&b=", map[string]any{"a": "", "b": ""}},
		{"ampersands too many", "&a=1&&b=2&", map[string]any{"a": "1", "b": "2"}},
		{"equals signs in a value", "a=b=c==", map[string]any{"a": "b=c=="}},
		{"raw UTF-8", "a=ü", map[string]any{"a": "ü"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, tree(accept(t, typeURLEncoded, row.text)))
		})
	}
}

func TestURLEncodedRefuses(t *testing.T) {
	for _, row := range []struct{ name, text, reason string }{
		{"a semicolon, which some take for an ampersand", "a=1;password=2", "semicolon"},
		{"a semicolon alone", ";", "semicolon"},
		{"a percent sign before other letters", "a=%zz", "percent"},
		{"a percent sign at the end", "a=%", "percent"},
		{"a percent sign in a name", "%2=a", "percent"},
		{"encoded bytes that are not UTF-8", "a=%ff", "UTF-8"},
		{"encoded bytes that are overlong UTF-8", "a=%c0%80", "UTF-8"},
		{"an encoded surrogate", "a=%ed%a0%80", "UTF-8"},
		{"a value without a name", "=a", "empty"},
		{"a field twice, once encoded", "password=a&%70assword=b", "twice"},
		{"JSON", `{"method":"password","password":"a;b"}`, "semicolon"},
	} {
		t.Run(row.name, func(t *testing.T) {
			fields := refuse(t, typeURLEncoded, row.text+"&csrf_token=t", row.reason)
			assert.Equal(t, map[string]any{"csrf_token": "t"}, tree(fields))
		})
	}
}
