package main

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/memory"
	"github.com/amend-go/amend/settings/store/sqlstore"
)

// The stores find a session by its token or its identity, which is all the
// library needs. The demo API ends one by its id.

// sqlStore asks the table, which a host may read.
type sqlStore struct {
	*sqlstore.Store
	db    *sql.DB
	query string
}

func newSQLStore(s *sqlstore.Store, db *sql.DB, d sqlstore.Dialect) sqlStore {
	parameter := "?"
	if d == sqlstore.PostgreSQL {
		parameter = "$1"
	}
	return sqlStore{s, db, "SELECT identity_id FROM amend_sessions WHERE id = " + parameter}
}

func (s sqlStore) SessionOwner(ctx context.Context, sessionID string) (owner string, err error) {
	err = s.db.QueryRowContext(ctx, s.query, sessionID).Scan(&owner)
	if errors.Is(err, sql.ErrNoRows) {
		err = session.ErrNotFound
	}
	return owner, err
}

func (s sqlStore) backend() store.Backend { return s }

func (s sqlStore) Close() error { return s.db.Close() }

// memoryStore remembers whom there are, and asks for the sessions of each.
type memoryStore struct {
	*memory.Store
	mu  sync.Mutex
	ids []string
}

func newMemoryStore() *memoryStore { return &memoryStore{Store: memory.New()} }

func (s *memoryStore) backend() store.Backend { return s }

func (s *memoryStore) Close() error { return nil }

func (s *memoryStore) CreateIdentity(ctx context.Context, r identity.Record) error {
	if err := s.Store.CreateIdentity(ctx, r); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids = append(s.ids, r.ID)
	return nil
}

func (s *memoryStore) SessionOwner(ctx context.Context, sessionID string) (string, error) {
	s.mu.Lock()
	ids := slices.Clone(s.ids)
	s.mu.Unlock()
	for _, owner := range ids {
		sessions, err := s.ListSessions(ctx, owner)
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(sessions, func(s session.Session) bool { return s.ID == sessionID }) {
			return owner, nil
		}
	}
	return "", session.ErrNotFound
}
