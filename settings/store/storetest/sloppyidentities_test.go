package storetest_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store/storetest"
)

var identityFlaws = map[string][]string{
	"keeps passwords of new identities to itself": {"an identity is read as it was created"},
	"keeps keys to itself":                        {"what an identity logs in with stands in its keys"},
	"hides who is blocked":                        {"a blocked identity is read too, as not active"},
	"lets everyone in":                            {"a blocked identity is read too, as not active"},
	"reads nothing as an empty record":            {"a missing identity is not found, also by an id of a form that no identity has"},
	"creates on update":                           {"a missing identity is not found, also by an id of a form that no identity has"},
	"knows ids of one form":                       {"a missing identity is not found, also by an id of a form that no identity has"},
	"keeps the first traits":                      {"an update writes traits, password, state and time, and counts the version"},
	"counts no version":                           {"an update writes traits, password, state and time, and counts the version"},
	"writes all it is given":                      {"an update writes nothing else: it does not unblock, nor rewrite what is the host's"},
	"compares no version":                         {"an update of any version but the stored one is a conflict and changes nothing"},
	"refuses older versions only":                 {"an update of any version but the stored one is a conflict and changes nothing"},
	"writes what it refuses":                      {"an update of any version but the stored one is a conflict and changes nothing"},
	"writes changes only":                         {"an update that changes nothing counts as one"},
	"updates everyone":                            {"an update changes no other identity"},
	"keeps a password that is taken away":         {"a password can be taken away and set again"},
	"knows nobody without a password":             {"an identity that never had a password, NULL in its column, is read without one and can set one"},
	"keeps data as text":                          {"a sealed state of any bytes comes back, up to 16 KiB, and can be emptied"},
	"keeps 8 KiB":                                 {"a sealed state of any bytes comes back, up to 16 KiB, and can be emptied"},
	"drops the time zone":                         {"a time keeps its instant, whatever its zone"},
	"keeps whole seconds":                         {"a time keeps its instant, whatever its zone"},
	"hands out its own bytes":                     {"what is read is a copy"},
	"keeps the caller's bytes":                    {"what is written is copied"},
	"ignores the context":                         {"a call whose context is done returns its error and writes nothing"},
	"breaks when it refuses":                      {"a refused call leaves nothing behind that the next call waits for or fails of"},
	"checks and updates in two steps":             {"of 32 updates of one version at once, one succeeds", "of 32 updates at once, each repeated until it succeeds, none is lost"},
}

var dueFlaws = map[string][]string{
	"is due from the beginning":       {"nobody is due who was never made so"},
	"is late by a tick":               {"who is due exactly then is found, and who is a tick later is not", "a Backend over the same rows keeps it too"},
	"finds who is due in some order":  {"of many the earliest come first, and no more than the limit"},
	"finds whoever was due":           {"who is due no longer is not found"},
	"writes what it refuses":          {"an update that is refused makes nobody due"},
	"keeps no due time from a commit": {"a Backend over the same rows keeps it too"},
	"ignores the context":             {"a call whose context is done returns its error"},
}

// DueIdentities finds them by looking at all.
func (s *sloppy) DueIdentities(ctx context.Context, before time.Time, limit int) ([]string, error) {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return nil, s.end(err)
	}
	var due []identity.Record
	for _, r := range s.identities {
		at := r.DueAt
		if s.has("finds whoever was due") && s.wasDue[r.ID] {
			at = before
		}
		if s.has("is late by a tick") && !at.IsZero() {
			at = at.Add(time.Microsecond)
		}
		if (!at.IsZero() || s.has("is due from the beginning")) && !at.After(before) {
			due = append(due, r)
		}
	}
	slices.SortFunc(due, func(a, b identity.Record) int { return a.DueAt.Compare(b.DueAt) })
	if s.has("finds who is due in some order") {
		slices.Reverse(due)
	}
	var ids []string
	for _, r := range due[:min(limit, len(due))] {
		ids = append(ids, r.ID)
	}
	return ids, nil
}

var keyFlaws = map[string][]string{
	"finds nobody":                    {"an identity is found by the keys it was created with"},
	"finds whoever comes first":       {"an identity is found by the keys it was created with"},
	"finds the empty id by no key":    {"a key that nobody has is not found"},
	"keeps the first keys":            {"an update replaces the keys: new ones find the identity, old ones nothing", "an identifier can be changed"},
	"adds keys and drops none":        {"an update replaces the keys: new ones find the identity, old ones nothing", "an identifier can be changed"},
	"ignores the kind of a key":       {"a key of one kind is not a key of another"},
	"folds keys":                      {"logins and passkeys are compared exactly"},
	"cuts keys":                       {"a key may be any text, and is no other"},
	"lets two have one key":           {"a key of another identity is a duplicate, and the update changes nothing", "a key that one identity gives up another can take"},
	"writes what it refuses":          {"a key of another identity is a duplicate, and the update changes nothing"},
	"takes keys before it checks":     {"an update that is a conflict neither takes keys nor gives any up"},
	"frees no name":                   {"a key that one identity gives up another can take"},
	"ignores the context":             {"a call whose context is done returns its error and moves no key"},
	"checks and updates in two steps": {"of 32 identities that take one key at once, one gets it"},
}

func (s *sloppy) accounts() storetest.Accounts {
	return storetest.Accounts{Store: s, Create: s.createIdentity}
}

func (s *sloppy) keepIdentity(r identity.Record) {
	r = in(s, r, identity.Record.Clone)
	r.UpdatedAt = s.time(r.UpdatedAt)
	switch {
	case s.has("keeps data as text"):
		r.SealedState = []byte(strings.ToValidUTF8(string(r.SealedState), "?"))
	case s.has("keeps 8 KiB"):
		r.SealedState = r.SealedState[:min(len(r.SealedState), 8<<10)]
	case s.has("lets everyone in"):
		r.Active = true
	}
	s.identities[r.ID] = r
	s.wasDue[r.ID] = s.wasDue[r.ID] || !r.DueAt.IsZero()
	for _, k := range r.Keys {
		s.used[k.Value] = true
	}
}

func (s *sloppy) createIdentity(_ context.Context, r identity.Record) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.has("keeps passwords of new identities to itself") {
		r.PasswordHash = ""
	}
	r.Version = 1
	s.keepIdentity(r)
	return r.ID, nil
}

func (s *sloppy) GetIdentity(ctx context.Context, id string) (identity.Record, error) {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return identity.Record{}, s.end(err)
	}
	r, ok := s.identities[id]
	switch {
	case s.has("knows ids of one form") && len(id) != 36, ok && r.PasswordHash == "" && s.has("knows nobody without a password"):
		return identity.Record{}, errBroken
	case !ok && s.has("reads nothing as an empty record"):
		return identity.Record{}, nil
	case !ok, !r.Active && s.has("hides who is blocked"):
		return identity.Record{}, s.end(identity.ErrNotFound)
	}
	if s.has("keeps keys to itself") {
		r.Keys = nil
	}
	return out(s, r, identity.Record.Clone), nil
}

// sameKey reports whether two keys are one.
func (s *sloppy) sameKey(a, b identity.Key) bool {
	if s.has("cuts keys") {
		a.Value, b.Value = a.Value[:min(len(a.Value), 190)], b.Value[:min(len(b.Value), 190)]
	}
	return (a.Kind == b.Kind || s.has("ignores the kind of a key")) && s.folded("folds keys", a.Value) == s.folded("folds keys", b.Value)
}

// keyTaken reports whether another identity has a key of the record.
func (s *sloppy) keyTaken(r identity.Record) bool {
	for _, k := range r.Keys {
		for _, other := range s.identities {
			if other.ID != r.ID && slices.ContainsFunc(other.Keys, func(o identity.Key) bool { return s.sameKey(k, o) }) {
				return !s.has("lets two have one key")
			}
		}
		if s.has("frees no name") && s.used[k.Value] && !slices.Contains(s.identities[r.ID].Keys, k) {
			return true
		}
	}
	return false
}

func (s *sloppy) checkIdentity(r identity.Record) error {
	stored, ok := s.identities[r.ID]
	switch {
	case !ok && s.has("creates on update"):
		return nil
	case !ok:
		return identity.ErrNotFound
	case s.stale(stored.Version, r.Version):
		if s.has("writes what it refuses") || s.has("takes keys before it checks") {
			s.writeIdentity(r)
		}
		return identity.ErrConflict
	case s.keyTaken(r):
		if s.has("writes what it refuses") {
			s.writeIdentity(r)
		}
		return identity.ErrDuplicate
	}
	return nil
}

func (s *sloppy) writeIdentity(r identity.Record) {
	before := s.identities[r.ID]
	if s.has("writes changes only") && reflect.DeepEqual(before, r) {
		return
	}
	if !s.has("counts no version") {
		r.Version++
	}
	if !s.has("writes all it is given") {
		r.Active, r.SchemaID, r.MetadataPublic, r.CreatedAt = before.Active, before.SchemaID, before.MetadataPublic, before.CreatedAt
		r.SignsInElsewhere = before.SignsInElsewhere
	}
	switch {
	case s.has("keeps the first traits"):
		r.Traits = before.Traits
	case s.has("keeps the first keys"):
		r.Keys = before.Keys
	case s.has("adds keys and drops none"):
		r.Keys = append(slices.Clone(before.Keys), r.Keys...)
	case s.has("keeps a password that is taken away") && r.PasswordHash == "":
		r.PasswordHash = before.PasswordHash
	case s.has("updates everyone"):
		for id, other := range s.identities {
			other.PasswordHash = r.PasswordHash
			s.identities[id] = other
		}
	}
	s.keepIdentity(r)
}

func (s *sloppy) UpdateIdentity(ctx context.Context, r identity.Record) error {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return s.end(err)
	}
	if err := s.checkIdentity(r); err != nil {
		return s.end(err)
	}
	s.gap("checks and updates in two steps")
	s.writeIdentity(r)
	return nil
}

func (s *sloppy) IdentityOwner(ctx context.Context, k identity.Key) (string, error) {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return "", s.end(err)
	}
	if s.has("finds nobody") {
		return "", identity.ErrNotFound
	}
	for id, r := range s.identities {
		if s.has("finds whoever comes first") && len(s.identities) > 1 {
			return "whoever", nil
		}
		if slices.ContainsFunc(r.Keys, func(o identity.Key) bool { return s.sameKey(k, o) }) {
			return id, nil
		}
	}
	if s.has("finds the empty id by no key") {
		return "", nil
	}
	return "", s.end(identity.ErrNotFound)
}
