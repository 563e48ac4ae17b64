package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
)

// createIdentity makes somebody who can sign in. As an import would, it takes
// any password: the policy is for what users choose.
func (d *demo) createIdentity(w http.ResponseWriter, r *http.Request) {
	const shape = "{traits: {…}, password?, schema_id?, oidc?: [[provider, subject], …]}"
	var asked struct {
		Traits   json.RawMessage `json:"traits"`
		Password string          `json:"password"`
		SchemaID string          `json:"schema_id"`
		OIDC     [][]string      `json:"oidc"`
	}
	if !read(w, r, shape, &asked) {
		return
	}
	keys, ok := identifiersIn(asked.Traits)
	if !ok || slices.ContainsFunc(asked.OIDC, func(link []string) bool { return len(link) != 2 || slices.Contains(link, "") }) {
		refuse(w, http.StatusBadRequest, "Send "+shape+".")
		return
	}
	now := time.Now().UTC()
	i := identity.Identity{Record: identity.Record{
		ID: uuid.NewString(), Active: true, SchemaID: asked.SchemaID, Traits: asked.Traits, Keys: keys, CreatedAt: now, UpdatedAt: now,
	}}
	link(&i, asked.OIDC, now)
	var err error
	if asked.Password != "" {
		if i.PasswordHash, err = d.accounts.hash(r.Context(), i.ID, asked.Password); err != nil {
			d.failed(w, r, err)
			return
		}
	}
	row, err := i.Seal(d.ring)
	if err == nil {
		err = d.accounts.store.CreateIdentity(r.Context(), row)
	}
	switch {
	case errors.Is(err, identity.ErrDuplicate):
		refuse(w, http.StatusConflict, "Another identity has that identifier or login.")
	case err != nil:
		d.failed(w, r, err)
	default:
		d.mu.Lock()
		d.ids = append(d.ids, i.ID)
		d.mu.Unlock()
		answer(w, http.StatusCreated, map[string]string{"id": i.ID})
	}
}

// identifiersIn are the keys of what the traits sign in with. It is false for
// traits that are no object.
func identifiersIn(traits json.RawMessage) (keys []identity.Key, ok bool) {
	var fields map[string]any
	if json.Unmarshal(traits, &fields) != nil || fields == nil {
		return nil, false
	}
	for _, name := range []string{"email", "username"} {
		typed, _ := fields[name].(string)
		if k := identifierKey(typed); k.Value != "" && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys, true
}

// link adds logins at other providers.
func link(i *identity.Identity, logins [][]string, now time.Time) {
	var linked []identity.Credential
	for _, login := range logins {
		id := login[0] + ":" + login[1]
		linked = append(linked, identity.Credential{ID: id, AddedAt: now})
		i.Keys = append(i.Keys, identity.Key{Kind: identity.OIDC, Value: id})
	}
	if len(linked) > 0 {
		i.State.Factors = map[aal.Method]identity.Factor{aal.OIDC: {Serial: 1, Credentials: linked}}
	}
}

// deleteCredential takes all credentials of one method away, as somebody in
// charge would: nobody is asked, and sessions go on.
func (d *demo) deleteCredential(w http.ResponseWriter, r *http.Request) {
	method := aal.Method(r.PathValue("method"))
	for range 5 {
		row, err := d.accounts.store.GetIdentity(r.Context(), r.PathValue("id"))
		if errors.Is(err, identity.ErrNotFound) {
			refuse(w, http.StatusNotFound, "There is no such identity.")
			return
		}
		if err == nil {
			row, err = d.without(row, method)
		}
		if errors.Is(err, errNoCredential) {
			refuse(w, http.StatusNotFound, "The identity has no such credential.")
			return
		}
		if err == nil {
			err = d.accounts.store.UpdateIdentity(r.Context(), row)
		}
		switch {
		case errors.Is(err, identity.ErrConflict): // somebody was faster
		case err != nil:
			d.failed(w, r, err)
			return
		default:
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	d.failed(w, r, identity.ErrConflict)
}

var errNoCredential = errors.New("no such credential")

// without is a row without the credentials of a method, and their keys.
func (d *demo) without(row identity.Record, method aal.Method) (identity.Record, error) {
	i, err := identity.Open(d.ring, row)
	if err != nil {
		return row, err
	}
	factor := i.State.Factors[method]
	switch {
	case method == aal.Password && i.PasswordHash != "":
		i.PasswordHash = ""
	case len(factor.Credentials) > 0:
		i.Keys = slices.DeleteFunc(i.Keys, func(k identity.Key) bool {
			return k.Kind != identity.Identifier && slices.ContainsFunc(factor.Credentials, func(c identity.Credential) bool { return c.ID == k.Value })
		})
		i.State.Factors[method] = identity.Factor{Serial: factor.Serial + 1}
	default:
		return row, errNoCredential
	}
	i.UpdatedAt = time.Now().UTC()
	return i.Seal(d.ring)
}
