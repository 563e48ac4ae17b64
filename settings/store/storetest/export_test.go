package storetest

import (
	"slices"
)

// The rules, for the tests that show that each of them can fail.
type (
	Rule[S any] = rule[S]
	Tester      = tester
)

func (r rule[S]) Says() string            { return r.says }
func (r rule[S]) Check(t tester, store S) { r.check(t, store) }

var (
	FlowRules     = slices.Concat(flowRules, flowSweepRules, flowRaceRules)
	SessionRules  = slices.Concat(sessionRules, sessionUpdateRules, sessionListRules, sessionRaceRules)
	IdentityRules = slices.Concat(identityRules, identityRaceRules)
	KeyRules      = keyRules
	DueRules      = dueRules
	EraseRules    = eraseRules
	BackendRules  = slices.Concat(loadRules, commitRules, commitRaceRules)
)

// Noon is the present of the rules.
var Noon = noon
