package tests

import (
	"context"
	"testing"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/sqlstore"
	"github.com/amend-go/amend/settings/store/storetest"
)

func accounts(s *sqlstore.Store) storetest.Accounts {
	return storetest.Accounts{Store: s, Create: func(ctx context.Context, r identity.Record) (string, error) {
		return r.ID, s.CreateIdentity(ctx, r)
	}}
}

func TestFlowStore(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		empty := d.emptied(t)
		storetest.Flows(t, func(t *testing.T) store.FlowStore { return empty(t) })
	})
}

func TestSessionStore(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		empty := d.emptied(t)
		storetest.Sessions(t, func(t *testing.T) store.SessionStore { return empty(t) })
	})
}

func TestIdentityStore(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		empty := d.emptied(t)
		open := func(t *testing.T) storetest.Accounts { return accounts(empty(t)) }
		storetest.Identities(t, open)
		storetest.Keys(t, open)
		storetest.Due(t, open)
		storetest.Erase(t, open)
	})
}

func TestBackend(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		empty := d.emptied(t)
		storetest.Backend(t, func(t *testing.T) storetest.Database {
			s := empty(t)
			return storetest.Database{Backend: s, Flows: s, Sessions: s, Accounts: accounts(s)}
		})
	})
}
