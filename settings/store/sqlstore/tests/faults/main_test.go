package faults_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
)

var (
	long = flag.Bool("long", false, "kill the process 1,000 times for each store, not 20")
	seed = flag.Uint64("seed", 1, "chooses the steps at which the process is killed")
)

// tally counts what was tried for each store.
type tally struct {
	mu     sync.Mutex
	stores map[string]*counts
}

type counts struct{ rounds, faults, violations int }

var summary = tally{stores: map[string]*counts{}}

func (t *tally) add(store string, more counts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stores[store] == nil {
		t.stores[store] = &counts{}
	}
	c := t.stores[store]
	c.rounds, c.faults, c.violations = c.rounds+more.rounds, c.faults+more.faults, c.violations+more.violations
}

func TestMain(m *testing.M) {
	_ = mysql.SetLogger(&mysql.NopLogger{}) // it tells of every connection that dies
	code := m.Run()
	for _, store := range slices.Sorted(maps.Keys(summary.stores)) {
		c := summary.stores[store]
		fmt.Printf("%s: %d rounds, %d faults, %d violations\n", store, c.rounds, c.faults, c.violations)
	}
	os.Exit(code)
}
