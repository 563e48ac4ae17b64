package settingstest

import (
	"testing"
	"time"
)

// TransportRules are what Transport checks, for a test that wants to see a rule
// broken.
func TransportRules(t testing.TB, says string, open func(t testing.TB, now func() time.Time) Carrier) {
	for _, r := range transportRules {
		if r.says == says {
			r.run(t, open)
			return
		}
	}
	t.Fatalf("there is no rule %q", says)
}

// TransportRuleNames are the rules in order.
func TransportRuleNames() (names []string) {
	for _, r := range transportRules {
		names = append(names, r.says)
	}
	return names
}
