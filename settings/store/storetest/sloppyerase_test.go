package storetest_test

import (
	"context"

	"github.com/amend-go/amend/settings/identity"
)

var eraseFlaws = map[string][]string{
	"erases nobody":              {"an identity is erased in the version that it has, and nobody else is"},
	"erases everyone":            {"an identity is erased in the version that it has, and nobody else is"},
	"erases any version":         {"an identity in another version is a conflict and stays as it is"},
	"erases older versions only": {"an identity in another version is a conflict and stays as it is"},
	"misses who is erased":       {"a missing identity is erased already"},
	"ignores the context":        {"a call whose context is done returns its error and erases nobody"},
}

func (s *sloppy) EraseIdentity(ctx context.Context, id string, version int64) error {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return s.end(err)
	}
	r, ok := s.identities[id]
	older := s.has("erases older versions only") && r.Version < version
	switch {
	case !ok && s.has("misses who is erased"):
		return s.end(identity.ErrNotFound)
	case !ok, s.has("erases nobody"):
		return nil
	case r.Version != version && !older && !s.has("erases any version"):
		return s.end(identity.ErrConflict)
	case s.has("erases everyone"):
		clear(s.identities)
	}
	delete(s.identities, id)
	return nil
}
