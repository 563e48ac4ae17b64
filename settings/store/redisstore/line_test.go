package redisstore_test

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for what must come.
const patience = time.Minute

// line is the network between a client and a server.
type line struct {
	client *redis.Client // goes through it

	mu   sync.Mutex
	meet func(toServer bool, n int) verdict // of the n-th piece that is sent
	n    int
}

// verdict is what becomes of a piece.
type verdict uint8

const (
	pass    verdict = iota
	cut             // it is lost, and the connection with it
	swallow         // it is lost, and nobody is told
)

func newLine(t *testing.T, to *redis.Options) *line {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	x := &line{}
	o := *to
	o.Addr, o.MinRetryBackoff, o.MaxRetryBackoff = listener.Addr().String(), time.Microsecond, time.Microsecond
	o.ReadTimeout = -1 // what ends a call is the store's
	x.client = closed(t, redis.NewClient(&o))
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			here, err := listener.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", to.Addr)
			if err != nil {
				_ = here.Close()
				continue
			}
			go x.carry(here, there, true)
			go x.carry(there, here, false)
		}
	}()
	return x
}

func (x *line) carry(from, to net.Conn, toServer bool) {
	defer from.Close()
	defer to.Close()
	piece := make([]byte, 256<<10)
	for {
		n, err := from.Read(piece)
		if err != nil {
			return
		}
		switch x.verdict(toServer) {
		case cut:
			return
		case swallow:
			continue
		}
		if _, err := to.Write(piece[:n]); err != nil {
			return
		}
	}
}

func (x *line) verdict(toServer bool) verdict {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.meet == nil {
		return pass
	}
	x.n++
	return x.meet(toServer, x.n-1)
}

// meets decides what becomes of all that is sent from now on; nil lets it pass.
func (x *line) meets(meet func(toServer bool, n int) verdict) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.meet, x.n = meet, 0
}
