package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/amend-go/amend/session"
)

// This file owns what finds a session that is asked for by its id or by the hash of a
// token, neither of which says in which part its row is.
//
// A finder is a key of its own, with the place of the row as its value; on a cluster it
// may be on another server than the row. So it is only a hint: what counts is the row,
// which is asked whether it has that hash. A finder that leads nowhere is as none. It is
// claimed before the row is written, and given up after the row is.

// place is where a session is.
type place struct {
	part part
	id   string
}

func placeOf(s session.Session) place { return place{sessionPart(s.IdentityID), s.ID} }

func (p place) String() string { return string(p.part) + " " + p.id }

// readPlace reads the value of a finder: seconds since 1970, the name of a write, a
// part and an id.
func readPlace(value string) (place, error) {
	f := strings.SplitN(value, " ", 4)
	if len(f) != 4 || len(f[2]) != 2 {
		return place{}, errors.New("redisstore: what finds a session is damaged")
	}
	return place{part(f[2]), f[3]}, nil
}

func (s *Store) byID(id string) string      { return s.config.Prefix + "session-id:" + id }
func (s *Store) byToken(hash string) string { return s.config.Prefix + "token:" + hash }

// finders are all that finds a session.
func (s *Store) finders(id string, hashes []string) []string {
	all := []string{s.byID(id)}
	for _, hash := range hashes {
		all = append(all, s.byToken(hash))
	}
	return all
}

// leftBehind is how old, in seconds, a finder is that leads nowhere because the call
// that claimed it ended halfway. A younger one may be of a call that is under way.
const leftBehind = 60

// claims are the finders that one write claimed.
type claims struct {
	write string
	at    place
	mine  []string
}

// claim makes finders lead to a session, for as long as it lives. One that leads to
// another session is session.ErrDuplicate, and then none is claimed.
func (s *Store) claim(ctx context.Context, write string, at place, life int64, finders []string) (claims, error) {
	c := claims{write: write, at: at}
	pipe, answers := s.client.Pipeline(), make([]*redis.Cmd, len(finders))
	for i, key := range finders {
		answers[i] = claim.Eval(ctx, pipe, []string{key}, write, at.String(), life)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return c, err
	}
	taken := map[string][]any{}
	for i, key := range finders {
		answer, err := answers[i].Slice()
		switch {
		case err != nil:
			return c, err
		case answer[0] == "ok":
			c.mine = append(c.mine, key)
		case answer[0] == "taken":
			taken[key] = answer
		}
	}
	for key, answer := range taken {
		if err := s.takeOver(ctx, c, key, life, answer); err != nil {
			s.release(ctx, c)
			return c, err
		}
		c.mine = append(c.mine, key)
	}
	return c, nil
}

// takeOver claims a finder that another session has, if it was left behind: its session
// is gone, or has another token.
func (s *Store) takeOver(ctx context.Context, c claims, key string, life int64, taken []any) error {
	value, _ := taken[1].(string)
	age, _ := taken[2].(int64)
	other, err := readPlace(value)
	if err != nil {
		return err
	}
	row, err := s.client.HMGet(ctx, s.sessionRow(other.part, other.id), "id", "token", "superseded").Result()
	if err != nil {
		return err
	}
	if age < leftBehind || row[0] != nil && (key == s.byID(other.id) || key == s.byToken(fmt.Sprint(row[1])) || key == s.byToken(fmt.Sprint(row[2]))) {
		return session.ErrDuplicate
	}
	answer, err := takeOver.Run(ctx, s.client, []string{key}, c.write, c.at.String(), life, value).Text()
	return meaning(answer, err, sessionErrors)
}

// left is a finder that leads nowhere any more, and how its value ends.
type left struct{ finder, end string }

// release gives up what was claimed for a write that came to nothing.
func (s *Store) release(ctx context.Context, c claims) {
	var all []left
	for _, finder := range c.mine {
		all = append(all, left{finder, " " + c.write + " " + c.at.String()})
	}
	s.forget(ctx, all)
}

// leaves are finders that led to a session by these hashes.
func (s *Store) leaves(at place, hashes []string) (all []left) {
	for _, hash := range hashes {
		all = append(all, left{s.byToken(hash), " " + at.String()})
	}
	return all
}

// deleted are all finders of a session.
func (s *Store) deleted(at place, hashes []string) []left {
	return append(s.leaves(at, hashes), left{s.byID(at.id), " " + at.String()})
}

// forget deletes finders. One that stays is in nobody's way, and expires.
func (s *Store) forget(ctx context.Context, all []left) {
	if len(all) == 0 {
		return
	}
	pipe := s.client.Pipeline()
	for _, l := range all {
		release.Eval(ctx, pipe, []string{l.finder}, l.end)
	}
	_, _ = pipe.Exec(ctx)
}

// find reads the row that a finder leads to; nil if there is none.
func (s *Store) find(ctx context.Context, finder string) (map[string]string, error) {
	value, err := s.client.Get(ctx, finder).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	at, err := readPlace(value)
	if err != nil {
		return nil, err
	}
	row, err := s.client.HGetAll(ctx, s.sessionRow(at.part, at.id)).Result()
	if len(row) == 0 {
		return nil, err
	}
	return row, err
}
