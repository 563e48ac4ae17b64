package sqlstore

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/amend-go/amend/settings/store"
)

// A commit is one statement of PostgreSQL: a list of subqueries, of which the
// first, ready, locks the rows to be written in the versions that were given. If
// it finds them all it has one row, else none. All others write only if it has
// one, so they all write or none does. A key or token hash of another makes the
// statement an error, and undoes it.
//
// Identity, session and flow are locked in this order, as everywhere else, so
// that commits wait for each other and do not block each other.

// shape is which records a commit writes, and how many it drops.
type shape struct {
	identity, session, flow bool
	held                    bool // a session is locked that is not written
	drops                   int
}

const ifReady = " EXISTS (SELECT 1 FROM ready)"

// part is what a record adds to the statement.
type part struct{ from, where, writes string }

var (
	identityPart = part{"amend_identities i", "i.id = ? AND i.version = ?",
		"identity AS (UPDATE amend_identities SET " + identitySet + " WHERE id = ? AND version = ? AND" + ifReady + `),
		keys AS (SELECT pair->>0 AS kind, pair->>1 AS value FROM jsonb_array_elements(CAST(CAST(? AS text) AS jsonb)) pair),
		old_keys AS (DELETE FROM amend_keys WHERE identity_id = ? AND` + ifReady + ` AND (kind, value) NOT IN (SELECT kind, value FROM keys)),
		new_keys AS (INSERT INTO amend_keys (kind, value, identity_id) SELECT n.kind, n.value, CAST(? AS text) FROM keys n
			WHERE` + ifReady + " AND NOT EXISTS (SELECT 1 FROM amend_keys k WHERE k.kind = n.kind AND k.value = n.value AND k.identity_id = ?))"}
	sessionPart = part{"amend_sessions s", "s.id = ? AND s.version = ? AND s.identity_id = ?",
		"session AS (UPDATE amend_sessions SET " + sessionSet + " WHERE id = ? AND version = ? AND" + ifReady + `),
		tokens AS (SELECT hash FROM jsonb_array_elements_text(CAST(CAST(? AS text) AS jsonb)) hash),
		old_tokens AS (DELETE FROM amend_tokens WHERE session_id = ? AND` + ifReady + ` AND hash NOT IN (SELECT hash FROM tokens)),
		new_tokens AS (INSERT INTO amend_tokens (hash, session_id) SELECT n.hash, CAST(? AS text) FROM tokens n
			WHERE` + ifReady + " AND NOT EXISTS (SELECT 1 FROM amend_tokens t WHERE t.hash = n.hash AND t.session_id = ?))"}
	heldPart = part{from: sessionPart.from, where: sessionPart.where}
	flowPart = part{"amend_flows f", "f.flow_key = ? AND f.version = ? AND f.owner_id = ?",
		"flow AS (UPDATE amend_flows SET expires_at = ?, data = ?, version = version + 1 WHERE flow_key = ? AND version = ? AND" + ifReady + ")"}
)

var commitTexts texts[shape]

// text is the whole, with question marks.
func (s shape) text() string {
	var from, where, writes []string
	for _, p := range []struct {
		has bool
		part
	}{{s.identity, identityPart}, {s.session, sessionPart}, {s.held, heldPart}, {s.flow, flowPart}} {
		if !p.has {
			continue
		}
		from, where = append(from, p.from), append(where, p.where)
		if p.writes != "" {
			writes = append(writes, p.writes)
		}
	}
	if s.drops > 0 {
		writes = append(writes, "dropped AS (DELETE FROM amend_flows WHERE flow_key IN ("+marks(s.drops)+") AND"+ifReady+")")
	}
	ready := "SELECT 1 FROM " + strings.Join(from, ", ") + " WHERE " + strings.Join(where, " AND ") + " FOR UPDATE"
	return "WITH ready AS (" + ready + "), " + strings.Join(writes, ", ") + " SELECT count(*) FROM ready"
}

// arguments are those of the statement of a commit, and its shape: those that
// lock first, then those that write.
func arguments(c store.Commit) (args []any, s shape, err error) {
	locks, writes := make([]any, 0, 48), make([]any, 0, 40)
	if i := c.Identity; i != nil {
		pairs := [][2]string{}
		for _, k := range sorted(i.Keys) {
			pairs = append(pairs, [2]string{string(k.Kind), k.Value})
		}
		keys, err := json.Marshal(pairs)
		if err != nil {
			return nil, s, err
		}
		s.identity = true
		locks = append(locks, i.ID, i.Version)
		writes = append(append(writes, identityUpdate(*i)...), i.ID, i.Version, string(keys), i.ID, i.ID, i.ID)
	}
	if sess := c.Session; sess != nil {
		values, err := sessionValues(*sess)
		if err != nil {
			return nil, s, err
		}
		hashes, err := json.Marshal(hashes(*sess))
		if err != nil {
			return nil, s, err
		}
		s.session = true
		locks = append(locks, sess.ID, sess.Version, sess.IdentityID)
		writes = append(append(writes, values...), sess.ID, sess.Version, string(hashes), sess.ID, sess.ID, sess.ID)
	}
	if held := c.IfSession; held != nil {
		s.held = true
		locks = append(locks, held.ID, held.Version, held.IdentityID)
	}
	if f := c.Flow; f != nil {
		s.flow = true
		locks = append(locks, f.Key, f.Version, f.Owner)
		writes = append(writes, micros(f.ExpiresAt), bytesOf(f.Data), f.Key, f.Version)
	}
	dropped := findable(c.Drop)
	s.drops = len(dropped)
	return append(append(locks, writes...), anys(dropped)...), s, nil
}

// commitAtOnce tries a commit as one statement. If it was refused nothing is
// written, and done is false without an error.
func (s *Store) commitAtOnce(ctx context.Context, c store.Commit) (done bool, err error) {
	args, written, err := arguments(c)
	if err != nil {
		return false, err
	}
	if !written.identity && !written.session && !written.flow {
		return false, nil
	}
	statement := s.d.bound(commitTexts.of(written, shape.text))
	var ready int
	err = s.retry(ctx, nil, func() error { return s.db.QueryRowContext(ctx, statement, args...).Scan(&ready) })
	if f := s.failureOf(err); f == duplicate || f == clash {
		return false, nil
	}
	return err == nil && ready == 1, err
}
