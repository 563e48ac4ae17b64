package faults_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"

	"github.com/amend-go/amend/settings/store/sqlstore"
)

// tablesOf are all tables of a place, whoever made them.
func tablesOf(at opened) (tables []string, err error) {
	query := map[sqlstore.Dialect]string{
		sqlstore.SQLite:     "SELECT name FROM sqlite_master WHERE type = 'table'",
		sqlstore.PostgreSQL: "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
		sqlstore.MariaDB:    "SELECT table_name FROM information_schema.tables WHERE table_schema = database()",
	}[at.Dialect]
	rows, err := at.db.QueryContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		tables = append(tables, name)
	}
	if len(tables) == 0 {
		return nil, fmt.Errorf("no tables: this shows nothing")
	}
	return tables, rows.Err()
}

// rowsOf are all rows of a table: the bytes of each column by its name.
func rowsOf(db *sql.DB, table string) (all []map[string]string, err error) {
	rows, err := db.QueryContext(context.Background(), "SELECT * FROM "+table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for n := range values {
			into[n] = &values[n]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := map[string]string{}
		for n, value := range values {
			if b, ok := value.([]byte); ok {
				row[columns[n]] = string(b)
			} else {
				row[columns[n]] = fmt.Sprint(value)
			}
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// filesHold is which canary stands anywhere in the files of an SQLite database:
// also where rows were, and in the log.
func filesHold(p place, canaries map[string]string) (string, error) {
	name, _, _ := strings.Cut(strings.TrimPrefix(p.DSN, "file:"), "?")
	for _, end := range []string{"", "-wal"} {
		content, err := os.ReadFile(name + end)
		if err != nil && (end == "" || !os.IsNotExist(err)) {
			return "", err
		}
		if what := foundIn(string(content), canaries); what != "" {
			return what, nil
		}
	}
	return "", nil
}
