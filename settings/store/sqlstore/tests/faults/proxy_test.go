package faults_test

import (
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
)

// proxy is the network between a store and its server.
type proxy struct {
	behind string
	l      net.Listener

	mu    sync.Mutex
	conns map[net.Conn]bool

	// meet decides what becomes of a piece of what is sent, which direction it
	// may have; nil lets all pass.
	meet func(toServer bool, piece []byte) verdict

	// refuses new connections.
	refuses bool
}

// verdict is what becomes of a piece.
type verdict uint8

const (
	pass    verdict = iota
	cut             // it is lost, and the connection with it
	cutHalf         // half of it arrives
	swallow         // it is lost, and nobody is told
)

// newProxy gives a place that is behind a proxy.
func newProxy(t testing.TB, p place) (*proxy, place) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	x := &proxy{l: l, conns: map[net.Conn]bool{}}
	if p.Driver == "pgx" {
		u, err := url.Parse(p.DSN)
		require.NoError(t, err)
		x.behind = u.Host
		if u.Port() == "" {
			x.behind = net.JoinHostPort(u.Hostname(), "5432")
		}
		u.Host = l.Addr().String()
		p.DSN = u.String()
	} else {
		c, err := mysql.ParseDSN(p.DSN)
		require.NoError(t, err)
		x.behind, c.Addr = c.Addr, l.Addr().String()
		p.DSN = c.FormatDSN()
	}
	var accepting sync.WaitGroup
	accepting.Go(x.accept)
	t.Cleanup(func() {
		_ = l.Close()
		x.down()
		accepting.Wait()
	})
	return x, p
}

func (x *proxy) accept() {
	var carrying sync.WaitGroup
	defer carrying.Wait()
	for {
		client, err := x.l.Accept()
		if err != nil {
			return
		}
		x.mu.Lock()
		refuses := x.refuses
		x.mu.Unlock()
		if refuses {
			_ = client.Close()
			continue
		}
		server, err := net.Dial("tcp", x.behind)
		if err != nil {
			_ = client.Close()
			continue
		}
		x.keep(client, server)
		carrying.Go(func() { x.carry(client, server, true) })
		carrying.Go(func() { x.carry(server, client, false) })
	}
}

func (x *proxy) keep(both ...net.Conn) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, c := range both {
		x.conns[c] = true
	}
}

func (x *proxy) carry(from, to net.Conn, toServer bool) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		piece := buffer[:n]
		x.mu.Lock()
		meet := x.meet
		x.mu.Unlock()
		v := pass
		if meet != nil {
			v = meet(toServer, piece)
		}
		switch v {
		case cut:
			return
		case cutHalf:
			_, _ = to.Write(piece[:n/2])
			return
		case swallow:
			continue
		}
		if _, err := to.Write(piece); err != nil {
			return
		}
	}
}

// meets decides what becomes of all that is sent from now on; nil lets it pass.
func (x *proxy) meets(meet func(toServer bool, piece []byte) verdict) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.meet = meet
}

// down ends all connections and refuses new ones.
func (x *proxy) down() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.refuses = true
	for c := range x.conns {
		_ = c.Close()
		delete(x.conns, c)
	}
}

func (x *proxy) up() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.refuses = false
}

// trouble is what a network does to the k-th piece and those after it, which
// have n above 0.
type trouble struct {
	name   string
	meet   func(toServer bool, n int) verdict
	leaves bool // the client does not wait for the end of it
}

var everyTrouble = []trouble{
	{name: "the server is gone", meet: func(bool, int) verdict { return cut }},
	{name: "the connection is cut once", meet: func(_ bool, n int) verdict {
		if n == 0 {
			return cut
		}
		return pass
	}},
	{name: "an answer or a statement arrives by half", meet: func(_ bool, n int) verdict {
		if n == 0 {
			return cutHalf
		}
		return pass
	}},
	{name: "answers are lost", meet: func(toServer bool, _ int) verdict {
		if toServer {
			return pass
		}
		return cut
	}},
	{name: "the client goes away, and then the server", leaves: true, meet: func(bool, int) verdict { return cut }},
}
