package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/amend-go/amend/settings/identity"
)

// What a connection must be set to. The store writes texts in UTF-8 and bytes, in
// transactions; a connection that changes the ones, or does not keep the others,
// would do so without an error, to some of the users. Settings whose harm nobody
// could read back are judged by name, the rest by a row that is written, read and
// undone.

// setting is a setting of the connection, the server or the file.
type setting struct {
	name string
	fine func(value string) bool
	harm string // and what to do
}

// oneOf are values that do no harm, whatever their case.
func oneOf(values ...string) func(string) bool {
	return func(value string) bool { return slices.Contains(values, strings.ToLower(value)) }
}

const (
	takeUTF8MB4  = "a text would be changed on its way: take charset=utf8mb4 for the DSN, or none"
	takeIsolated = "half of a change would be seen: take READ-COMMITTED, or the server's own"
	takeStrict   = "what is too long would be cut: add STRICT_TRANS_TABLES"
	takeUTF8     = "a text would be changed on its way, or refused: the database and the connection must be UTF8"
	takeJournal  = "a transaction would not be undone, or a crash could leave a damaged file: take WAL or DELETE"
)

// settings are those of each family that the store depends on. An unknown name is
// of another version, and no harm.
var settings = map[Dialect][]setting{
	MariaDB: {
		{"character_set_client", oneOf("utf8mb4"), takeUTF8MB4},
		{"character_set_connection", oneOf("utf8mb4"), takeUTF8MB4},
		{"character_set_results", oneOf("utf8mb4", "binary", ""), takeUTF8MB4}, // "" converts nothing
		{"autocommit", oneOf("on", "1"), "nothing that is written alone would be kept: leave autocommit on"},
		{"tx_isolation", isolated, takeIsolated},
		{"transaction_isolation", isolated, takeIsolated}, // since MariaDB 11.1
		{"sql_mode", func(mode string) bool {
			return strings.Contains(mode, "STRICT_TRANS_TABLES") || strings.Contains(mode, "STRICT_ALL_TABLES")
		}, takeStrict},
	},
	PostgreSQL: {
		{"server_encoding", oneOf("utf8"), takeUTF8},
		{"client_encoding", oneOf("utf8"), takeUTF8},
	},
	SQLite: {
		{"journal_mode", oneOf("delete", "truncate", "persist", "wal"), takeJournal},
		{"read_uncommitted", oneOf("0"), takeIsolated},
	},
}

func isolated(level string) bool { return !strings.EqualFold(level, "READ-UNCOMMITTED") }

// suspects are settings that change what is stored with some drivers or modes of
// them: they are named where the row does not come back as it was written.
var suspects = map[Dialect]string{
	MariaDB:    "sql_mode",
	PostgreSQL: "bytea_output",
	SQLite:     "options of the driver",
}

// judgeSettings is the error of the first setting that does harm.
func (s *Store) judgeSettings(ctx context.Context) error {
	family := Dialect(s.d.family())
	values, err := s.values(ctx, family)
	if err != nil {
		return s.named(ctx, err)
	}
	for _, one := range settings[family] {
		if value, has := values[one.name]; has && !one.fine(value) {
			return fmt.Errorf("%w: %s is %q: %s", ErrSetting, one.name, value, one.harm)
		}
	}
	return nil
}

// values are the settings as a connection of the pool has them; what it does not
// know is left out.
func (s *Store) values(ctx context.Context, family Dialect) (map[string]string, error) {
	values := map[string]string{}
	for _, one := range settings[family] {
		var value sql.Null[string]
		query, fields := "PRAGMA "+one.name, []any{&value}
		switch family {
		case MariaDB:
			query, fields = "SHOW VARIABLES LIKE '"+one.name+"'", []any{new(string), &value}
		case PostgreSQL:
			query = "SELECT current_setting('" + one.name + "', true)"
		}
		found, err := s.first(ctx, query, fields...)
		if err != nil {
			return nil, err
		}
		if found && value.Valid {
			values[one.name] = value.V
		}
	}
	if values["journal_mode"] != "memory" {
		return values, nil
	}
	// A database in memory has no other journal, and no file to damage.
	var file sql.Null[string]
	if _, err := s.first(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'", &file); err != nil {
		return nil, err
	}
	if file.V == "" {
		delete(values, "journal_mode")
	}
	return values, nil
}

// first reads the first row of a query; found is false if there is none.
func (s *Store) first(ctx context.Context, query string, fields ...any) (found bool, err error) {
	err = s.retry(ctx, nil, func() error { return s.db.QueryRowContext(ctx, query).Scan(fields...) })
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// faults are queries for tables that lose or change what is written, because they
// were made otherwise than Migrate and Schema make them.
var faults = map[Dialect][]struct{ query, harm string }{
	MariaDB: {
		{`SELECT table_name, engine FROM information_schema.tables
			WHERE table_schema = DATABASE() AND table_name LIKE 'amend!_%' ESCAPE '!' AND engine <> 'InnoDB'`,
			"undoes no transaction: ALTER TABLE … ENGINE=InnoDB"},
		{`SELECT table_name, character_set_name FROM information_schema.columns
			WHERE table_schema = DATABASE() AND table_name LIKE 'amend!_%' ESCAPE '!' AND character_set_name <> 'utf8mb4'`,
			"does not hold every text: ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"},
	},
}

// judgeTables is the error of the first such table.
func (s *Store) judgeTables(ctx context.Context) error {
	for _, f := range faults[s.d.Dialect] {
		var table, is string
		found, err := s.first(ctx, s.d.bound(f.query), &table, &is)
		if err != nil {
			return s.named(ctx, err)
		}
		if found {
			return fmt.Errorf("%w: the table %s is %s, which %s", ErrSchema, table, is, f.harm)
		}
	}
	return nil
}

// roundTrip writes an identity with every kind of value, then one with nothing in
// it, and reads both again. same is false if one did not come back as it was
// written.
func (s *Store) roundTrip(ctx context.Context, r runner) (same bool, err error) {
	const text = "é ß 漢 🦊 \\' \" \\\\ % ? \t\r\n "
	traits, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		return false, err
	}
	full := identity.Record{
		ID: "amend.check." + rand.Text(), Active: true, Traits: traits, PasswordHash: text, SealedState: make([]byte, 256),
		Version: 1, CreatedAt: timeOf(1), UpdatedAt: timeOf(-1), DueAt: timeOf(1), SignsInElsewhere: true,
	}
	for n := range full.SealedState {
		full.SealedState[n] = byte(n)
	}
	full.Keys = []identity.Key{{Kind: "amend.check", Value: text + full.ID}}
	if err := s.insertIdentity(ctx, r, full); err != nil {
		return false, err
	}
	if same, err := s.isStored(ctx, r, full); err != nil || !same {
		return false, err
	}
	empty := identity.Record{ID: full.ID, Active: true, Version: full.Version, CreatedAt: full.CreatedAt, UpdatedAt: full.UpdatedAt, SignsInElsewhere: true}
	if err := s.updateIdentity(ctx, r, empty); err != nil {
		return false, err
	}
	empty.Version++
	return s.isStored(ctx, r, empty)
}

// isStored reports whether an identity is read as it is.
func (s *Store) isStored(ctx context.Context, r runner, i identity.Record) (bool, error) {
	var row identityRow
	if err := r.QueryRowContext(ctx, s.selectIdentity, i.ID).Scan(row.appendFields(nil)...); err != nil {
		return false, err
	}
	read, err := row.record()
	return err == nil && reflect.DeepEqual(*read, i), err
}
