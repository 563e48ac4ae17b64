package tests

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/sqlstore"
)

var noon = time.Date(2031, 2, 3, 12, 0, 0, 0, time.UTC)

func person(id string) identity.Record {
	return identity.Record{
		ID: id, Active: true, SchemaID: "customer", Traits: []byte(`{"email":"` + id + `@example.com"}`), MetadataPublic: []byte(`{"plan":"gold"}`),
		PasswordHash: "$2a$04$x", Keys: []identity.Key{{Kind: identity.Identifier, Value: id + "@example.com"}}, CreatedAt: noon, UpdatedAt: noon,
	}
}

func sessionOf(id string, n int) session.Session {
	return session.Session{
		ID: fmt.Sprint("session ", id, n), IdentityID: id, TokenHash: session.Hash(fmt.Sprint(id, n)), IssuedAt: noon, ExpiresAt: noon.Add(time.Hour),
		Methods: []session.Completed{{Method: aal.Password, At: noon}},
	}
}

func flowOf(id string, n int) flow.Record {
	return flow.Record{Key: fmt.Sprintf("flow:%s:%d", id, n), Owner: id, ExpiresAt: noon.Add(time.Hour), Data: []byte("{}")}
}

// account stores an identity with a session and a flow and loads all three.
func account(t *testing.T, s *sqlstore.Store, id string) store.Loaded {
	t.Helper()
	require.NoError(t, s.CreateIdentity(t.Context(), person(id)))
	require.NoError(t, s.CreateSession(t.Context(), sessionOf(id, 0)))
	require.NoError(t, s.CreateFlow(t.Context(), flowOf(id, 0)))
	return load(t, s, id)
}

func load(t *testing.T, s *sqlstore.Store, id string) store.Loaded {
	t.Helper()
	l, err := s.Load(t.Context(), session.Hash(id+"0"), flowOf(id, 0).Key)
	require.NoError(t, err)
	require.NotNil(t, l.Session)
	require.NotNil(t, l.Identity)
	require.NotNil(t, l.Flow)
	return l
}

func commitOf(l store.Loaded) store.Commit {
	return store.Commit{Identity: l.Identity, Session: l.Session, Flow: l.Flow}
}
