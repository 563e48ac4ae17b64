package redisstore

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// This file owns the deletion of what has expired by the caller's clock. Redis deletes
// the same by time to live, a grace later.

// sweepAtOnce is how many records of a part one script deletes: Redis does nothing
// else meanwhile.
const sweepAtOnce = 100

// sweep asks all parts at once how much is due there, and deletes at most limit of it.
// ask adds a script to a pipeline that deletes at most so many records of a part, and
// read says by its answer how many it did, and what else found them.
func (s *Store) sweep(ctx context.Context, now time.Time, limit int, due func(part) string,
	ask func(ctx context.Context, pipe redis.Pipeliner, p part, most int) *redis.Cmd,
	read func(p part, answer *redis.Cmd) (int, []left)) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	total := 0
	for total < limit {
		got, err := call(ctx, func(ctx context.Context) (swept, error) {
			counts, err := s.countDue(ctx, now, due)
			if err != nil {
				return swept{}, err
			}
			pipe, answers, room := s.client.Pipeline(), map[part]*redis.Cmd{}, limit-total
			for p, n := range counts {
				if most := min(n, sweepAtOnce, room); most > 0 {
					answers[p], room = ask(ctx, pipe, p, most), room-most
				}
			}
			if len(answers) == 0 {
				return swept{over: true}, nil
			}
			_, failed := pipe.Exec(ctx)
			var got swept
			var gone []left
			for p, answer := range answers {
				n, some := read(p, answer)
				got.n, gone = got.n+n, append(gone, some...)
			}
			s.forget(ctx, gone)
			return got, failed
		})
		total += got.n
		if err != nil || got.over {
			return total, err
		}
	}
	return total, nil
}

// swept is what one round of a sweep did.
type swept struct {
	n    int
	over bool // nothing is due
}

// countDue is how many records of each part are due.
func (s *Store) countDue(ctx context.Context, now time.Time, due func(part) string) (map[part]int, error) {
	pipe, answers, to := s.client.Pipeline(), map[part]*redis.IntCmd{}, strconv.FormatInt(micros(now), 10)
	for b := range parts {
		p := partOf(byte(b))
		answers[p] = pipe.ZCount(ctx, due(p), "-inf", to)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, err
	}
	counts := map[part]int{}
	for p, answer := range answers {
		if n := int(answer.Val()); n > 0 {
			counts[p] = n
		}
	}
	return counts, nil
}
