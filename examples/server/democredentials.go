package main

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
)

// plantRequest asks for a credential of an identity.
type plantRequest struct {
	Method   aal.Method `json:"method"`
	Password string     `json:"password"` // "" makes one
	Provider string     `json:"provider"`
	Subject  string     `json:"subject"`
}

const plantShape = `{method: "totp" | "lookup_secret" | "webauthn" | "passkey"}, {method: "password", password?} or {method: "oidc", provider, subject}`

func (q plantRequest) valid() bool {
	switch q.Method {
	case aal.Password:
		return q.Provider == "" && q.Subject == ""
	case aal.OIDC:
		return q.Password == "" && q.Provider != "" && q.Subject != ""
	case aal.TOTP, aal.Lookup, aal.WebAuthn, aal.Passkey:
		return q == plantRequest{Method: q.Method}
	}
	return false
}

// refusal is why a credential cannot be planted, for whoever asks.
type refusal string

func (r refusal) Error() string { return string(r) }

// plantCredential gives an identity a credential, as somebody in charge would:
// nobody is asked, and sessions go on. The answer has what its owner would have
// in hand.
func (d *demo) plantCredential(w http.ResponseWriter, r *http.Request) {
	var asked plantRequest
	if !read(w, r, plantShape, &asked) {
		return
	}
	if !asked.valid() {
		refuse(w, http.StatusBadRequest, "Send "+plantShape+".")
		return
	}
	secret, err := d.plant(r.Context(), r.PathValue("id"), asked)
	var refused refusal
	switch {
	case errors.Is(err, identity.ErrNotFound):
		refuse(w, http.StatusNotFound, "There is no such identity.")
	case errors.Is(err, identity.ErrDuplicate):
		refuse(w, http.StatusConflict, "Another identity has that login.")
	case errors.As(err, &refused):
		refuse(w, http.StatusConflict, string(refused))
	case err != nil:
		d.failed(w, r, err)
	default:
		answer(w, http.StatusCreated, secret)
	}
}

var errNoCredential = errors.New("no such credential")

// deleteCredential takes all credentials of one method away, as somebody in
// charge would.
func (d *demo) deleteCredential(w http.ResponseWriter, r *http.Request) {
	method := aal.Method(r.PathValue("method"))
	err := d.accounts.edit(r.Context(), r.PathValue("id"), func(i *identity.Identity) error { return remove(i, method) })
	switch {
	case errors.Is(err, identity.ErrNotFound):
		refuse(w, http.StatusNotFound, "There is no such identity.")
	case errors.Is(err, errNoCredential):
		refuse(w, http.StatusNotFound, "The identity has no such credential.")
	case err != nil:
		d.failed(w, r, err)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// remove takes the credentials of a method from an identity, and their keys.
func remove(i *identity.Identity, method aal.Method) error {
	factor := i.State.Factors[method]
	switch {
	case method == aal.Password && i.PasswordHash != "":
		i.PasswordHash = ""
	case len(factor.Credentials) > 0:
		i.Keys = slices.DeleteFunc(i.Keys, func(k identity.Key) bool {
			return method == aal.OIDC && k.Kind == identity.OIDC ||
				k.Kind == identity.WebAuthn && slices.ContainsFunc(factor.Credentials, func(c identity.Credential) bool { return c.ID == k.Value })
		})
		i.State.Factors[method] = identity.Factor{Serial: factor.Serial + 1}
	default:
		return errNoCredential
	}
	i.UpdatedAt = time.Now().UTC()
	return nil
}
