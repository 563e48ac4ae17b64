package main_test

import (
	"context"
	"database/sql"
	"encoding/base64"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/amend-go/amend/settings"
)

// bare is the server without any store or key: what a user who tries it out
// starts, with these variables.
func bare(env []string, flags ...string) *exec.Cmd {
	c := exec.CommandContext(context.Background(), program, append([]string{"-addr", "127.0.0.1:0", "-demo"}, flags...)...)
	c.Env = append([]string{}, env...) // nil would be this process's own
	return c
}

func TestAccountsSurviveARestart(t *testing.T) {
	for _, row := range []struct {
		name string
		env  func(dir string) []string
		flag func(dir string) []string
		file string
	}{
		{"in the state directory", func(dir string) []string { return []string{"XDG_STATE_HOME=" + dir, "HOME=/nonexistent"} }, nil, "amend/accounts.db"},
		{"in the home directory", func(dir string) []string { return []string{"HOME=" + dir} }, nil, ".local/state/amend/accounts.db"},
		{"in the home directory, where the state directory is no absolute path", func(dir string) []string { return []string{"XDG_STATE_HOME=state", "HOME=" + dir} }, nil, ".local/state/amend/accounts.db"},
		{"in a file, whatever its name", func(string) []string { return nil }, func(dir string) []string { return []string{"-store", "sqlite:" + dir + "/my 100%25?accounts#1.db"} }, "my 100%25?accounts#1.db"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			var flags []string
			if row.flag != nil {
				flags = row.flag(dir)
			}
			before := run(t, bare(row.env(dir), flags...))
			id := before.identity(email)
			app, passkey := before.plant(id, "totp"), before.plant(id, "passkey")
			s := before.sessionBy(newClient(t), id, []string{"password", "totp"})
			require.Zero(t, before.end(syscall.SIGTERM))

			after := run(t, bare(row.env(dir), append(flags, "-rp-origin", passkey.Origin)...))
			assert.True(t, after.knows(email, oldPassword))
			assert.NotNil(t, after.whoami(newClient(t), "X-Session-Token", s.Token))
			v := newPerson(t)
			v.open(after.public + "/login")
			v.usePasskey(passkey)
			assert.Equal(t, "aal2", after.level(v))
			v = newPerson(t)
			v.open(after.public + "/login")
			v.submit("identifier", email, "password", oldPassword)
			v.submit("totp_code", app.code(t, 0))
			assert.Equal(t, "aal2", after.level(v))
			assert.Equal(t, 204, newClient(t).send("DELETE", after.public+"/demo/sessions/"+s.ID, "", "").Status, "the demo API finds it")
			assert.Nil(t, after.whoami(newClient(t), "X-Session-Token", s.Token))

			for _, file := range []string{row.file, row.file + ".key"} {
				info, err := os.Stat(filepath.Join(dir, file))
				require.NoError(t, err)
				assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file)
			}
			info, err := os.Stat(filepath.Dir(filepath.Join(dir, row.file)))
			require.NoError(t, err)
			if row.flag == nil {
				assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
			}
		})
	}
}

func TestWhereAccountsAreIsPrinted(t *testing.T) {
	dir := t.TempDir()
	p := run(t, bare([]string{"XDG_STATE_HOME=" + dir}))
	assert.Equal(t, "Accounts are kept in "+dir+"/amend/accounts.db.", p.awaitLine("Accounts"))
	assert.Contains(t, p.awaitLine("A key was made"), dir+"/amend/accounts.db.key")
	again := run(t, bare([]string{"XDG_STATE_HOME=" + dir}))
	assert.Contains(t, again.awaitLine("The key is in"), dir+"/amend/accounts.db.key")
	assert.Contains(t, start(t).awaitLine("Accounts"), "in memory")
}

// Two that are started at once have one key, and see each other's accounts.
func TestTwoServersShareAFile(t *testing.T) {
	dir := t.TempDir()
	a, b := launch(t, bare([]string{"XDG_STATE_HOME=" + dir})), launch(t, bare([]string{"XDG_STATE_HOME=" + dir}))
	a.listening()
	b.listening()
	id := a.identity(email)
	app := a.plant(id, "totp")
	v := newPerson(t)
	v.open(b.public + "/login")
	v.submit("identifier", email, "password", oldPassword)
	v.submit("totp_code", app.code(t, 0))
	assert.Equal(t, "aal2", b.level(v), "what one has sealed the other opens")
	left, err := filepath.Glob(filepath.Join(dir, "amend", ".key*"))
	require.NoError(t, err)
	assert.Empty(t, left, "no draft is left")
}

func TestKeysOfTheEnvironmentAreUsedWhereThereAre(t *testing.T) {
	dir := t.TempDir()
	key := base64.StdEncoding.EncodeToString(settings.NewKey())
	env := []string{"XDG_STATE_HOME=" + dir, "AMEND_KEYS=" + key}
	p := run(t, bare(env))
	p.plant(p.identity(email), "totp")
	require.Zero(t, p.end(syscall.SIGTERM))
	_, err := os.Stat(filepath.Join(dir, "amend", "accounts.db.key"))
	assert.ErrorIs(t, err, os.ErrNotExist)

	// Without them the accounts cannot be opened, and no new key is made.
	said := refusalOf(t, 1, bare([]string{"XDG_STATE_HOME=" + dir}))
	assert.Contains(t, said, "AMEND_KEYS")
	assert.Contains(t, said, dir+"/amend/accounts.db.key")
	_, err = os.Stat(filepath.Join(dir, "amend", "accounts.db.key"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestAStoreThatCannotBeUsedIsOneLine(t *testing.T) {
	someKey := base64.StdEncoding.EncodeToString(settings.NewKey())
	damaged := func(name, content string) func(dir string) {
		return func(dir string) { require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600)) }
	}
	for _, row := range []struct {
		name    string
		store   string // $ is the directory
		keys    string
		prepare func(dir string)
		code    int
		says    string
	}{
		{"no file", "sqlite:", "", nil, 2, "sqlite:FILE"},
		{"a file without a store", "/tmp/accounts.db", "", nil, 2, "sqlite:FILE"},
		{"a store nobody has heard of", "redis://127.0.0.1", "", nil, 2, "sqlite:FILE"},
		{"a database without keys", "postgres://ada:s3cret@127.0.0.1/x", "", nil, 2, "AMEND_KEYS"},
		{"another database without keys", "mysql://ada:s3cret@127.0.0.1/x", "", nil, 2, "AMEND_KEYS"},
		{"a database without a name", "mysql://ada:s3cret@127.0.0.1", someKey, nil, 2, "mysql://USER"},
		{"a database whose URL is none", "mysql://ada:s3cret@%zz/x", someKey, nil, 2, "mysql://USER"},
		{"another whose URL is none", "postgres://ada:s3cret@127.0.0.1:port/x", someKey, nil, 1, "-store"},
		{"nobody listens", "postgres://ada:s3cret@127.0.0.1:1/x", someKey, nil, 1, "cannot be reached"},
		{"nobody listens here either", "mysql://ada:s3cret@127.0.0.1:1/x", someKey, nil, 1, "cannot be reached"},
		{"a file that is no database", "sqlite:$/accounts.db", someKey, damaged("accounts.db", strings.Repeat("milk, bread, butter, ", 50)), 1, "cannot be reached"},
		{"a directory", "sqlite:$", someKey, nil, 1, "-store"},
		{"a directory that is a file", "sqlite:$/file/accounts.db", someKey, damaged("file", ""), 1, "-store"},
		{"a key that is none", "sqlite:$/accounts.db", "", damaged("accounts.db.key", "s3cret!"), 1, "accounts.db.key is no key"},
		{"a key that is too short", "sqlite:$/accounts.db", "", damaged("accounts.db.key", "c2VjcmV0"), 1, "accounts.db.key is no key"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			if row.prepare != nil {
				row.prepare(dir)
			}
			said := refusal(t, row.code, row.keys, "-addr", "127.0.0.1:0", "-store", strings.ReplaceAll(row.store, "$", dir))
			assert.Contains(t, said, row.says)
			assert.NotContains(t, said, "s3cret")
			assert.NotContains(t, said, "c2VjcmV0")
		})
	}
}

func TestARedisThatCannotBeUsedIsOneLine(t *testing.T) {
	for _, row := range []struct {
		name, flows string
		code        int
		says        string
	}{
		{"no Redis", "memory", 2, "redis://USER"},
		{"a URL that is none", "redis://ada:s3cret@%zz/1", 2, "redis://USER"},
		{"a database that has no number", "redis://ada:s3cret@127.0.0.1/x", 2, "redis://USER"},
		{"nobody listens", "redis://ada:s3cret@127.0.0.1:1/1", 1, "cannot be reached"},
	} {
		t.Run(row.name, func(t *testing.T) {
			said := refusal(t, row.code, "", "-addr", "127.0.0.1:0", "-flows", row.flows)
			assert.Contains(t, said, row.says)
			assert.NotContains(t, said, "s3cret")
		})
	}
}

func TestWithoutAHomeAStoreIsNeeded(t *testing.T) {
	assert.Contains(t, refusalOf(t, 2, bare(nil)), "-store is needed")
}

func TestASchemaFromTheFutureIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "accounts.db")
	p := start(t, "-store", "sqlite:"+file)
	require.Zero(t, p.end(syscall.SIGTERM))
	db, err := sql.Open("sqlite", "file:"+file)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec("UPDATE amend_version SET version = 99")
	require.NoError(t, err)
	assert.Contains(t, refusal(t, 1, "", "-addr", "127.0.0.1:0", "-store", "sqlite:"+file), "version 99 is newer")
}

func TestAFileThatMayOnlyBeReadIsRefused(t *testing.T) {
	for name, modes := range map[string]struct{ file, dir os.FileMode }{
		"a file":                   {0o444, 0o777},
		"a directory":              {0o666, 0o555},
		"a directory with no file": {0, 0o555},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "server") // t.TempDir is for its own user only
			require.NoError(t, err)
			defer os.RemoveAll(dir)
			file := filepath.Join(dir, "accounts.db")
			key := base64.StdEncoding.EncodeToString(settings.NewKey())
			if modes.file != 0 {
				require.Zero(t, startWithKeys(t, key, "-store", "sqlite:"+file).end(syscall.SIGTERM))
				require.NoError(t, os.Chmod(file, modes.file))
			}
			require.NoError(t, os.Chmod(dir, modes.dir))

			c := command(context.Background(), key, "-addr", "127.0.0.1:0", "-store", "sqlite:"+file)
			if os.Geteuid() == 0 { // to whom nothing is read-only
				c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			}
			said := refusalOf(t, 1, c)
			assert.Contains(t, said, file)
			assert.Regexp(t, "permission denied|read-only", said)
		})
	}
}

// databaseURL is a URL with another path or user.
func databaseURL(t testing.TB, raw string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	change(u)
	return u.String()
}
