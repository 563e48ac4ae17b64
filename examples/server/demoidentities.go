package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

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
	keys, err := d.accounts.keys(asked.Traits)
	if err != nil || slices.ContainsFunc(asked.OIDC, func(link []string) bool { return len(link) != 2 || slices.Contains(link, "") }) {
		refuse(w, http.StatusBadRequest, "Send "+shape+".")
		return
	}
	now := time.Now().UTC()
	i := identity.Identity{Record: identity.Record{
		ID: uuid.NewString(), Active: true, SchemaID: asked.SchemaID, Traits: asked.Traits, Keys: keys, CreatedAt: now, UpdatedAt: now,
	}}
	for _, login := range asked.OIDC {
		d.link(&i, login[0], login[1])
	}
	if asked.Password != "" {
		if i.PasswordHash, err = d.accounts.hash(r.Context(), i.ID, asked.Password); err != nil {
			d.failed(w, r, err)
			return
		}
	}
	switch err = d.accounts.create(r.Context(), i); {
	case errors.Is(err, identity.ErrDuplicate):
		refuse(w, http.StatusConflict, "Another identity has that identifier or login.")
	case err != nil:
		d.failed(w, r, err)
	default:
		answer(w, http.StatusCreated, map[string]string{"id": i.ID})
	}
}
