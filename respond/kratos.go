package respond

// Kratos is the branching that a running Ory Kratos v26.2.0 was observed to
// have, where it differs from the documented contract: what the official SDKs
// and UI kits expect. Logins start at
// PublicURL/self-service/login/browser then, which the host answers, as Kratos
// would: by leading to its login page with the same parameters.
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

		{BadReturnTo, AnyEndpoint}: orPage(fail(400, ReturnToForbidden), see(ToError)),
	} {
		t.Rows[key] = row
	}
	t.JSONBodyWantsJSON = true
	t.LoginPath = "/self-service/login/browser"
	t.BadReturnToIsInput = true
	t.StrictAPI = true
	return t
}
