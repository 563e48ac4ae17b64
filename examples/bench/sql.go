package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/sqlstore"
)

// requestBudgets are the bounds of a kind of request on a database.
type requestBudgets struct {
	name       string
	request    func(*person) *http.Request
	trips      float64 // round trips, or statements where there is no network
	throughput float64 // of the handler by hand, at least; 0 for no bound

	// work is processor time, in times of the handler by hand's, at most: with the profile,
	// and with every method.
	work [2]float64
}

func (m *measurement) onSQLite(ctx context.Context) error {
	return inScratch(func(file string) error {
		// SQLite has one writer at a time: with several, the wait for it is all there
		// is to measure.
		return m.onDatabase(ctx, "sqlite", "sqlite:"+file, 1, []requestBudgets{
			{"read", (*person).read, 1, 0, [2]float64{2, 2}},
			{"start", (*person).start, 2, 0, [2]float64{2, 2}},
			{"submit", firstProfile, 0, 0, [2]float64{2, 2}},
		})
	})
}

// inScratch does work with a file that is deleted afterwards.
func inScratch(work func(file string) error) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	return errors.Join(work(filepath.Join(dir, "bench.db")), os.RemoveAll(dir))
}

func (m *measurement) onPostgreSQL(ctx context.Context) error {
	if m.postgres == "" {
		m.note("postgres: AMEND_POSTGRES is not set")
		return nil
	}
	// With every method the answer is a form of 9 KB, which the handler by hand has ready.
	// 0.17 ms for a read, of a machine where Kratos takes 1.7, are 2.5 times the 0.07 that
	// it takes by hand there.
	return m.onDatabase(ctx, "postgres", m.postgres, 8, []requestBudgets{
		{"read", (*person).read, 1, 0, [2]float64{2, 2.5}},
		{"start", (*person).start, 2, 0, [2]float64{2, 2.5}},
		{"submit", firstProfile, 2, 0.7, [2]float64{2, 2.5}},
	})
}

func firstProfile(p *person) *http.Request { return p.profile(0) }

// onDatabase measures both the least and all methods over some connections, each
// of somebody of their own.
func (m *measurement) onDatabase(ctx context.Context, name, dsn string, connections int, budgets []requestBudgets) (err error) {
	g, err := open(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	in := g.(*inSQL)
	asked := &recorder{driver: in.db.Driver(), dsn: in.dsn}
	taken := sql.OpenDB(asked)
	defer taken.Close()
	observed, err := sqlstore.New(taken, in.dialect)
	if err != nil {
		return err
	}
	for n, o := range []offer{withProfile, everyMethod} {
		h, err := install(g, o.methods(settingstest.FastHash()))
		if err != nil {
			return err
		}
		twin, err := install(observed, o.methods(settingstest.FastHash()))
		if err != nil {
			return err
		}
		for _, b := range budgets {
			row := fmt.Sprintf("%s/%s/%s", name, o, b.name)
			f, statements, err := m.againstByHand(ctx, in, h, twin, asked, connections, b.request)
			if err != nil {
				return fmt.Errorf("%s: %w", row, err)
			}
			m.note("%s: %v of processor time over %d connections", row, f.each, connections)
			if b.trips > 0 {
				m.atMost(row+"/statements", float64(statements), b.trips)
			}
			m.atMost(row+"/work-of-by-hand", f.work, b.work[n])
			if b.throughput > 0 {
				m.atLeast(row+"/throughput-of-by-hand", f.throughput, b.throughput)
			}
		}
	}
	return nil
}

// againstByHand measures a request against what is written by hand for it; twin
// is the same installation, whose statements are taken down.
func (m *measurement) againstByHand(ctx context.Context, in *inSQL, h, twin *settings.Handler, asked *recorder, connections int, request func(*person) *http.Request) (f figures, statements int, err error) {
	ours, byHand := contender{Handler: h}, contender{}
	hands := perPerson{}
	for range connections {
		p, err := newPerson(ctx, in, h, flow.API)
		if err != nil {
			return f, 0, err
		}
		ours.requests = append(ours.requests, onTheWire(request(p)))
		if p, err = newPerson(ctx, in, h, flow.API); err != nil {
			return f, 0, err
		}
		hand, err := writtenByHand(in.db, asked, twin, p, request(p))
		if err != nil {
			return f, 0, err
		}
		hands[p.token], statements = hand, len(hand.steps)
		byHand.Handler, byHand.requests = hands, append(byHand.requests, onTheWire(request(p)))
	}
	f, err = m.race(ours, byHand)
	return f, statements, err
}
