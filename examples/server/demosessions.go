package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
)

// sessionMethods are what a session may have been started with.
var sessionMethods = []aal.Method{
	aal.Password, aal.OIDC, aal.Code, aal.Passkey, aal.TOTP, aal.WebAuthn, aal.Lookup, aal.CodeRecovery, aal.LinkRecovery,
}

// sessionRequest asks for a session: of an identity, by its id, that has
// completed methods; or of whoever signs in with a password.
type sessionRequest struct {
	IdentityID      string       `json:"identity_id"`
	Methods         []aal.Method `json:"methods"`
	Identifier      string       `json:"identifier"`
	Password        string       `json:"password"`
	AuthenticatedAt time.Time    `json:"authenticated_at"`
}

const sessionShape = "{identity_id, methods: [method, …], authenticated_at?} or {identifier, password, authenticated_at?}"

func (q sessionRequest) byPassword() bool { return q.Identifier != "" || q.Password != "" }

// valid reports whether it is one of the two, and not something of both.
func (q sessionRequest) valid() bool {
	if q.byPassword() {
		return q.IdentityID == "" && len(q.Methods) == 0
	}
	unknown := func(m aal.Method) bool { return !slices.Contains(sessionMethods, m) }
	return q.IdentityID != "" && len(q.Methods) > 0 && !slices.ContainsFunc(q.Methods, unknown)
}

// createSession signs somebody in. The answer has the token for an app and the
// cookie for a browser. A session that came with the request goes on: a script
// may want several.
func (d *demo) createSession(w http.ResponseWriter, r *http.Request) {
	var asked sessionRequest
	if !read(w, r, sessionShape, &asked) {
		return
	}
	if !asked.valid() {
		refuse(w, http.StatusBadRequest, "Send "+sessionShape+".")
		return
	}
	if asked.byPassword() {
		var err error
		asked.IdentityID, err = d.accounts.know(r.Context(), asked.Identifier, asked.Password)
		if errors.Is(err, settings.ErrWrong) {
			refuse(w, http.StatusUnauthorized, "That identifier and that password do not belong together.")
			return
		}
		if err != nil {
			d.failed(w, r, err)
			return
		}
		asked.Methods = []aal.Method{aal.Password}
	}
	s, token, err := d.amend.Sessions.IssueToken(r.Context(), asked.IdentityID, session.Device{UserAgent: r.UserAgent()}, asked.Methods...)
	switch {
	case errors.Is(err, session.ErrNothingProved):
		refuse(w, http.StatusBadRequest, "Those methods sign nobody in: a second factor needs a first one.")
		return
	case errors.Is(err, identity.ErrNotFound):
		refuse(w, http.StatusNotFound, "There is no such identity.")
		return
	}
	if err == nil && !asked.AuthenticatedAt.IsZero() {
		err = d.redate(r.Context(), token, asked.AuthenticatedAt)
	}
	if err == nil {
		err = d.transport.Save(w, r, token, s)
	}
	if err != nil {
		d.failed(w, r, err)
		return
	}
	answer(w, http.StatusCreated, map[string]string{"id": s.ID, "session_token": token})
}

// redate moves the sign-in of a session to another time.
func (d *demo) redate(ctx context.Context, token string, at time.Time) error {
	s, err := d.accounts.store.GetSession(ctx, session.Hash(token))
	if err != nil {
		return err
	}
	s.AuthenticatedAt = at
	for n := range s.Methods {
		s.Methods[n].At = at
	}
	return d.accounts.store.UpdateSession(ctx, s)
}

// deleteSession ends a session, whoever's and wherever it was started.
func (d *demo) deleteSession(w http.ResponseWriter, r *http.Request) {
	store, id := d.accounts.store, r.PathValue("id")
	owner, err := store.SessionOwner(r.Context(), id)
	if err == nil {
		err = store.DeleteSession(r.Context(), owner, id)
	}
	switch {
	case errors.Is(err, session.ErrNotFound):
		refuse(w, http.StatusNotFound, "There is no such session.")
	case err != nil:
		d.failed(w, r, err)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// verify says whether a password is somebody's. It counts no tries.
func (d *demo) verify(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Identifier string `json:"identifier"`
		Password   string `json:"password"`
	}
	if !read(w, r, "{identifier, password}", &asked) {
		return
	}
	_, err := d.accounts.know(r.Context(), asked.Identifier, asked.Password)
	if err != nil && !errors.Is(err, settings.ErrWrong) {
		d.failed(w, r, err)
		return
	}
	answer(w, http.StatusOK, map[string]bool{"ok": err == nil})
}
