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

// bare is a users table that maps no profile, leaves names to the host's own code, and has
// NULL for who has no password.
type bare struct{ *memory.Store }

func (b bare) GetIdentity(ctx context.Context, id string) (identity.Record, error) {
	r, err := b.Store.GetIdentity(ctx, id)
	r.Traits = nil
	return r, err
}

func (b bare) UpdateIdentity(ctx context.Context, r identity.Record) error {
	stored, err := b.Store.GetIdentity(ctx, r.ID)
	if err != nil {
		return err
	}
	kept := []identity.Key{}
	for _, k := range r.Keys {
		if k.Kind != identity.Identifier {
			kept = append(kept, k)
		}
	}
	for _, k := range stored.Keys {
		if k.Kind == identity.Identifier {
			kept = append(kept, k)
		}
	}
	r.Keys = kept
	return b.Store.UpdateIdentity(ctx, r)
}

func TestATableWithoutProfilesAndWithFixedNamesPasses(t *testing.T) {
	open := func(*testing.T) storetest.Accounts {
		m := memory.New()
		return storetest.Accounts{
			Store:         bare{m},
			Create:        func(ctx context.Context, r identity.Record) (string, error) { return r.ID, m.CreateIdentity(ctx, r) },
			WithoutTraits: true, FixedIdentifiers: true,
		}
	}
	storetest.Identities(t, open)
	storetest.Keys(t, open)
}
