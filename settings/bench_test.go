package settings_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

// The figures of these benchmarks are ratios of one run: each iteration sends
// the same request to our handler and to a bare one that writes the same bytes
// and headers, over the same kind of connection.

func quiet(c *settings.Config) {
	c.Logger = slog.New(slog.DiscardHandler)
	c.Backend = c.Flows.(store.Backend)
}

// bare answers with what our handler answered once.
func bare(h http.Handler, r *http.Request) http.Handler {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
}

// race sends b.N requests to each of both handlers over some connections and
// reports throughput as a ratio.
func race(b *testing.B, connections int, ours, other http.Handler, next func() *http.Request) {
	servers := [2]*httptest.Server{httptest.NewServer(ours), httptest.NewServer(other)}
	var took [2]time.Duration
	var mu sync.Mutex
	var workers sync.WaitGroup
	defer servers[0].Close()
	defer servers[1].Close()
	b.ResetTimer()
	for range connections {
		workers.Go(func() {
			clients := [2]*http.Client{{Transport: &http.Transport{}}, {Transport: &http.Transport{}}}
			var mine [2]time.Duration
			for range max(1, b.N/connections) {
				for i, server := range servers {
					r := next()
					r.RequestURI = ""
					r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(server.URL, "http://")
					began := time.Now()
					res, err := clients[i].Do(r)
					if err != nil || res.StatusCode != http.StatusOK {
						panic(fmt.Sprint(res, err))
					}
					_, _ = io.Copy(io.Discard, res.Body)
					_ = res.Body.Close()
					mine[i] += time.Since(began)
				}
			}
			for _, c := range clients {
				c.CloseIdleConnections()
			}
			mu.Lock()
			defer mu.Unlock()
			took[0] += mine[0]
			took[1] += mine[1]
		})
	}
	workers.Wait()
	b.ReportMetric(float64(took[1])/float64(took[0]), "×bare")
}

// allocations are those of the handler alone.
func allocations(b *testing.B, h http.Handler, next func() *http.Request) {
	w := &discard{header: http.Header{}}
	b.ReportMetric(testing.AllocsPerRun(200, func() {
		clear(w.header)
		h.ServeHTTP(w, next())
	})-testing.AllocsPerRun(200, func() { next() }), "allocs/request")
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}

func BenchmarkReadFlow(b *testing.B) {
	kit := settingstest.New(b, quiet)
	c := kit.SignIn(kit.AddIdentity("ada@example.com", "correct horse battery staple"), respond.API)
	f := c.Start()
	next := func() *http.Request {
		r, _ := http.NewRequest("GET", settingstest.PublicURL+"/self-service/settings/flows?id="+f.ID, nil)
		r.Header["X-Session-Token"] = []string{c.Token}
		return r
	}
	for _, connections := range []int{1, 8} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			race(b, connections, kit.Handler, bare(kit.Handler, next()), next)
			allocations(b, kit.Handler, next)
		})
	}
}

// The hash is replaced by one that costs next to nothing: what is measured is
// everything else.
func BenchmarkSubmitPassword(b *testing.B) {
	kit := settingstest.New(b, quiet, func(c *settings.Config) {
		c.Methods = []settings.Method{password.New(password.Config{Writer: settingstest.FastHash()})}
	})
	c := kit.SignIn(kit.AddIdentity("ada@example.com", "correct horse battery staple"), respond.API)
	f := c.Start()
	n := 0
	submit := func() *http.Request {
		n++
		r, _ := http.NewRequest("POST", settingstest.PublicURL+"/self-service/settings?flow="+f.ID,
			strings.NewReader(fmt.Sprintf(`{"method":"password","password":"a password numbered %d"}`, n)))
		r.Header["X-Session-Token"] = []string{c.Token}
		r.Header["Content-Type"] = []string{"application/json"}
		return r
	}
	// A success rotates the token: the next submit comes with the new one.
	rotating := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		kit.Handler.ServeHTTP(rec, r)
		_, rest, _ := strings.Cut(rec.Body.String(), `"session_token":"`)
		if token, _, ok := strings.Cut(rest, `"`); ok {
			c.Token = token
		}
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
	race(b, 1, rotating, bare(rotating, submit()), submit)
	allocations(b, rotating, submit)
}
