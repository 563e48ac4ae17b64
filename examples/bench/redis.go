package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/redisstore"
	"github.com/amend-go/amend/settings/store/sqlstore"
)

// besideRedis measures what it does to have flows and sessions in Redis, and identities
// in PostgreSQL, against all of them there. Bounds are on what PostgreSQL is asked: it is
// for whose database has no room for more, and costs round trips.
func (m *measurement) besideRedis(ctx context.Context) (err error) {
	if m.postgres == "" || m.redis == "" {
		m.note("redis: AMEND_POSTGRES or AMEND_REDIS is not set")
		return nil
	}
	g, err := open(ctx, m.postgres)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	kept, end, err := inRedis(m.redis)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	in := g.(*inSQL)
	asked := &recorder{driver: in.db.Driver(), dsn: in.dsn}
	taken := sql.OpenDB(asked)
	defer taken.Close()
	observed, err := sqlstore.New(taken, in.dialect)
	if err != nil {
		return err
	}
	methods := everyMethod.methods(settingstest.FastHash())
	alone, err := install(g, methods)
	if err != nil {
		return err
	}
	observedAlone, err := install(observed, methods)
	if err != nil {
		return err
	}
	beside, err := installOver(kept, kept, g, nil, methods)
	if err != nil {
		return err
	}
	observedBeside, err := installOver(kept, kept, observed, nil, methods)
	if err != nil {
		return err
	}
	for _, r := range []struct {
		name    string
		request func(*person) *http.Request
		most    float64 // statements on PostgreSQL
	}{{"read", (*person).read, 1}, {"start", (*person).start, 1}, {"submit", firstProfile, 2}} {
		f, err := m.sideBySide(ctx, g, beside, alone, r.request)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		here, err := statementsOf(ctx, g, asked, beside, observedBeside, r.request)
		if err != nil {
			return err
		}
		there, err := statementsOf(ctx, g, asked, alone, observedAlone, r.request)
		if err != nil {
			return err
		}
		m.note("redis/every/%s: %v of processor time, %.2f times that of PostgreSQL alone; throughput %.2f of it over 8 connections; statements on PostgreSQL %d in place of %d",
			r.name, f.each, f.work, f.throughput, here, there)
		m.atMost("redis/every/"+r.name+"/statements", float64(here), r.most)
	}
	return nil
}

// inRedis is a store under a prefix of its own, and what deletes it.
func inRedis(server string) (kept *redisstore.Store, end func() error, err error) {
	o, err := redis.ParseURL(server)
	if err != nil {
		return nil, nil, err
	}
	client := redis.NewClient(o)
	prefix := "amend_bench_" + strings.ToLower(rand.Text()[:16]) + ":"
	kept, err = redisstore.New(client, redisstore.Config{Prefix: prefix, AllowEviction: true})
	if err != nil {
		return nil, nil, errors.Join(err, client.Close())
	}
	return kept, func() error {
		ctx := context.Background()
		keys := client.Scan(ctx, 0, prefix+"*", 1000).Iterator()
		for keys.Next(ctx) {
			client.Del(ctx, keys.Val())
		}
		return errors.Join(keys.Err(), client.Close())
	}, nil
}

// sideBySide has two installations over the same accounts answer a request by turns.
func (m *measurement) sideBySide(ctx context.Context, s stores, h, other *settings.Handler, request func(*person) *http.Request) (figures, error) {
	both := [2]contender{{Handler: h}, {Handler: other}}
	for n, one := range []*settings.Handler{h, other} {
		for range 8 {
			p, err := newPerson(ctx, s, one, flow.API)
			if err != nil {
				return figures{}, err
			}
			both[n].requests = append(both[n].requests, onTheWire(request(p)))
		}
	}
	return m.race(both[0], both[1])
}

// statementsOf counts what a request asks PostgreSQL; twin is the installation h, whose
// statements are taken down.
func statementsOf(ctx context.Context, s stores, asked *recorder, h, twin *settings.Handler, request func(*person) *http.Request) (int, error) {
	p, err := newPerson(ctx, s, h, flow.API)
	if err != nil {
		return 0, err
	}
	w := httptest.NewRecorder()
	seen, err := asked.during(func() error { twin.ServeHTTP(w, request(p)); return nil })
	if err == nil && w.Code != http.StatusOK {
		err = fmt.Errorf("%d %s", w.Code, w.Body)
	}
	return len(seen), err
}
