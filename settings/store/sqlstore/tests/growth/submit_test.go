package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/store/sqlstore"
)

// statements takes down what is asked of PostgreSQL.
type statements struct {
	mu  sync.Mutex
	all []pgx.TraceQueryStartData
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all != nil {
		s.all = append(s.all, q)
	}
	return ctx
}

func (*statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// during is what a call asks.
func (s *statements) during(call func()) []pgx.TraceQueryStartData {
	s.mu.Lock()
	s.all = []pgx.TraceQueryStartData{}
	s.mu.Unlock()
	call()
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.all
	s.all = nil
	return all
}

// byHand is a handler that somebody might have written for one thing: a profile
// submit, with the same two statements and the same bytes of answer. It guards
// against nothing.
type byHand struct {
	db           *sql.DB
	load, commit string
	args         []any // of commit; versions are the next ones
	identityAt   []int // where in args the identity's version stands
	flowAt       []int
	key          string
	header       http.Header
	body         []byte
}

// Versions that nothing else is, by which they are found among the arguments.
const identityVersion, flowVersion = int64(1_000_000), int64(2_000_000)

func (h *byHand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var fields struct {
		Method string            `json:"method"`
		Traits map[string]string `json:"traits"`
	}
	if err := json.NewDecoder(r.Body).Decode(&fields); err != nil || fields.Method != "profile" {
		http.Error(w, "no", http.StatusBadRequest)
		return
	}
	rows, err := h.db.QueryContext(r.Context(), h.load, h.key, session.Hash(r.Header.Get("X-Session-Token")))
	if err == nil {
		err = h.readAndWrite(r.Context(), rows)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	for k, v := range h.header {
		w.Header()[k] = v
	}
	_, _ = w.Write(h.body)
}

func (h *byHand) readAndWrite(ctx context.Context, rows *sql.Rows) error {
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	into := make([]any, len(columns))
	for n := range into {
		into[n] = new(sql.RawBytes)
	}
	if !rows.Next() {
		return fmt.Errorf("no session")
	}
	if err := rows.Scan(into...); err != nil {
		return err
	}
	if err := rows.Close(); err != nil {
		return err
	}
	var ready int
	if err := h.db.QueryRowContext(ctx, h.commit, h.args...).Scan(&ready); err != nil || ready != 1 {
		return fmt.Errorf("not written: %d, %w", ready, err)
	}
	for _, n := range slices.Concat(h.identityAt, h.flowAt) {
		h.args[n] = h.args[n].(int64) + 1
	}
	return nil
}

// BenchmarkProfileSubmit compares a submit with byHand's, by turns, on the same
// server: of-by-hand is the part of its throughput that is left.
func BenchmarkProfileSubmit(b *testing.B) {
	server := os.Getenv("AMEND_POSTGRES")
	if server == "" {
		b.Skip("AMEND_POSTGRES is not set: no server to measure")
	}
	var asked statements
	db := openTraced(b, server, &asked)
	store, err := sqlstore.New(db, sqlstore.PostgreSQL)
	require.NoError(b, err)
	require.NoError(b, store.Migrate(b.Context()))
	h, err := newHandler(store)
	require.NoError(b, err)
	ours, theirs := signedIn(b, store, h), signedIn(b, store, h)
	hand := handwritten(b, db, &asked, h, theirs)

	var amend, written time.Duration
	for n := 0; b.Loop(); n++ {
		request := submitOf(ours, n)
		begin := time.Now()
		if w := serve(h, request); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
		amend += time.Since(begin)

		request = submitOf(theirs, n)
		begin = time.Now()
		if w := serve(hand, request); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
		written += time.Since(begin)
	}
	b.ReportMetric(float64(written)/float64(amend), "of-by-hand")
	b.ReportMetric(float64(amend.Microseconds())/float64(b.N), "µs-submit")
	b.ReportMetric(float64(written.Microseconds())/float64(b.N), "µs-by-hand")
	b.ReportMetric(0, "ns/op") // of both together: says nothing
}

// handwritten makes byHand of what a submit asks and answers.
func handwritten(t testing.TB, db *sql.DB, asked *statements, h *settings.Handler, p person) *byHand {
	for statement, version := range map[string]int64{
		"UPDATE amend_identities SET version = $1 WHERE id = $2":  identityVersion,
		"UPDATE amend_flows SET version = $1 WHERE flow_key = $2": flowVersion,
	} {
		of := p.id
		if version == flowVersion {
			of = "flow:" + p.form
		}
		result, err := db.Exec(statement, version, of)
		require.NoError(t, err)
		n, err := result.RowsAffected()
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
	}
	var answer *httptest.ResponseRecorder
	all := asked.during(func() { answer = serve(h, submitOf(p, 0)) })
	require.Equal(t, http.StatusOK, answer.Code, answer.Body)
	require.Len(t, all, 2, "a load and a commit")
	require.True(t, strings.HasPrefix(all[1].SQL, "WITH ready"), all[1].SQL)
	hand := &byHand{db: db, load: all[0].SQL, commit: all[1].SQL, key: "flow:" + p.form, header: answer.Header(), body: answer.Body.Bytes()}
	for n, arg := range all[1].Args {
		switch arg {
		case identityVersion:
			hand.identityAt, arg = append(hand.identityAt, n), identityVersion+1
		case flowVersion:
			hand.flowAt, arg = append(hand.flowAt, n), flowVersion+1
		}
		hand.args = append(hand.args, arg)
	}
	require.NotEmpty(t, hand.identityAt)
	require.NotEmpty(t, hand.flowAt)
	return hand
}

// What is written by hand does write, and answers the same.
func TestByHandDoesTheSame(t *testing.T) {
	server := os.Getenv("AMEND_POSTGRES")
	if server == "" {
		t.Skip("AMEND_POSTGRES is not set: no server to test with")
	}
	var asked statements
	db := openTraced(t, server, &asked)
	store, err := sqlstore.New(db, sqlstore.PostgreSQL)
	require.NoError(t, err)
	require.NoError(t, store.Migrate(t.Context()))
	h, err := newHandler(store)
	require.NoError(t, err)
	p := signedIn(t, store, h)
	hand := handwritten(t, db, &asked, h, p)
	for range 3 {
		w := serve(hand, submitOf(p, 1))
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		require.Equal(t, hand.header, w.Header())
	}
	r, err := store.GetIdentity(t.Context(), p.id)
	require.NoError(t, err)
	require.EqualValues(t, identityVersion+4, r.Version)
	require.Equal(t, http.StatusOK, serve(h, submitOf(p, 2)).Code, "the library goes on with it")
}

func signedIn(t testing.TB, g stores, h *settings.Handler) person {
	p, err := newPerson(t.Context(), g, h)
	require.NoError(t, err)
	return p
}

func submitOf(p person, n int) *http.Request {
	body, _ := json.Marshal(map[string]any{"method": "profile", "traits": map[string]any{"email": p.email, "name": fmt.Sprint("Ada ", n)}})
	r := httptest.NewRequest(http.MethodPost, publicURL+"/self-service/settings?flow="+p.form, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Session-Token", p.token)
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// openTraced opens a schema of its own, on connections whose statements are
// taken down.
func openTraced(t testing.TB, server string, asked *statements) *sql.DB {
	schema := "amend_submit_" + strings.ToLower(rand.Text()[:16])
	admin, err := sql.Open("pgx", server)
	require.NoError(t, err)
	_, err = admin.Exec("CREATE SCHEMA " + schema)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.Exec("DROP SCHEMA " + schema + " CASCADE")
		require.NoError(t, err)
		require.NoError(t, admin.Close())
	})
	u, err := url.Parse(server)
	require.NoError(t, err)
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	config, err := pgx.ParseConfig(u.String())
	require.NoError(t, err)
	config.Tracer = asked
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() { _ = db.Close() })
	return db
}
