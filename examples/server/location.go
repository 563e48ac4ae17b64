package main

import (
	"errors"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// location is where the store is, as -store says.
type location struct {
	kind storeKind
	file string // of SQLite, absolute
	dsn  string // of a server's database; it may have a password in it
}

type storeKind int

const (
	inMemory storeKind = iota
	inFile
	inPostgres
	inMySQL
)

// locate reads the value of -store. "" is an SQLite file in the user's state
// directory. No error of it has a password in it.
func locate(value string, getenv func(string) string) (location, error) {
	scheme, rest, _ := strings.Cut(value, ":")
	switch {
	case value == "":
		dir, err := stateDir(getenv)
		return location{kind: inFile, file: filepath.Join(dir, "accounts.db")}, err
	case value == "memory":
		return location{kind: inMemory}, nil
	case scheme == "sqlite" && rest != "":
		file, err := filepath.Abs(rest)
		return location{kind: inFile, file: file}, err
	case scheme == "postgres" && strings.HasPrefix(rest, "//"), scheme == "postgresql" && strings.HasPrefix(rest, "//"):
		return location{kind: inPostgres, dsn: value}, nil
	case scheme == "mysql" && strings.HasPrefix(rest, "//"):
		dsn, err := mysqlDSN(value)
		return location{kind: inMySQL, dsn: dsn}, err
	}
	return location{}, errors.New("-store: want sqlite:FILE, postgres://…, mysql://… or memory")
}

// stateDir is where this user's programs keep what outlives them (XDG Base
// Directory Specification).
func stateDir(getenv func(string) string) (string, error) {
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "amend"), nil
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state", "amend"), nil
	}
	return "", errors.New("-store is needed: neither XDG_STATE_HOME nor HOME names a directory to keep accounts in")
}

// mysqlDSN writes a URL as the driver wants it.
func mysqlDSN(raw string) (string, error) {
	bad := errors.New("-store: want mysql://USER:PASSWORD@HOST:PORT/DATABASE")
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") == "" {
		return "", bad
	}
	c := mysql.NewConfig()
	c.Net, c.Addr, c.DBName, c.User = "tcp", u.Host, strings.Trim(u.Path, "/"), u.User.Username()
	c.Passwd, _ = u.User.Password()
	dsn := c.FormatDSN()
	if u.RawQuery != "" {
		dsn += "?" + u.RawQuery // a new Config has no parameters
	}
	if _, err := mysql.ParseDSN(dsn); err != nil {
		return "", bad
	}
	return dsn, nil
}

// note is the line to print about where accounts are.
func (l location) note() string {
	switch l.kind {
	case inFile:
		return "Accounts are kept in " + l.file + "."
	case inMemory:
		return "Accounts are kept in memory: they end with the server."
	}
	return "Accounts are kept in the database that -store names."
}
