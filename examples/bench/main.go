// Bench measures each budget of the library in one run, and prints for each
//
//	budget NAME measured M bound B ok
//
// or short at the end, in which case it exits with 1. All figures are ratios or
// counts: against a handler that writes the same bytes and does nothing for it,
// against one that asks a database by hand what the library asks, against the
// hashes alone. Lines that begin with note are of this machine.
//
//	go run ./examples/bench
//	go run ./examples/bench -growth 1000,1000000
//
// Stores are memory, an SQLite file that is deleted afterwards, and PostgreSQL
// where AMEND_POSTGRES is the URL of a server: there everything stands in a schema
// that is dropped. With AMEND_REDIS too, flows and sessions are measured in Redis,
// beside identities in PostgreSQL. Clients are a process of their own. With -growth
// the stores are filled with these numbers of accounts, and measured at each.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime/pprof"
	"strings"
	"syscall"
)

func main() {
	if os.Getenv(asClient) != "" {
		if err := beClients(os.Stdin, os.Stdout); err != nil {
			log.Fatal(err)
		}
		return
	}
	m := &measurement{report: report{to: os.Stdout}, postgres: os.Getenv("AMEND_POSTGRES"), redis: os.Getenv("AMEND_REDIS")}
	flag.IntVar(&m.rounds, "rounds", 15, "rounds, in which two measurements take turns; their medians count")
	flag.IntVar(&m.requests, "requests", 200, "requests of a round, on each connection")
	flag.IntVar(&m.crowd, "crowd", 1000, "how many change their password at once")
	flag.StringVar(&m.growth, "growth", "", "numbers of accounts to grow stores to, ascending: 1000,1000000")
	flag.StringVar(&m.only, "only", "", "the one group to measure: "+strings.Join(groupNames(), ", "))
	profile := flag.String("cpuprofile", "", "a `FILE` to write a profile of this process to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := profiled(*profile, func() error { return m.run(ctx) }); err != nil {
		log.Fatal(err)
	}
	if m.short {
		os.Exit(1)
	}
}

// profiled does work, and writes where its time went to a file, if one is named.
func profiled(file string, work func() error) error {
	if file == "" {
		return work()
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Join(err, f.Close())
	}
	err = work()
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}

// measurement is one run.
type measurement struct {
	report
	clients          *clients
	rounds, requests int
	crowd            int
	growth, only     string
	postgres, redis  string // the URLs of servers, "" for none
}

// groups are what is measured, in this order.
var groups = []struct {
	name    string
	measure func(*measurement, context.Context) error
}{
	{"memory", (*measurement).inMemory},
	{"sqlite", (*measurement).onSQLite},
	{"postgres", (*measurement).onPostgreSQL},
	{"redis", (*measurement).besideRedis},
	{"hashes", (*measurement).besideItsHashes},
	{"crowd", (*measurement).inACrowd},
	{"growth", (*measurement).grow},
}

func groupNames() (names []string) {
	for _, g := range groups {
		names = append(names, g.name)
	}
	return names
}

func (m *measurement) run(ctx context.Context) (err error) {
	if m.clients, err = startClients(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.clients.close()) }()
	for _, g := range groups {
		if m.only != "" && m.only != g.name {
			continue
		}
		if err := g.measure(m, ctx); err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
	}
	return nil
}
