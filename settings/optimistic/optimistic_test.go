package optimistic_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/settings/optimistic"
)

func TestRetry(t *testing.T) {
	conflict, gone, broken := errors.New("conflict"), errors.New("gone"), errors.New("broken")
	gaveUp, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name  string
		ctx   context.Context
		errs  []error // of one try after another; the last one for all that follow
		want  error
		tries int
	}{
		{"a write that succeeds is not repeated", t.Context(), []error{nil}, nil, 1},
		{"a conflict is", t.Context(), []error{conflict, conflict, nil}, nil, 3},
		{"wrapped or not, and whichever of them", t.Context(), []error{fmt.Errorf("row: %w", conflict), gone, nil}, nil, 3},
		{"another error is not", t.Context(), []error{conflict, broken}, broken, 2},
		{"somebody who always loses hears it in the end", t.Context(), []error{conflict}, conflict, 64},
		{"a caller who has left is not waited for", gaveUp, []error{conflict}, context.Canceled, 1},
		{"but what was written by then counts", gaveUp, []error{nil}, nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := 0
			err := optimistic.Retry(c.ctx, func() error {
				n++
				return c.errs[min(n, len(c.errs))-1]
			}, conflict, gone)
			assert.ErrorIs(t, err, c.want)
			assert.Equal(t, c.tries, n)
		})
	}
}
