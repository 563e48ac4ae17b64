package method

import (
	"strings"

	"github.com/amend-go/amend/settings/identity"
)

// Text maps what people type to the form that is compared, where one text has
// several: é is one character or two, a domain is written in Unicode or in ASCII,
// what is pasted has marks that nobody sees. The module settings/text has all
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

	// Spellings are other ways to write a name or an e-mail address that is in its
	// form: münchen.de for xn--mnchen-3ya.de, é as two characters. An account from
	// before may have one of them as its only key, so it is found by them, and who
	// takes the form takes them too. Those that are no spelling of the form are left
	// out. nil is none.
	Spellings func(form string) []string
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

// Others are the Spellings of a form that differ from it, that compared makes the form
// of again, and that a store can index.
func (t Text) Others(form string, compared func(string) string) (others []string) {
	if t.Spellings == nil || form == "" {
		return nil
	}
	for _, other := range t.Spellings(form) {
		if other != form && compared(other) == form && (identity.Key{Value: other}).Storable() {
			others = append(others, other)
		}
	}
	return others
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
