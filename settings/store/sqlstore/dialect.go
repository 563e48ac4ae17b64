package sqlstore

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
)

// Dialect is the SQL of a database.
type Dialect string

const (
	// SQLite is SQLite 3.38 or newer.
	SQLite Dialect = "sqlite"

	// PostgreSQL is PostgreSQL 12 or newer. A Load and a Commit are one
	// statement each.
	PostgreSQL Dialect = "postgresql"

	// CockroachDB has the tables of PostgreSQL. A Commit is a transaction of
	// several statements: CockroachDB refuses one that modifies a table twice.
	CockroachDB Dialect = "cockroachdb"

	// MariaDB is MariaDB 10.6 or newer, with InnoDB.
	MariaDB Dialect = "mariadb"
)

// The files are named after the family of dialects and the version that they
// lead to.
//
//go:embed schema/*.sql
var schemas embed.FS

func (d Dialect) known() bool {
	return d == SQLite || d == MariaDB || d.numbered()
}

// numbered reports whether parameters are $1, $2 and not question marks.
func (d Dialect) numbered() bool { return d == PostgreSQL || d == CockroachDB }

// family is the name of the dialect's schema files.
func (d Dialect) family() string {
	if d == CockroachDB {
		return string(PostgreSQL)
	}
	return string(d)
}

// withNumbers is a query with numbered parameters.
func withNumbers(query string) string {
	var b strings.Builder
	for n, part := range strings.Split(query, "?") {
		if n > 0 {
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		}
		b.WriteString(part)
	}
	return b.String()
}

// insert is an INSERT that leaves out rows whose primary key exists, so that
// the number of affected rows tells, and no error has to be understood.
func (d Dialect) insert(table, columns string, rows int) string {
	return insertTexts.of(insertion{d, table, columns, rows}, insertion.text)
}

type insertion struct {
	dialect        Dialect
	table, columns string // columns may have their table's letter
	rows           int
}

var insertTexts texts[insertion]

func (i insertion) text() string {
	columns := strings.NewReplacer("f.", "", "i.", "", "s.", "").Replace(i.columns)
	row := "(?" + strings.Repeat(", ?", strings.Count(columns, ",")) + ")"
	values := row + strings.Repeat(", "+row, i.rows-1)
	if i.dialect == MariaDB {
		// IGNORE would cut what is too long, too: tooLong comes first.
		return "INSERT IGNORE INTO " + i.table + " (" + columns + ") VALUES " + values
	}
	return "INSERT INTO " + i.table + " (" + columns + ") VALUES " + values + " ON CONFLICT DO NOTHING"
}

// texts are those of statements, each worked out once. There are as many as
// shapes of statements: some dozens.
type texts[K comparable] struct{ all sync.Map }

func (t *texts[K]) of(key K, work func(K) string) string {
	if text, known := t.all.Load(key); known {
		return text.(string)
	}
	text := work(key)
	t.all.Store(key, text)
	return text
}

// keysOfIdentity is the expression of an identity's keys: JSON pairs of kind
// and value, without an order.
func (d Dialect) keysOfIdentity() string {
	pairs := map[Dialect]string{
		SQLite:     "json_group_array(json_array(k.kind, k.value))",
		PostgreSQL: "CAST(jsonb_agg(jsonb_build_array(k.kind, k.value)) AS text)",
		MariaDB:    "JSON_ARRAYAGG(JSON_ARRAY(CONVERT(k.kind USING utf8mb4), CONVERT(k.value USING utf8mb4)))",
	}[Dialect(d.family())]
	return "(SELECT " + pairs + " FROM amend_keys k WHERE k.identity_id = i.id)"
}

// forUpdate ends a SELECT of rows that must stay as they are until the transaction
// ends. SQLite has one writer at a time.
func (d Dialect) forUpdate() string {
	if d == SQLite {
		return ""
	}
	return " FOR UPDATE"
}

// skipLocked ends a SELECT of rows to delete, so that sweeps at once take
// different ones. SQLite has one writer at a time.
func (d Dialect) skipLocked() string {
	if d == SQLite {
		return ""
	}
	return d.forUpdate() + " SKIP LOCKED"
}

// migrations are the statements that lead from each version to the next.
func (d Dialect) migrations() (all [][]string) {
	for v := 1; ; v++ {
		text, err := fs.ReadFile(schemas, fmt.Sprintf("schema/%s.%d.sql", d.family(), v))
		if err != nil {
			return all
		}
		all = append(all, strings.Split(strings.TrimSuffix(strings.TrimSpace(string(text)), ";"), ";\n"))
	}
}

// versionTable holds the version of the schema, see version.
const versionTable = "CREATE TABLE IF NOT EXISTS amend_version (id integer NOT NULL PRIMARY KEY, version bigint NOT NULL)"
