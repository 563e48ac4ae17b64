package storetest

import (
	"sync/atomic"

	"github.com/amend-go/amend/settings/identity"
)

var identityRaceRules = []rule[Accounts]{
	{"of 32 updates of one version at once, one succeeds", func(t tester, a Accounts) {
		r := a.create(t, "alice")
		var winner atomic.Int64
		n := together(t, identity.ErrConflict, func(i int) error {
			r := r.Clone()
			r.SealedState = counted(i)
			err := a.Store.UpdateIdentity(t.Context(), r)
			if err == nil {
				winner.Store(int64(i))
			}
			return err
		})
		same(t, n, 1, "updates that succeeded")
		r.Version++
		r.SealedState = counted(int(winner.Load()))
		a.keeps(t, r)
	}},
	{"of 32 updates at once, each repeated until it succeeds, none is lost", func(t tester, a Accounts) {
		r := a.create(t, "alice")
		together(t, nil, func(int) error {
			return untilWritten(identity.ErrConflict, func() error {
				r, err := a.Store.GetIdentity(t.Context(), r.ID)
				if err != nil {
					return err
				}
				r.SealedState = counted(count(r.SealedState) + 1)
				return a.Store.UpdateIdentity(t.Context(), r)
			})
		})
		r.Version += crowd
		r.SealedState = counted(crowd)
		a.keeps(t, r)
	}},
}
