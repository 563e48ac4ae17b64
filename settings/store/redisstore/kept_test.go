package redisstore_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/store/redisstore"
)

// What each released version had stored stays in testdata/rows, VERSION.json. No later
// version may change such a file. To add those of a version, before it is tagged:
//
//	AMEND_ROWS=v1.2.3 AMEND_REDIS=redis://… go test -run TestRowsOfEveryVersionAreRead .
const keptRows = "testdata/rows"

// kept is such a file: a flow that was updated once, a session whose token was rotated
// once, and the keys that they were stored under.
type kept struct {
	Now     time.Time
	Flow    flow.Record
	Session session.Session
	Hashes  map[string]map[string][]byte
	Texts   map[string][]byte
	Sets    map[string][]string
	Scores  map[string]map[string]float64
}

func (k kept) store(t *testing.T, client *redis.Client) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(client, redisstore.Config{Now: func() time.Time { return k.Now }})
	require.NoError(t, err)
	return s
}

func TestRowsOfEveryVersionAreRead(t *testing.T) {
	if version := os.Getenv("AMEND_ROWS"); version != "" {
		keepRows(t, filepath.Join(keptRows, version+".json"))
	}
	files, err := filepath.Glob(keptRows + "/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			var k kept
			require.NoError(t, json.Unmarshal(text, &k))
			var extra bytes.Buffer // without the file's indentation
			require.NoError(t, json.Compact(&extra, k.Session.Extra))
			k.Session.Extra = extra.Bytes()
			client := serve(t).client(t)
			k.restore(t, client)
			k.isRead(t, k.store(t, client))
		})
	}
}

// isRead goes on with what is stored: it is read, found, changed and deleted.
func (k kept) isRead(t *testing.T, s *redisstore.Store) {
	ctx := t.Context()
	f, err := s.GetFlow(ctx, k.Flow.Key)
	require.NoError(t, err)
	assert.Equal(t, k.Flow, f)
	f.Data = []byte("changed")
	require.NoError(t, s.UpdateFlow(ctx, f))
	assert.ErrorIs(t, s.UpdateFlow(ctx, k.Flow), flow.ErrConflict, "the version of before")

	for _, hash := range []string{k.Session.TokenHash, k.Session.Superseded.TokenHash} {
		one, err := s.GetSession(ctx, hash)
		require.NoError(t, err)
		assert.Equal(t, k.Session, one)
	}
	all, err := s.ListSessions(ctx, k.Session.IdentityID)
	require.NoError(t, err)
	assert.Equal(t, []session.Session{k.Session}, all)
	next := k.Session
	next.UserAgent = "another"
	require.NoError(t, s.UpdateSession(ctx, next))
	assert.ErrorIs(t, s.UpdateSession(ctx, next), session.ErrConflict)

	for range 200 { // of each part of the keys in turn
		_, err = s.DeleteExpiredFlows(ctx, k.Flow.ExpiresAt.Add(time.Hour), 1000)
		require.NoError(t, err)
	}
	_, err = s.GetFlow(ctx, k.Flow.Key)
	assert.ErrorIs(t, err, flow.ErrNotFound)
	require.NoError(t, s.DeleteSession(ctx, k.Session.IdentityID, k.Session.ID))
	_, err = s.GetSession(ctx, k.Session.TokenHash)
	assert.ErrorIs(t, err, session.ErrNotFound)
}

// keepRows writes what this version stores.
func keepRows(t *testing.T, file string) {
	t.Helper()
	client := serve(t).client(t)
	ctx := t.Context()
	k := kept{Now: time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)}
	s := k.store(t, client)

	k.Flow = flow.Record{Key: "flow:c1004318-41c7-4717-b0b3-33a704e2107b", Owner: "ada", ExpiresAt: k.Now.Add(time.Hour), Data: []byte("\x00any bytes\xff")}
	require.NoError(t, s.CreateFlow(ctx, k.Flow))
	k.Flow.Version, k.Flow.Data = 1, append(k.Flow.Data, '!')
	require.NoError(t, s.UpdateFlow(ctx, k.Flow))
	var err error
	k.Flow, err = s.GetFlow(ctx, k.Flow.Key)
	require.NoError(t, err)

	old, current := session.Hash("amd_st_old"), session.Hash("amd_st_current")
	k.Session = session.Session{
		ID: "5b1cb8c6-6b7c-4c42-8a2e-2a6f3a4d1b11", IdentityID: "ada", TokenHash: old, Generation: 3, Change: "a change",
		Methods:         []session.Completed{{Method: aal.Password, At: k.Now}, {Method: aal.TOTP, At: k.Now}},
		AuthenticatedAt: k.Now, IssuedAt: k.Now, ExpiresAt: k.Now.Add(24 * time.Hour), UserAgent: "Firefox", IP: "192.0.2.1", Extra: json.RawMessage(`{"later":1}`),
	}
	require.NoError(t, s.CreateSession(ctx, k.Session))
	k.Session.Version, k.Session.TokenHash = 1, current
	k.Session.Superseded = session.Superseded{TokenHash: old, Until: k.Now.Add(session.RetryWindow), Successor: []byte("sealed")}
	require.NoError(t, s.UpdateSession(ctx, k.Session))
	k.Session, err = s.GetSession(ctx, current)
	require.NoError(t, err)

	k.dump(t, client)
	text, err := json.MarshalIndent(k, "", "\t")
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, append(text, '\n'), 0o644))
}

// dump takes down every key of the server, without the time it has to live.
func (k *kept) dump(t *testing.T, client *redis.Client) {
	t.Helper()
	ctx := t.Context()
	k.Hashes, k.Texts, k.Sets, k.Scores = map[string]map[string][]byte{}, map[string][]byte{}, map[string][]string{}, map[string]map[string]float64{}
	for _, key := range keys(client, "") {
		switch kind := client.Type(ctx, key).Val(); kind {
		case "hash":
			k.Hashes[key] = map[string][]byte{}
			for field, value := range client.HGetAll(ctx, key).Val() {
				k.Hashes[key][field] = []byte(value)
			}
		case "string":
			k.Texts[key] = []byte(client.Get(ctx, key).Val())
		case "set":
			k.Sets[key] = client.SMembers(ctx, key).Val()
		case "zset":
			k.Scores[key] = map[string]float64{}
			for _, z := range client.ZRangeWithScores(ctx, key, 0, -1).Val() {
				k.Scores[key][z.Member.(string)] = z.Score
			}
		default:
			t.Fatalf("%s is a %s", key, kind)
		}
	}
}

func (k *kept) restore(t *testing.T, client *redis.Client) {
	t.Helper()
	ctx := t.Context()
	for key, fields := range k.Hashes {
		for field, value := range fields {
			require.NoError(t, client.HSet(ctx, key, field, value).Err())
		}
	}
	for key, value := range k.Texts {
		require.NoError(t, client.Set(ctx, key, value, 0).Err())
	}
	for key, members := range k.Sets {
		for _, m := range members {
			require.NoError(t, client.SAdd(ctx, key, m).Err())
		}
	}
	for key, members := range k.Scores {
		for m, score := range members {
			require.NoError(t, client.ZAdd(ctx, key, redis.Z{Score: score, Member: m}).Err())
		}
	}
}
