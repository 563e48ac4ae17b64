package storetest_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/memory"
	"github.com/amend-go/amend/settings/store/storetest"
)

// A store that is all the interfaces at once. In a test of its own this is the
// body of func TestStore(t *testing.T).
func Example() {
	_ = func(t *testing.T) {
		accounts := func(s *memory.Store) storetest.Accounts {
			return storetest.Accounts{Store: s, Create: func(ctx context.Context, r identity.Record) (string, error) {
				return r.ID, s.CreateIdentity(ctx, r)
			}}
		}
		storetest.Flows(t, func(t *testing.T) store.FlowStore { return memory.New() })
		storetest.Sessions(t, func(t *testing.T) store.SessionStore { return memory.New() })
		storetest.Identities(t, func(t *testing.T) storetest.Accounts { return accounts(memory.New()) })
		storetest.Keys(t, func(t *testing.T) storetest.Accounts { return accounts(memory.New()) })
		storetest.Backend(t, func(t *testing.T) storetest.Database {
			s := memory.New()
			return storetest.Database{Backend: s, Flows: s, Sessions: s, Accounts: accounts(s)}
		})
	}
}

// users is a host's own table, with ids that the host gives and a profile of
// fixed columns.
type users interface {
	store.IdentityStore
	Insert(ctx context.Context, email, name, passwordHash string, active bool) (id string, err error)
}

// A host that implements the IdentityStore only, over its own users. The
// suite's profiles are made to fit its columns.
func ExampleIdentities() {
	var openUsers func(t *testing.T) users

	_ = func(t *testing.T) {
		storetest.Identities(t, func(t *testing.T) storetest.Accounts {
			table := openUsers(t)
			return storetest.Accounts{
				Store: table,
				Create: func(ctx context.Context, r identity.Record) (string, error) {
					var profile struct{ Mail, FullName string }
					if err := json.Unmarshal(r.Traits, &profile); err != nil {
						return "", err
					}
					return table.Insert(ctx, profile.Mail, profile.FullName, r.PasswordHash, r.Active)
				},
				Traits: func(email, name string) json.RawMessage {
					traits, _ := json.Marshal(map[string]string{"Mail": email, "FullName": name})
					return traits
				},
			}
		})
	}
}
