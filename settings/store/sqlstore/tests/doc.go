// Package tests tests package sqlstore with real databases. It is a module of
// its own, so that the drivers it needs are nobody else's requirement.
//
// SQLite always runs. AMEND_POSTGRES is the URL of a PostgreSQL server, and
// AMEND_MARIADB the DSN (of go-sql-driver/mysql) of a MariaDB server, whose
// users may create schemas, databases and users:
//
//	AMEND_POSTGRES='postgres://postgres@127.0.0.1:5432/test?sslmode=disable' \
//	AMEND_MARIADB='root@tcp(127.0.0.1:3306)/' go test ./...
//
// Each test makes a schema or database of its own and drops it. The tests of a
// server whose variable is not set are skipped.
package tests
