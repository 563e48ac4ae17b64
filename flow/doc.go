// Package flow is the settings flow: what it is, whose it is, how long it
// lives, which states it goes through, and how it is stored and shown.
//
// A flow is created for one identity, is submitted any number of times until
// it expires, and remembers the outcome of the last submit: [State] and
// messages. [Transition] is the only place a state changes. An expired flow
// has one fresh flow in its place ([Flow.Replacement]); a flow from before a
// credential change is gone ([Flow.Gone]).
//
// A [Record] is how a flow, and everything else that expires and may be lost,
// is stored. It holds ids, times and messages; never nodes, options or
// secrets: those are made when the flow is read. A [Form] is a flow as its
// client sees it; package flow/ui has the nodes.
//
// The package is values in, values out: no store, no HTTP, no clock.
package flow
