package lookup_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/store/memory"
)

// A host adds the method to its Config. Its login page then takes a recovery
// code in place of the second factor, and issues a session with both methods.
func Example() {
	store := memory.New()
	handler, err := settings.New(settings.Config{
		PublicURL: "https://app.example.com/auth",
		UIURL:     "https://app.example.com/settings",
		LoginURL:  "https://app.example.com/login",
		Keys:      [][]byte{settings.NewKey()},
		Flows:     store, Sessions: store, Identities: store,
		Methods: []settings.Method{lookup.New(lookup.Config{Alone: true})},
	})
	if err != nil {
		panic(err)
	}
	_, err = handler.Service.Verify(context.Background(), settings.Proof{Method: aal.Lookup, IdentityID: "42", Value: "7k2mv-x9qp-d03t"})
	fmt.Println(errors.Is(err, method.ErrWrong))
	// Output: true
}
