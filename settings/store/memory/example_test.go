package memory_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/memory"
)

// One store is all four parts of the configuration.
func Example() {
	store := memory.New()
	config := settings.Config{Flows: store, Sessions: store, Identities: store, Backend: store}
	_ = config // and URLs, keys, methods: see settings.Config

	ctx := context.Background()
	email := identity.Key{Kind: identity.Identifier, Value: "ada@example.com"}
	err := store.CreateIdentity(ctx, identity.Record{
		ID: "42", Active: true,
		Traits: json.RawMessage(`{"email":"ada@example.com"}`),
		Keys:   []identity.Key{email},
	})
	if err != nil {
		panic(err)
	}
	id, err := store.IdentityOwner(ctx, email)
	fmt.Println(id, err)
	// Output: 42 <nil>
}

// An application with a users table of its own keeps flows and sessions in
// memory, and its users where they are.
func Example_ownUsers() {
	var users store.IdentityStore // the host's own: GetIdentity and UpdateIdentity over its table

	store := memory.New()
	config := settings.Config{Flows: store, Sessions: store, Identities: users} // no Backend: the identities are elsewhere
	_ = config
	// Output:
}
