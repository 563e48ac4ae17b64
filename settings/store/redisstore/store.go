package redisstore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/store"
)

// Config is how a Store uses its server. The zero value is complete.
type Config struct {
	// Prefix begins every key; "" is "amend:". It has no braces. Two
	// applications that share a server have two prefixes.
	Prefix string

	// Now is the clock for the keys' time to live; nil is time.Now. It must be the clock of
	// settings.Config.Now, because records expire by that one and not by the server's.
	Now func() time.Time

	// AllowEviction lets Check pass on a server that throws keys away when its
	// memory is full (any maxmemory-policy but noeviction). Sessions then end
	// early, and counts of wrong tries begin again.
	AllowEviction bool
}

// Store keeps flows and sessions in Redis. It is made by New and safe for
// concurrent use, in one process and in many.
type Store struct {
	client redis.UniversalClient
	config Config
}

var (
	_ store.FlowStore    = (*Store)(nil)
	_ store.SessionStore = (*Store)(nil)
)

// New makes a store over a client, which stays the caller's to close. It asks the
// server nothing: Check does. A client that reads from replicas is refused, because
// what one request has written the next one must see.
func New(client redis.UniversalClient, c Config) (*Store, error) {
	switch {
	case client == nil:
		return nil, errors.New("redisstore: New: client is nil")
	case strings.ContainsAny(c.Prefix, "{}"):
		return nil, errors.New("redisstore: New: Prefix has a brace, which would decide where keys are kept")
	}
	if cluster, ok := client.(*redis.ClusterClient); ok {
		if o := cluster.Options(); o.ReadOnly || o.RouteByLatency || o.RouteRandomly {
			return nil, errors.New("redisstore: New: the client reads from replicas (ReadOnly, RouteByLatency or RouteRandomly)")
		}
	}
	if c.Prefix == "" {
		c.Prefix = "amend:"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Store{client, c}, nil
}

// A part is where a record is kept: one of 256, which a cluster spreads over its
// servers. All keys of a part have one hash tag, so that one script reads and writes a
// record and what finds it. A flow's part follows from its key, a session's from
// the first of the two route bytes of its identity, with which every token of that
// identity begins (session.Route).
type part string

// parts are how many there are.
const parts = 256

func partOf(b byte) part { return part(hex.EncodeToString([]byte{b})) }

func flowPart(key string) part {
	sum := sha256.Sum256([]byte(key))
	return partOf(sum[0])
}

func sessionPart(identityID string) part { return partOf(session.Route(identityID)[0]) }

// The keys. The first brace of each is the hash tag's.
func (s *Store) key(p part, kind, name string) string {
	return s.config.Prefix + "{" + string(p) + "}:" + kind + ":" + name
}

func (s *Store) flowRow(key string) string           { return s.key(flowPart(key), "flow", key) }
func (s *Store) sessionRow(p part, id string) string { return s.key(p, "session", id) }
func (s *Store) sessionsOf(identityID string) string {
	return s.key(sessionPart(identityID), "of", identityID)
}
func (s *Store) dueFlows(p part) string    { return s.key(p, "due", "flows") }
func (s *Store) dueSessions(p part) string { return s.key(p, "due", "sessions") }

// grace is how long Redis itself keeps a record after it has expired: so long a
// clock of another instance may be behind. A sweep deletes it sooner.
const grace = time.Hour

// life is the time to live of a record, in milliseconds.
func (s *Store) life(expiresAt time.Time) int64 {
	return (max(0, expiresAt.Sub(s.config.Now())) + grace).Milliseconds()
}

// newWrite names one write. A client repeats a command whose answer was lost; the
// name, which is stored with the record, tells that it was done already.
func newWrite() string { return rand.Text() }

// patience is how long a call may take.
const patience = 10 * time.Second

// call makes a call that ends when ctx does, and after patience at the latest,
// whatever the client is configured to wait.
func call[T any](ctx context.Context, do func(ctx context.Context) (T, error)) (T, error) {
	var zero T
	if err := ctx.Err(); err != nil {
		return zero, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	type answer struct {
		value T
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		value, err := do(ctx)
		answered <- answer{value, err}
	}()
	select {
	case a := <-answered:
		if a.err != nil && ctx.Err() != nil {
			return zero, ctx.Err()
		}
		return a.value, a.err
	case <-ctx.Done():
		return zero, ctx.Err()
	}
}

// calls is call without a value.
func calls(ctx context.Context, do func(ctx context.Context) error) error {
	_, err := call(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) })
	return err
}
