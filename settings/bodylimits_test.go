package settings_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

const bodyLimit = 65_536 // 64 KiB

// bodyOf is a right submit of exactly so many bytes, in one of the three media
// types.
func bodyOf(contentType, token string, size int) string {
	var start, end string
	switch contentType {
	case bodyIsJSON:
		start, end = `{"csrf_token":"`+token+`","method":"password","password":"a-canary-of-a-password","padding":"`, `"}`
	case bodyIsForm:
		start = `csrf_token=` + token + `&method=password&password=a-canary-of-a-password&padding=`
	case bodyParts:
		for _, p := range [][2]string{{"csrf_token", token}, {"method", "password"}, {"password", "a-canary-of-a-password"}} {
			start += "--frontier\r\nContent-Disposition: form-data; name=\"" + p[0] + "\"\r\n\r\n" + p[1] + "\r\n"
		}
		start += "--frontier\r\nContent-Disposition: form-data; name=\"padding\"\r\n\r\n"
		end = "\r\n--frontier--\r\n"
	}
	return start + strings.Repeat("x", size-len(start)-len(end)) + end
}

func TestBodyLimit(t *testing.T) {
	for _, row := range []struct {
		name   string
		limit  int64
		size   int
		passes bool
	}{
		{"64 KiB", 0, bodyLimit, true},
		{"a byte more", 0, bodyLimit + 1, false},
		{"a megabyte", 0, 1 << 20, false},
		{"the host's own limit", 1000, 1000, true},
		{"a byte more than the host's own limit", 1000, 1001, false},
	} {
		for _, contentType := range []string{bodyIsJSON, bodyIsForm, bodyParts} {
			for _, kind := range bodyKinds {
				t.Run(fmt.Sprintf("%s, %s, %v", row.name, contentType, kind), func(t *testing.T) {
					kit := settingstest.New(t, func(c *settings.Config) { c.BodyLimit = row.limit })
					ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
					client := kit.SignIn(ada, kind)
					f := client.Start()
					before, stored := snapshot(t, kit, ada), flowRecord(t, kit, f.ID)
					a := bodyPost(client, f, contentType, bodyOf(contentType, f.CSRFToken(), row.size))
					if row.passes {
						require.True(t, kit.PasswordIs(ada, "a-canary-of-a-password"), "%v", a)
						return
					}
					requireError(t, a, kind, 413, "body_too_large")
					require.Equal(t, before, snapshot(t, kit, ada))
					require.Equal(t, stored, flowRecord(t, kit, f.ID))
				})
			}
		}
	}
}

// The limit is of what arrives, not of what Content-Length says.
func TestBodyLimitWithAFalseLength(t *testing.T) {
	for _, row := range []struct {
		name   string
		length int64
	}{
		{"no length", -1},
		{"a length of nothing", 0},
		{"a length below the limit", 10},
	} {
		t.Run(row.name, func(t *testing.T) {
			kit := bodyKit(t)
			ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
			client := kit.SignIn(ada, respond.API)
			f := client.Start()
			before := snapshot(t, kit, ada)
			r := httptest.NewRequest("POST", "https://app.example.com/auth/self-service/settings?flow="+f.ID,
				io.NopCloser(strings.NewReader(bodyOf(bodyIsJSON, "", bodyLimit+1))))
			r.ContentLength = row.length
			r.Header = http.Header{"X-Session-Token": {client.Token}, "Content-Type": {bodyIsJSON}}
			res, err := kit.RoundTrip(r)
			require.NoError(t, err)
			defer res.Body.Close()
			require.Equal(t, 413, res.StatusCode)
			require.Equal(t, before, snapshot(t, kit, ada))
		})
	}
}

// bodyServer is a real server before a kit. It says when a request is over.
type bodyServer struct {
	*httptest.Server
	kit    *settingstest.Kit
	ada    string
	client *settingstest.Client
	flow   *settingstest.Flow
	over   chan struct{} // gets a value for each request that is over
}

func newBodyServer(t *testing.T, kind respond.Client, change func(*settings.Config)) *bodyServer {
	s := &bodyServer{kit: settingstest.New(t, change), over: make(chan struct{}, 100)}
	s.ada = s.kit.AddIdentity("ada@example.com", csrfOldPassword)
	s.client = s.kit.SignIn(s.ada, kind)
	s.flow = s.client.Start()
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { s.over <- struct{}{} }()
		s.kit.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// dial sends the header of a submit, with the given lines in it.
func (s *bodyServer) dial(t *testing.T, lines ...string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second))) // so that a failure is no hang
	credentials := "X-Session-Token: " + s.client.Token
	if s.client.Kind != respond.API {
		credentials = "Sec-Fetch-Site: same-origin\r\nAccept: " +
			map[respond.Client]string{respond.Page: "text/html", respond.Script: "application/json"}[s.client.Kind] +
			"\r\nCookie: __Host-amend_session=" + csrfCookie(t, s.client)
	}
	_, err = fmt.Fprintf(conn, "POST /auth/self-service/settings?flow=%s HTTP/1.1\r\nHost: app.example.com\r\n%s\r\n%s\r\n\r\n",
		s.flow.ID, credentials, strings.Join(lines, "\r\n"))
	require.NoError(t, err)
	return conn
}

func bodyResponse(t *testing.T, conn net.Conn) (*http.Response, string) {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res, string(body)
}

// A body that is too large is answered though its end does not come.
func TestBodyLimitOnAConnection(t *testing.T) {
	body := bodyOf(bodyIsJSON, "", bodyLimit+1)
	for _, row := range []struct {
		name  string
		lines []string
		send  string
	}{
		{"chunked, to its end", []string{"Content-Type: application/json", "Transfer-Encoding: chunked"}, fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)},
		{"chunked, with more to come", []string{"Content-Type: application/json", "Transfer-Encoding: chunked"}, fmt.Sprintf("%x\r\n%s\r\n", len(body), body)},
		{"with a length that is never reached", []string{"Content-Type: application/json", "Content-Length: 100000"}, body},
		{"with a length of a gigabyte", []string{"Content-Type: application/json", "Content-Length: 1000000000"}, body},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newBodyServer(t, respond.API, func(c *settings.Config) { c.BodyTimeout = 500 * time.Millisecond })
			before := snapshot(t, s.kit, s.ada)
			conn := s.dial(t, row.lines...)
			_, err := io.WriteString(conn, row.send)
			require.NoError(t, err)
			res, answer := bodyResponse(t, conn)
			require.Equal(t, 413, res.StatusCode)
			require.Contains(t, answer, `"body_too_large"`)
			<-s.over
			require.Equal(t, before, snapshot(t, s.kit, s.ada))
		})
	}
}

// What did not arrive whole is not used, however right it looks so far.
func TestTornBody(t *testing.T) {
	for _, row := range []struct{ contentType, body string }{
		{bodyIsJSON, `{"method":"password","password":"a-canary-of-a-password"}`},
		{bodyIsForm, `method=password&password=a-canary-of-a-password`},
	} {
		for _, at := range []string{"in the middle", "at the end"} {
			t.Run(row.contentType+" "+at, func(t *testing.T) {
				kit := bodyKit(t)
				ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
				client := kit.SignIn(ada, respond.API)
				f := client.Start()
				before, stored := snapshot(t, kit, ada), flowRecord(t, kit, f.ID)
				sent := row.body
				if at == "in the middle" {
					sent = sent[:len(sent)/2]
				}
				r := httptest.NewRequest("POST", "https://app.example.com/auth/self-service/settings?flow="+f.ID,
					io.MultiReader(strings.NewReader(sent), iotest.ErrReader(errors.New("read tcp 10.0.0.7: connection reset by sql.go"))))
				r.Header = http.Header{"X-Session-Token": {client.Token}, "Content-Type": {row.contentType}}
				res, err := kit.RoundTrip(r)
				require.NoError(t, err)
				defer res.Body.Close()
				require.Equal(t, 408, res.StatusCode)
				answer, err := io.ReadAll(res.Body)
				require.NoError(t, err)
				assert.NotContains(t, string(answer), "10.0.0.7")
				assert.Equal(t, before, snapshot(t, kit, ada))
				assert.Equal(t, stored, flowRecord(t, kit, f.ID))
			})
		}
	}
}

func TestOtherMediaTypes(t *testing.T) {
	const json = `{"csrf_token":"TOKEN","method":"password","password":"a-canary-of-a-password"}`
	const form = `csrf_token=TOKEN&method=password&password=a-canary-of-a-password`
	for _, row := range []struct {
		name, contentType, encoding, body string
		passes                            bool
	}{
		{"JSON in UTF-8", "application/json; charset=utf-8", "", json, true},
		{"JSON in UTF-8, in capitals", "APPLICATION/JSON; Charset=UTF-8", "", json, true},
		{"a form in UTF-8", "application/x-www-form-urlencoded; charset=UTF-8", "", form, true},
		{"JSON that is not encoded", "application/json", "identity", json, true},
		{"no content type", "", "", json, false},
		{"plain text, which any page may send", "text/plain", "", json, false},
		{"plain text that mentions JSON", "text/plain; application/json", "", json, false},
		{"JSON of another name", "text/json", "", json, false},
		{"JSON of a problem", "application/problem+json", "", json, false},
		{"JSON in another charset", "application/json; charset=iso-8859-1", "", json, false},
		{"JSON in UTF-16", "application/json; charset=utf-16", "", json, false},
		{"a form in another charset", "application/x-www-form-urlencoded; charset=windows-1252", "", form, false},
		{"JSON and a form", "application/json, application/x-www-form-urlencoded", "", json, false},
		{"two charsets", "application/json; charset=utf-8; charset=utf-16", "", json, false},
		{"XML", "application/xml", "", "<method>password</method>", false},
		{"another multipart", "multipart/mixed; boundary=frontier", "", "--frontier--", false},
		{"multipart without a boundary", "multipart/form-data", "", "--frontier--", false},
		{"bytes", "application/octet-stream", "", json, false},
		{"nonsense", ";;;", "", json, false},
		{"gzip", "application/json", "gzip", json, false},
		{"gzip of nothing", "application/json", "gzip", "", false},
		{"two encodings", "application/json", "identity, br", json, false},
	} {
		for _, kind := range bodyKinds {
			t.Run(fmt.Sprintf("%s, %v", row.name, kind), func(t *testing.T) {
				kit := bodyKit(t)
				ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
				client := kit.SignIn(ada, kind)
				f := client.Start()
				if row.encoding != "" {
					client.Header.Set("Content-Encoding", row.encoding)
				}
				before, stored := snapshot(t, kit, ada), flowRecord(t, kit, f.ID)
				a := bodyPost(client, f, row.contentType, row.body)
				if row.passes {
					require.True(t, kit.PasswordIs(ada, "a-canary-of-a-password"), "%v", a)
					return
				}
				requireError(t, a, kind, 415, "unsupported_media_type")
				require.Equal(t, before, snapshot(t, kit, ada))
				require.Equal(t, stored, flowRecord(t, kit, f.ID))
			})
		}
	}
}
