package faults_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/sqlstore"
)

// flipped is what a damaged disk or a careless hand makes of bytes.
var flipped = map[string]func([]byte) [][]byte{
	"a bit is another": func(b []byte) (all [][]byte) {
		for n := range b {
			c := bytes.Clone(b)
			c[n] ^= 1 << (n % 8)
			all = append(all, c)
		}
		return all
	},
	"the end is missing": func(b []byte) [][]byte { return [][]byte{b[:1], b[:len(b)/2], b[:len(b)-1]} },
	"zeros":              func(b []byte) [][]byte { return [][]byte{make([]byte, len(b))} },
}

// some are not too many of all: each costs a request or two.
func some(all [][]byte) [][]byte {
	step := 1
	if !*long {
		step = max(1, len(all)/20)
	}
	var few [][]byte
	for n := 0; n < len(all); n += step {
		few = append(few, all[n])
	}
	return few
}

// A state that was damaged opens nothing: nobody gets in by it, nothing is
// changed, nothing panics, and others notice nothing.
func TestCorruptState(t *testing.T) {
	onEveryPlace(t, func(t *testing.T, at opened, backend bool) {
		w, neighbour := begin(t, at, backend), begin(t, at, backend)
		defer w.end()
		defer neighbour.end()
		w.until(afterTheCodes)
		good, err := at.GetIdentity(t.Context(), w.user.ID)
		require.NoError(t, err)
		require.True(t, w.openForm())
		for what, flip := range flipped {
			for n, state := range some(flip(good.SealedState)) {
				r, err := at.GetIdentity(t.Context(), w.user.ID)
				require.NoError(t, err)
				r.SealedState = state
				require.NoError(t, at.UpdateIdentity(t.Context(), r))
				w.shut(fmt.Sprint(what, ", ", n))
			}
		}
		neighbour.goOnToTheEnd()

		r, err := at.GetIdentity(t.Context(), w.user.ID)
		require.NoError(t, err)
		r.SealedState = good.SealedState
		require.NoError(t, at.UpdateIdentity(t.Context(), r))
		w.user.Flow = ""
		w.goOnToTheEnd()
	})
}

// shut looks whether an account that cannot be read is one that nobody gets
// into.
func (w *fixture) shut(what string) {
	w.t.Helper()
	summary.add(w.at.Store, counts{faults: 1})
	before, err := w.at.GetIdentity(w.t.Context(), w.user.ID)
	require.NoError(w.t, err)
	for name, a := range map[string]*settingstest.Answer{
		"whoami":   w.client.Whoami(),
		"the form": w.client.Read(w.user.Flow),
		"a form":   w.client.Get("/self-service/settings/api"),
		"a submit": w.client.Submit(&settingstest.Flow{ID: w.user.Flow}, settingstest.Fields{"totp_unlink": true}),
	} {
		if a.Status != http.StatusInternalServerError && a.Status != http.StatusServiceUnavailable {
			w.violated("%s: %s is answered %s", what, name, brief(a))
		}
		if strings.Contains(string(a.Body), "seal") || strings.Contains(string(a.Body), "key") {
			w.violated("%s: %s tells why: %s", what, name, a.Body)
		}
	}
	for m, value := range map[aal.Method]string{aal.Password: w.user.Password, aal.Lookup: w.user.Codes[0], aal.TOTP: w.codeNow()} {
		if _, err := w.kit.Handler.Service.Verify(w.t.Context(), settings.Proof{Method: m, IdentityID: w.user.ID, Value: value, SkipTries: true}); err == nil {
			w.violated("%s: a sign-in by %s", what, m)
		}
	}
	if _, _, err := w.kit.Handler.Sessions.IssueToken(w.t.Context(), w.user.ID, session.Device{}, aal.Password); err == nil {
		w.violated("%s: a session is issued", what)
	}
	if strings.Contains(w.kit.Log.String(), "panic") {
		w.violated("%s: a panic", what)
	}
	after, err := w.at.GetIdentity(w.t.Context(), w.user.ID)
	require.NoError(w.t, err)
	assert.Equal(w.t, before, after, what)
}

// A form that was damaged is a form that cannot be used; whoever has it starts
// another one. A damaged one that can still be read changes only what is the
// user's own to change.
func TestCorruptForm(t *testing.T) {
	onEveryPlace(t, func(t *testing.T, at opened, backend bool) {
		w := begin(t, at, backend)
		defer w.end()
		require.True(t, w.openForm())
		key := "flow:" + w.user.Flow
		good, err := at.GetFlow(t.Context(), key)
		require.NoError(t, err)
		for what, flip := range flipped {
			for n, data := range some(flip(good.Data)) {
				r, err := at.GetFlow(t.Context(), key)
				require.NoError(t, err)
				r.Data = data
				require.NoError(t, at.UpdateFlow(t.Context(), r))
				summary.add(at.Store, counts{faults: 1})
				before := w.identity()
				for name, a := range map[string]*settingstest.Answer{
					"the form": w.client.Read(w.user.Flow),
					"a submit": w.client.Submit(&settingstest.Flow{ID: w.user.Flow}, settingstest.Fields{"method": "password", "password": "short"}),
				} {
					switch a.Status {
					case http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusGone, http.StatusForbidden, http.StatusSeeOther,
						http.StatusInternalServerError, http.StatusServiceUnavailable:
					default:
						w.violated("%s, %d: %s is answered %s", what, n, name, brief(a))
					}
				}
				if what != "a bit is another" { // which may be one of a text
					assert.Contains(t, []int{http.StatusInternalServerError, http.StatusServiceUnavailable}, w.client.Read(w.user.Flow).Status, what)
				}
				assert.Equal(t, before, w.identity())
				assert.NotContains(t, w.kit.Log.String(), "panic")
			}
		}
		w.user.Flow = ""
		w.goOnToTheEnd()
	})
}

// A column that no longer has what the library wrote there.
func TestCorruptColumns(t *testing.T) {
	columns := []struct{ table, column, value, by string }{
		{"amend_sessions", "methods", "'{'", "identity_id"},
		{"amend_sessions", "methods", `'[{"method":7}]'`, "identity_id"},
		{"amend_sessions", "successor", "'x'", "identity_id"},
		{"amend_identities", "traits", "'{'", "id"},
		{"amend_identities", "traits", "'[]'", "id"},
		{"amend_identities", "password_hash", "'$argon2id$v=19$m=99999999,t=1,p=1$AA$AA'", "id"},
		{"amend_identities", "password_hash", "'x'", "id"},
	}
	for _, place := range places[1:] {
		t.Run(place.name, func(t *testing.T) {
			t.Parallel()
			at := place.make(t).open(t)
			for _, c := range columns {
				t.Run(c.table+"."+c.column+" is "+c.value, func(t *testing.T) {
					w, neighbour := begin(t, at, true), begin(t, at, true)
					defer w.end()
					defer neighbour.end()
					mark := "?"
					if at.Dialect == sqlstore.PostgreSQL {
						mark = "$1"
					}
					result, err := at.db.Exec("UPDATE "+c.table+" SET "+c.column+" = "+c.value+" WHERE "+c.by+" = "+mark, w.user.ID)
					require.NoError(t, err)
					n, err := result.RowsAffected()
					require.NoError(t, err)
					require.Positive(t, n)
					summary.add(at.Store, counts{faults: 1})
					for _, a := range []*settingstest.Answer{w.client.Whoami(), w.client.Get("/self-service/settings/api"), w.client.Get("/sessions")} {
						assert.Contains(t, []int{http.StatusOK, http.StatusInternalServerError, http.StatusServiceUnavailable}, a.Status, brief(a))
						assert.NotContains(t, string(a.Body), "json")
					}
					if c.column == "password_hash" {
						_, err := w.kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: w.user.ID, Value: w.user.Password})
						assert.Error(t, err)
						_, err = w.kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: w.user.ID, Value: "x"})
						assert.Error(t, err)
					}
					assert.NotContains(t, w.kit.Log.String(), "panic")
					neighbour.goOnToTheEnd()
				})
			}
		})
	}
}

// Whoever can write the tables, and has no key, cannot put the state of one
// account into another: it would bring its second factor along, or its absence.
func TestStateOfAnother(t *testing.T) {
	onEveryPlace(t, func(t *testing.T, at opened, backend bool) {
		w, other := begin(t, at, backend), begin(t, at, backend)
		defer w.end()
		defer other.end()
		other.user.Key = w.user.Key
		other.kit = other.instance(0)
		other.client = other.kit.SignIn(other.user.ID, respond.API, aal.Password)
		w.until(afterTheCodes)
		require.True(t, w.openForm())
		form := other.client.Start()
		require.Equal(t, http.StatusOK, other.client.Submit(form, settingstest.Fields{"method": "password", "password": newPassword()}).Status)
		theirs, err := at.GetIdentity(t.Context(), other.user.ID)
		require.NoError(t, err)
		ours, err := at.GetIdentity(t.Context(), w.user.ID)
		require.NoError(t, err)
		require.NotEmpty(t, theirs.SealedState)
		ours.SealedState = theirs.SealedState
		require.NoError(t, at.UpdateIdentity(t.Context(), ours))
		w.shut("the state of another account")
	})
}
