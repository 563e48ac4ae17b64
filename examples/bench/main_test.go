package main

import (
	"context"
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/memory"
	"github.com/amend-go/amend/settings/store/sqlstore"
)

// The tests' program is its own clients' process too.
func TestMain(m *testing.M) {
	if os.Getenv(asClient) != "" {
		if err := beClients(os.Stdin, os.Stdout); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// measured runs groups shortly, and is the names of the budgets. What is short in
// so short a run says nothing.
func measured(t *testing.T, m *measurement) (names []string) {
	t.Helper()
	var out strings.Builder
	m.to, m.rounds, m.requests = &out, 1, 4
	require.NoError(t, m.run(t.Context()))
	line := regexp.MustCompile(`^budget (\S+) measured [0-9.e+-]+ bound [≤≥][0-9.]+ (ok|short)$`)
	for text := range strings.Lines(out.String()) {
		if strings.HasPrefix(text, "note ") {
			continue
		}
		found := line.FindStringSubmatch(strings.TrimSpace(text))
		require.NotNil(t, found, text)
		names = append(names, found[1])
	}
	return names
}

func TestEveryGroupMeasuresItsBudgets(t *testing.T) {
	for _, row := range []struct {
		group   string
		budgets []string // some of them
	}{
		{"memory", []string{"memory/password/read/allocations", "memory/profile/submit/allocations", "memory/every/read/bytes", "memory/every/read/throughput-of-bare/8-connections"}},
		{"sqlite", []string{"sqlite/profile/read/statements", "sqlite/every/start/work-of-by-hand", "sqlite/every/submit/work-of-by-hand"}},
		{"postgres", []string{"postgres/profile/submit/statements", "postgres/every/read/work-of-by-hand", "postgres/every/submit/throughput-of-by-hand"}},
		{"redis", []string{"redis/every/read/statements", "redis/every/start/statements", "redis/every/submit/statements"}},
		{"hashes", []string{"hashes/password-submit-of-its-hashes"}},
		{"crowd", []string{"crowd/sqlite/memory-of-bound", "crowd/memory/changes-acknowledged-and-lost", "crowd/work-of-a-refusal-of-bare"}},
		{"growth", []string{"growth/memory/read", "growth/memory/bytes-of-a-flow", "growth/sqlite/submit"}},
	} {
		t.Run(row.group, func(t *testing.T) {
			m := &measurement{only: row.group, growth: "10,100", crowd: 5, postgres: os.Getenv("AMEND_POSTGRES"), redis: os.Getenv("AMEND_REDIS")}
			if row.group == "redis" && (m.postgres == "" || m.redis == "") {
				t.Skip("AMEND_POSTGRES or AMEND_REDIS is not set: no servers to measure")
			}
			if row.group == "postgres" && m.postgres == "" {
				t.Skip("AMEND_POSTGRES is not set: no server to measure")
			}
			names := measured(t, m)
			for _, want := range row.budgets {
				assert.Contains(t, names, want)
			}
		})
	}
}

// Counts are the same in any run, however short and however busy the machine.
func TestCountsAreWithinTheirBudgets(t *testing.T) {
	if racing {
		t.Skip("the race detector empties pools at random")
	}
	var out strings.Builder
	m := &measurement{report: report{to: &out}, only: "memory", rounds: 1, requests: 4}
	require.NoError(t, m.run(t.Context()))
	for _, name := range []string{"memory/password/read/allocations", "memory/profile/submit/allocations", "memory/every/read/allocations", "memory/every/read/bytes"} {
		assert.Regexp(t, "budget "+name+" .* ok\n", out.String())
	}
}

// What a program spends once, before it serves anybody.
func BenchmarkStartWithEveryMethod(b *testing.B) {
	s := &inMemory{Store: memory.New()}
	for b.Loop() {
		if _, err := install(s, everyMethod.methods(settingstest.FastHash())); err != nil {
			b.Fatal(err)
		}
	}
}

func TestABudget(t *testing.T) {
	for _, row := range []struct {
		name string
		budget
		line string
	}{
		{"what is within is ok", budget{"read", 0.7, 0.6, true}, "budget read measured 0.7 bound ≥0.6 ok"},
		{"at the bound, too", budget{"read", 120, 120, false}, "budget read measured 120 bound ≤120 ok"},
		{"below the least is short", budget{"read", 0.5999, 0.6, true}, "budget read measured 0.5999 bound ≥0.6 short"},
		{"above the most is short", budget{"read", 121, 120, false}, "budget read measured 121 bound ≤120 short"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out strings.Builder
			r := report{to: &out}
			r.add(row.budget)
			r.add(budget{"other", 1, 1, true})
			assert.Equal(t, row.line, strings.Split(out.String(), "\n")[0])
			assert.Equal(t, strings.HasSuffix(row.line, "short"), r.short, "one that is short is not forgotten")
		})
	}
}

// A client that is not answered by 200 must not be measured as if it were.
func TestClientsReportWhatGoesWrong(t *testing.T) {
	c, err := startClients()
	require.NoError(t, err)
	m := &measurement{clients: c, rounds: 1, requests: 2}
	r, err := http.NewRequest("GET", "http://app.example.com/", nil)
	require.NoError(t, err)
	ok := contender{Handler: bare(http.Header{}, []byte("yes")), requests: []string{onTheWire(r)}}
	_, err = m.race(ok, ok)
	require.NoError(t, err)
	_, err = m.race(ok, contender{Handler: http.NotFoundHandler(), requests: []string{onTheWire(r)}})
	require.ErrorContains(t, err, "404")
	_, err = m.race(ok, ok)
	require.NoError(t, err, "the next is measured")
	require.NoError(t, c.close())
}

// What is written by hand does write, and answers the same.
func TestByHandDoesTheSame(t *testing.T) {
	for name, dsn := range map[string]string{"SQLite": "sqlite:" + filepath.Join(t.TempDir(), "bench.db"), "PostgreSQL": os.Getenv("AMEND_POSTGRES")} {
		t.Run(name, func(t *testing.T) {
			if dsn == "" {
				t.Skip("AMEND_POSTGRES is not set: no server to test with")
			}
			g, err := open(t.Context(), dsn)
			require.NoError(t, err)
			defer func() { require.NoError(t, g.close()) }()
			in := g.(*inSQL)
			asked := &recorder{driver: in.db.Driver(), dsn: in.dsn}
			taken := sql.OpenDB(asked)
			defer taken.Close()
			observed, err := sqlstore.New(taken, in.dialect)
			require.NoError(t, err)
			h, err := install(g, withProfile.methods(settingstest.FastHash()))
			require.NoError(t, err)
			twin, err := install(observed, withProfile.methods(settingstest.FastHash()))
			require.NoError(t, err)
			p, err := newPerson(t.Context(), g, h, flow.API)
			require.NoError(t, err)

			flows := func() (n int) {
				require.NoError(t, in.db.QueryRow("SELECT count(*) FROM amend_flows WHERE owner_id = '"+p.id+"'").Scan(&n))
				return n
			}
			before := flows()
			hand, err := writtenByHand(in.db, asked, twin, p, p.start())
			require.NoError(t, err)
			for range 3 {
				_, err := answerTo(hand, p.start())
				require.NoError(t, err)
			}
			assert.Equal(t, before+4, flows(), "one by the library, three by hand")

			hand, err = writtenByHand(in.db, asked, twin, p, p.profile(0))
			require.NoError(t, err)
			for range 3 {
				a, err := answerTo(hand, p.profile(1))
				require.NoError(t, err)
				assert.Equal(t, hand.header, a.Header())
			}
			r, err := g.GetIdentity(t.Context(), p.id)
			require.NoError(t, err)
			assert.EqualValues(t, identityVersion+4, r.Version)
			_, err = answerTo(h, p.profile(2))
			require.NoError(t, err, "the library goes on with it")
		})
	}
}

func TestSizesThatDoNotGrow(t *testing.T) {
	for _, list := range []string{"", "0", "-1", "10,10", "10,9", "x", "10,"} {
		_, err := parseSizes(list)
		assert.Error(t, err, list)
	}
}

func TestAFileThatIsThereIsNotTouched(t *testing.T) {
	file := filepath.Join(t.TempDir(), "accounts.db")
	require.NoError(t, os.WriteFile(file, []byte("mine"), 0o600))
	_, err := open(t.Context(), "sqlite:"+file)
	require.Error(t, err)
	_, err = open(t.Context(), "redis://")
	require.Error(t, err)
}

// A tenth of what a store is grown by has expired, and is swept.
func TestEveryStoreGrows(t *testing.T) {
	for name, dsn := range map[string]string{
		"memory": "memory", "SQLite": "sqlite:" + filepath.Join(t.TempDir(), "growth.db"), "PostgreSQL": os.Getenv("AMEND_POSTGRES"),
	} {
		t.Run(name, func(t *testing.T) {
			if dsn == "" {
				t.Skip("AMEND_POSTGRES is not set: no server to test with")
			}
			g, err := open(context.Background(), dsn)
			require.NoError(t, err)
			defer func() { require.NoError(t, g.close()) }()
			m := &measurement{rounds: 1, requests: 4}
			s, err := m.sizeUp(t.Context(), g, 10)
			require.NoError(t, err)
			assert.Equal(t, 2, s.swept, "of 10 forms and 10 sessions, each tenth")
			s, err = m.sizeUp(t.Context(), g, 90)
			require.NoError(t, err)
			assert.Equal(t, 18, s.swept, "of the 90 that were added")
		})
	}
}
