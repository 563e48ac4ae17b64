package settings

import (
	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/method"
)

// This file owns what a change needs of the session that makes it.

// judgeNeeds asks the session for what a change needs: one recent proof for a
// sensitive change, and for a change of factors the level that the account requires,
// every method of it recent. A stolen first factor must not replace the second,
// also where the second was proved, but long ago.
func (s *Service) judgeNeeds(a *attempt, n method.Needs) *respond.Outcome {
	factors := n.RequiredAAL && !s.c.AllowFactorChangeAtAAL1
	var stale []aal.Method
	if factors {
		stale = a.At(a.at).Stale(s.c.PrivilegedSessionMaxAge)
	}
	recent := aal.Fresh(a.at, a.Session.AuthenticatedAt, s.c.PrivilegedSessionMaxAge)
	switch {
	case n.Privileged && !recent, len(stale) > 0 && a.Suffices():
		o := s.outcome(a, respond.Stale)
		o.Refresh = session.RefreshOf(stale)
		return o
	case factors && !a.Suffices():
		return s.failed(a, respond.LowAAL, nil)
	}
	return nil
}
