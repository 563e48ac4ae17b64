package sqlstore

import (
	"errors"
	"reflect"
)

var (
	// ErrUnreachable is returned by Check if no server answers, or the file
	// cannot be opened.
	ErrUnreachable = errors.New("sqlstore: the database cannot be reached")

	// ErrCredentials is returned by Check if the server refuses the user, the
	// password or the name of the database.
	ErrCredentials = errors.New("sqlstore: the database refuses the user, the password or the database's name")

	// ErrSetting is returned by Check if a connection, a server or a file is set so
	// that texts or bytes would be stored otherwise than they are written, or lost.
	// The error's text says which setting, and what to do.
	ErrSetting = errors.New("sqlstore: setting")

	// ErrReadOnly is returned by Check if the store may read and not write.
	ErrReadOnly = errors.New("sqlstore: the database cannot be written: read-only, or no right to")

	// ErrSchema is returned by Check and Migrate if the tables are missing, or
	// of another version than this package is for. The error's text says what
	// to do.
	ErrSchema = errors.New("sqlstore: schema")
)

// errAgain makes retry try again.
var errAgain = errors.New("sqlstore: try again")

// failure is what an error of a driver means here.
type failure uint8

const (
	other     failure = iota
	clash             // undone because of other transactions
	busy              // did not get a lock in time
	duplicate         // a unique key exists
	refused           // user, password, name of the database
	readOnly          // may not write
	noFile            // no file of a database
)

// failures are the codes of each family. PostgreSQL: the manual's appendix A.
// MariaDB: its list of error codes. SQLite: sqlite.org/rescode.html.
var failures = map[Dialect]map[any]failure{
	PostgreSQL: {
		"40001": clash, "40P01": clash, "42P07": clash, "42710": clash, "55P03": busy, "23505": duplicate,
		"28P01": refused, "28000": refused, "3D000": refused, "25006": readOnly, "42501": readOnly,
	},
	MariaDB: {
		1213: clash, 1020: clash, 1205: busy, 1062: duplicate,
		1045: refused, 1044: refused, 1049: refused, 1698: refused, 1290: readOnly, 1792: readOnly, 1836: readOnly, 1036: readOnly, 1142: readOnly, 1143: readOnly,
	},
	SQLite: {5: busy, 6: busy, 8: readOnly, 14: noFile, 26: noFile},
}

func (s *Store) failureOf(err error) failure {
	if errors.Is(err, errAgain) {
		return clash
	}
	return failures[Dialect(s.d.family())][codeOf(err)]
}

// codeOf is the code in an error of a driver: an SQLSTATE, or a number. The
// package imports no driver, so it knows their errors by shape. pgx and pq have
// a method SQLState, modernc.org/sqlite has a method Code. The errors of
// go-sql-driver/mysql and mattn/go-sqlite3 have no method but a field: Number
// and Code. No text is compared.
func codeOf(err error) any {
	var withState interface{ SQLState() string }
	if errors.As(err, &withState) {
		return withState.SQLState()
	}
	var withCode interface{ Code() int }
	if errors.As(err, &withCode) {
		return withCode.Code() & 0xff // without SQLite's extension
	}
	for ; err != nil; err = errors.Unwrap(err) {
		v := reflect.Indirect(reflect.ValueOf(err))
		if v.Kind() != reflect.Struct {
			continue
		}
		if number := v.FieldByName("Number"); number.IsValid() && number.CanUint() {
			return int(number.Uint())
		}
		if code := v.FieldByName("Code"); code.IsValid() && code.CanInt() {
			return int(code.Int())
		}
	}
	return nil
}
