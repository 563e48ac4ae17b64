package otel_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/otel"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/memory"
)

const (
	email  = "ada@example.com"
	secret = "correct horse battery staple"
)

// telemetry is a kit that is traced and measured.
type telemetry struct {
	*settingstest.Kit
	spans   *tracetest.InMemoryExporter
	metrics *metric.ManualReader
	log     *bytes.Buffer
	broken  *brokenStore
	limiter *password.Limiter
}

// brokenStore has a store's errors made for it, and a Check.
type brokenStore struct {
	store.IdentityStore
	err error
}

func (b *brokenStore) GetIdentity(ctx context.Context, id string) (identity.Record, error) {
	if b.err != nil {
		return identity.Record{}, b.err
	}
	return b.IdentityStore.GetIdentity(ctx, id)
}

func (b *brokenStore) Check(context.Context) error { return b.err }

func newTelemetry(t testing.TB, changes ...func(*settings.Config)) *telemetry {
	m := &telemetry{spans: tracetest.NewInMemoryExporter(), metrics: metric.NewManualReader(), log: &bytes.Buffer{}, limiter: password.NewLimiter(2, 0, 0)}
	m.Kit = settingstest.New(t, append(changes, func(c *settings.Config) {
		m.broken = &brokenStore{IdentityStore: c.Identities}
		c.Identities = m.broken
		c.Methods = []settings.Method{password.New(password.Config{Writer: settingstest.FastHash(), Limiter: m.limiter})}
		c.Logger = slog.New(otel.Handler(slog.NewTextHandler(m.log, nil)))
		require.NoError(t, otel.Instrument(c, otel.Options{
			TracerProvider: trace.NewTracerProvider(trace.WithSyncer(m.spans)), MeterProvider: metric.NewMeterProvider(metric.WithReader(m.metrics)), Limiter: m.limiter,
		}))
	})...)
	return m
}

// tree are the spans as they lie below each other, in the order of their beginning.
func (m *telemetry) tree() (lines []string) {
	all := m.spans.GetSpans()
	slices.SortStableFunc(all, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	var below func(parent string, indent string)
	below = func(parent, indent string) {
		for _, s := range all {
			if s.Parent.SpanID().String() == parent {
				line := indent + s.Name
				for _, a := range s.Attributes {
					line += fmt.Sprintf(" %s=%s", a.Key, a.Value.String())
				}
				if s.Status.Code == codes.Error {
					line += " ERROR"
				}
				lines = append(lines, line)
				below(s.SpanContext.SpanID().String(), indent+"  ")
			}
		}
	}
	below("0000000000000000", "")
	return lines
}

func TestTheSpansOfASubmit(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*settings.Config)
		want   []string
	}{
		"three stores": {func(*settings.Config) {}, []string{
			"amend submit amend.outcome=succeeded amend.client=api amend.method=password",
			"  amend store GetSession", "  amend store GetFlow", "  amend store GetIdentity", "  amend store UpdateIdentity", "  amend store UpdateSession", "  amend store UpdateFlow",
		}},
		"a backend": {func(c *settings.Config) { c.Backend = c.Flows.(*memory.Store) }, []string{
			"amend submit amend.outcome=succeeded amend.client=api amend.method=password", "  amend store Load", "  amend store Commit",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newTelemetry(t, row.change)
			c := m.SignIn(m.AddIdentity(email, secret), respond.API)
			f := c.Start()
			m.spans.Reset()
			require.Equal(t, 200, c.Submit(f, settingstest.Fields{"method": "password", "password": "a much better horse"}).Status)
			assert.Equal(t, row.want, m.tree())
		})
	}
}

func TestWhatIsAnErrorOfASpan(t *testing.T) {
	m := newTelemetry(t)
	ada := m.AddIdentity(email, secret)
	c := m.SignIn(ada, respond.API)
	m.spans.Reset()
	require.NoError(t, m.Handler.Sessions.EndToken(t.Context(), c.Token))
	m.spans.Reset()
	c.Whoami()
	assert.Equal(t, []string{"amend whoami amend.outcome=no_session amend.client=api", "  amend store GetSession"}, m.tree(), "what is not there is an answer")

	m.spans.Reset()
	m.broken.err = errors.New("pq: connection refused")
	_, err := m.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: ada, Value: secret})
	require.Error(t, err)
	tree := m.tree()
	assert.Equal(t, "amend verify amend.outcome=unavailable amend.method=password ERROR", tree[0])
	assert.Contains(t, tree, "  amend store GetIdentity ERROR")
}

// Nothing that tells who somebody is, or lets them in, goes out.
func TestNoSpanAndNoMetricSaysWhoItIs(t *testing.T) {
	m := newTelemetry(t)
	ada := m.AddIdentity(email, secret)
	c := m.SignIn(ada, respond.Page)
	f := c.Start()
	c.Submit(f, settingstest.Fields{"method": "password", "password": "short"})
	c.Submit(f, settingstest.Fields{"method": "password", "password": "a much better horse"})
	m.broken.err = errors.New("duplicate key")
	c.Whoami()
	m.broken.err = nil
	_, _ = m.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: ada, Name: email, Value: "a guess at it"})
	var all strings.Builder
	for _, s := range m.spans.GetSpans() {
		fmt.Fprintln(&all, s.Name, s.Attributes, s.Events, s.Status)
	}
	fmt.Fprintln(&all, m.points())
	require.Contains(t, all.String(), "duplicate key")
	for _, private := range []string{ada, email, secret, "a much better horse", "a guess at it", f.ID, c.Token} {
		if private != "" {
			assert.NotContains(t, all.String(), private)
		}
	}
}

// points are the metrics: of a histogram how many, of a gauge its value.
func (m *telemetry) points() map[string]int64 {
	var read metricdata.ResourceMetrics
	require.NoError(m.T, m.metrics.Collect(m.T.Context(), &read))
	points := map[string]int64{}
	named := func(name string, set attribute.Set) string {
		for _, a := range set.ToSlice() {
			name += fmt.Sprintf(" %s=%s", a.Key, a.Value.String())
		}
		return name
	}
	for _, scope := range read.ScopeMetrics {
		for _, one := range scope.Metrics {
			switch data := one.Data.(type) {
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					points[named(one.Name, p.Attributes)] = int64(p.Count)
				}
			case metricdata.Gauge[int64]:
				for _, p := range data.DataPoints {
					points[named(one.Name, p.Attributes)] = p.Value
				}
			}
		}
	}
	return points
}

func TestMetrics(t *testing.T) {
	m := newTelemetry(t)
	ada := m.AddIdentity(email, secret)
	for range 11 {
		_, _ = m.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: ada, Value: "a guess at it"})
	}
	require.NoError(t, m.Handler.Service.Sweep(t.Context()))
	busy, release := make(chan struct{}), make(chan struct{})
	go func() {
		_ = m.limiter.Do(context.Background(), "bob", 1<<20, func() error { close(busy); <-release; return nil })
	}()
	<-busy
	points := m.points()
	close(release)
	for name, want := range map[string]int64{
		"amend.operation.duration amend.method=password amend.operation=verify amend.outcome=invalid":        10,
		"amend.operation.duration amend.method=password amend.operation=verify amend.outcome=too_many_tries": 1,
		"amend.operation.duration amend.client=script amend.operation=sweep amend.outcome=done":              1,
		"amend.store.duration amend.store.call=GetIdentity error=false":                                      points["amend.store.duration amend.store.call=GetIdentity error=false"],
		"amend.hash.slots":               2,
		"amend.hash.running":             1,
		"amend.hash.memory":              1 << 20,
		"amend.hash.waiting who=known":   0,
		"amend.hash.waiting who=unknown": 0,
	} {
		got, there := points[name]
		assert.True(t, there, "%s in %v", name, points)
		assert.Equal(t, want, got, name)
	}
}

func TestALineOfTheLogNamesItsSpan(t *testing.T) {
	m := newTelemetry(t)
	c := m.SignIn(m.AddIdentity(email, secret), respond.API)
	m.spans.Reset()
	c.Start()
	spans := m.spans.GetSpans()
	start := spans[slices.IndexFunc(spans, func(s tracetest.SpanStub) bool { return s.Name == "amend start_api" })]
	assert.Contains(t, m.log.String(), "trace_id="+start.SpanContext.TraceID().String()+" span_id="+start.SpanContext.SpanID().String())
	m.log.Reset()
	slog.New(otel.Handler(slog.NewTextHandler(m.log, nil))).With("a", 1).WithGroup("g").Info("of no span")
	assert.NotContains(t, m.log.String(), "trace_id")
}

// What a store can do beside its interface is found behind the spans.
func TestOptionalInterfacesAreFound(t *testing.T) {
	m := newTelemetry(t)
	assert.Empty(t, m.Handler.Check(t.Context()))
	m.broken.err = errors.New("the table is not there")
	found := m.Handler.Check(t.Context())
	require.NotEmpty(t, found)
	assert.ErrorIs(t, found[0].Err, m.broken.err)
}

func TestAConfigIsInstrumentedOnce(t *testing.T) {
	c := settingstest.New(t).Config
	require.NoError(t, otel.Instrument(&c, otel.Options{}))
	assert.ErrorContains(t, otel.Instrument(&c, otel.Options{}), "set already")
}

func ExampleInstrument() {
	store := memory.New()
	c := settings.Config{
		PublicURL: "https://app.example.com/auth", UIURL: "https://app.example.com/settings", LoginURL: "https://app.example.com/login",
		Keys: [][]byte{settings.NewKey()}, Flows: store, Sessions: store, Identities: store,
		Methods: []settings.Method{password.New(password.Config{})},
		Logger:  slog.New(otel.Handler(slog.Default().Handler())),
	}
	if err := otel.Instrument(&c, otel.Options{Limiter: password.ProcessLimiter()}); err != nil {
		panic(err)
	}
	_, err := settings.New(c)
	fmt.Println(err)
	// Output: <nil>
}

// BenchmarkASpan is what one span with its metric costs, beside a store that takes nothing.
func BenchmarkASpan(b *testing.B) {
	c := settingstest.New(b).Config
	bare := c.Flows
	require.NoError(b, otel.Instrument(&c, otel.Options{
		TracerProvider: trace.NewTracerProvider(trace.WithBatcher(tracetest.NewNoopExporter())), MeterProvider: metric.NewMeterProvider(metric.WithReader(metric.NewManualReader())),
	}))
	for name, flows := range map[string]store.FlowStore{"with": c.Flows, "without": bare} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = flows.DeleteFlow(b.Context(), "none")
			}
		})
	}
}
