package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/google/uuid"

	"github.com/amend-go/amend/session"
)

// byHand is a handler that somebody might have written for one request of one
// person: the same statements, as the library was seen to ask them, and the same
// bytes of answer. It decides nothing and guards against nothing.
type byHand struct {
	db     *sql.DB
	steps  []step
	header http.Header
	body   []byte
}

// step is a statement, and where in its arguments stand what differs each time.
type step struct {
	statement
	counted  []int // versions, which grow
	keys     []int // of new flows
	hashedAt []int // the hash of the token
}

// Versions that nothing else is, by which they are found among the arguments.
const identityVersion, flowVersion = int64(1_000_000), int64(2_000_000)

// writtenByHand makes byHand of what a request of a person asks and answers. The
// request is answered once for it.
func writtenByHand(db *sql.DB, r *recorder, h http.Handler, p *person, request *http.Request) (*byHand, error) {
	for text, version := range map[string]int64{
		"UPDATE amend_identities SET version = %d WHERE id = '" + p.id + "'":         identityVersion,
		"UPDATE amend_flows SET version = %d WHERE flow_key = 'flow:" + p.form + "'": flowVersion,
	} {
		if _, err := db.Exec(fmt.Sprintf(text, version)); err != nil {
			return nil, err
		}
	}
	w := httptest.NewRecorder()
	seen, _ := r.during(func() error { h.ServeHTTP(w, request); return nil })
	if w.Code != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %d %s", request.Method, request.URL, w.Code, w.Body)
	}
	hand := &byHand{db: db, header: w.Header(), body: w.Body.Bytes()}
	hash := session.Hash(p.token)
	for _, each := range seen {
		s := step{statement: each}
		for n, arg := range s.args {
			switch arg := arg.(type) {
			case int64:
				if arg == identityVersion || arg == flowVersion {
					s.counted, s.args[n] = append(s.counted, n), arg+1
				}
			case string:
				if arg == hash {
					s.hashedAt = append(s.hashedAt, n)
				}
				if strings.HasPrefix(arg, "flow:") && arg != "flow:"+p.form {
					s.keys = append(s.keys, n)
				}
			}
		}
		hand.steps = append(hand.steps, s)
	}
	return hand, nil
}

func (h *byHand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		var fields struct {
			Method string         `json:"method"`
			Traits map[string]any `json:"traits"`
		}
		if err := json.NewDecoder(r.Body).Decode(&fields); err != nil || fields.Method == "" || fields.Traits == nil {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
	}
	if err := h.work(r.Context(), session.Hash(r.Header.Get("X-Session-Token"))); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	for k, v := range h.header {
		w.Header()[k] = v
	}
	_, _ = w.Write(h.body)
}

// asker is a pool or one of its connections.
type asker interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
}

func (h *byHand) work(ctx context.Context, hash string) error {
	var on asker = h.db
	if len(h.steps) > 2 { // a transaction is its connection's
		c, err := h.db.Conn(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		on = c
	}
	for n := range h.steps {
		if err := h.steps[n].take(ctx, on, hash); err != nil {
			return err
		}
	}
	return nil
}

func (s *step) take(ctx context.Context, on asker, hash string) error {
	for _, n := range s.hashedAt {
		s.args[n] = hash
	}
	for _, n := range s.keys {
		s.args[n] = "flow:" + uuid.NewString()
	}
	if !s.rows {
		if result, err := on.ExecContext(ctx, s.text, s.args...); err != nil {
			return err
		} else if n, err := result.RowsAffected(); err == nil && n == 0 && len(s.counted) > 0 {
			return fmt.Errorf("nothing was written by %s", s.text)
		}
	} else if err := s.query(ctx, on); err != nil {
		return err
	}
	for _, n := range s.counted {
		s.args[n] = s.args[n].(int64) + 1
	}
	return nil
}

// query reads all rows; there must be one, unless it is one that finds keys.
func (s *step) query(ctx context.Context, on asker) error {
	rows, err := on.QueryContext(ctx, s.text, s.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	into, values := make([]any, len(columns)), make([]sql.RawBytes, len(columns))
	for n := range into {
		into[n] = &values[n]
	}
	found := 0
	for ; rows.Next(); found++ {
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	if found == 0 || len(s.counted) > 0 && string(values[0]) != "1" { // a commit counts what it found
		return fmt.Errorf("found %d rows, %q, by %s", found, values, s.text)
	}
	return rows.Err()
}

// perPerson gives each person's requests to their own handler, by their token.
type perPerson map[string]http.Handler

func (p perPerson) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p[r.Header.Get("X-Session-Token")].ServeHTTP(w, r)
}
