package body_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/body"
)

const (
	typeJSON       = "application/json"
	typeURLEncoded = "application/x-www-form-urlencoded"
	typeMultipart  = "multipart/form-data; boundary=B"

	limit = 64 << 10
)

// known are the fields of the settings flow's submit bodies.
var known = []string{
	"method", "csrf_token", "transient_payload", "password", "current_password", "traits", "totp_code", "totp_unlink",
	"lookup_secret_regenerate", "lookup_secret_confirm", "lookup_secret_reveal", "lookup_secret_disable",
	"webauthn_register", "webauthn_register_displayname", "webauthn_remove",
	"passkey_settings_register", "passkey_remove", "link", "unlink",
}

func decode(contentType, text string) (body.Fields, *body.Error) {
	return body.Decode(contentType, "", strings.NewReader(text), limit, known, "traits.roles", "traits.home.phones")
}

func accept(t *testing.T, contentType, text string) body.Fields {
	t.Helper()
	fields, problem := decode(contentType, text)
	require.Nil(t, problem)
	return fields
}

// refuse asserts a malformed body and returns what may still be read of it.
func refuse(t *testing.T, contentType, text, reason string) body.Fields {
	t.Helper()
	fields, problem := decode(contentType, text)
	require.NotNil(t, problem)
	assert.Equal(t, body.Malformed, problem.Kind)
	assert.Contains(t, problem.Reason, reason)
	assert.NoError(t, problem.Cause)
	return fields
}

// tree is the whole of the fields, as encoding/json would decode them.
func tree(fields body.Fields) map[string]any {
	all := map[string]any{}
	for _, name := range fields.Names() {
		all[name], _ = fields.Value(name)
	}
	return all
}

func TestMediaTypes(t *testing.T) {
	const (
		json      = `{"method":"password"}`
		form      = "method=password"
		multipart = "--B\r\nContent-Disposition: form-data; name=\"method\"\r\n\r\npassword\r\n--B--\r\n"
	)
	for _, row := range []struct{ name, contentType, encoding, text string }{
		{"JSON", "application/json", "", json},
		{"JSON in other letter case", "Application/JSON", "", json},
		{"JSON in UTF-8", "application/json; charset=utf-8", "", json},
		{"JSON in UTF-8, quoted and in upper case", `application/json;charset="UTF-8"`, "", json},
		{"JSON with a parameter of another kind", "application/json; profile=x", "", json},
		{"JSON with a semicolon at the end", "application/json; charset=utf-8;", "", json},
		{"JSON with the identity encoding", "application/json", "Identity", json},
		{"a form", "application/x-www-form-urlencoded", "", form},
		{"a form in UTF-8", "application/x-www-form-urlencoded; charset=UTF-8", "", form},
		{"a multipart form", "multipart/form-data; boundary=B", "", multipart},
		{"a multipart form in UTF-8", `multipart/form-data; charset=utf-8; boundary="B"`, "", multipart},
	} {
		t.Run(row.name, func(t *testing.T) {
			fields, problem := body.Decode(row.contentType, row.encoding, strings.NewReader(row.text), limit, known)
			require.Nil(t, problem)
			method, presence := fields.String("method")
			assert.Equal(t, body.Present, presence)
			assert.Equal(t, "password", method)
			assert.Equal(t, row.text != json, fields.FromForm())
		})
	}
	for _, row := range []struct{ name, contentType, encoding string }{
		{"no content type", "", ""},
		{"an empty content type", " ", ""},
		{"text, which a cross-site form can send", "text/plain", ""},
		{"another JSON type", "application/problem+json", ""},
		{"an old JSON type", "text/json", ""},
		{"XML", "application/xml", ""},
		{"another multipart type", "multipart/mixed; boundary=B", ""},
		{"multipart without a boundary", "multipart/form-data", ""},
		{"multipart with an empty boundary", `multipart/form-data; boundary=""`, ""},
		{"two types", "application/json, text/plain", ""},
		{"a type without a subtype", "application", ""},
		{"a parameter without a value", "application/json; charset", ""},
		{"JSON in another charset", "application/json; charset=utf-16", ""},
		{"JSON in a charset that ASCII text cannot be told from", "application/json; charset=iso-8859-1", ""},
		{"a form in UTF-7", "application/x-www-form-urlencoded; charset=utf-7", ""},
		{"multipart in another charset", "multipart/form-data; boundary=B; charset=latin1", ""},
		{"an empty charset", `application/json; charset=""`, ""},
		{"two charsets", "application/json; charset=utf-8; charset=utf-16", ""},
		{"the same charset twice", "application/json; charset=utf-8; charset=utf-8", ""},
		{"two boundaries", "multipart/form-data; boundary=B; boundary=C", ""},
		{"the same boundary twice", "multipart/form-data; boundary=B; boundary=B", ""},
		{"a charset in pieces", "application/json; charset*0=utf-; charset*1=8", ""},
		{"a charset in extended notation", "application/json; charset*=utf-8''utf-8", ""},
		{"a charset in both notations", "application/json; charset=utf-8; charset*=utf-8''utf-16", ""},
		{"a boundary with a backslash", `multipart/form-data; boundary="\B"`, ""},
		{"gzip", "application/json", "gzip"},
		{"gzip of a form", "application/x-www-form-urlencoded", "gzip"},
		{"two encodings", "application/json", "identity, gzip"},
		{"an unknown encoding", "application/json", "rot13"},
		{"an encoding and no content type", "", "gzip"},
	} {
		t.Run("415 for "+row.name, func(t *testing.T) {
			fields, problem := body.Decode(row.contentType, row.encoding, strings.NewReader(json), limit, known)
			require.NotNil(t, problem)
			assert.Equal(t, body.MediaType, problem.Kind)
			assert.Contains(t, problem.Reason, "application/json")
			assert.Empty(t, fields.Names())
		})
	}
}

func TestNoContentTypeAndNoBodyIsAnEmptyForm(t *testing.T) {
	for name, r := range map[string]io.Reader{"an empty reader": strings.NewReader(""), "no reader": nil} {
		t.Run(name, func(t *testing.T) {
			fields, problem := body.Decode("", "", r, limit, known)
			require.Nil(t, problem)
			assert.Empty(t, fields.Names())
			assert.True(t, fields.FromForm())
		})
	}
}

// endless yields filler after a beginning, and counts what was read.
type endless struct {
	beginning io.Reader
	read      int64
}

func (e *endless) Read(p []byte) (int, error) {
	n, err := e.beginning.Read(p)
	if err == io.EOF {
		for n = range p {
			p[n] = ' '
		}
		n = len(p)
	}
	e.read += int64(n)
	return n, nil
}

func TestLimit(t *testing.T) {
	for contentType, text := range map[string]string{
		typeJSON:       `{"password":"0123456789"}`,
		typeURLEncoded: "password=0123456789",
		typeMultipart:  "--B\r\nContent-Disposition: form-data; name=password\r\n\r\n0123456789\r\n--B--",
	} {
		size := int64(len(text))
		t.Run(contentType, func(t *testing.T) {
			_, problem := body.Decode(contentType, "", strings.NewReader(text), size, known)
			assert.Nil(t, problem, "a body of exactly the limit")

			fields, problem := body.Decode(contentType, "", strings.NewReader(text), size-1, known)
			require.NotNil(t, problem, "one byte over the limit")
			assert.Equal(t, body.TooLarge, problem.Kind)
			assert.Empty(t, fields.Names())

			endless := &endless{beginning: strings.NewReader(text)}
			_, problem = body.Decode(contentType, "", endless, size, known)
			require.NotNil(t, problem, "a body without end, as a chunked one may be")
			assert.Equal(t, body.TooLarge, problem.Kind)
			assert.Equal(t, size+1, endless.read, "not more than one byte beyond the limit is read")
		})
	}
	t.Run("nothing is read of a media type that is not", func(t *testing.T) {
		endless := &endless{beginning: strings.NewReader("")}
		_, problem := body.Decode("text/plain", "", endless, limit, known)
		require.NotNil(t, problem)
		assert.Equal(t, body.MediaType, problem.Kind)
		assert.Zero(t, endless.read)
	})
	t.Run("a limit of nothing lets nothing pass", func(t *testing.T) {
		for _, none := range []int64{0, -1} {
			_, problem := body.Decode(typeURLEncoded, "", strings.NewReader("a=b"), none, known)
			require.NotNil(t, problem)
			assert.Equal(t, body.TooLarge, problem.Kind)
		}
	})
	t.Run("a smaller limit of a handler around this one", func(t *testing.T) {
		outer := http.MaxBytesReader(httptest.NewRecorder(), io.NopCloser(strings.NewReader(`{"method":"profile"}`)), 5)
		_, problem := body.Decode(typeJSON, "", outer, limit, known)
		require.NotNil(t, problem)
		assert.Equal(t, body.TooLarge, problem.Kind)
		var cause *http.MaxBytesError
		assert.ErrorAs(t, problem, &cause)
	})
}

func TestReadFailures(t *testing.T) {
	for name, cause := range map[string]error{
		"a client that was too slow":                   os.ErrDeadlineExceeded,
		"a client that went away":                      errors.New("connection reset by peer"),
		"a client that promised more than it has sent": io.ErrUnexpectedEOF,
	} {
		t.Run(name, func(t *testing.T) {
			for _, contentType := range []string{typeJSON, typeURLEncoded, typeMultipart, ""} {
				r := io.MultiReader(strings.NewReader(`{"csrf_token":"t"}`), failing{cause})
				fields, problem := body.Decode(contentType, "", r, limit, known)
				require.NotNil(t, problem)
				assert.Equal(t, body.ReadFailed, problem.Kind)
				assert.ErrorIs(t, problem, cause)
				assert.Contains(t, problem.Error(), cause.Error(), "the log has the cause")
				assert.NotContains(t, problem.Reason, cause.Error(), "the client has not")
				assert.Empty(t, fields.Names())
			}
		})
	}
}

func TestASlowClientIsToldFromOneThatWentAway(t *testing.T) {
	problems := make(chan *body.Error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0)))
		_, problem := body.Decode(typeJSON, "", r.Body, limit, known)
		problems <- problem
	}))
	defer server.Close()
	unfinished, end := io.Pipe()
	defer end.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, unfinished)
	require.NoError(t, err)
	if response, err := server.Client().Do(request); err == nil { // whether it sees the answer is not our concern
		response.Body.Close()
	}
	problem := <-problems
	require.NotNil(t, problem)
	assert.Equal(t, body.ReadFailed, problem.Kind)
	assert.ErrorIs(t, problem, os.ErrDeadlineExceeded)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
