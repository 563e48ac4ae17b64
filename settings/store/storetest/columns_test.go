package storetest_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/memory"
	"github.com/amend-go/amend/settings/store/storetest"
)

// narrow is a users table without a column for blocked users, and without one
// for the time of the last change.
type narrow struct{ store.IdentityStore }

func (n narrow) GetIdentity(ctx context.Context, id string) (identity.Record, error) {
	r, err := n.IdentityStore.GetIdentity(ctx, id)
	r.Active, r.UpdatedAt = true, time.Time{}
	return r, err
}

func TestATableOfTwoNewColumnsPasses(t *testing.T) {
	storetest.Identities(t, func(*testing.T) storetest.Accounts {
		m := memory.New()
		return storetest.Accounts{
			Store:        narrow{m},
			Create:       func(ctx context.Context, r identity.Record) (string, error) { return r.ID, m.CreateIdentity(ctx, r) },
			Traits:       func(email, _ string) json.RawMessage { return json.RawMessage(`{"email":"` + email + `"}`) },
			NeverBlocked: true, WithoutUpdatedAt: true,
		}
	})
}
