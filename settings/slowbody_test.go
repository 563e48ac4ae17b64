package settings_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
)

// A client that sends its body slowly, or not at all, is answered after
// BodyTimeout, and then neither a goroutine nor a connection waits for it.
func TestSlowBody(t *testing.T) {
	for _, kind := range bodyKinds {
		for _, row := range []struct {
			name    string
			lines   []string
			trickle bool
		}{
			{"nothing comes", []string{"Content-Type: application/json", "Content-Length: 1000"}, false},
			{"nothing comes of a chunked one", []string{"Content-Type: application/json", "Transfer-Encoding: chunked"}, false},
			{"a byte now and then", []string{"Content-Type: application/json", "Content-Length: 1000000"}, true},
			{"a chunk now and then", []string{"Content-Type: application/json", "Transfer-Encoding: chunked"}, true},
			{"a form's byte now and then", []string{"Content-Type: application/x-www-form-urlencoded", "Content-Length: 1000000"}, true},
		} {
			t.Run(fmt.Sprintf("%s, %v", row.name, kind), func(t *testing.T) {
				s := newBodyServer(t, kind, func(c *settings.Config) { c.BodyTimeout = 50 * time.Millisecond })
				before, stored := snapshot(t, s.kit, s.ada), flowRecord(t, s.kit, s.flow.ID)
				conn := s.dial(t, row.lines...)
				stop := make(chan struct{})
				defer close(stop)
				if row.trickle {
					piece := "x"
					if strings.Contains(row.lines[1], "chunked") {
						piece = "1\r\nx\r\n"
					}
					go func() {
						for tick := time.NewTicker(5 * time.Millisecond); ; {
							select {
							case <-stop:
								tick.Stop()
								return
							case <-tick.C:
								if _, err := io.WriteString(conn, piece); err != nil {
									return // the server has closed the connection
								}
							}
						}
					}()
				}
				res, answer := bodyResponse(t, conn)
				<-s.over
				if kind == respond.Page {
					require.Equal(t, 303, res.StatusCode)
					require.Contains(t, res.Header.Get("Location"), "/auth/self-service/errors/page?id=")
				} else {
					require.Equal(t, 408, res.StatusCode, answer)
					require.Contains(t, answer, `"body_incomplete"`)
					require.NotContains(t, answer, "i/o timeout", "the cause is for the log")
				}
				_, err := conn.Read(make([]byte, 1))
				require.Error(t, err, "the connection is closed")
				require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "and not only because this test gave up")
				require.Equal(t, before, snapshot(t, s.kit, s.ada))
				require.Equal(t, stored, flowRecord(t, s.kit, s.flow.ID))
			})
		}
	}
}

// A body that nobody wants holds nothing either: whoever is refused before the
// body is read need not have signed in.
func TestSlowBodyThatIsNotRead(t *testing.T) {
	post := "POST /auth/self-service/settings?flow=FLOW HTTP/1.1"
	for _, row := range []struct {
		name, request string
		lines         []string
		status        int
	}{
		{"without a session", post, []string{"Content-Length: 1000", "Content-Type: application/json"}, 401},
		{"without a session, chunked", post, []string{"Transfer-Encoding: chunked", "Content-Type: application/json"}, 401},
		{"without a session, to be asked for", post, []string{"Content-Length: 1000", "Content-Type: application/json", "Expect: 100-continue"}, 401},
		{"of another media type", post, []string{"Content-Length: 1000", "Content-Type: text/plain", "TOKEN"}, 415},
		{"of a flow that is not there", "POST /auth/self-service/settings?flow=0d3b3a5e-6a4c-4f59-8a53-0a1f3d6f1a11 HTTP/1.1", []string{"Content-Length: 1000", "TOKEN"}, 404},
		{"with a return_to that is not allowed", post[:len(post)-9] + "&return_to=https://evil.example/ HTTP/1.1", []string{"Content-Length: 1000", "TOKEN"}, 403},
		{"of another HTTP method", "PUT /auth/self-service/settings?flow=FLOW HTTP/1.1", []string{"Content-Length: 1000", "TOKEN"}, 405},
		{"of a GET", "GET /auth/sessions/whoami HTTP/1.1", []string{"Content-Length: 1000", "TOKEN"}, 200},
		{"of a page that is not there", "POST /auth/nothing HTTP/1.1", []string{"Content-Length: 1000"}, 404},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newBodyServer(t, respond.API, func(c *settings.Config) { c.BodyTimeout = 50 * time.Millisecond })
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
			head := strings.Join(append([]string{row.request, "Host: app.example.com", "Accept: application/json"}, row.lines...), "\r\n") + "\r\n\r\n"
			head = strings.NewReplacer("FLOW", s.flow.ID, "TOKEN", "X-Session-Token: "+s.client.Token).Replace(head)
			_, err = io.WriteString(conn, head)
			require.NoError(t, err)
			replies := bufio.NewReader(conn)
			res, err := http.ReadResponse(replies, nil)
			require.NoError(t, err)
			require.Equal(t, row.status, res.StatusCode, "and not 100: %v", res)
			_, err = io.ReadAll(res.Body)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			_, err = replies.ReadByte()
			require.ErrorIs(t, err, io.EOF, "the server closes the connection")
		})
	}
}

// What comes in time ends neither an answer nor the next request on its
// connection, whether it is read or not.
func TestBodyInTime(t *testing.T) {
	s := newBodyServer(t, respond.API, func(*settings.Config) {})
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	replies := bufio.NewReader(conn)
	for n := range 3 {
		for _, row := range []struct {
			size, status int
			token        string
		}{
			{100, 400, s.client.Token}, {60_000, 400, s.client.Token}, {80_000, 413, s.client.Token}, {100, 401, ""}, {60_000, 401, ""},
		} {
			body := `{"method":"password","password":"short","padding":"` + strings.Repeat("x", row.size) + `"}`
			_, err := fmt.Fprintf(conn, "POST /auth/self-service/settings?flow=%s HTTP/1.1\r\nHost: app.example.com\r\nX-Session-Token: %s\r\n"+
				"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", s.flow.ID, row.token, len(body), body)
			require.NoError(t, err)
			res, err := http.ReadResponse(replies, nil)
			require.NoError(t, err, "round %d, %v", n, row)
			_, err = io.ReadAll(res.Body)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Equal(t, row.status, res.StatusCode)
			require.False(t, res.Close, "the connection goes on: round %d, %v", n, row)
		}
	}
}
