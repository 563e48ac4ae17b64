package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/memory"
)

// inMemory measures the library itself: the store takes next to nothing.
func (m *measurement) inMemory(ctx context.Context) error {
	for _, row := range []struct {
		offer              offer
		allocations, bytes float64    // of reading a form, at most
		throughput         [2]float64 // of reading a form over 1 connection and over 8, at least
		submit             float64    // allocations of a profile submit, at most
	}{
		{passwordAlone, 32, 0, [2]float64{0.6, 0.5}, 0},
		// Of a submit's, 40 are the maps and values of JSON objects: its body, the traits
		// before and after, the hashes of the form. What a method or a store may do as it
		// likes with is copied: 24. The rest is nowhere more than a tenth.
		{withProfile, 0, 0, [2]float64{}, 180},
		{everyMethod, 80, 22 << 10, [2]float64{0.4, 0.3}, 0},
	} {
		s := &inMemory{Store: memory.New()}
		h, err := install(s, row.offer.methods(settingstest.FastHash()))
		if err != nil {
			return err
		}
		p, err := newPerson(ctx, s, h, flow.Browser)
		if row.offer == passwordAlone { // the least there is
			p, err = newcomer(ctx, s, h, flow.API)
		}
		if err != nil {
			return err
		}
		name := "memory/" + string(row.offer)
		read := inHandler(h, func(int) *http.Request { return p.read() })
		m.note("%s/read in the handler: %v, %.0f allocations, %.0f bytes", name, read.each, read.allocations, read.bytes)
		if row.allocations > 0 {
			m.atMost(name+"/read/allocations", read.allocations, row.allocations)
		}
		if row.bytes > 0 {
			m.atMost(name+"/read/bytes", read.bytes, row.bytes)
		}
		if row.submit > 0 {
			submit := inHandler(h, p.profile)
			m.note("%s/submit in the handler: %v, %.0f allocations, %.0f bytes", name, submit.each, submit.allocations, submit.bytes)
			m.atMost(name+"/submit/allocations", submit.allocations, row.submit)
		}
		for n, connections := range []int{1, 8} {
			if row.throughput[n] == 0 {
				continue
			}
			answer, err := answerTo(h, p.read())
			if err != nil {
				return err
			}
			requests := slices.Repeat([]string{onTheWire(p.read())}, connections)
			f, err := m.race(contender{Handler: h, requests: requests}, contender{Handler: bare(answer.Header(), answer.Body.Bytes()), requests: requests})
			if err != nil {
				return err
			}
			m.atLeast(fmt.Sprintf("%s/read/throughput-of-bare/%d-connections", name, connections), f.throughput, row.throughput[n])
		}
	}
	return nil
}

// effort is what a request costs in the handler alone.
type effort struct {
	allocations, bytes float64
	each               time.Duration // processor time
}

// inHandler sends requests, which are numbered, to a handler that is warm.
func inHandler(h http.Handler, request func(n int) *http.Request) effort {
	const warm, times = 100, 500
	all := make([]*http.Request, warm+times)
	for n := range all {
		all[n] = request(n)
	}
	w := &nobody{header: http.Header{}}
	send := func(requests []*http.Request) {
		for _, r := range requests {
			clear(w.header)
			h.ServeHTTP(w, r)
			if w.status != http.StatusOK {
				panic(fmt.Sprint("bench: a request was answered by ", w.status))
			}
		}
	}
	send(all[:warm])
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	begin := processorTime()
	send(all[warm:])
	each := (processorTime() - begin) / times
	runtime.ReadMemStats(&after)
	whole := (after.Mallocs - before.Mallocs) / times // the runtime's own few are not of a request: see testing.AllocsPerRun
	return effort{float64(whole), float64(after.TotalAlloc-before.TotalAlloc) / times, each}
}

// nobody reads what is answered.
type nobody struct {
	header http.Header
	status int
}

func (w *nobody) Header() http.Header         { return w.header }
func (w *nobody) Write(p []byte) (int, error) { return len(p), nil }
func (w *nobody) WriteHeader(status int)      { w.status = status }
