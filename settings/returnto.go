package settings

// This file owns where a browser may be led by a return_to, now and when it is used.

// CheckReturnTo reports whether a return_to is allowed, and the absolute URL
// to send the browser to: for the host's login page, which is given one too.
// Besides the AllowReturnTo list it accepts what this library itself asks to
// come back to: the settings page, and any page of PublicURL's origin, as routes
// behind Sessions.Require do.
func (s *Service) CheckReturnTo(raw string) (target string, ok bool) {
	if target, ok := s.returnTo.Check(raw); ok {
		return target, true
	}
	return s.ownURLs.Check(raw)
}

// stillAllowed is a return_to of a flow, or "" if the list has shrunk since.
func (s *Service) stillAllowed(returnTo string) string {
	if returnTo == "" {
		return ""
	}
	target, _ := s.returnTo.Check(returnTo)
	return target
}
