package memory_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/memory"
)

func owner(n int) string     { return fmt.Sprintf("5eed0000-0000-4000-8000-%012d", n) }
func flowKey(n int) string   { return "flow:" + owner(n) }
func tokenHash(n int) string { return session.Hash(owner(n)) }

// fill stores n identities, each with a session and a flow of usual size.
func fill(t testing.TB, n int) *memory.Store {
	t.Helper()
	s := memory.New()
	for i := range n {
		require.NoError(t, s.CreateIdentity(t.Context(), identity.Record{
			ID: owner(i), Active: true, Traits: []byte(`{"email":"ada@example.com","name":"Ada"}`), PasswordHash: "$2a$12$…",
			Keys: []identity.Key{{Kind: identity.Identifier, Value: owner(i) + "@example.com"}}, SealedState: make([]byte, 300),
		}))
		require.NoError(t, s.CreateSession(t.Context(), session.Session{
			ID: owner(i), IdentityID: owner(i), TokenHash: tokenHash(i), IssuedAt: noon, ExpiresAt: noon.Add(time.Duration(i) * time.Millisecond),
			Methods: []session.Completed{{Method: "password", At: noon}},
		}))
	}
	fillFlows(t, s, n)
	return s
}

func fillFlows(t testing.TB, s *memory.Store, n int) {
	t.Helper()
	for i := range n {
		require.NoError(t, s.CreateFlow(t.Context(), flow.Record{
			Key: flowKey(i), Owner: owner(i), ExpiresAt: noon.Add(time.Duration(i%7919) * time.Second), Data: bytes.Repeat([]byte{'x'}, 700),
		}))
	}
}

func BenchmarkLoad(b *testing.B) {
	s, hash, key := fill(b, 1000), tokenHash(500), flowKey(500)
	b.ReportAllocs()
	for b.Loop() {
		if l, err := s.Load(b.Context(), hash, key); err != nil || l.Flow == nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGetFlow(b *testing.B) {
	s, key := fill(b, 1000), flowKey(500)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.GetFlow(b.Context(), key); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	s := fill(b, 1000)
	r, err := s.GetFlow(b.Context(), flowKey(500))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.UpdateFlow(b.Context(), r); err != nil {
			b.Fatal(err)
		}
		r.Version++
	}
}

func BenchmarkCommit(b *testing.B) {
	s := fill(b, 1000)
	l, err := s.Load(b.Context(), tokenHash(500), flowKey(500))
	require.NoError(b, err)
	c := store.Commit{Identity: l.Identity, Session: l.Session, Flow: l.Flow}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Commit(b.Context(), c); err != nil {
			b.Fatal(err)
		}
		c.Identity.Version++
		c.Session.Version++
		c.Flow.Version++
	}
}

func BenchmarkSweepOfNothing(b *testing.B) {
	s := fill(b, 1000)
	b.ReportAllocs()
	for b.Loop() {
		if n, err := s.DeleteExpiredFlows(b.Context(), noon.Add(-time.Hour), 500); n != 0 || err != nil {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkLoadParallel(b *testing.B) {
	s := fill(b, 1000)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := rand.IntN(1000)
			if _, err := s.Load(b.Context(), tokenHash(n), flowKey(n)); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkGrowth reports what a read and an update cost among a million
// records, in times of what they cost among a thousand, and the bytes of a flow
// with 700 bytes of data. Records are chosen at random, so that the million is
// read from memory and the thousand from the processor's cache: ratios of 2 to
// 4 are that, about a microsecond; more would be the store.
func BenchmarkGrowth(b *testing.B) {
	const few, many = 1_000, 1_000_000
	small, large := memory.New(), memory.New()
	fillFlows(b, small, few)
	before := heap()
	fillFlows(b, large, many)
	perFlow := float64(heap()-before) / many

	// Medians of many short rounds in which the two take turns, so that a pause
	// of the machine falls on neither.
	const rounds, calls = 101, 1_000
	var reads, updates, readNow []float64
	for b.Loop() {
		for range rounds {
			now := timed(b, large, many, calls, read)
			readNow = append(readNow, now/calls)
			reads = append(reads, now/timed(b, small, few, calls, read))
			updates = append(updates, timed(b, large, many, calls, update)/timed(b, small, few, calls, update))
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(reads), "read-ratio")
	b.ReportMetric(median(updates), "update-ratio")
	b.ReportMetric(median(readNow), "ns/read-of-a-million")
	b.ReportMetric(perFlow, "B/flow")
}

// BenchmarkSweep reports, while a million flows are swept 500 at a time, what a
// sweep takes (the median) and what all but one in a thousand reads beside it
// take.
func BenchmarkSweep(b *testing.B) {
	var reads, sweeps []float64
	for b.Loop() {
		s := memory.New()
		fillFlows(b, s, 1_000_000)
		ctx, swept := context.WithCancel(b.Context())
		go func() {
			defer swept()
			for n := 1; n > 0; {
				start := time.Now()
				n, _ = s.DeleteExpiredFlows(b.Context(), noon.AddDate(1, 0, 0), 500)
				sweeps = append(sweeps, float64(time.Since(start).Nanoseconds()))
			}
		}()
		for ctx.Err() == nil {
			key := flowKey(rand.IntN(1_000_000))
			start := time.Now()
			_, _ = s.GetFlow(b.Context(), key)
			reads = append(reads, float64(time.Since(start).Nanoseconds()))
		}
	}
	slices.Sort(reads)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(sweeps)/1000, "µs/sweep-of-500")
	b.ReportMetric(reads[len(reads)*999/1000]/1000, "µs/slowest-read-of-1000")
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// timed is how long calls on records take that are chosen at random out of n.
func timed(b *testing.B, s *memory.Store, n, calls int, call func(*testing.B, *memory.Store, string)) float64 {
	keys := make([]string, calls)
	for i := range keys {
		keys[i] = flowKey(rand.IntN(n))
	}
	start := time.Now()
	for _, key := range keys {
		call(b, s, key)
	}
	return float64(time.Since(start))
}

func read(b *testing.B, s *memory.Store, key string) {
	if _, err := s.GetFlow(b.Context(), key); err != nil {
		b.Fatal(err)
	}
}

func update(b *testing.B, s *memory.Store, key string) {
	r, err := s.GetFlow(b.Context(), key)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.UpdateFlow(b.Context(), r); err != nil {
		b.Fatal(err)
	}
}
