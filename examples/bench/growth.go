package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// grown is what a store may cost that has grown.
type grown struct {
	name, dsn string
	ratio     float64 // of a request at the last size to one at the first, at most
	perFlow   float64 // bytes, at most; 0 for no bound
	pause     float64 // milliseconds that all but one in a thousand readers may wait while expired records are swept; 0 for no bound
}

// grow fills stores with accounts and measures them at each size. An account is an
// identity with a session and a form; a tenth of both has expired.
func (m *measurement) grow(ctx context.Context) error {
	if m.growth == "" {
		return nil
	}
	sizes, err := parseSizes(m.growth)
	if err != nil {
		return err
	}
	return inScratch(func(file string) error {
		for _, store := range []grown{
			{"memory", "memory", 1.2, 2 << 10, 5},
			{"sqlite", "sqlite:" + file, 2, 0, 0},
			{"postgres", m.postgres, 2, 0, 0},
		} {
			if store.dsn == "" {
				continue
			}
			if err := m.growStore(ctx, store, sizes); err != nil {
				return fmt.Errorf("%s: %w", store.name, err)
			}
		}
		return nil
	})
}

func parseSizes(list string) (sizes []int, err error) {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 || len(sizes) > 0 && n <= sizes[len(sizes)-1] {
			return nil, fmt.Errorf("-growth %q: not ascending numbers", list)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}

func (m *measurement) growStore(ctx context.Context, store grown, sizes []int) (err error) {
	g, err := open(ctx, store.dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	var first, last size
	have := 0
	for _, accounts := range sizes {
		if last, err = m.sizeUp(ctx, g, accounts-have); err != nil {
			return err
		}
		if have == 0 {
			first = last
		}
		have = accounts
		m.note("growth/%s/%d: read %v, submit %v, bytes of an identity %d, a session %d, a flow %d, a slow read %v, while %d are swept %v",
			store.name, accounts, last.read, last.submit, last.bytes[identities], last.bytes[sessions], last.bytes[flows], last.idle, last.swept, last.sweeping)
	}
	name := "growth/" + store.name
	m.atMost(name+"/read", last.read.Seconds()/first.read.Seconds(), store.ratio)
	m.atMost(name+"/submit", last.submit.Seconds()/first.submit.Seconds(), store.ratio)
	if store.perFlow > 0 {
		m.atMost(name+"/bytes-of-a-flow", float64(last.bytes[flows]), store.perFlow)
	}
	if store.pause > 0 {
		m.atMost(name+"/slow-read-while-sweeping-ms", 1000*last.sweeping.Seconds(), store.pause)
	}
	return nil
}

// people are the accounts that requests are made for, at each size new ones.
const people = 200

// size is what a store of one size is like.
type size struct {
	read, submit   time.Duration // of a request
	bytes          [kinds]int64  // of a record
	idle, sweeping time.Duration // of a read of which there is one in a thousand
	swept          int
}

// sizeUp adds accounts to a store and measures what it is then like.
func (m *measurement) sizeUp(ctx context.Context, g ground, add int) (s size, err error) {
	h, err := install(g, withProfile.methods(settingstest.FastHash()))
	if err != nil {
		return s, err
	}
	crowd := make([]*person, min(people, max(1, m.requests/2)))
	for n := range crowd {
		if crowd[n], err = newPerson(ctx, g, h, flow.API); err != nil {
			return s, err
		}
	}
	like := samples{now: time.Now()}
	if like.identity, err = g.GetIdentity(ctx, crowd[0].id); err != nil {
		return s, err
	}
	if like.flow, err = g.GetFlow(ctx, "flow:"+crowd[0].form); err != nil {
		return s, err
	}
	for k := range kinds {
		before, err := g.used(ctx)
		if err != nil {
			return s, err
		}
		if err := g.grow(ctx, k, add, like); err != nil {
			return s, err
		}
		after, err := g.used(ctx)
		if err != nil {
			return s, err
		}
		s.bytes[k] = (after - before) / int64(add)
	}
	if s.read, err = m.fastest(h, crowd, func(p *person, _ int) *http.Request { return p.read() }); err != nil {
		return s, err
	}
	if s.submit, err = m.fastest(h, crowd, (*person).profile); err != nil {
		return s, err
	}
	return s, s.sweep(ctx, g, h, crowd)
}

// fastest is what a request takes in the fastest round: nothing makes one faster
// than it is.
func (m *measurement) fastest(h *settings.Handler, crowd []*person, request func(*person, int) *http.Request) (time.Duration, error) {
	var least time.Duration
	for round := range m.rounds {
		begin := time.Now()
		for n := range m.requests {
			if _, err := answerTo(h, request(crowd[n%len(crowd)], round*m.requests+n)); err != nil {
				return 0, err
			}
		}
		if each := time.Since(begin) / time.Duration(m.requests); round == 0 || each < least {
			least = each
		}
	}
	return least, nil
}

// sweep deletes what has expired while somebody reads without a pause; after that,
// for as long, they read without a sweep.
func (s *size) sweep(ctx context.Context, g ground, h *settings.Handler, crowd []*person) error {
	swept := make(chan error, 1)
	go func() { swept <- s.sweepAll(ctx, g) }()
	begin := time.Now()
	slow, err := slowRead(h, crowd, func() bool {
		select {
		case err := <-swept:
			swept <- err
			return true
		default:
			return false
		}
	})
	s.sweeping = slow
	if err := errors.Join(<-swept, err); err != nil {
		return err
	}
	end := time.Now().Add(time.Since(begin))
	s.idle, err = slowRead(h, crowd, func() bool { return time.Now().After(end) })
	return err
}

// sweepAll is what settings.Service.Sweep does, counted.
func (s *size) sweepAll(ctx context.Context, g ground) error {
	const step = 192
	for _, sweep := range []func(context.Context, time.Time, int) (int, error){g.DeleteExpiredFlows, g.DeleteExpiredSessions} {
		for {
			n, err := sweep(ctx, time.Now(), step)
			if err != nil {
				return err
			}
			s.swept += n
			if n < step {
				break
			}
		}
	}
	return nil
}

// slowRead is what all but one in a thousand reads take at most.
func slowRead(h *settings.Handler, crowd []*person, enough func() bool) (time.Duration, error) {
	var all []time.Duration
	for len(all) == 0 || !enough() {
		begin := time.Now()
		if _, err := answerTo(h, crowd[len(all)%len(crowd)].read()); err != nil {
			return 0, err
		}
		all = append(all, time.Since(begin))
	}
	slices.Sort(all)
	return all[len(all)*999/1000], nil
}
