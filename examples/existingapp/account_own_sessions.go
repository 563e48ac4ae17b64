package main

import (
	"net/http"

	"github.com/amend-go/amend/session"
)

// This file is for apps that keep their own sessions. It replaces the library's
// cookie: its token stands in the app's session row, and the browser has the
// app's cookie alone.

// tokenColumn is one new column of the session table:
//
//	ALTER TABLE web_sessions ADD amend_token TEXT NOT NULL DEFAULT '';
//
// It takes the place of a column user_id. Who is signed in is what the library
// says of the token and never the row's own word: when a password changes, the
// rows of the other browsers are still there, and their tokens are worth nothing.
//
// A token signs in like the cookie of its row, so the table is as secret as a
// table of cookies.
type tokenColumn struct{ Token string }

// inWebSessions keeps the library's token in the app's sessions.
type inWebSessions struct{ *webSessions }

var _ session.Transport = inWebSessions{}

func (s inWebSessions) Tokens(r *http.Request) []string {
	if row := s.of(r); row.Token != "" {
		return []string{row.Token}
	}
	return nil
}

// Save starts a new row, so that the cookie changes whenever the token does. A
// cookie planted before the sign-in is then worth nothing (session fixation),
// nor is one that was stolen before a change of password. The old row keeps the
// old token for a while, and nothing else: by it the library recognises a button that
// was pressed twice.
func (s inWebSessions) Save(w http.ResponseWriter, r *http.Request, token string, _ session.Session) error {
	row := s.of(r)
	if row.Token == token {
		return nil
	}
	s.update(row.ID, func(old *webSession) {
		*old = webSession{ID: old.ID, Expires: s.now().Add(session.RetryWindow), tokenColumn: old.tokenColumn}
	})
	row.Token = token
	s.start(w, row)
	return nil
}

func (s inWebSessions) Clear(_ http.ResponseWriter, r *http.Request) error {
	s.update(s.of(r).ID, func(row *webSession) { row.Token = "" })
	return nil
}
