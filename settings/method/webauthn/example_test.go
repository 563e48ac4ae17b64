package webauthn_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/webauthn"
	"github.com/amend-go/amend/settings/store/memory"
)

// A host adds both methods. The script they need is served by the Handler.
func Example() {
	store := memory.New()
	methods := []settings.Method{password.New(password.Config{})}
	methods = append(methods, webauthn.Both(webauthn.Config{
		RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://app.example.com"},
	})...)
	handler, err := settings.New(settings.Config{
		PublicURL: "https://app.example.com/auth", UIURL: "https://app.example.com/settings", LoginURL: "https://app.example.com/login",
		Keys:  [][]byte{settings.NewKey()},
		Flows: store, Sessions: store, Identities: store, Methods: methods,
	})
	fmt.Println(handler != nil, err)
	// Output: true <nil>
}

// The login page of a host asks for a passkey without asking for a name first.
// It sends the options to navigator.credentials.get, by window.oryPasskeyLogin, and
// verifies what comes back.
func ExampleMethod_Challenge() {
	store := memory.New()
	handler, err := settings.New(settings.Config{
		PublicURL: "https://app.example.com/auth", UIURL: "https://app.example.com/settings", LoginURL: "https://app.example.com/login",
		Keys:  [][]byte{settings.NewKey()},
		Flows: store, Sessions: store, Identities: store,
		Methods: []settings.Method{webauthn.Passkeys(webauthn.Config{
			RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://app.example.com"},
		})},
	})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	challenge, err := handler.Service.Challenge(ctx, aal.Passkey, "")
	if err != nil {
		panic(err)
	}
	var options struct {
		PublicKey struct{ RPID, UserVerification string }
	}
	if err := json.Unmarshal(challenge.Options, &options); err != nil {
		panic(err)
	}
	fmt.Println(options.PublicKey.RPID, options.PublicKey.UserVerification)

	answer := `{"id": "…"}` // of the browser
	_, err = handler.Service.Verify(ctx, settings.Proof{Method: aal.Passkey, Challenge: challenge.ID, Value: answer})
	fmt.Println(err)
	// Output:
	// example.com required
	// method: proof is not right
}
