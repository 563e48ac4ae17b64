package main_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASignalEndsTheServer(t *testing.T) {
	for _, s := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(s.String(), func(t *testing.T) {
			assert.Zero(t, start(t).end(s))
		})
	}
}

// A password is on its way when the signal comes. It is changed, its sender is
// told, nobody else gets in, and the process ends well.
func TestWhatIsInFlightIsFinished(t *testing.T) {
	p := start(t)
	token := p.session(newClient(t), p.identity(email)).Token
	var flow settingsFlow
	newClient(t, "X-Session-Token", token).get(p.public+"/self-service/settings/api").decode(200, &flow)
	at, err := url.Parse(flow.UI.Action)
	require.NoError(t, err)

	conn, err := net.Dial("tcp", at.Host)
	require.NoError(t, err)
	defer conn.Close()
	content := body(newPassword)
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nX-Session-Token: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		at.RequestURI(), at.Host, token, len(content))
	require.NoError(t, err)
	answer := bufio.NewReader(conn)
	goOn, err := answer.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 100 Continue\r\n", goOn, "the handler is reading the body")
	_, err = answer.ReadString('\n') // the empty line
	require.NoError(t, err)

	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	p.awaitLine("Stopping")
	require.Eventually(t, func() bool {
		late, err := net.Dial("tcp", at.Host)
		if err == nil {
			_ = late.Close()
		}
		return err != nil
	}, 20*time.Second, 5*time.Millisecond, "nobody else gets in")

	_, err = conn.Write([]byte(content))
	require.NoError(t, err)
	res, err := http.ReadResponse(answer, nil)
	require.NoError(t, err)
	defer res.Body.Close()
	assert.Equal(t, 200, res.StatusCode)
	assert.Zero(t, p.exitCode())
	assert.Contains(t, p.err.String(), "outcome=succeeded")
}
