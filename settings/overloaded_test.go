package settings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/method"
)

// A machine with more to do than it can writes nothing for those it sends away, but
// where only the flow can tell them.
func TestWhoIsSentAwayCostsNoWrite(t *testing.T) {
	for _, row := range []struct {
		kind   respond.Client
		line   string
		writes int
		shows  string // by its flow, afterwards
	}{
		{respond.API, "503 error overloaded retry-after", 0, "show_form"},
		{respond.Script, "503 error overloaded retry-after", 0, "show_form"},
		{respond.Page, "303 https://app.example.com/settings flow=F retry-after ⇒ show_form 7000012", 1, "show_form 7000012"},
	} {
		t.Run(row.kind.String(), func(t *testing.T) {
			w := newContractFixture(t, row.kind, "")
			w.method.does(method.Needs{}, nil, method.ErrBusy)
			writes := 0
			w.stores.handle(func(c storeCall, run func() error) error {
				if c.writes() {
					writes++
				}
				return run()
			})
			a := w.submitTest()
			assert.Equal(t, row.writes, writes)
			assert.Equal(t, row.line, w.line(a, heldToken(t, w.client)))
			assert.Equal(t, row.shows, flowLine(w.client.Read(w.flow.ID).Flow))
		})
	}
}
