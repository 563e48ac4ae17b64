package body_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/body"
)

// decodeAny decodes and asserts what holds beside every problem.
func decodeAny(t *testing.T, contentType, text string) (body.Fields, *body.Error) {
	t.Helper()
	fields, problem := decode(contentType, text)
	if problem == nil {
		return fields, nil
	}
	if problem.Kind == body.Empty {
		assert.Empty(t, text)
		return fields, problem
	}
	assert.Contains(t, []body.Kind{body.Malformed, body.TooLarge}, problem.Kind)
	if names := fields.Names(); len(names) > 0 {
		assert.Equal(t, []string{"csrf_token"}, names, "nothing but the token may be read")
		assert.Equal(t, body.Malformed, problem.Kind)
		_, presence := fields.String("csrf_token")
		assert.Equal(t, body.Present, presence)
	}
	return fields, problem
}

// FuzzJSON: what is accepted, encoding/json accepts as well, and reads the same.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{
		profile, `{}`, `{"a":[1,{"b":null}],"c":"\ud83d\ude00\n"}`, `{"a":1e400,"b":-0.5E+3}`, `{"a":1,"a":2,"csrf_token":"t"}`,
		`{"password":"\ud800"}`, `{"METHOD":""}`, "\ufeff{}", `{} {}`, nested(33), "{\"a\":\"\xff\"}", `{"traits":{"a":"\u0000"}}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fields, problem := decodeAny(t, typeJSON, text)
		assert.False(t, fields.FromForm())
		if problem != nil {
			return
		}
		var want map[string]any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&want))
		assert.Equal(t, want, tree(fields))

		written, err := json.Marshal(want)
		require.NoError(t, err)
		again, problem := decode(typeJSON, string(written))
		if problem != nil { // escapes may have made it longer
			assert.Equal(t, body.TooLarge, problem.Kind)
			return
		}
		assert.Equal(t, want, tree(again), "written anew, it is the same")
	})
}

// FuzzURLEncoded: what is accepted, net/url accepts as well, and written anew, as
// either kind of form or as JSON, it is the same.
func FuzzURLEncoded(f *testing.F) {
	for _, text := range []string{
		"method=profile&traits.email=a%40b&traits.name.first=Ada&csrf_token=t", "traits.a=false&traits.a=on", "a=1&a=2&csrf_token=t",
		"traits.a=1&traits.a.b=2", "traits..a=1", "a=%ff", "a;b=c", "a=%zz", "Traits.a=1", "traits.a=%00", "transient_payload.a.b=+", "=", "traits.roles=a&traits.roles=&csrf_token=t", "traits.roles.0=a&traits.home.phones=1",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fields, problem := decodeAny(t, typeURLEncoded, text)
		assert.True(t, fields.FromForm())
		if problem == nil {
			_, err := url.ParseQuery(text)
			require.NoError(t, err)
			formIsTheSameWrittenAnew(t, tree(fields))
		}
	})
}

// FuzzMultipart: what is accepted is the same written anew, as either kind of form
// or as JSON.
func FuzzMultipart(f *testing.F) {
	for _, text := range []string{
		encodings[typeMultipart](pair{"method", "profile"}, pair{"traits.name.first", "Ada"}, pair{"csrf_token", "t"}),
		encodings[typeMultipart](pair{"traits.a", "false"}, pair{"traits.a", "true"}),
		lines("--B", `Content-Disposition: form-data; name="a"; filename="b"`, "", "c", "--B--"),
		"--B\nContent-Disposition: form-data; name=a\n\nb\n--B--", "--B--", "--B\r\n", "--B\r\n\r\n--B--",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fields, problem := decodeAny(t, typeMultipart, text)
		assert.True(t, fields.FromForm())
		if problem == nil {
			formIsTheSameWrittenAnew(t, tree(fields))
		}
	})
}

func formIsTheSameWrittenAnew(t *testing.T, want map[string]any) {
	t.Helper()
	pairs := flatten("", want)
	query := encodings[typeURLEncoded](pairs...)

	var parts bytes.Buffer
	form := multipart.NewWriter(&parts)
	require.NoError(t, form.SetBoundary("another-boundary"))
	multipartHasNames := true
	for _, p := range pairs {
		require.NoError(t, form.WriteField(p[0], p[1]))
		multipartHasNames = multipartHasNames && !strings.ContainsAny(p[0], "\\\"*;") && !strings.ContainsFunc(p[0], func(r rune) bool { return r < ' ' || r == 0x7f })
	}
	require.NoError(t, form.Close())

	object, err := json.Marshal(want)
	require.NoError(t, err)

	for contentType, text := range map[string]string{
		typeURLEncoded:             query,
		form.FormDataContentType(): parts.String(),
		typeJSON:                   string(object),
	} {
		if contentType == form.FormDataContentType() && !multipartHasNames {
			continue // there is no one way to write such a name
		}
		again, problem := decode(contentType, text)
		if problem != nil { // escapes may have made it longer
			require.Equal(t, body.TooLarge, problem.Kind, "%s: %v\n%q", contentType, problem, text)
			continue
		}
		assert.Equal(t, want, tree(again), contentType)
	}
}

// flatten writes objects as paths.
func flatten(prefix string, object map[string]any) []pair {
	var pairs []pair
	for _, name := range slices.Sorted(maps.Keys(object)) {
		switch value := object[name].(type) {
		case map[string]any:
			pairs = append(pairs, flatten(prefix+name+".", value)...)
		case []any:
			for _, entry := range value {
				pairs = append(pairs, pair{prefix + name, entry.(string)})
			}
		case string:
			pairs = append(pairs, pair{prefix + name, value})
		}
	}
	return pairs
}
