package main_test

import (
	"database/sql"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings"
)

// Two instances share an SQLite file with identities, and a Redis with all else.
func TestFlowsAndSessionsAreInRedis(t *testing.T) {
	at := os.Getenv("AMEND_REDIS")
	if at == "" {
		t.Skip("AMEND_REDIS is not set: no server to test with")
	}
	file := filepath.Join(t.TempDir(), "accounts.db")
	key := base64.StdEncoding.EncodeToString(settings.NewKey())
	flags := []string{"-store", "sqlite:" + file, "-flows", at}
	one, other := startWithKeys(t, key, flags...), startWithKeys(t, key, flags...)
	assert.Equal(t, "Flows and sessions are kept in the Redis that -flows names.", one.awaitLine("Flows"))
	id := one.identity(email)
	app := one.plant(id, "totp")
	v := newPerson(t)
	v.open(other.public + "/settings")
	v.submit("identifier", email, "password", oldPassword)
	v.submit("totp_code", app.code(t, 0))
	require.Equal(t, "aal2", one.level(v))
	v.submit("password", newPassword)
	assert.Contains(t, v.page, `data-id="1050001"`)
	assert.True(t, one.knows(email, newPassword))
	assert.Equal(t, "aal2", one.level(v), "the token was rotated, and the other instance knows it")

	s := one.session(newClient(t), id)
	assert.Equal(t, 204, newClient(t).send("DELETE", other.public+"/demo/sessions/"+s.ID, "", "").Status)
	assert.Equal(t, 404, newClient(t).send("DELETE", one.public+"/demo/sessions/"+s.ID, "", "").Status)
	assert.Nil(t, one.whoami(newClient(t), "X-Session-Token", s.Token))

	db, err := sql.Open("sqlite", "file:"+file)
	require.NoError(t, err)
	defer db.Close()
	for table, want := range map[string]int{"amend_identities": 1, "amend_sessions": 0, "amend_tokens": 0, "amend_flows": 0} {
		var n int
		require.NoError(t, db.QueryRow("SELECT count(*) FROM "+table).Scan(&n))
		assert.Equal(t, want, n, table)
	}
}
