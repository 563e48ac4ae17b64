package main

import (
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/settingstest"
)

type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(s int)           { d.status = s }

func BenchmarkHandler(b *testing.B) {
	for _, name := range []string{"memory", os.Getenv("AMEND_POSTGRES")} {
		if name == "" {
			continue
		}
		g, err := open(b.Context(), name)
		require.NoError(b, err)
		defer g.close()
		for _, o := range []offer{least, every} {
			h, err := install(g, o.methods(settingstest.FastHash()))
			require.NoError(b, err)
			for _, typ := range []flow.Type{flow.API, flow.Browser} {
				for what, request := range map[string]func(*person, int) *http.Request{
					"read": func(p *person, _ int) *http.Request { return p.read() }, "start": func(p *person, _ int) *http.Request { return p.start() }, "submit": (*person).profile,
				} {
					p, err := newPerson(b.Context(), g, h, typ)
					require.NoError(b, err)
					b.Run(name[:6]+"/"+string(o)+"/"+string(typ)+"/"+what, func(b *testing.B) {
						b.ReportAllocs()
						r := request(p, 0)
						w := &discard{http.Header{}, 0}
						for n := 0; b.Loop(); n++ {
							clear(w.header)
							if what == "submit" {
								r = request(p, n)
							}
							h.ServeHTTP(w, r)
							if w.status != 200 {
								b.Fatal(w.status)
							}
						}
					})
				}
			}
		}
	}
}
