package tests

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/sqlstore"
)

// Rows of each released version stay in testdata/rows, VERSION.json: what that version
// had stored of one account on SQLite, by its own handler, and what its owner knows. No
// later version may change such a file. To add those of a version, before it is tagged:
//
//	AMEND_ROWS=v1.2.3 go test -run TestRowsOfEveryVersionAreRead .
const keptRows = "testdata/rows"

// kept is such a file.
type kept struct {
	Key           []byte    // of settings.Config.Keys
	Now           time.Time // when the rows were written
	Token, Before string    // of the session, and before its last rotation
	Flow          string    // a form that was read and not yet submitted
	LastFlow      string    // the form whose submit rotated the token
	Codes         []string  // for recovery

	// Rows are the columns of each row of each table. Bytes that are no text are
	// {"base64": …}.
	Rows map[string][]map[string]any
}

const (
	firstPassword  = "correct horse battery staple"
	secondPassword = "a much better horse and battery"
	triesKept      = 9 // one less than locks
)

// kitOver is a handler over a store, with the key and at the time of kept rows.
func (k kept) kitOver(t *testing.T, s *sqlstore.Store) *settingstest.Kit {
	kit := settingstest.New(t, func(c *settings.Config) {
		c.Keys = [][]byte{k.Key}
		c.Flows, c.Sessions, c.Identities, c.Backend = s, s, s, s
		c.Methods = []settings.Method{password.New(password.Config{Writer: settingstest.FastHash()}), totp.New(totp.Config{Issuer: "Example"}), lookup.New(lookup.Config{})}
	})
	kit.Clock.Advance(k.Now.Sub(kit.Clock.Now()))
	return kit
}

func guessLookup(t *testing.T, k *settingstest.Kit, code string) error {
	_, err := k.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Lookup, IdentityID: "ada", Value: code})
	return err
}

func TestRowsOfEveryVersionAreRead(t *testing.T) {
	if version := os.Getenv("AMEND_ROWS"); version != "" {
		keepRows(t, filepath.Join(keptRows, version+".json"))
	}
	files, err := filepath.Glob(keptRows + "/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		on(t, func(t *testing.T, d database) {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
				var k kept
				require.NoError(t, json.Unmarshal(text, &k))
				s, db := d.store(t)
				restore(t, db, d, k.Rows)
				k.isRead(t, s)
			})
		})
	}
}

// isRead goes on with an account where the version before has left it.
func (k kept) isRead(t *testing.T, s *sqlstore.Store) {
	kit := k.kitOver(t, s)
	ada := kit.Anonymous(respond.API)
	ada.Token = k.Token
	require.Equal(t, http.StatusOK, ada.Whoami().Status, "she is still signed in")
	assert.True(t, kit.PasswordIs("ada", secondPassword))
	assert.True(t, kit.Identity("ada").Has(aal.TOTP))

	again := kit.Anonymous(respond.API)
	again.Token = k.Before
	assert.Equal(t, http.StatusUnauthorized, again.Whoami().Status, "a token that was rotated away opens nothing")
	repeated := again.Submit(&settingstest.Flow{ID: k.LastFlow}, settingstest.Fields{"method": "password", "password": secondPassword})
	assert.Equal(t, http.StatusOK, repeated.Status, "but the repeated change that rotated it: %s", repeated)

	assert.Equal(t, http.StatusOK, ada.Read(k.Flow).Status, "her form is there")
	saved := ada.Submit(&settingstest.Flow{ID: k.Flow}, settingstest.Fields{"method": "password", "password": firstPassword})
	assert.Equal(t, http.StatusOK, saved.Status, "and can be sent: %s", saved)
	assert.True(t, kit.PasswordIs("ada", firstPassword))

	wrong := guessLookup(t, kit, "00000-00000-00000")
	assert.ErrorIs(t, wrong, settings.ErrWrong, "the tenth wrong try")
	assert.ErrorAs(t, guessLookup(t, kit, k.Codes[0]), new(*settings.LockedError), "nine were counted before")
	kit.Clock.Advance(16 * time.Minute)
	assert.NoError(t, guessLookup(t, kit, k.Codes[0]), "a code that was written down is right")
	assert.ErrorIs(t, guessLookup(t, kit, k.Codes[0]), settings.ErrWrong, "once")
}

// keepRows writes what this version stores.
func keepRows(t *testing.T, file string) {
	d := databases[0]
	s, db := d.store(t)
	k := kept{Key: settings.NewKey(), Now: time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)}
	kit := k.kitOver(t, s)
	hash, err := settingstest.FastHash().Hash(firstPassword)
	require.NoError(t, err)
	who := person("ada")
	who.PasswordHash = hash
	require.NoError(t, s.CreateIdentity(t.Context(), who))
	secrets, err := method.NewSecrets(string(aal.Lookup), "ada", k.Key)
	require.NoError(t, err)
	codes, written, err := lookup.Credentials(secrets, k.Now)
	require.NoError(t, err)
	app, err := totp.Credential([]byte("a secret of twenty b"), k.Now)
	require.NoError(t, err)
	kit.Edit("ada", func(i *identity.Identity) {
		i.State.Factors = map[aal.Method]identity.Factor{
			aal.Lookup: {Serial: 1, Credentials: codes}, aal.TOTP: {Serial: 1, Credentials: []identity.Credential{app}},
		}
	})
	k.Codes = written
	client := kit.SignIn("ada", respond.API, aal.Password, aal.TOTP)
	k.Before = client.Token
	f := client.Start()
	k.LastFlow = f.ID
	require.Equal(t, http.StatusOK, client.Submit(f, settingstest.Fields{"method": "password", "password": secondPassword}).Status)
	k.Token = client.Token
	require.NotEqual(t, k.Before, k.Token)
	k.Flow = client.Start().ID
	for range triesKept {
		require.ErrorIs(t, guessLookup(t, kit, "00000-00000-00000"), settings.ErrWrong)
	}
	k.Rows = dumped(t, db)
	text, err := json.MarshalIndent(k, "", "\t")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append(text, '\n'), 0o644))
}

// dumped are all rows, column by column.
func dumped(t *testing.T, db *sql.DB) map[string][]map[string]any {
	all := map[string][]map[string]any{}
	for _, table := range tables {
		rows, err := db.Query("SELECT * FROM " + table)
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			values, fields, row := make([]any, len(columns)), make([]any, len(columns)), map[string]any{}
			for i := range values {
				fields[i] = &values[i]
			}
			require.NoError(t, rows.Scan(fields...))
			for i, column := range columns {
				if b, ok := values[i].([]byte); ok {
					row[column] = map[string][]byte{"base64": b}
				} else {
					row[column] = values[i]
				}
			}
			all[table] = append(all[table], row)
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	}
	return all
}

// restore inserts such rows. A column that is newer than they are takes its default.
func restore(t *testing.T, db *sql.DB, d database, all map[string][]map[string]any) {
	for _, table := range tables {
		require.NotEmpty(t, all[table], table)
		for _, row := range all[table] {
			columns := slices.Sorted(maps.Keys(row))
			marks, values := make([]string, len(columns)), make([]any, len(columns))
			for i, column := range columns {
				marks[i], values[i] = "?", row[column]
				if strings.HasPrefix(d.name, "PostgreSQL") {
					marks[i] = fmt.Sprint("$", i+1)
				}
				switch v := row[column].(type) {
				case map[string]any:
					var b struct{ Base64 []byte }
					text, err := json.Marshal(v)
					require.NoError(t, err)
					require.NoError(t, json.Unmarshal(text, &b))
					values[i] = b.Base64
				case float64:
					values[i] = int64(v)
					if column == "active" {
						values[i] = v != 0
					}
				}
			}
			_, err := db.Exec("INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", values...)
			require.NoError(t, err)
		}
	}
}
