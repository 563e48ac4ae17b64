package sqlstore

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/wire"
)

// The columns of each table, in the order of fields below and of its values.
const (
	flowColumns     = "f.flow_key, f.owner_id, f.version, f.expires_at, f.data"
	identityColumns = "i.id, i.active, i.schema_id, i.traits, i.metadata_public, i.password_hash, i.sealed_state, i.version, i.created_at, i.updated_at, i.due_at, i.signs_in_elsewhere"
	sessionColumns  = "s.id, s.identity_id, s.token_hash, s.superseded_hash, s.superseded_until, s.successor, s.generation, s.change_id, s.methods, s.authenticated_at, s.issued_at, s.expires_at, s.user_agent, s.ip, s.extra, s.version"
)

// micros is a time as it is stored: microseconds since 1970 in UTC. It is an
// integer because that is the same in every database: no column's precision,
// no driver option and no time zone of a server or connection changes it, and
// it sorts.
func micros(t time.Time) int64 { return t.UnixMicro() }

// dueMicros is the time of something due, 0 for none: no event is of 1970.
func dueMicros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return micros(t)
}

func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// bytesOf is never nil, which drivers store as NULL.
func bytesOf(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// absent is nil for what is empty.
func absent(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

// flowRow is a row of flows, or of NULLs in an outer join.
type flowRow struct {
	key, owner         sql.Null[string]
	version, expiresAt sql.Null[int64]
	data               []byte
}

// appendFields appends where its columns are scanned to, as those of the others do.
func (r *flowRow) appendFields(to []any) []any {
	return append(to, &r.key, &r.owner, &r.version, &r.expiresAt, &r.data)
}

func (r *flowRow) record() *flow.Record {
	if !r.key.Valid {
		return nil
	}
	return &flow.Record{Key: r.key.V, Owner: r.owner.V, Version: r.version.V, ExpiresAt: timeOf(r.expiresAt.V), Data: r.data}
}

// identityRow is a row of identities with its keys, or of NULLs in an outer
// join.
type identityRow struct {
	id, schemaID, traits, metadata, passwordHash, keys sql.Null[string]
	active, elsewhere                                  sql.Null[bool]
	sealedState                                        []byte
	version, createdAt, updatedAt, dueAt               sql.Null[int64]
}

func (r *identityRow) appendFields(to []any) []any {
	return append(to, &r.id, &r.active, &r.schemaID, &r.traits, &r.metadata, &r.passwordHash, &r.sealedState, &r.version, &r.createdAt, &r.updatedAt, &r.dueAt, &r.elsewhere, &r.keys)
}

func (r *identityRow) record() (*identity.Record, error) {
	if !r.id.Valid {
		return nil, nil
	}
	i := identity.Record{
		ID: r.id.V, Active: r.active.V, SchemaID: r.schemaID.V, Traits: absent(r.traits.V), MetadataPublic: absent(r.metadata.V),
		PasswordHash: r.passwordHash.V, Version: r.version.V, CreatedAt: timeOf(r.createdAt.V), UpdatedAt: timeOf(r.updatedAt.V),
		SignsInElsewhere: r.elsewhere.V,
	}
	if r.dueAt.V != 0 {
		i.DueAt = timeOf(r.dueAt.V)
	}
	if len(r.sealedState) > 0 {
		i.SealedState = r.sealedState
	}
	keys, err := keysOf(r.keys.V)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: keys of an identity: %w", err)
	}
	i.Keys = inOrder(keys)
	return &i, nil
}

// keysOf reads pairs of kind and value. Texts with escapes, which few have, and damage
// are left to encoding/json.
func keysOf(text string) (keys []identity.Key, err error) {
	if text == "" {
		return nil, nil
	}
	s, plain := wire.Scan(text), utf8.ValidString(text)
	for s.Open('['); s.More(']', len(keys)); {
		var pair [2]string
		n := 0
		for s.Open('['); s.More(']', n); n++ {
			part, escaped := s.String()
			if plain = plain && n < len(pair) && !escaped; plain {
				pair[n] = part
			}
		}
		plain = plain && n == len(pair)
		keys = append(keys, identity.Key{Kind: identity.Kind(pair[0]), Value: pair[1]})
	}
	if plain && s.AtEnd() {
		return keys, nil
	}
	var pairs [][2]string
	if err := json.Unmarshal([]byte(text), &pairs); err != nil {
		return nil, err
	}
	keys = nil
	for _, pair := range pairs {
		keys = append(keys, identity.Key{Kind: identity.Kind(pair[0]), Value: pair[1]})
	}
	return keys, nil
}

func identityValues(i identity.Record) []any {
	return []any{i.ID, i.Active, i.SchemaID, string(i.Traits), string(i.MetadataPublic), i.PasswordHash, bytesOf(i.SealedState), 1, micros(i.CreatedAt), micros(i.UpdatedAt), dueMicros(i.DueAt), i.SignsInElsewhere}
}

// sorted are keys in one order and each once. All who write keys write them in
// this order, so that two who take the same ones do not wait for each other.
func sorted(keys []identity.Key) []identity.Key { return inOrder(slices.Clone(keys)) }

// inOrder is sorted, in place.
func inOrder(keys []identity.Key) []identity.Key {
	slices.SortFunc(keys, func(a, b identity.Key) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	return slices.Compact(keys)
}

// sessionRow is a row of sessions.
type sessionRow struct {
	session.Session
	methods, extra                                    string
	until, authenticated, issued, expires, generation int64
}

func (r *sessionRow) appendFields(to []any) []any {
	return append(to, &r.ID, &r.IdentityID, &r.TokenHash, &r.Superseded.TokenHash, &r.until, &r.Superseded.Successor, &r.generation, &r.Change, &r.methods,
		&r.authenticated, &r.issued, &r.expires, &r.UserAgent, &r.IP, &r.extra, &r.Version)
}

func (r *sessionRow) record() (*session.Session, error) {
	s := &r.Session
	s.Generation, s.Superseded.Until = uint64(r.generation), timeOf(r.until)
	s.AuthenticatedAt, s.IssuedAt, s.ExpiresAt = timeOf(r.authenticated), timeOf(r.issued), timeOf(r.expires)
	s.Extra = absent(r.extra)
	var err error
	if s.Methods, err = methodsOf(r.methods); err != nil {
		return nil, fmt.Errorf("sqlstore: methods of a session: %w", err)
	}
	return s, nil
}

// methodsOf reads the methods of a session one by one, which is what encoding/json does,
// after it has walked over all of them. What is odd is left to it.
func methodsOf(text string) ([]session.Completed, error) {
	all := []session.Completed{}
	s, read := wire.Scan(text), true
	for s.Open('['); s.More(']', len(all)); {
		all = append(all, session.Completed{})
		one := s.Value()
		read = read && one != "null" && all[len(all)-1].UnmarshalJSON([]byte(one)) == nil
	}
	if read && s.AtEnd() {
		return all, nil
	}
	all = nil
	err := json.Unmarshal([]byte(text), &all)
	return all, err
}

// sessionSet are the columns of a session that an update writes, which are all
// of sessionColumns but id, identity_id and version. A column that a newer build
// has added keeps what is in it, here and in all other updates.
const sessionSet = "token_hash = ?, superseded_hash = ?, superseded_until = ?, successor = ?, generation = ?, change_id = ?, methods = ?, authenticated_at = ?, issued_at = ?, expires_at = ?, user_agent = ?, ip = ?, extra = ?, version = version + 1"

func sessionValues(s session.Session) ([]any, error) {
	methods := slices.Clone(s.Methods)
	for i := range methods {
		methods[i].At = timeOf(micros(methods[i].At))
	}
	text, err := json.Marshal(methods)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: methods of a session: %w", err)
	}
	return []any{s.TokenHash, s.Superseded.TokenHash, micros(s.Superseded.Until), bytesOf(s.Superseded.Successor), int64(s.Generation), s.Change, string(text),
		micros(s.AuthenticatedAt), micros(s.IssuedAt), micros(s.ExpiresAt), shown(s.UserAgent), shown(s.IP), string(s.Extra)}, nil
}

// hashes are the token hashes of a session, in one order and each once. The
// empty one finds nothing.
func hashes(s session.Session) []string {
	all := slices.DeleteFunc([]string{s.TokenHash, s.Superseded.TokenHash}, func(h string) bool { return h == "" })
	slices.Sort(all)
	return slices.Compact(all)
}

// identitySet are the columns of an identity that an update writes.
const identitySet = "traits = ?, password_hash = ?, sealed_state = ?, updated_at = ?, due_at = ?, version = version + 1"

func identityUpdate(i identity.Record) []any {
	return []any{string(i.Traits), i.PasswordHash, bytesOf(i.SealedState), micros(i.UpdatedAt), dueMicros(i.DueAt)}
}

// shown is text that is only shown, without what a database may refuse as no
// text: a header can have any bytes, and must not make a sign-in fail.
func shown(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
