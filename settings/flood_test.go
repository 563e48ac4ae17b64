package settings_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/amend-go/amend/settings"
)

// crowd are clients that sign in with names that nobody has, as fast as they are
// answered.
func crowd(ctx context.Context, clients int, try func(name string) error) (wait func()) {
	var all sync.WaitGroup
	var n atomic.Int64
	for range clients {
		all.Go(func() {
			for ctx.Err() == nil {
				_ = try(fmt.Sprintf("crowd%d@example.com", n.Add(1)))
			}
		})
	}
	return all.Wait
}

// answered is what a client saw: what it was told, and after how long.
type answered struct {
	said string
	took time.Duration
}

func clock(try func() error) answered {
	began := time.Now()
	err := try()
	if errors.Is(err, settings.ErrBusy) {
		return answered{"busy", time.Since(began)}
	}
	return answered{said(err), time.Since(began)}
}

// apart is how far two samples are apart: the Kolmogorov-Smirnov statistic of their
// times, each kind of answer for itself.
func apart(a, b []answered) (most float64) {
	share := func(all []answered, said string, upTo time.Duration) float64 {
		n := 0
		for _, one := range all {
			if one.said == said && one.took <= upTo {
				n++
			}
		}
		return float64(n) / float64(len(all))
	}
	for _, one := range slices.Concat(a, b) {
		most = max(most, math.Abs(share(a, one.said, one.took)-share(b, one.said, one.took)))
	}
	return most
}
