package storetest_test

import (
	"context"
	"strings"
	"time"

	"github.com/amend-go/amend/flow"
)

var flowFlaws = map[string][]string{
	"keeps the version it is given":               {"a record is read as it was created, with version 1 whatever version was given"},
	"reads nothing as an empty record":            {"a missing record is not found"},
	"creates on update":                           {"a missing record is not found", "an update does not bring a deleted record back"},
	"overwrites on create":                        {"a key that exists is a duplicate, and its record stays"},
	"overwrites what is expired":                  {"a key that exists is a duplicate also after its record expired"},
	"hides what is expired":                       {"an expired record is read until it is swept"},
	"keeps the first expiry":                      {"an update replaces data and expiry, and counts the version", "a sweep goes by the expiry of the last update"},
	"counts no version":                           {"an update replaces data and expiry, and counts the version", "of 32 updates of one version at once, one succeeds"},
	"compares no version":                         {"an update of any version but the stored one is a conflict and changes nothing"},
	"refuses older versions only":                 {"an update of any version but the stored one is a conflict and changes nothing"},
	"writes what it refuses":                      {"an update of any version but the stored one is a conflict and changes nothing"},
	"lets records change hands":                   {"an update for another owner is a conflict and changes nothing"},
	"updates all of the owner":                    {"an update changes no other record"},
	"deletes all of the owner":                    {"a deleted record is gone, and no other is"},
	"deletes nothing":                             {"a deleted record is gone, and no other is"},
	"refuses to delete what is missing":           {"deleting a missing record is no error"},
	"frees no name":                               {"a deleted key can be created again, for anyone", "a swept key can be created again"},
	"hands out its own bytes":                     {"what is read is a copy"},
	"keeps the caller's bytes":                    {"what is written is copied"},
	"keeps data as text":                          {"data of any bytes comes back, up to 16 KiB"},
	"keeps 8 KiB":                                 {"data of any bytes comes back, up to 16 KiB"},
	"folds keys":                                  {"keys are compared exactly"},
	"folds owners":                                {"an owner's id may be any text", "an update for another owner is a conflict and changes nothing"},
	"drops the time zone":                         {"a time keeps its instant, whatever its zone"},
	"keeps whole seconds":                         {"a time keeps its instant, whatever its zone"},
	"ignores the context":                         {"a call whose context is done returns its error and writes nothing"},
	"breaks when it refuses":                      {"a refused call leaves nothing behind that the next call waits for or fails of"},
	"sweeps what expires now with the next sweep": {"a sweep deletes what expires exactly now, and not what expires a tick later"},
	"sweeps a little early":                       {"a sweep deletes what expires exactly now, and not what expires a tick later"},
	"reads the clock of a time and not its zone":  {"a sweep reads its time in any zone"},
	"sweeps all at once":                          {"a sweep deletes no more than its limit, and says how many"},
	"does not say how many it swept":              {"a sweep deletes no more than its limit, and says how many"},
	"checks and creates in two steps":             {"of 32 creates of one key at once, one succeeds"},
	"checks and updates in two steps":             {"of 32 updates of one version at once, one succeeds", "of 32 counts at once, none is lost"},
	"deletes and counts in two steps":             {"of 32 sweeps at once, each record is counted by one"},
}

func (s *sloppy) keepFlow(r flow.Record) {
	r = in(s, r, flow.Record.Clone)
	r.ExpiresAt = s.time(r.ExpiresAt)
	switch {
	case s.has("keeps data as text"):
		r.Data = []byte(strings.ToValidUTF8(string(r.Data), "?"))
	case s.has("keeps 8 KiB"):
		r.Data = r.Data[:min(len(r.Data), 8<<10)]
	}
	s.flows[s.folded("folds keys", r.Key)] = r
	s.used[r.Key] = true
}

func (s *sloppy) CreateFlow(ctx context.Context, r flow.Record) error {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return s.end(err)
	}
	stored, exists := s.flows[s.folded("folds keys", r.Key)]
	exists = exists || s.has("frees no name") && s.used[r.Key]
	if s.has("overwrites what is expired") && stored.ExpiresAt.Before(noon) {
		exists = false
	}
	s.gap("checks and creates in two steps")
	if exists && !s.has("overwrites on create") {
		return s.end(flow.ErrDuplicate)
	}
	if !s.has("keeps the version it is given") {
		r.Version = 1
	}
	s.keepFlow(r)
	return nil
}

func (s *sloppy) GetFlow(ctx context.Context, key string) (flow.Record, error) {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return flow.Record{}, s.end(err)
	}
	r, ok := s.flows[s.folded("folds keys", key)]
	if !ok && s.has("reads nothing as an empty record") {
		return flow.Record{}, nil
	}
	if !ok || s.hides(r.ExpiresAt) {
		return flow.Record{}, s.end(flow.ErrNotFound)
	}
	return out(s, r, flow.Record.Clone), nil
}

func (s *sloppy) checkFlow(r flow.Record) error {
	stored, ok := s.flows[s.folded("folds keys", r.Key)]
	switch {
	case !ok && s.has("creates on update"):
		return nil
	case !ok:
		return flow.ErrNotFound
	case s.folded("folds owners", stored.Owner) != s.folded("folds owners", r.Owner) && !s.has("lets records change hands"):
		return flow.ErrConflict
	case s.stale(stored.Version, r.Version):
		if s.has("writes what it refuses") {
			s.keepFlow(r)
		}
		return flow.ErrConflict
	}
	return nil
}

func (s *sloppy) writeFlow(r flow.Record) {
	if s.has("keeps the first expiry") {
		r.ExpiresAt = s.flows[r.Key].ExpiresAt
	}
	if !s.has("counts no version") {
		r.Version++
	}
	s.keepFlow(r)
	if s.has("updates all of the owner") {
		for key, other := range s.flows {
			if other.Owner == r.Owner {
				other.Data = r.Data
				s.flows[key] = other
			}
		}
	}
}

func (s *sloppy) UpdateFlow(ctx context.Context, r flow.Record) error {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return s.end(err)
	}
	if err := s.checkFlow(r); err != nil {
		return s.end(err)
	}
	s.gap("checks and updates in two steps")
	s.writeFlow(r)
	return nil
}

func (s *sloppy) DeleteFlow(ctx context.Context, key string) error {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return s.end(err)
	}
	r, ok := s.flows[s.folded("folds keys", key)]
	if !ok && s.has("refuses to delete what is missing") {
		return flow.ErrNotFound
	}
	for other := range s.flows {
		if s.has("deletes all of the owner") && s.flows[other].Owner == r.Owner {
			delete(s.flows, other)
		}
	}
	if !s.has("deletes nothing") {
		delete(s.flows, s.folded("folds keys", key))
	}
	return nil
}

func (s *sloppy) DeleteExpiredFlows(ctx context.Context, now time.Time, limit int) (int, error) {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return 0, s.end(err)
	}
	var due []string
	for key, r := range s.flows {
		if s.due(r.ExpiresAt, now) {
			due = append(due, key)
		}
	}
	return s.sweep(limit, due, func(key string) { delete(s.flows, key) }), nil
}
