// Clients drives the settings flow with the official Go SDK of Ory,
// github.com/ory/client-go v1.22.92: what is written for Ory Kratos works here.
// The program is an app whose user changes a password, with all that an app has
// to know:
//
//	go run ./examples/server -demo -store memory
//	go run ./examples/clients -url http://127.0.0.1:4455
//
// The tests are the proof. Over HTTP, as an app with a session token and as a
// script with a browser's cookie, they go through every method, with every body
// that the SDK has for it, and through every error; and they assert that the SDK
// decodes each answer as the type that it has for the status:
//
//	200  SettingsFlow, Session, …
//	400  of a submit: SettingsFlow, with messages on its nodes; else ErrorGeneric
//	410  ErrorGeneric; of a submit, with the use_flow_id of the fresh flow
//	422  ErrorBrowserLocationChangeRequired, with redirect_browser_to
//	any other error: ErrorGeneric
//
// That holds for settings.Config.Behaviour = settings.LikeKratos(). With
// respond.Documented(), the default, one thing is different: a submit to a flow
// that has expired is answered with a redirect, which the SDK follows. An app gets
// the fresh flow as if its submit were a success, and has to look at the state, as
// this one does. A script gets the login page, which is no JSON, as an error.
//
// With either table two submits are answered with a 400 that has no model: one
// that names no flow, and one that has two sessions. There is no flow that could
// be shown. GetFlowError has no model but for 403, 404 and 500. The error is in
// GenericOpenAPIError.Body then.
//
// Of the SDK's other versions, v1.22.66 cannot decode a 422, whoever sends it, nor
// can github.com/ory/kratos-client-go v1.3.8: their model wants an error within the
// error. Where to go, redirect_browser_to, is in the Body too. The rest of these
// tests was tried with both, and passes; a link needs its csrf_token among the
// AdditionalProperties there.
package main
