package memory_test

import (
	"context"
	"testing"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/memory"
	"github.com/amend-go/amend/settings/store/storetest"
)

func accounts(s *memory.Store) storetest.Accounts {
	return storetest.Accounts{Store: s, Create: func(ctx context.Context, r identity.Record) (string, error) {
		return r.ID, s.CreateIdentity(ctx, r)
	}}
}

func TestFlowStore(t *testing.T) {
	storetest.Flows(t, func(*testing.T) store.FlowStore { return memory.New() })
}

func TestSessionStore(t *testing.T) {
	storetest.Sessions(t, func(*testing.T) store.SessionStore { return memory.New() })
}

func TestIdentityStore(t *testing.T) {
	open := func(*testing.T) storetest.Accounts { return accounts(memory.New()) }
	storetest.Identities(t, open)
	storetest.Keys(t, open)
	storetest.Due(t, open)
	storetest.Erase(t, open)
}

func TestBackend(t *testing.T) {
	storetest.Backend(t, func(*testing.T) storetest.Database {
		s := memory.New()
		return storetest.Database{Backend: s, Flows: s, Sessions: s, Accounts: accounts(s)}
	})
}
