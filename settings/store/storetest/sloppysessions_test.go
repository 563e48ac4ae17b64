package storetest_test

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/amend-go/amend/session"
)

var sessionFlaws = map[string][]string{
	"keeps the version it is given":                  {"a session is read as it was created, with version 1 whatever version was given"},
	"finds no superseded token":                      {"a session is found by the hash of its token and of its superseded token", "after a rotation the old token's hash finds the session as superseded, the one before nothing"},
	"keeps 1970 for no time":                         {"what a session has not stays empty"},
	"hides what is expired":                          {"an expired session is read until it is swept", "an expired session is listed too"},
	"finds a session by nothing":                     {"the empty hash finds nothing, also where a session has no superseded token"},
	"takes an empty hash for a duplicate":            {"the empty hash finds nothing, also where a session has no superseded token"},
	"folds hashes":                                   {"hashes are compared exactly"},
	"reads a hash as a pattern":                      {"hashes are compared exactly"},
	"overwrites on create":                           {"an id that exists is a duplicate, and its session stays"},
	"lets two sessions have one hash":                {"a token hash that exists is a duplicate, and its session stays", "an update to a token hash of another session is a duplicate and changes nothing", "of 32 sessions created at once with one token hash, one exists"},
	"deletes all of the identity":                    {"a deleted session is found by no hash, and no other is deleted"},
	"deletes nothing":                                {"a deleted session is found by no hash, and no other is deleted"},
	"asks not whose session it deletes":              {"deleting a session as another identity is no error and deletes nothing"},
	"refuses to delete what is missing":              {"deleting a missing session is no error", "deleting a session as another identity is no error and deletes nothing"},
	"hands out its own bytes":                        {"what is read is a copy"},
	"keeps the caller's bytes":                       {"what is written is copied"},
	"drops the time zone":                            {"a time keeps its instant, whatever its zone"},
	"ignores the context":                            {"a call whose context is done returns its error and writes nothing"},
	"forgets Extra":                                  {"a session is read as it was created, with version 1 whatever version was given", "an update writes back what it does not know"},
	"has no Extra in its UPDATE":                     {"what a session has in Extra may be up to 16 KiB, and can be emptied", "an update replaces the session and counts the version"},
	"has 4 KiB for Extra":                            {"what a session has in Extra may be up to 16 KiB, and can be emptied"},
	"has a column for each field of a method":        {"a session is read as it was created, with version 1 whatever version was given", "an update writes back what it does not know"},
	"keeps the first methods":                        {"an update replaces the session and counts the version"},
	"counts no version":                              {"an update replaces the session and counts the version"},
	"finds a session by hashes it had":               {"after a rotation the old token's hash finds the session as superseded, the one before nothing", "after a renewal the old hashes find nothing"},
	"frees no name":                                  {"a token hash that its session no longer has is free"},
	"compares no version":                            {"an update of any version but the stored one is a conflict and changes nothing"},
	"refuses older versions only":                    {"an update of any version but the stored one is a conflict and changes nothing"},
	"writes what it refuses":                         {"an update of any version but the stored one is a conflict and changes nothing"},
	"lets records change hands":                      {"an update for another identity is a conflict and changes nothing"},
	"folds owners":                                   {"an identity's id may be any text, and nobody's sessions are listed as another's", "deleting a session as another identity is no error and deletes nothing"},
	"creates on update":                              {"an update of a missing session is not found and creates none", "an update does not bring a deleted session back"},
	"breaks when it refuses":                         {"a refused call leaves nothing behind that the next call waits for or fails of"},
	"lists the oldest first":                         {"an identity's sessions are listed newest first"},
	"orders by whole seconds":                        {"the order is to the tick, and that of the last update"},
	"lists everyone's":                               {"an identity without sessions has an empty list and no error"},
	"finds no list where there is none":              {"an identity without sessions has an empty list and no error"},
	"lists one page":                                 {"a list has 50 sessions"},
	"is busy while a list is walked":                 {"sessions can be updated and deleted while their list is walked"},
	"sweeps what expires now with the next sweep":    {"a sweep deletes what expires exactly now, and not what expires a tick later"},
	"sweeps a little early":                          {"a sweep deletes what expires exactly now, and not what expires a tick later"},
	"finds a session by hashes it had when it lived": {"a deleted session is found by no hash, and no other is deleted", "a sweep deletes what expires exactly now, and not what expires a tick later"},
	"sweeps all at once":                             {"a sweep deletes no more than its limit, and says how many"},
	"keeps the first expiry":                         {"a sweep goes by the expiry of the last update"},
	"checks and creates in two steps":                {"of 32 sessions created at once with one token hash, one exists"},
	"checks and updates in two steps":                {"of 32 rotations of one version at once, one succeeds, and only its token is found", "of 32 updates at once, each repeated until it succeeds, none is lost"},
}

func (s *sloppy) keepSession(sess session.Session) {
	sess = in(s, sess, session.Session.Clone)
	for _, t := range []*time.Time{&sess.Superseded.Until, &sess.AuthenticatedAt, &sess.IssuedAt, &sess.ExpiresAt} {
		*t = s.time(*t)
	}
	switch {
	case s.has("forgets Extra"), s.has("has 4 KiB for Extra") && len(sess.Extra) > 4<<10:
		sess.Extra = nil
	case s.has("has a column for each field of a method"):
		sess.Methods = slices.Clone(sess.Methods)
		for n := range sess.Methods {
			sess.Methods[n].Unknown = ""
		}
	}
	s.sessions[sess.ID] = sess
	s.used[sess.TokenHash] = true
	s.had[sess.TokenHash], s.had[sess.Superseded.TokenHash] = sess, sess
}

// taken reports whether another session has the token hash.
func (s *sloppy) taken(sess session.Session) bool {
	if s.has("lets two sessions have one hash") {
		return false
	}
	for _, other := range s.sessions {
		if other.ID != sess.ID && other.TokenHash == sess.TokenHash {
			return true
		}
		if s.has("takes an empty hash for a duplicate") && other.ID != sess.ID && other.Superseded.TokenHash == sess.Superseded.TokenHash {
			return true
		}
	}
	return s.has("frees no name") && s.used[sess.TokenHash] && s.sessions[sess.ID].TokenHash != sess.TokenHash
}

func (s *sloppy) CreateSession(ctx context.Context, sess session.Session) error {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return s.end(err)
	}
	_, exists := s.sessions[sess.ID]
	duplicate := exists && !s.has("overwrites on create") || s.taken(sess)
	s.gap("checks and creates in two steps")
	if duplicate {
		return s.end(session.ErrDuplicate)
	}
	if !s.has("keeps the version it is given") {
		sess.Version = 1
	}
	s.keepSession(sess)
	return nil
}

// find finds the session of a hash.
func (s *sloppy) find(tokenHash string) (session.Session, bool) {
	wanted := s.folded("folds hashes", tokenHash)
	for _, sess := range s.sessions {
		superseded := sess.Superseded.TokenHash == wanted && !s.has("finds no superseded token")
		byPattern := s.has("reads a hash as a pattern") && strings.HasSuffix(wanted, "%") && strings.HasPrefix(sess.TokenHash, strings.TrimSuffix(wanted, "%"))
		if (wanted != "" || s.has("finds a session by nothing")) && (sess.TokenHash == wanted || superseded || byPattern) {
			return sess, true
		}
	}
	if old, ok := s.had[wanted]; ok && wanted != "" {
		sess, lives := s.sessions[old.ID]
		if s.has("finds a session by hashes it had") && lives {
			return sess, true
		}
		if s.has("finds a session by hashes it had when it lived") && !lives {
			return old, true
		}
	}
	return session.Session{}, false
}

func (s *sloppy) GetSession(ctx context.Context, tokenHash string) (session.Session, error) {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return session.Session{}, s.end(err)
	}
	sess, ok := s.find(tokenHash)
	if !ok || s.hides(sess.ExpiresAt) {
		return session.Session{}, s.end(session.ErrNotFound)
	}
	return out(s, sess, session.Session.Clone), nil
}

func (s *sloppy) checkSession(sess session.Session) error {
	stored, ok := s.sessions[sess.ID]
	switch {
	case s.busy:
		return errBroken
	case !ok && s.has("creates on update"):
		return nil
	case !ok:
		return session.ErrNotFound
	case stored.IdentityID != sess.IdentityID && !s.has("lets records change hands"):
		return session.ErrConflict
	case s.stale(stored.Version, sess.Version):
		if s.has("writes what it refuses") {
			s.keepSession(sess)
		}
		return session.ErrConflict
	case s.taken(sess):
		return session.ErrDuplicate
	}
	return nil
}

func (s *sloppy) writeSession(sess session.Session) {
	switch {
	case s.has("keeps the first methods"):
		sess.Methods = s.sessions[sess.ID].Methods
	case s.has("has no Extra in its UPDATE"):
		sess.Extra = s.sessions[sess.ID].Extra
	case s.has("keeps the first expiry"):
		sess.ExpiresAt = s.sessions[sess.ID].ExpiresAt
	}
	if !s.has("counts no version") {
		sess.Version++
	}
	s.keepSession(sess)
}

func (s *sloppy) UpdateSession(ctx context.Context, sess session.Session) error {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return s.end(err)
	}
	if err := s.checkSession(sess); err != nil {
		return s.end(err)
	}
	s.gap("checks and updates in two steps")
	s.writeSession(sess)
	return nil
}

func (s *sloppy) ListSessions(ctx context.Context, identityID string) ([]session.Session, error) {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return nil, s.end(err)
	}
	var list []session.Session
	for _, sess := range s.sessions {
		if s.folded("folds owners", sess.IdentityID) == s.folded("folds owners", identityID) || s.has("lists everyone's") {
			list = append(list, out(s, sess, session.Session.Clone))
		}
	}
	list = slices.DeleteFunc(list, func(sess session.Session) bool { return s.hides(sess.ExpiresAt) })
	slices.SortFunc(list, func(a, b session.Session) int {
		if s.has("orders by whole seconds") && b.IssuedAt.Unix() == a.IssuedAt.Unix() {
			return strings.Compare(a.ID, b.ID)
		}
		return b.IssuedAt.Compare(a.IssuedAt)
	})
	switch {
	case s.has("lists the oldest first"):
		slices.Reverse(list)
	case s.has("lists one page"):
		list = list[:min(len(list), 20)]
	case s.has("finds no list where there is none") && len(list) == 0:
		return nil, session.ErrNotFound
	}
	s.busy = s.has("is busy while a list is walked")
	return list, nil
}

func (s *sloppy) DeleteSession(ctx context.Context, identityID, id string) error {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return s.end(err)
	}
	if s.busy {
		return errBroken
	}
	stored, ok := s.sessions[id]
	mine := ok && s.folded("folds owners", stored.IdentityID) == s.folded("folds owners", identityID)
	if !mine && s.has("refuses to delete what is missing") {
		return session.ErrNotFound
	}
	if mine && !s.has("deletes nothing") || s.has("asks not whose session it deletes") {
		delete(s.sessions, id)
	}
	if s.has("deletes all of the identity") {
		clear(s.sessions)
	}
	return nil
}

func (s *sloppy) DeleteExpiredSessions(ctx context.Context, now time.Time, limit int) (int, error) {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return 0, s.end(err)
	}
	var due []string
	for id, sess := range s.sessions {
		if s.due(sess.ExpiresAt, now) {
			due = append(due, id)
		}
	}
	return s.sweep(limit, due, func(id string) { delete(s.sessions, id) }), nil
}
