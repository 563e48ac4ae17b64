package method

import (
	"strings"

	"github.com/amend-go/amend/settings/identity"
)

// Text maps what people type to the form that is compared, where one text has
// several: é is one character or two, a domain is written in Unicode or in ASCII,
// what is pasted has marks that nobody sees. The module settings/text has all three
// functions. They are safe for concurrent use, and mapping twice changes nothing
// more. An error is of what cannot be used. Its text, such as "it has a control
// character", is shown to the client, and does not have the value in it.
type Text struct {
	// Password is the form of a password that is hashed. nil is as typed. What was
	// hashed before, as it was typed, is still compared: so it can be added at any
	// time, and must stay.
	Password func(typed string) (string, error)

	// Identifier is the form of a name to sign in with, and of the part of an
	// e-mail address before the @; it is given lower case, without space around it.
	// nil takes ASCII only: anything else is an input that is not valid.
	Identifier func(typed string) (string, error)

	// Domain is the form of the domain of an e-mail address: ASCII, by punycode. It
	// is given lower case. nil takes ASCII only.
	Domain func(typed string) (string, error)
}

// Normal is a name to sign in with as keys have it where there is no Text: in lower
// case, without space around it.
func Normal(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// Name maps a normal name. What cannot be mapped is the same.
func (t Text) Name(name string) string { return orSame(t.Identifier, name) }

// Address maps the two parts of a normal e-mail address. What cannot be mapped is the
// same.
func (t Text) Address(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return t.Name(address)
	}
	local, domain := t.Name(address[:at]), orSame(t.Domain, address[at+1:])
	if local == address[:at] && domain == address[at+1:] {
		return address
	}
	return local + "@" + domain
}

func orSame(form func(string) (string, error), s string) string {
	if form != nil {
		if mapped, err := form(s); err == nil {
			return mapped
		}
	}
	return s
}

// Named is a Method that knows what identities sign in with.
type Named interface {
	Method

	// TypedKeys are the keys of whom somebody may be who types this to sign in.
	// Where several are taken, the first that is counts. name is one form for all
	// ways to type it, also where nobody has it: see Proof.Name.
	TypedKeys(t Text, typed string) (keys []identity.Key, name string)

	// IdentityKeys are the keys by which an identity signs in, as they follow from
	// its traits.
	IdentityKeys(t Text, i identity.Identity) ([]identity.Key, error)
}
