package main

import (
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAURLBecomesWhatTheDriverOfMySQLWants(t *testing.T) {
	for _, row := range []struct{ name, url, user, password, addr, database, timeout string }{
		{"all of it", "mysql://app:pass@db.internal:3307/accounts?timeout=3s", "app", "pass", "db.internal:3307", "accounts", "3s"},
		{"the standard port", "mysql://app:pass@db.internal/accounts", "app", "pass", "db.internal:3306", "accounts", "0s"},
		{"no password", "mysql://root@127.0.0.1/accounts", "root", "", "127.0.0.1:3306", "accounts", "0s"},
		{"a password that looks like an address", "mysql://app:p%40ss%2Fw:%3Fx@db:1/accounts?timeout=1s", "app", "p@ss/w:?x", "db:1", "accounts", "1s"},
		{"IPv6", "mysql://app@[::1]:3307/accounts", "app", "", "[::1]:3307", "accounts", "0s"},
	} {
		t.Run(row.name, func(t *testing.T) {
			at, err := locate(row.url, nil)
			require.NoError(t, err)
			c, err := mysql.ParseDSN(at.dsn)
			require.NoError(t, err)
			assert.Equal(t, "tcp", c.Net)
			assert.Equal(t, []string{row.user, row.password, row.addr, row.database, row.timeout}, []string{c.User, c.Passwd, c.Addr, c.DBName, c.Timeout.String()})
		})
	}
}
