package respond

// Kratos is Documented with the answers that a running Ory Kratos v26.2.0 was observed to
// give where these differ; the official SDKs and UI kits expect them. What differs apart
// from answers is in settings.LikeKratos, which has this table too and is what a host
// takes.
func Kratos() Table {
	t := Documented()
	for key, row := range map[Key]Row{
		// The client is told of the fresh flow, and reads it itself.
		{Expired, AnyEndpoint}: {API: fail(410, FlowExpired), Page: see(ToUI), Script: fail(410, FlowExpired)},

		// Only a token that was rotated is told.
		{Succeeded, AnyEndpoint}: {API: form(200, WithNewToken), Page: see(ToAfter), Script: form(200, WithRedirection)},

		// Without a session a page goes to the login page itself; only the start
		// of a flow starts a login.
		{NoSession, AnyEndpoint}:  orPage(fail(401, SessionInactive), Cell{Status: 302, Target: ToLoginPage}),
		{NoSession, Read}:         orPage(fail(401, SessionInactive), Cell{Status: 302, Target: ToLoginPage}),
		{NoSession, StartBrowser}: orPage(fail(401, SessionInactive), see(ToLoginStart)),
		{NoSession, HostRoute}:    orPage(fail(401, SessionInactive), see(ToLogin)),

		{BadReturnTo, AnyEndpoint}:  failing(400, ReturnToForbidden),
		{BadReturnTo, StartBrowser}: failing(400, ReturnToForbidden),
		{BadReturnTo, StartAPI}:     same(fail(400, ReturnToForbidden)),
	} {
		t.Rows[key] = row
	}
	return t
}
