package faults_test

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"modernc.org/sqlite"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
)

// errand is what a child process is told to do: the scenario, until it kills
// itself.
type errand struct {
	Place place
	User  user
	Die   int64  // at this step; 0 is never
	Known string // the file where it keeps what its user knows
}

const errandVariable = "AMEND_FAULTS_ERRAND"

// steps counts what happens between a process and its store: the beginning and
// the end of each call, and what goes over the wire, or is done by the driver.
type steps struct {
	now atomic.Int64
	die int64
}

// step is one of them, and may be the last.
func (s *steps) step() {
	if s.now.Add(1) != s.die {
		return
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}

// The process is killed somewhere: in the middle of a call, of a transaction, of
// what it sends. The next one opens the store, and the user, who got no answer,
// sends the same again and goes on.
func TestKilledAtAnyStep(t *testing.T) {
	if told := os.Getenv(errandVariable); told != "" {
		runErrand(t, told)
		return
	}
	rounds := 20
	if *long {
		rounds = 1000
	}
	for _, place := range append(places[1:], places[0]) {
		t.Run(place.name, func(t *testing.T) {
			t.Parallel()
			p := place.make(t)
			if p.Driver == "" {
				p = usersPlace(t)
			}
			at := p.open(t)
			modes := []bool{false, true}
			if p.OnlyUsers {
				modes = modes[:1]
			}
			for _, backend := range modes {
				all := stepsOf(t, at, backend)
				r := rand.New(rand.NewPCG(*seed, uint64(all)))
				n := int64(rounds / len(modes))
				for round := range n {
					from := 1 + round*all/n
					k := from + r.Int64N(max(1, (round+1)*all/n-from+1))
					t.Run(fmt.Sprintf("backend %v, step %d of %d", backend, k, all), func(t *testing.T) { killedAt(t, at, backend, k) })
				}
			}
		})
	}
}

// stepsOf is how many steps the scenario has.
func stepsOf(t *testing.T, at opened, backend bool) int64 {
	w, known := delegated(t, at, backend)
	out, err := child(t, errand{Place: at.place, User: w.user, Known: known})
	require.NoError(t, err, "%s", out)
	var n int64
	content, err := os.ReadFile(known + ".steps")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, &n))
	require.Greater(t, n, int64(100))
	learn(t, w, known)
	require.True(t, w.over(), "the child did it all")
	w.end()
	return n
}

// delegated is a fixture whose user is on a child process's hands.
func delegated(t *testing.T, at opened, backend bool) (w *fixture, known string) {
	w = begin(t, at, backend)
	known = filepath.Join(t.TempDir(), "known")
	keep(known, w.user)
	return w, known
}

func killedAt(t *testing.T, at opened, backend bool, k int64) {
	w, known := delegated(t, at, backend)
	out, err := child(t, errand{Place: at.place, User: w.user, Die: k, Known: known})
	if err != nil { // it may have been done some steps sooner than the one that counted them
		var ended *exec.ExitError
		require.ErrorAs(t, err, &ended)
		require.False(t, ended.Exited(), "it was killed: %s", out)
		summary.add(at.Store, counts{faults: 1})
	}

	learn(t, w, known)
	if at.OnlyUsers {
		at = at.place.open(t) // nothing is left in memory
	}
	w = goOn(t, at, w.user)
	if at.OnlyUsers {
		w.comeBack()
	}
	w.holds()
	w.goOnToTheEnd()
	if at.Driver == "sqlite" {
		what, err := filesHold(at.place, w.canaries())
		require.NoError(t, err)
		if what != "" {
			w.violated("%s in the clear in the file of the database", what)
		}
	}
	w.end()
}

// child runs an errand in a process of its own.
func child(t *testing.T, e errand) (output []byte, err error) {
	told, err := json.Marshal(e)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	c := exec.CommandContext(t.Context(), self, "-test.run=^TestKilledAtAnyStep$", "-test.timeout=60s")
	c.Env = append(os.Environ(), errandVariable+"="+string(told))
	return c.CombinedOutput()
}

func runErrand(t *testing.T, told string) {
	var e errand
	require.NoError(t, json.Unmarshal([]byte(told), &e))
	s := &steps{}
	at := e.Place.openCounted(t, s)
	w := goOn(t, at, e.User)
	if e.Place.OnlyUsers {
		w.client = w.kit.SignIn(w.user.ID, respond.API, aal.Password)
	}
	w.save = func(u user) { keep(e.Known, u) }
	w.token(w.user.Token)
	s.now.Store(0)
	s.die = e.Die
	w.watch.handle(func(ctx context.Context, run func(context.Context) error) error {
		s.step()
		err := run(ctx)
		s.step()
		return err
	})
	for !w.over() {
		require.True(t, w.attempt(), w.step().name)
		w.advance(betweenSteps)
	}
	n, err := json.Marshal(s.now.Load())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(e.Known+".steps", n, 0o600))
}

// keep writes down what the user knows; learn reads it.
func keep(file string, u user) {
	j, err := json.Marshal(u)
	if err == nil {
		err = os.WriteFile(file+".new", j, 0o600)
	}
	if err == nil {
		err = os.Rename(file+".new", file)
	}
	if err != nil {
		panic(err)
	}
}

func learn(t *testing.T, w *fixture, file string) {
	j, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, json.NewDecoder(bytes.NewReader(j)).Decode(&w.user))
}

// openCounted is open with a driver, or a wire, whose steps are counted.
func (p place) openCounted(t *testing.T, s *steps) opened {
	switch p.Driver {
	case "sqlite":
		return p.over(t, sql.OpenDB(countedFile{p.DSN, s}))
	case "pgx":
		config, err := pgx.ParseConfig(p.DSN)
		require.NoError(t, err)
		dial := config.DialFunc
		config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dial(ctx, network, address)
			return countedConn{c, s}, err
		}
		return p.over(t, stdlib.OpenDB(*config))
	}
	config, err := mysql.ParseDSN(p.DSN)
	require.NoError(t, err)
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return countedConn{c, s}, err
	}
	connector, err := mysql.NewConnector(config)
	require.NoError(t, err)
	return p.over(t, sql.OpenDB(connector))
}

type countedConn struct {
	net.Conn
	s *steps
}

func (c countedConn) Write(p []byte) (int, error) {
	c.s.step()
	n, err := c.Conn.Write(p)
	c.s.step()
	return n, err
}

// countedFile is an SQLite database whose statements are counted.
type countedFile struct {
	dsn string
	s   *steps
}

func (f countedFile) Driver() driver.Driver { return &sqlite.Driver{} }

func (f countedFile) Connect(context.Context) (driver.Conn, error) {
	c, err := f.Driver().Open(f.dsn)
	return countedStatements{c, f.s}, err
}

type countedStatements struct {
	driver.Conn
	s *steps
}

func (c countedStatements) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.s.step()
	r, err := c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
	c.s.step()
	return r, err
}

func (c countedStatements) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.s.step()
	r, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
	c.s.step()
	return r, err
}
