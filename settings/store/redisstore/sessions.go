package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/amend-go/amend/session"
)

// This file owns sessions: a hash each, the list of an identity's, and the list of what
// is due in their part.

func (s *Store) sessionKeys(identityID, id string) []string {
	p := sessionPart(identityID)
	return []string{s.sessionRow(p, id), s.dueSessions(p), s.sessionsOf(identityID)}
}

var sessionErrors = map[string]error{"duplicate": session.ErrDuplicate, "conflict": session.ErrConflict, "missing": session.ErrNotFound}

// CreateSession implements store.SessionStore.
func (s *Store) CreateSession(ctx context.Context, sess session.Session) error {
	values, err := sessionValues(sess)
	if err != nil {
		return err
	}
	write, life := newWrite(), s.life(sess.ExpiresAt)
	values = append([]any{write, life, micros(sess.ExpiresAt), sess.ID,
		"identity", sess.IdentityID, "token", sess.TokenHash, "superseded", sess.Superseded.TokenHash}, values...)
	finders := s.finders(sess.ID, hashes(sess.TokenHash, sess.Superseded.TokenHash))
	return calls(ctx, func(ctx context.Context) error {
		claimed, err := s.claim(ctx, write, placeOf(sess), life, finders)
		if err != nil {
			return err
		}
		answer, err := createSession.Run(ctx, s.client, s.sessionKeys(sess.IdentityID, sess.ID), values...).Text()
		if err = meaning(answer, err, sessionErrors); errors.Is(err, session.ErrDuplicate) {
			s.release(ctx, claimed)
		}
		return err
	})
}

// GetSession implements store.SessionStore.
func (s *Store) GetSession(ctx context.Context, tokenHash string) (session.Session, error) {
	return call(ctx, func(ctx context.Context) (session.Session, error) {
		if tokenHash == "" {
			return session.Session{}, session.ErrNotFound
		}
		row, err := s.find(ctx, s.byToken(tokenHash))
		switch {
		case err != nil:
			return session.Session{}, err
		case row == nil || row["token"] != tokenHash && row["superseded"] != tokenHash:
			return session.Session{}, session.ErrNotFound
		}
		return readSession(row)
	})
}

// SessionOwner is the id of the identity that a session belongs to, given the session's id;
// session.ErrNotFound if there is none. It is for a host that ends sessions by their ids.
func (s *Store) SessionOwner(ctx context.Context, id string) (identityID string, err error) {
	return call(ctx, func(ctx context.Context) (string, error) {
		row, err := s.find(ctx, s.byID(id))
		if err == nil && row == nil {
			err = session.ErrNotFound
		}
		return row["identity"], err
	})
}

// UpdateSession implements store.SessionStore. It takes one round trip unless the session
// gets another token or a later expiry.
func (s *Store) UpdateSession(ctx context.Context, sess session.Session) error {
	values, err := sessionValues(sess)
	if err != nil {
		return err
	}
	write, life := newWrite(), s.life(sess.ExpiresAt)
	update := func(ctx context.Context, claimed int) ([]string, error) {
		return updateSession.Run(ctx, s.client, s.sessionKeys(sess.IdentityID, sess.ID), append([]any{write, life, micros(sess.ExpiresAt), sess.ID,
			sess.Version, sess.Version + 1, sess.IdentityID, sess.TokenHash, sess.Superseded.TokenHash, claimed}, values...)...).StringSlice()
	}
	finders := s.finders(sess.ID, hashes(sess.TokenHash, sess.Superseded.TokenHash))
	return calls(ctx, func(ctx context.Context) error {
		answer, err := update(ctx, 0)
		var claimed claims
		if err == nil && answer[0] == "claim" {
			if claimed, err = s.claim(ctx, write, placeOf(sess), life, finders); err != nil {
				return err
			}
			answer, err = update(ctx, 1)
		}
		if err != nil {
			return err
		}
		switch err = meaning(answer[0], nil, sessionErrors); {
		case errors.Is(err, session.ErrNotFound):
			s.release(ctx, claimed)
			return s.missing(ctx, sess.ID)
		case err != nil:
			s.release(ctx, claimed)
			return err
		}
		s.forget(ctx, s.leaves(placeOf(sess), answer[1:]))
		return nil
	})
}

// missing is the error of a session that is not where its identity's are: it may be
// another identity's.
func (s *Store) missing(ctx context.Context, id string) error {
	row, err := s.find(ctx, s.byID(id))
	switch {
	case err != nil:
		return err
	case row != nil:
		return session.ErrConflict
	}
	return session.ErrNotFound
}

// ListSessions implements store.SessionStore.
func (s *Store) ListSessions(ctx context.Context, identityID string) ([]session.Session, error) {
	return call(ctx, func(ctx context.Context) ([]session.Session, error) {
		rows, err := listSessions.Run(ctx, s.client, []string{s.sessionsOf(identityID)}, s.sessionRow(sessionPart(identityID), "")).Slice()
		if err != nil {
			return nil, err
		}
		list := []session.Session{}
		for _, row := range rows {
			sess, err := readSession(fields(row))
			if err != nil {
				return nil, err
			}
			if sess.IdentityID == identityID {
				list = append(list, sess)
			}
		}
		slices.SortFunc(list, func(a, b session.Session) int {
			if c := b.IssuedAt.Compare(a.IssuedAt); c != 0 {
				return c
			}
			return strings.Compare(a.ID, b.ID)
		})
		return list, nil
	})
}

// fields are a hash as a script gives it: names and values in turn.
func fields(row any) map[string]string {
	all, _ := row.([]any)
	m := map[string]string{}
	for i := 0; i+1 < len(all); i += 2 {
		m[fmt.Sprint(all[i])] = fmt.Sprint(all[i+1])
	}
	return m
}

// DeleteSession implements store.SessionStore.
func (s *Store) DeleteSession(ctx context.Context, identityID, id string) error {
	return calls(ctx, func(ctx context.Context) error {
		dropped, err := deleteSession.Run(ctx, s.client, s.sessionKeys(identityID, id), identityID, id).StringSlice()
		if err == nil && len(dropped) > 0 {
			s.forget(ctx, s.deleted(place{sessionPart(identityID), id}, hashes(dropped...)))
		}
		return err
	})
}

// DeleteExpiredSessions implements store.SessionStore.
func (s *Store) DeleteExpiredSessions(ctx context.Context, now time.Time, limit int) (int, error) {
	return s.sweep(ctx, now, limit, s.dueSessions,
		func(ctx context.Context, pipe redis.Pipeliner, p part, most int) *redis.Cmd {
			return sweepSessions.Eval(ctx, pipe, []string{s.dueSessions(p)}, micros(now), most, s.key(p, "of", ""))
		},
		func(p part, answer *redis.Cmd) (n int, all []left) {
			rows, _ := answer.StringSlice() // an error is the pipeline's too
			for ; len(rows) >= 3; rows = rows[3:] {
				all = append(all, s.deleted(place{p, rows[0]}, hashes(rows[1], rows[2]))...)
				n++
			}
			return n, all
		})
}
