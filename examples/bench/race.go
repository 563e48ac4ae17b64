package main

import (
	"bytes"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"
)

// contender is a handler, and the requests that it gets at once.
type contender struct {
	http.Handler
	requests []string // as they are on the wire
	refuses  bool     // it may answer other than by 200
}

// figures are what a race came to, in medians of its rounds.
type figures struct {
	throughput float64       // of the first contender, in parts of the second's
	work       float64       // processor time of this process for a request, in times of the second's
	each       time.Duration // that processor time
}

// median of ratios of rounds in which both take turns: what else the machine does
// falls on both.
func median[T ~float64 | ~int64](all []T) T {
	slices.Sort(all)
	return all[len(all)/2]
}

// race has two contenders answer by turns, over HTTP, in some rounds of so many
// requests on each connection.
func (m *measurement) race(ours, other contender) (figures, error) {
	servers := [2]*http.Server{}
	errands := [2]errand{}
	for n, c := range []contender{ours, other} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return figures{}, err
		}
		servers[n] = &http.Server{Handler: c}
		go servers[n].Serve(listener)
		defer servers[n].Close()
		errands[n] = errand{Addr: listener.Addr().String(), Requests: c.requests, Times: m.requests, Any: c.refuses}
	}
	var throughput, work []float64
	var each []time.Duration
	for range m.rounds + 1 {
		var took, used [2]time.Duration
		for n := range errands {
			before := processorTime()
			t, err := m.clients.run(errands[n])
			if err != nil {
				return figures{}, err
			}
			took[n] = t.Time
			used[n] = (processorTime() - before) / time.Duration(m.requests*len(errands[n].Requests))
			errands[n].From += m.requests
		}
		throughput = append(throughput, float64(took[1])/float64(took[0]))
		work = append(work, float64(used[0])/float64(used[1]))
		each = append(each, used[0])
	}
	// The first round warms up.
	return figures{median(throughput[1:]), median(work[1:]), median(each[1:])}, nil
}

// onTheWire is a request as a client sends it.
func onTheWire(r *http.Request) string {
	var raw strings.Builder
	if err := r.Write(&raw); err != nil {
		panic(err) // the body is a text
	}
	return raw.String()
}

// processorTime is that of this process so far, the kernel's part too.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // there is nothing to go wrong
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bare is a handler that writes the bytes and headers of an answer, and does
// nothing for it.
func bare(header http.Header, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in bytes.Buffer
		_, _ = in.ReadFrom(r.Body)
		for k, v := range header {
			w.Header()[k] = v
		}
		_, _ = w.Write(body)
	})
}
