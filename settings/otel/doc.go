// Package otel traces and measures package settings by OpenTelemetry.
//
//	c := settings.Config{…}
//	if err := otel.Instrument(&c, otel.Options{Limiter: password.ProcessLimiter()}); err != nil {
//		…
//	}
//	amend, err := settings.New(c)
//
// Each request, proof and sweep is a span "amend submit", "amend verify" and so on, below the span of the context it
// comes with, and each call of a store a span "amend store UpdateIdentity" below that. A submit with tracing on looks so:
//
//	amend submit                       amend.outcome=succeeded amend.client=api amend.method=password
//	├─ amend store Load
//	└─ amend store Commit
//
// # Metrics
//
//	amend.operation.duration   histogram, s     operation, outcome, client, method
//	amend.store.duration       histogram, s     call, error (true or false)
//	amend.hash.slots           gauge            how many passwords may be hashed at once
//	amend.hash.running         gauge            how many are
//	amend.hash.waiting         gauge            who: known, unknown
//	amend.hash.memory          gauge, By        what the running ones take
//
// Outcomes, refused tries (outcome=too_many_tries) and overload (overloaded) are counts of amend.operation.duration, and
// sweeps are operation=sweep.
//
// # What is not told
//
// No attribute has a token, a code, a password, an address, or an id of an account: a span has the operation, its
// outcome, the kind of client, the method, and the text of an error of a store. All attributes of metrics have few values.
//
// [Handler] puts the ids of the span into the lines of a log.
package otel
