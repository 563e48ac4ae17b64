package sqlstore

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// atOnce is a commit as one statement of PostgreSQL: a list of subqueries, of
// which the first, ready, locks the rows to be written in the versions that
// were given. If it finds them all it has one row, else none. All others write
// only if it has one, so they all write or none does. A key or token hash of
// another makes the statement an error, and undoes it.
//
// Identity, session and flow are locked in this order, as everywhere else, so
// that commits wait for each other and do not block each other.
type atOnce struct {
	from, where []string
	writes      []string
	readyArgs   []any
	writeArgs   []any
}

func (q *atOnce) lock(from, where string, args ...any) {
	q.from, q.where = append(q.from, from), append(q.where, where)
	q.readyArgs = append(q.readyArgs, args...)
}

func (q *atOnce) write(name, statement string, args ...any) {
	q.writes = append(q.writes, name+" AS ("+statement+")")
	q.writeArgs = append(q.writeArgs, args...)
}

const ifReady = " EXISTS (SELECT 1 FROM ready)"

func (q *atOnce) identity(i identity.Record) error {
	pairs := [][2]string{}
	for _, k := range sorted(i.Keys) {
		pairs = append(pairs, [2]string{string(k.Kind), k.Value})
	}
	keys, err := json.Marshal(pairs)
	if err != nil {
		return err
	}
	q.lock("amend_identities i", "i.id = ? AND i.version = ?", i.ID, i.Version)
	q.write("identity", "UPDATE amend_identities SET "+identitySet+" WHERE id = ? AND version = ? AND"+ifReady, append(identityUpdate(i), i.ID, i.Version)...)
	q.write("keys", "SELECT pair->>0 AS kind, pair->>1 AS value FROM jsonb_array_elements(CAST(CAST(? AS text) AS jsonb)) pair", string(keys))
	q.write("old_keys", "DELETE FROM amend_keys WHERE identity_id = ? AND"+ifReady+" AND (kind, value) NOT IN (SELECT kind, value FROM keys)", i.ID)
	q.write("new_keys", `INSERT INTO amend_keys (kind, value, identity_id) SELECT n.kind, n.value, CAST(? AS text) FROM keys n
		WHERE`+ifReady+" AND NOT EXISTS (SELECT 1 FROM amend_keys k WHERE k.kind = n.kind AND k.value = n.value AND k.identity_id = ?)", i.ID, i.ID)
	return nil
}

func (q *atOnce) session(s session.Session) error {
	values, err := sessionValues(s)
	if err != nil {
		return err
	}
	hashes, err := json.Marshal(hashes(s))
	if err != nil {
		return err
	}
	q.lock("amend_sessions s", "s.id = ? AND s.version = ? AND s.identity_id = ?", s.ID, s.Version, s.IdentityID)
	q.write("session", "UPDATE amend_sessions SET "+sessionSet+" WHERE id = ? AND version = ? AND"+ifReady, append(values, s.ID, s.Version)...)
	q.write("tokens", "SELECT hash FROM jsonb_array_elements_text(CAST(CAST(? AS text) AS jsonb)) hash", string(hashes))
	q.write("old_tokens", "DELETE FROM amend_tokens WHERE session_id = ? AND"+ifReady+" AND hash NOT IN (SELECT hash FROM tokens)", s.ID)
	q.write("new_tokens", `INSERT INTO amend_tokens (hash, session_id) SELECT n.hash, CAST(? AS text) FROM tokens n
		WHERE`+ifReady+" AND NOT EXISTS (SELECT 1 FROM amend_tokens t WHERE t.hash = n.hash AND t.session_id = ?)", s.ID, s.ID)
	return nil
}

// statement is the whole, with question marks, and its arguments.
func (q *atOnce) statement() (string, []any) {
	ready := "SELECT 1 FROM " + strings.Join(q.from, ", ") + " WHERE " + strings.Join(q.where, " AND ") + " FOR UPDATE"
	return "WITH ready AS (" + ready + "), " + strings.Join(q.writes, ", ") + " SELECT count(*) FROM ready", append(q.readyArgs, q.writeArgs...)
}

// commitAtOnce tries a commit as one statement. If it was refused nothing is
// written, and done is false without an error.
func (s *Store) commitAtOnce(ctx context.Context, c store.Commit) (done bool, err error) {
	var q atOnce
	if c.Identity != nil {
		if err := q.identity(*c.Identity); err != nil {
			return false, err
		}
	}
	if c.Session != nil {
		if err := q.session(*c.Session); err != nil {
			return false, err
		}
	}
	if held := c.IfSession; held != nil {
		q.lock("amend_sessions s", "s.id = ? AND s.version = ? AND s.identity_id = ?", held.ID, held.Version, held.IdentityID)
	}
	if f := c.Flow; f != nil {
		q.lock("amend_flows f", "f.flow_key = ? AND f.version = ? AND f.owner_id = ?", f.Key, f.Version, f.Owner)
		q.write("flow", "UPDATE amend_flows SET expires_at = ?, data = ?, version = version + 1 WHERE flow_key = ? AND version = ? AND"+ifReady,
			micros(f.ExpiresAt), bytesOf(f.Data), f.Key, f.Version)
	}
	if len(q.from) == 0 {
		return false, nil
	}
	if keys := findable(c.Drop); len(keys) > 0 {
		q.write("dropped", "DELETE FROM amend_flows WHERE flow_key IN ("+marks(len(keys))+") AND"+ifReady, anys(keys)...)
	}
	statement, args := q.statement()
	var ready int
	err = s.retry(ctx, nil, func() error { return s.db.QueryRowContext(ctx, s.d.bound(statement), args...).Scan(&ready) })
	if f := s.failureOf(err); f == duplicate || f == clash {
		return false, nil
	}
	return err == nil && ready == 1, err
}
