package tests

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// wire stands between a pool and its server and counts round trips: how often
// the client speaks again after the server has answered. What the client sends
// in one go, however many messages, is one.
type wire struct {
	mu    sync.Mutex
	trips int
}

// newWire starts one in front of the PostgreSQL server of a URL, and gives the
// URL that leads through it.
func newWire(t *testing.T, server string) (*wire, string) {
	u, err := url.Parse(server)
	require.NoError(t, err)
	behind := u.Host
	if u.Port() == "" {
		behind = net.JoinHostPort(u.Hostname(), "5432")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	w := &wire{}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go w.carry(client, behind)
		}
	}()
	u.Host = l.Addr().String()
	return w, u.String()
}

func (w *wire) carry(client net.Conn, behind string) {
	defer client.Close()
	server, err := net.Dial("tcp", behind)
	if err != nil {
		return
	}
	defer server.Close()
	answered := true
	go func() {
		defer client.Close()
		_, _ = io.Copy(client, statementCounter{server, func() {
			w.mu.Lock()
			answered = true
			w.mu.Unlock()
		}})
	}()
	_, _ = io.Copy(server, statementCounter{client, func() {
		w.mu.Lock()
		if answered {
			w.trips++
		}
		answered = false
		w.mu.Unlock()
	}})
}

// statementCounter calls seen for everything that was read.
type statementCounter struct {
	from io.Reader
	seen func()
}

func (t statementCounter) Read(p []byte) (int, error) {
	n, err := t.from.Read(p)
	if n > 0 {
		t.seen()
	}
	return n, err
}

// during is how many round trips a call makes.
func (w *wire) during(call func()) int {
	w.mu.Lock()
	before := w.trips
	w.mu.Unlock()
	call()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trips - before
}
