package settings_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

// BenchmarkCrowd measures what 150 clients with invented names do to everybody else,
// with real hashes and all cores: how far apart the answers to an existing and to an
// invented name are (0 is one distribution, 1 no overlap), for accounts of the writer's
// kind of hash and for ones of another kind that takes several times as long; and how
// many of the changes and sign-ins of who is known are answered. Two samples of one
// distribution are less than "apart-by-chance" from each other 19 times of 20
// (Kolmogorov-Smirnov).
//
//	go test -run xxx -bench Crowd -benchtime 1x ./settings
func BenchmarkCrowd(b *testing.B) {
	const clients, probes = 150, 120
	for range b.N {
		kit := settingstest.New(b, quiet, func(c *settings.Config) {
			c.Methods = []settings.Method{password.New(password.Config{})}
			c.Now, c.PrivilegedSessionMaxAge = time.Now, time.Hour
		})
		var err error
		if kit.Handler, err = settings.New(kit.Config); err != nil {
			b.Fatal(err)
		}
		argon, err := password.Argon2id{}.Hash(oldPassword)
		if err != nil {
			b.Fatal(err)
		}
		dear, err := bcrypt.GenerateFromPassword([]byte(oldPassword), 12)
		if err != nil {
			b.Fatal(err)
		}
		add := func(name, hash string) string {
			id := kit.AddIdentity(name, "")
			kit.Edit(id, func(i *identity.Identity) { i.PasswordHash = hash })
			return id
		}
		for n := range probes {
			add(fmt.Sprintf("argon%d@example.com", n), argon)
			add(fmt.Sprintf("bcrypt%d@example.com", n), string(dear))
		}
		ada := add("ada@example.com", argon)
		laptop := newPage(kit)
		laptop.signIn(ada, oldPassword)
		for n := range 9 { // the process has seen both kinds
			add(fmt.Sprintf("seen%d@example.com", n), string(dear))
			_ = namedTry(kit, fmt.Sprintf("seen%d@example.com", n), "a guess at it")
		}
		kinds := []string{"argon", "bcrypt", "nobody"}
		sample := func(width int) [][]answered {
			all := make([][]answered, len(kinds))
			var workers sync.WaitGroup
			for k := range kinds {
				all[k] = make([]answered, probes)
			}
			for w := range width {
				workers.Go(func() {
					for i := w; i < probes; i += width {
						for k, kind := range kinds {
							all[k][i] = clock(func() error { return namedTry(kit, fmt.Sprintf("%s%d@example.com", kind, i), "a guess at it") })
						}
					}
				})
			}
			workers.Wait()
			return all
		}
		report := func(when string, all [][]answered) {
			for k, kind := range kinds {
				b.ReportMetric(median(all[k]).Seconds()*1000, when+"-"+kind+"-ms")
				b.ReportMetric(portion(all[k], "busy"), when+"-"+kind+"-busy")
			}
			b.ReportMetric(apart(all[0], all[2]), when+"-argon-apart")
			b.ReportMetric(apart(all[1], all[2]), when+"-bcrypt-apart")
		}
		report("calm", sample(1))

		ctx, stop := context.WithCancel(b.Context())
		done := crowd(ctx, clients, func(name string) error { return namedTry(kit, name, "a guess at it") })
		time.Sleep(3 * time.Second)
		var changes, signIns []answered
		var known sync.WaitGroup
		finished := make(chan struct{})
		known.Go(func() {
			c := kit.SignIn(ada, respond.API)
			for n := 0; ; n++ {
				select {
				case <-finished:
					return
				case <-time.After(100 * time.Millisecond):
				}
				next := []string{newPassword, oldPassword}[n%2]
				changes = append(changes, clock(func() error {
					if a := c.Submit(c.Start(), settingstest.Fields{"method": "password", "password": next}); a.Status != 200 {
						return settings.ErrBusy
					}
					return nil
				}))
				signIns = append(signIns, clock(func() error { return laptop.try(ada, next) }))
			}
		})
		report("crowd", sample(10))
		close(finished)
		known.Wait()
		stop()
		done()
		for what, all := range map[string][]answered{"change": changes, "known-device": signIns} {
			b.ReportMetric(median(all).Seconds()*1000, what+"-ms")
			b.ReportMetric(portion(all, "busy"), what+"-busy")
		}
	}
	b.ReportMetric(1.36*math.Sqrt(2./probes), "apart-by-chance")
	b.ReportMetric(0, "ns/op")
}

func median(all []answered) time.Duration {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b answered) int { return int(a.took - b.took) })
	return sorted[len(sorted)/2].took
}

func portion(all []answered, said string) float64 {
	n := 0
	for _, one := range all {
		if one.said == said {
			n++
		}
	}
	return float64(n) / float64(max(1, len(all)))
}

// quiet is a server as it runs: one database, and no log to be written in between.
func quiet(c *settings.Config) {
	c.Logger = slog.New(slog.DiscardHandler)
	c.Backend = c.Flows.(store.Backend)
}
