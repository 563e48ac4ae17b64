package sqlstore

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
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

func (r *flowRow) fields() []any {
	return []any{&r.key, &r.owner, &r.version, &r.expiresAt, &r.data}
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
	id, schemaID, traits, metadata, passwordHash sql.Null[string]
	active, elsewhere                            sql.Null[bool]
	sealedState, keys                            []byte
	version, createdAt, updatedAt, dueAt         sql.Null[int64]
}

func (r *identityRow) fields() []any {
	return []any{&r.id, &r.active, &r.schemaID, &r.traits, &r.metadata, &r.passwordHash, &r.sealedState, &r.version, &r.createdAt, &r.updatedAt, &r.dueAt, &r.elsewhere, &r.keys}
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
	var pairs [][2]string
	if len(r.keys) > 0 {
		if err := json.Unmarshal(r.keys, &pairs); err != nil {
			return nil, fmt.Errorf("sqlstore: keys of an identity: %w", err)
		}
	}
	for _, pair := range pairs {
		i.Keys = append(i.Keys, identity.Key{Kind: identity.Kind(pair[0]), Value: pair[1]})
	}
	i.Keys = sorted(i.Keys)
	return &i, nil
}

func identityValues(i identity.Record) []any {
	return []any{i.ID, i.Active, i.SchemaID, string(i.Traits), string(i.MetadataPublic), i.PasswordHash, bytesOf(i.SealedState), 1, micros(i.CreatedAt), micros(i.UpdatedAt), dueMicros(i.DueAt), i.SignsInElsewhere}
}

// sorted are keys in one order and each once. All who write keys write them in
// this order, so that two who take the same ones do not wait for each other.
func sorted(keys []identity.Key) []identity.Key {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, func(a, b identity.Key) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	return slices.Compact(keys)
}

// scanSession reads a session from the columns of sessionColumns and others.
func scanSession(scan func(...any) error, more ...any) (*session.Session, error) {
	var (
		s                                     session.Session
		methods, extra                        []byte
		until, authenticated, issued, expires int64
		generation                            int64
	)
	fields := []any{&s.ID, &s.IdentityID, &s.TokenHash, &s.Superseded.TokenHash, &until, &s.Superseded.Successor, &generation, &s.Change, &methods,
		&authenticated, &issued, &expires, &s.UserAgent, &s.IP, &extra, &s.Version}
	if err := scan(append(fields, more...)...); err != nil {
		return nil, err
	}
	s.Generation, s.Superseded.Until = uint64(generation), timeOf(until)
	s.AuthenticatedAt, s.IssuedAt, s.ExpiresAt = timeOf(authenticated), timeOf(issued), timeOf(expires)
	if len(extra) > 0 {
		s.Extra = extra
	}
	if err := json.Unmarshal(methods, &s.Methods); err != nil {
		return nil, fmt.Errorf("sqlstore: methods of a session: %w", err)
	}
	return &s, nil
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
