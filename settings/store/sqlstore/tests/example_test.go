package tests

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store/sqlstore"
)

// One file, for an application on one machine.
func Example_sqlite() {
	dir, err := os.MkdirTemp("", "amend")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	// import _ "modernc.org/sqlite"
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "accounts.db")+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	store, err := sqlstore.New(db, sqlstore.SQLite)
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := store.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	if err := store.Check(ctx); err != nil {
		log.Fatal(err)
	}

	ada := identity.Record{
		ID: "42", Active: true, Traits: []byte(`{"email":"ada@example.com"}`),
		Keys: []identity.Key{{Kind: identity.Identifier, Value: "ada@example.com"}},
	}
	if err := store.CreateIdentity(ctx, ada); err != nil {
		log.Fatal(err)
	}
	id, err := store.IdentityOwner(ctx, identity.Key{Kind: identity.Identifier, Value: "ada@example.com"})
	fmt.Println(id, err)
	// In settings.Config: Flows, Sessions, Identities and Backend are all store.

	// Output: 42 <nil>
}

// A server with pgx. The statements are prepared by the driver, on each
// connection when it first needs them.
func Example_postgreSQL() {
	// import _ "github.com/jackc/pgx/v5/stdlib"
	db, err := sql.Open("pgx", "postgres://app@db.internal:5432/accounts?sslmode=verify-full")
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16) // the default of 2 would open connections all the time
	db.SetConnMaxLifetime(time.Hour)
	if _, err := sqlstore.New(db, sqlstore.PostgreSQL); err != nil {
		log.Fatal(err)
	}
}

// A server with go-sql-driver/mysql. No option of the DSN matters to the store.
func Example_mariaDB() {
	// import _ "github.com/go-sql-driver/mysql"
	db, err := sql.Open("mysql", "app:password@tcp(db.internal:3306)/accounts?tls=true")
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	db.SetConnMaxLifetime(3 * time.Minute) // shorter than the server's wait_timeout
	if _, err := sqlstore.New(db, sqlstore.MariaDB); err != nil {
		log.Fatal(err)
	}
}

// A deployment that lets no application create tables runs this SQL itself.
func ExampleSchema() {
	schema := sqlstore.Schema(sqlstore.PostgreSQL)
	fmt.Println(len(schema) > 0)
	// Output: true
}
