package storetest_test

import (
	"context"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

var backendFlaws = map[string][]string{
	"loads the session alone":              {"a load finds the session, its identity and the flow"},
	"finds no superseded token":            {"a load finds a session by its superseded token too"},
	"finds a session by nothing":           {"a load of an unknown or empty token hash finds nothing, and is no error"},
	"refuses to load what is missing":      {"a load of an unknown or empty token hash finds nothing, and is no error"},
	"loads a flow without a session":       {"a load of an unknown or empty token hash finds nothing, and is no error"},
	"loads all or nothing":                 {"a load without a flow's key, or with a missing one, finds the rest", "a load finds the session of a missing identity"},
	"loads an owner's flow only":           {"a load finds the flow of another owner too: its caller judges whose it is"},
	"loads an empty identity":              {"a load finds the session of a missing identity"},
	"hides what is expired":                {"a load finds what is expired"},
	"loads what it loaded before":          {"a load finds what the stores wrote last"},
	"hands out its own bytes":              {"what a load finds is a copy"},
	"ignores the context":                  {"a load whose context is done returns its error", "a commit whose context is done returns its error and writes nothing"},
	"commits for a session that has ended": {"a commit that holds a session writes nothing if it is not as it was"},
	"commits the identity alone":           {"a commit writes identity, session and flow, and counts each version"},
	"needs all three":                      {"a commit writes only what is set"},
	"commits one after the other":          {"a commit in which any record is stale is a conflict and writes nothing", "a commit in which any record is missing is not found and writes nothing", "a commit that gives a session or a flow to another is a conflict and writes nothing", "a commit to a token hash of another session is a duplicate and writes nothing"},
	"compares no version":                  {"a commit in which any record is stale is a conflict and writes nothing"},
	"creates on update":                    {"a commit in which any record is missing is not found and writes nothing"},
	"lets records change hands":            {"a commit that gives a session or a flow to another is a conflict and writes nothing"},
	"lets two sessions have one hash":      {"a commit to a token hash of another session is a duplicate and writes nothing"},
	"drops nothing":                        {"a commit deletes the records it drops, and a missing one is no error"},
	"drops all of the owner":               {"a commit deletes the records it drops, and a missing one is no error"},
	"refuses to drop what is missing":      {"a commit deletes the records it drops, and a missing one is no error"},
	"drops before it checks":               {"a refused commit drops nothing"},
	"keeps the caller's bytes":             {"a commit copies what it is given"},
	"breaks when it refuses":               {"a refused commit leaves nothing behind that the next waits for or fails of"},
	"checks and commits in two steps":      {"of 32 commits of one version at once, one succeeds, and all of it stands", "of 32 commits at once, each repeated until it succeeds, none is lost in any record"},
}

func (s *sloppy) Load(ctx context.Context, tokenHash, flowKey string) (store.Loaded, error) {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return store.Loaded{}, s.end(err)
	}
	if l, ok := s.cache[tokenHash+flowKey]; ok && s.has("loads what it loaded before") {
		return l, nil
	}
	var l store.Loaded
	if f, ok := s.flows[flowKey]; ok && !s.hides(f.ExpiresAt) {
		f = out(s, f, flow.Record.Clone)
		l.Flow = &f
	}
	sess, ok := s.find(tokenHash)
	switch {
	case !ok && s.has("refuses to load what is missing"):
		return store.Loaded{}, session.ErrNotFound
	case !ok && s.has("loads a flow without a session"):
		return l, nil
	case !ok, s.hides(sess.ExpiresAt):
		return store.Loaded{}, nil
	}
	if s.has("loads an owner's flow only") && l.Flow != nil && l.Flow.Owner != sess.IdentityID {
		l.Flow = nil
	}
	if i, ok := s.identities[sess.IdentityID]; ok || s.has("loads an empty identity") {
		i = out(s, i, identity.Record.Clone)
		l.Identity = &i
	}
	sess = out(s, sess, session.Session.Clone)
	l.Session = &sess
	if s.has("loads all or nothing") && (l.Flow == nil || l.Identity == nil) {
		return store.Loaded{}, nil
	}
	if s.has("loads the session alone") {
		return store.Loaded{Session: l.Session}, nil
	}
	s.cache[tokenHash+flowKey] = l
	return l, nil
}

func (s *sloppy) Commit(ctx context.Context, c store.Commit) error {
	defer s.mu.Unlock()
	if err := s.begin(ctx); err != nil {
		return s.end(err)
	}
	if s.has("needs all three") && (c.Identity == nil || c.Session == nil || c.Flow == nil) {
		return errBroken
	}
	if s.has("commits the identity alone") {
		c.Session, c.Flow = nil, nil
	}
	var checks []error
	var writes []func()
	if s.has("drops before it checks") {
		s.drop(c.Drop)
	}
	if c.Identity != nil {
		if s.has("keeps no due time from a commit") {
			c.Identity.DueAt = s.identities[c.Identity.ID].DueAt
		}
		checks, writes = append(checks, s.checkIdentity(*c.Identity)), append(writes, func() { s.writeIdentity(*c.Identity) })
	}
	if c.Session != nil {
		checks, writes = append(checks, s.checkSession(*c.Session)), append(writes, func() { s.writeSession(*c.Session) })
	}
	if c.IfSession != nil && !s.has("commits for a session that has ended") {
		checks, writes = append(checks, s.checkSession(*c.IfSession)), append(writes, func() {})
	}
	if c.Flow != nil {
		checks, writes = append(checks, s.checkFlow(*c.Flow)), append(writes, func() { s.writeFlow(*c.Flow) })
	}
	s.gap("checks and commits in two steps")
	for i, err := range checks {
		if err != nil {
			return s.end(err)
		}
		if s.has("commits one after the other") {
			writes[i]()
			writes[i] = func() {}
		}
	}
	for _, key := range c.Drop {
		if _, ok := s.flows[key]; !ok && s.has("refuses to drop what is missing") {
			return s.end(flow.ErrNotFound)
		}
	}
	for _, write := range writes {
		write()
	}
	if !s.has("drops nothing") {
		s.drop(c.Drop)
	}
	return nil
}

func (s *sloppy) drop(keys []string) {
	for _, key := range keys {
		dropped := s.flows[key]
		delete(s.flows, key)
		for other, r := range s.flows {
			if s.has("drops all of the owner") && r.Owner == dropped.Owner {
				delete(s.flows, other)
			}
		}
	}
}
