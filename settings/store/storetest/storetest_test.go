package storetest_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/storetest"
)

func TestFlowRulesCatchBrokenStores(t *testing.T) {
	catch(t, storetest.FlowRules, flowFlaws, func(s *sloppy) store.FlowStore { return s })
}

func TestSessionRulesCatchBrokenStores(t *testing.T) {
	catch(t, storetest.SessionRules, sessionFlaws, func(s *sloppy) store.SessionStore { return s })
}

func TestIdentityRulesCatchBrokenStores(t *testing.T) {
	catch(t, storetest.IdentityRules, identityFlaws, (*sloppy).accounts)
}

func TestKeyRulesCatchBrokenStores(t *testing.T) {
	catch(t, storetest.KeyRules, keyFlaws, (*sloppy).accounts)
}

func TestDueRulesCatchBrokenStores(t *testing.T) {
	catch(t, storetest.DueRules, dueFlaws, (*sloppy).accounts)
}

func TestEraseRulesCatchBrokenStores(t *testing.T) {
	catch(t, storetest.EraseRules, eraseFlaws, (*sloppy).accounts)
}

func TestBackendRulesCatchBrokenStores(t *testing.T) {
	catch(t, storetest.BackendRules, backendFlaws, func(s *sloppy) storetest.Database {
		return storetest.Database{Backend: s, Flows: s, Sessions: s, Accounts: s.accounts()}
	})
}

// catch shows that a store without a flaw passes every rule, that each flaw is
// caught by the rules named for it, and that every rule catches something.
func catch[S any](t *testing.T, rules []storetest.Rule[S], flaws map[string][]string, open func(*sloppy) S) {
	byName, catches := map[string]storetest.Rule[S]{}, map[string]bool{}
	for _, rule := range rules {
		require.NotContains(t, byName, rule.Says(), "two rules of one name")
		byName[rule.Says()] = rule
		assert.Empty(t, failure(t, rule, open(newSloppy(""))), "a store without a flaw fails: %s", rule.Says())
	}
	for flaw, caughtBy := range flaws {
		for _, name := range caughtBy {
			require.Contains(t, byName, name)
			catches[name] = true
			assert.NotEmpty(t, failure(t, byName[name], open(newSloppy(flaw))), "a store that %s passes: %s", flaw, name)
		}
	}
	for name := range byName {
		assert.True(t, catches[name], "no flaw shows that this rule can fail: %s", name)
	}
}

// failure is what a rule says of a store, "" if nothing.
func failure[S any](t *testing.T, rule storetest.Rule[S], store S) string {
	r := &recorder{ctx: t.Context()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		rule.Check(r, store)
	}()
	<-done
	return r.failure
}

// recorder keeps the failure of a rule, and ends the rule as a *testing.T does.
type recorder struct {
	ctx     context.Context
	failure string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}
