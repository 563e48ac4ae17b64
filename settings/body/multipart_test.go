package body_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// lines joins the lines of a multipart body.
func lines(texts ...string) string { return strings.Join(texts, "\r\n") }

func TestMultipartAccepts(t *testing.T) {
	const name = `Content-Disposition: form-data; name="password"`
	for _, row := range []struct {
		name, text string
		want       map[string]any
	}{
		{"no part", "--B--\r\n", map[string]any{}},
		{"a value of several lines", lines("--B", name, "", "a", "", "--b", "B--", "--B--"), map[string]any{"password": "a\r\n\r\n--b\r\nB--"}},
		{"an empty value", lines("--B", name, "", "", "--B--", ""), map[string]any{"password": ""}},
		{"white space around it", lines("", "--B", name, "", " a ", "--B--", "", ""), map[string]any{"password": " a "}},
		{"line feeds alone", "--B\n" + name + "\n\na\n--B--\n", map[string]any{"password": "a"}},
		{"a header in other letter case", lines("--B", "content-disposition: Form-Data; NAME=password", "", "a", "--B--"), map[string]any{"password": "a"}},
		{"what clients write though they need not", lines("--B", name, "Content-Type: text/plain; charset=UTF-8",
			"Content-Transfer-Encoding: 8bit", "Content-Length: 1", "", "a", "--B--"), map[string]any{"password": "a"}},
		{"text that another encoding would change", lines("--B", name, "", "a=3Db", "--B--"), map[string]any{"password": "a=3Db"}},
		{"a non-ASCII name", lines("--B", `Content-Disposition: form-data; name="ü"`, "", "a", "--B--"), map[string]any{"ü": "a"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, tree(accept(t, typeMultipart, row.text)))
		})
	}
}

func TestMultipartRefuses(t *testing.T) {
	const name = `Content-Disposition: form-data; name="password"`
	for _, row := range []struct{ name, text, reason string }{
		{"another body", `{"method":"password"}`, "not valid multipart"},
		{"another boundary", lines("--C", name, "", "a", "--C--"), "not valid multipart"},
		{"no closing boundary", lines("--B", name, "", "a", "--B", ""), "not valid multipart"},
		{"no boundary after a value", lines("--B", name, "", "a"), "not valid multipart"},
		{"no end of a header", lines("--B", name), "not valid multipart"},
		{"a closing boundary inside a header", lines("--B", name+"--B--"), "not valid multipart"},
		{"text before the first boundary", lines("x", "--B", name, "", "a", "--B--"), "not valid multipart"},
		{"text after the closing boundary", lines("--B", name, "", "a", "--B--", "x"), "not valid multipart"},
		{"a second form after the closing boundary", lines("--B", name, "", "a", "--B--", "--B", name, "", "b", "--B--"), "not valid multipart"},
		{"a closing boundary inside a line", lines("--B", name, "", "a--B--", "--B--"), "not valid multipart"},
		{"a part without a header", lines("--B", "", "a", "--B--"), "not valid multipart"},
		{"a header that is none", lines("--B", "password", "", "a", "--B--"), "not valid multipart"},
		{"a part without a name", lines("--B", "Content-Disposition: form-data", "", "a", "--B--"), "empty"},
		{"a part of another disposition", lines("--B", `Content-Disposition: attachment; name="password"`, "", "a", "--B--"), "not valid multipart"},
		{"a disposition twice", lines("--B", name, name, "", "a", "--B--"), "not plain text"},
		{"a name twice", lines("--B", name+`; name="method"`, "", "a", "--B--"), "not valid multipart"},
		{"the same name twice", lines("--B", name+`; name="password"`, "", "a", "--B--"), "not valid multipart"},
		{"a name in extended notation", lines("--B", "Content-Disposition: form-data; name*=utf-8''password", "", "a", "--B--"), "not valid multipart"},
		{"a name with a backslash", lines("--B", `Content-Disposition: form-data; name="pass\word"`, "", "a", "--B--"), "not valid multipart"},
		{"a file", lines("--B", `Content-Disposition: form-data; name="avatar"; filename="a.png"`, "Content-Type: image/png", "", "a", "--B--"), "file"},
		{"an empty file", lines("--B", `Content-Disposition: form-data; name="avatar"; filename=""`, "", "", "--B--"), "file"},
		{"a file in extended notation", lines("--B", `Content-Disposition: form-data; name="avatar"; filename*=utf-8''a.png`, "", "", "--B--"), "file"},
		{"JSON as a part", lines("--B", name, "Content-Type: application/json", "", "{}", "--B--"), "not plain text"},
		{"a part in another charset", lines("--B", name, "Content-Type: text/plain; charset=utf-16", "", "a", "--B--"), "not plain text"},
		{"a part with two types", lines("--B", name, "Content-Type: text/plain", "Content-Type: text/plain", "", "a", "--B--"), "not plain text"},
		{"base64", lines("--B", name, "Content-Transfer-Encoding: base64", "", "YQ==", "--B--"), "not plain text"},
		{"quoted-printable", lines("--B", name, "Content-Transfer-Encoding: quoted-printable", "", "=61", "--B--"), "not plain text"},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Empty(t, refuse(t, typeMultipart, row.text, row.reason).Names())
		})
	}
	t.Run("the token after a file can be read", func(t *testing.T) {
		fields := refuse(t, typeMultipart, lines("--B", `Content-Disposition: form-data; name="avatar"; filename="a.png"`, "", "a",
			"--B", `Content-Disposition: form-data; name="csrf_token"`, "", "t", "--B--"), "file")
		assert.Equal(t, map[string]any{"csrf_token": "t"}, tree(fields))
	})
	t.Run("a token that is also a file cannot", func(t *testing.T) {
		fields := refuse(t, typeMultipart, lines("--B", `Content-Disposition: form-data; name="csrf_token"; filename="t"`, "", "u",
			"--B", `Content-Disposition: form-data; name="csrf_token"`, "", "t", "--B--"), "file")
		assert.Empty(t, fields.Names())
	})
	t.Run("a token that is cut short cannot", func(t *testing.T) {
		fields := refuse(t, typeMultipart, lines("--B", `Content-Disposition: form-data; name="csrf_token"`, "", "t"), "not valid multipart")
		assert.Empty(t, fields.Names())
	})
}
