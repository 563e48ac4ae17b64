package main

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"
)

// webSession is a row of the app's own session table: what the app remembers of
// a browser, whether or not somebody has signed in there.
type webSession struct {
	ID      string // in the cookie
	Theme   string
	Expires time.Time

	tokenColumn // see account_own_sessions.go
}

const webSessionLifespan = 30 * 24 * time.Hour

// webSessions is that table, in memory for this example, and the cookie that
// leads to a row of it.
type webSessions struct {
	secure bool // the cookie is for https only
	now    func() time.Time

	mu   sync.Mutex
	rows map[string]webSession
}

func newWebSessions(secure bool, now func() time.Time) *webSessions {
	return &webSessions{secure: secure, now: now, rows: map[string]webSession{}}
}

func (s *webSessions) cookieName() string {
	if s.secure {
		return "__Host-sid"
	}
	return "sid"
}

// of is the row of a request, the zero one if it has none.
func (s *webSessions) of(r *http.Request) webSession {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return webSession{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	row := s.rows[c.Value]
	if !s.now().Before(row.Expires) {
		return webSession{}
	}
	return row
}

// start stores a row under a new id, and gives the browser that id.
func (s *webSessions) start(w http.ResponseWriter, row webSession) {
	row.ID, row.Expires = rand.Text(), s.now().Add(webSessionLifespan)
	s.mu.Lock()
	s.rows[row.ID] = row
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(), Value: row.ID, Path: "/", Expires: row.Expires,
		Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// update changes a row that is there.
func (s *webSessions) update(id string, change func(*webSession)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if row, ok := s.rows[id]; ok {
		change(&row)
		s.rows[id] = row
	}
}

// sweep deletes what has expired.
func (s *webSessions) sweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, row := range s.rows {
		if !s.now().Before(row.Expires) {
			delete(s.rows, id)
		}
	}
}
