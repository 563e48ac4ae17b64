package tests

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/sqlstore"
	"github.com/amend-go/amend/settings/store/storetest"
)

// fenced is the block of README.md that begins with these words.
func fenced(t testing.TB, language, begins string) string {
	t.Helper()
	text, err := os.ReadFile("../../../../README.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "```"+language+"\n"+begins)
	require.True(t, found, "README.md has no block of %s that begins with %q", language, begins)
	block, _, found := strings.Cut(rest, "```\n")
	require.True(t, found)
	return begins + block
}

// readmeSQL are the statements of README.md for a dialect: those that alter the table,
// and those that the users of readmeusers_test.go are given.
func readmeSQL(t testing.TB, d sqlstore.Dialect) (alter []string, get, find, update string) {
	t.Helper()
	begins := "-- SQLite, MariaDB\n"
	if d == sqlstore.PostgreSQL {
		begins = "-- PostgreSQL\n"
	}
	for line := range strings.Lines(fenced(t, "sql", begins)) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "--")
		line = strings.TrimSuffix(strings.TrimSpace(line), ";")
		switch verb, _, _ := strings.Cut(line, " "); verb {
		case "ALTER":
			alter = append(alter, line)
		case "SELECT":
			if strings.Contains(line, "WHERE lower(email)") {
				find = line
			} else {
				get = line
			}
		case "UPDATE":
			update = line
		}
	}
	require.Len(t, alter, 2)
	require.NotEmpty(t, get)
	require.NotEmpty(t, find)
	require.NotEmpty(t, update)
	return alter, get, find, update
}

// parsing is the users of a table whose ids are no text.
type parsing struct {
	users
	parse func(id string) error
}

func (p parsing) GetIdentity(ctx context.Context, id string) (identity.Record, error) {
	if p.parse(id) != nil {
		return identity.Record{}, identity.ErrNotFound
	}
	return p.users.GetIdentity(ctx, id)
}

func (p parsing) UpdateIdentity(ctx context.Context, r identity.Record) error {
	if p.parse(r.ID) != nil {
		return identity.ErrNotFound
	}
	return p.users.UpdateIdentity(ctx, r)
}

// idForm is a type of the column id, and the next one of it.
type idForm struct {
	name, column string
	next         func(n int) string
	parse        func(id string) error
}

var idForms = map[sqlstore.Dialect][]idForm{
	sqlstore.SQLite:     {textIDs("text"), numbers},
	sqlstore.MariaDB:    {textIDs("varchar(255) COLLATE utf8mb4_bin"), numbers},
	sqlstore.PostgreSQL: {textIDs("text"), numbers, uuids},
}

func textIDs(column string) idForm {
	return idForm{"text", column, func(n int) string { return "user " + strconv.Itoa(n) }, func(string) error { return nil }}
}

var (
	numbers = idForm{"numbers", "bigint", strconv.Itoa, func(id string) error {
		_, err := strconv.ParseInt(id, 10, 64)
		return err
	}}
	uuids = idForm{"uuids", "uuid", func(int) string { return uuid.NewString() }, uuid.Validate}
)

// The users table of README.md, its SQL and its Go, on each database. Who has no
// password has NULL.
func TestTheReadmesUsersTable(t *testing.T) {
	source, err := os.ReadFile("readmeusers_test.go")
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(string(source), fenced(t, "go", "type users struct {")), "README.md and readmeusers_test.go differ")
	on(t, func(t *testing.T, d database) {
		for _, form := range idForms[d.dialect] {
			t.Run(form.name, func(t *testing.T) {
				db := d.open(t)
				alter, get, find, update := readmeSQL(t, d.dialect)
				execute(t, db, "CREATE TABLE users (id "+form.column+" PRIMARY KEY, email varchar(255) NOT NULL UNIQUE, password_hash varchar(255))")
				for _, statement := range alter {
					execute(t, db, statement)
				}
				last := 0
				var table store.IdentityStore = parsing{users{db, get, find, update}, form.parse}
				insert := "INSERT INTO users (id, email, password_hash) VALUES (?, ?, NULLIF(?, ''))"
				if d.dialect == sqlstore.PostgreSQL {
					insert = "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, NULLIF($3, ''))"
				}
				create := func(ctx context.Context, r identity.Record) (string, error) {
					last++
					id := form.next(last)
					_, err := db.ExecContext(ctx, insert, id, r.Identifiers()[0], r.PasswordHash)
					return id, err
				}
				storetest.Identities(t, func(t *testing.T) storetest.Accounts {
					execute(t, db, "DELETE FROM users")
					return storetest.Accounts{Store: table, Create: create, WithoutTraits: true, FixedIdentifiers: true, NeverBlocked: true, WithoutUpdatedAt: true}
				})

				execute(t, db, "DELETE FROM users")
				kit := settingstest.New(t, func(c *settings.Config) { c.Identities = table })
				ada, err := create(t.Context(), identity.Record{Keys: []identity.Key{{Kind: identity.Identifier, Value: "ada@example.com"}}})
				require.NoError(t, err)
				client := kit.SignIn(ada, respond.Page)
				a := client.Submit(client.Start(), settingstest.Fields{"method": "password", "password": "a much better horse"})
				assert.Equal(t, "303 UI ⇒ 1050001", a.Brief(), "who had no password sets one")
				assert.True(t, kit.PasswordIs(ada, "a much better horse"))
				found, _, err := kit.Handler.Service.FindIdentity(t.Context(), "Ada@Example.com")
				require.NoError(t, err)
				assert.Equal(t, ada, found, "a login finds who signs in")
				found, _, err = kit.Handler.Service.FindIdentity(t.Context(), "nobody@example.com")
				require.NoError(t, err)
				assert.Empty(t, found)
			})
		}
	})
}
