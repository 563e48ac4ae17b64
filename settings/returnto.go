package settings

// This file owns where a browser may be led by a return_to, now and when it is used.

// CheckReturnTo judges the return_to that the host's login page was given: ok says whether
// it is allowed, and target is the absolute URL to send the browser to. Besides
// AllowReturnTo it accepts what the library itself asks to come back to: the settings page,
// and any page of PublicURL's origin, as routes behind Sessions.Require do.
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
