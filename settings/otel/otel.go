package otel

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
)

// scope is the name of the instrumentation.
const scope = "github.com/amend-go/amend/settings/otel"

// Options says where spans and metrics go. The zero value is the global providers.
type Options struct {
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider

	// Limiter is the Limiter to measure; nil measures none.
	Limiter *password.Limiter
}

// Instrument sets the Observe of a Config and wraps its stores, so that all that is made of
// the Config is traced and measured. Call it once, when the Config is complete and before
// settings.New. An error says that Observe was set already, or that a meter could not make
// its instruments.
func Instrument(c *settings.Config, o Options) error {
	if c.Observe != nil {
		return errors.New("otel: Config.Observe is set already")
	}
	if o.TracerProvider == nil {
		o.TracerProvider = otel.GetTracerProvider()
	}
	if o.MeterProvider == nil {
		o.MeterProvider = otel.GetMeterProvider()
	}
	i := &instruments{tracer: o.TracerProvider.Tracer(scope)}
	meter := o.MeterProvider.Meter(scope)
	var err, wrong error
	i.operations, err = meter.Float64Histogram("amend.operation.duration", metric.WithUnit("s"),
		metric.WithDescription("How long requests, proofs and sweeps take."))
	wrong = errors.Join(wrong, err)
	i.calls, err = meter.Float64Histogram("amend.store.duration", metric.WithUnit("s"),
		metric.WithDescription("How long calls of stores take."))
	if wrong = errors.Join(wrong, err, observeLimiter(meter, o.Limiter)); wrong != nil {
		return wrong
	}
	c.Observe = i.observe
	c.Flows, c.Sessions, c.Identities = flows{c.Flows, i}, sessions{c.Sessions, i}, identities{c.Identities, i}
	if c.Backend != nil {
		c.Backend = backend{c.Backend, i}
	}
	return nil
}

// instruments are what is written to.
type instruments struct {
	tracer            trace.Tracer
	operations, calls metric.Float64Histogram
}

// observe is a settings.Config's Observe.
func (i *instruments) observe(ctx context.Context, operation string) (context.Context, func(respond.Outcome)) {
	began := time.Now()
	ctx, span := i.tracer.Start(ctx, "amend "+operation, trace.WithSpanKind(trace.SpanKindInternal))
	return ctx, func(o respond.Outcome) {
		attributes := make([]attribute.KeyValue, 0, 4)
		attributes = append(attributes, attribute.String("amend.outcome", o.Kind.String()))
		if o.Client != 0 {
			attributes = append(attributes, attribute.String("amend.client", o.Client.String()))
		}
		if o.Method != "" {
			attributes = append(attributes, attribute.String("amend.method", o.Method))
		}
		if span.IsRecording() {
			span.SetAttributes(attributes...)
			if o.Err != nil {
				span.RecordError(o.Err)
			}
			if failed(o.Kind) {
				span.SetStatus(codes.Error, o.Kind.String())
			}
		}
		span.End()
		set := attribute.NewSet(append(attributes, attribute.String("amend.operation", operation))...)
		i.operations.Record(ctx, time.Since(began).Seconds(), metric.WithAttributeSet(set))
	}
}

// failed reports whether an outcome is a failure of the server's.
func failed(k respond.Kind) bool {
	return k == respond.Bug || k == respond.Unavailable || k == respond.Overloaded
}

// call runs a call of a store in a span of its own. What a store finds missing, or changed since it was read, is no error.
func (i *instruments) call(ctx context.Context, name string, run func(context.Context) error) error {
	began := time.Now()
	ctx, span := i.tracer.Start(ctx, "amend store "+name, trace.WithSpanKind(trace.SpanKindClient))
	err := run(ctx)
	broken := err != nil && !expected(err)
	if broken && span.IsRecording() {
		span.RecordError(err)
		span.SetStatus(codes.Error, "the store failed")
	}
	span.End()
	i.calls.Record(ctx, time.Since(began).Seconds(), metric.WithAttributeSet(callAttributes[broken](name)))
	return err
}

var callAttributes = map[bool]func(string) attribute.Set{
	false: func(name string) attribute.Set {
		return attribute.NewSet(attribute.String("amend.store.call", name), attribute.Bool("error", false))
	},
	true: func(name string) attribute.Set {
		return attribute.NewSet(attribute.String("amend.store.call", name), attribute.Bool("error", true))
	},
}

// observeLimiter measures a Limiter whenever metrics are read.
func observeLimiter(meter metric.Meter, l *password.Limiter) error {
	if l == nil {
		return nil
	}
	var wrong error
	gauge := func(name, unit, description string) metric.Int64ObservableGauge {
		g, err := meter.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(description))
		wrong = errors.Join(wrong, err)
		return g
	}
	slots := gauge("amend.hash.slots", "{slot}", "How many passwords may be hashed at once.")
	running := gauge("amend.hash.running", "{slot}", "How many passwords are being hashed.")
	waiting := gauge("amend.hash.waiting", "{request}", "How many wait to have a password hashed.")
	memory := gauge("amend.hash.memory", "By", "What the running hashes take.")
	if wrong != nil {
		return wrong
	}
	known, unknown := metric.WithAttributes(attribute.String("who", "known")), metric.WithAttributes(attribute.String("who", "unknown"))
	_, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		load := l.Load()
		o.ObserveInt64(slots, int64(load.Slots))
		o.ObserveInt64(running, int64(load.Running))
		o.ObserveInt64(waiting, int64(load.Waiting), known)
		o.ObserveInt64(waiting, int64(load.Queued), unknown)
		o.ObserveInt64(memory, load.Memory)
		return nil
	}, slots, running, waiting, memory)
	return err
}
