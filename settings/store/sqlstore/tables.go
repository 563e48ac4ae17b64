package sqlstore

import (
	"fmt"
	"regexp"
	"strings"
)

// This file owns the names of the tables. Statements are written with the standard
// prefix, and every one of them goes through tables.bound.

// standardPrefix begins the names of tables and indexes.
const standardPrefix = "amend_"

// Option is an option of New, Schema, Upgrade and Migrations.
type Option func(*tables) error

var prefixes = regexp.MustCompile(`^[a-z][a-z0-9_]{0,23}$`)

// Prefix begins the names of all tables and indexes, in place of "amend_": for a database
// that has tables of such names, or a second installation. It is 1 to 24 lower-case
// letters, digits and underscores, of which the first is a letter. All that work with the
// tables have to be given the same: two prefixes are two stores.
func Prefix(prefix string) Option {
	return func(t *tables) error {
		if !prefixes.MatchString(prefix) {
			return fmt.Errorf("sqlstore: Prefix(%q): want 1 to 24 lower-case letters, digits and underscores, a letter first", prefix)
		}
		t.prefix = prefix
		return nil
	}
}

// tables are those of a store: their dialect and what their names begin with.
type tables struct {
	Dialect
	prefix string
}

func newTables(d Dialect, options []Option) (tables, error) {
	t := tables{d, standardPrefix}
	if !d.known() {
		return t, fmt.Errorf("sqlstore: unknown dialect %q", string(d))
	}
	for _, o := range options {
		if err := o(&t); err != nil {
			return t, err
		}
	}
	return t, nil
}

// bound is a query with the parameters of the dialect and the names of the tables. No
// query of this package has a question mark that is no parameter.
func (t tables) bound(query string) string {
	if !t.numbered() && t.prefix == standardPrefix {
		return query
	}
	return boundTexts.of(binding{t, query}, binding.text)
}

type binding struct {
	tables
	query string
}

var boundTexts texts[binding]

func (b binding) text() string {
	query := b.named(b.query)
	if b.numbered() {
		query = withNumbers(query)
	}
	return query
}

// named is a text with the names of the tables; in a pattern of LIKE, an underscore has a
// "!" before it.
func (t tables) named(text string) string {
	if t.prefix == standardPrefix {
		return text
	}
	return strings.NewReplacer(standardPrefix, t.prefix, "amend!_", strings.ReplaceAll(t.prefix, "_", "!_")).Replace(text)
}

// Schema is the SQL that Migrate runs in an empty database, for those who
// create tables by their own means. Run it as it is: Check reads the version
// that the last statements set. It is "" for an unknown dialect or a wrong Prefix.
func Schema(d Dialect, options ...Option) string { return Upgrade(d, 0, options...) }

// Upgrade is the SQL that Migrate runs in a database whose schema is of a version,
// as Check names it. It is "" if nothing is to be done.
func Upgrade(d Dialect, from int, options ...Option) string {
	t, err := newTables(d, options)
	if err != nil || from < 0 {
		return ""
	}
	return t.upgrade(from, len(d.migrations()))
}

// Migrations are the steps of Migrate as SQL, for a migration tool that keeps a file for
// each. The n-th step leads from version n to n+1, and writes that version into the tables,
// where Check reads it. A newer release adds steps at the end and changes none. The result
// is nil for an unknown dialect or a wrong Prefix.
func Migrations(d Dialect, options ...Option) (all []string) {
	t, err := newTables(d, options)
	if err != nil {
		return nil
	}
	for v := range d.migrations() {
		all = append(all, t.upgrade(v, v+1))
	}
	return all
}

// upgrade leads from a version to another one.
func (t tables) upgrade(from, to int) string {
	if from >= to {
		return ""
	}
	var b strings.Builder
	b.WriteString(versionTable + ";\n")
	for _, statements := range t.migrations()[from:to] {
		b.WriteString(strings.Join(statements, ";\n") + ";\n")
	}
	fmt.Fprintf(&b, "DELETE FROM amend_version;\nINSERT INTO amend_version (id, version) VALUES (1, %d), (2, %d);\n", min(oldest, to), to)
	return t.named(b.String())
}
