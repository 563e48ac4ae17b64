// Package respond turns the outcome of a request into an HTTP response. It is
// the only place that knows which kind of client asked, and the only one that
// writes a status.
//
//   - [Client] tells an API client, a page and a script apart; [Hints] decides.
//   - [Outcome] is what the settings machine decided, in values.
//   - [Table] is the branching: for each kind of outcome a row, for each client
//     in it one [Cell]. [Documented] is the documented contract of the Ory
//     Kratos settings endpoint; a host may replace cells of its copy.
//   - [Responder.Render] is pure: an outcome and a table give a [Response].
//     [Response.Write] sends it, with the headers every answer carries.
//   - [ErrorID] lists every id an error answer can carry.
//
// It does not decide what the outcome is, and never sees a request's secrets:
// tokens and cookies that go to the client come in as plain values.
package respond
