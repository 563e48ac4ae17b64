package method

import (
	"strings"

	"github.com/amend-go/amend/settings/identity"
)

// Text maps what people type to one form, in which it is stored and compared. It is needed
// where the same text can be typed in several ways: é is one character or two, a domain is
// written in Unicode or in ASCII, pasted text has invisible marks. The module settings/text
// has all four functions. Each must be safe for concurrent use, and mapping a result again
// must not change it. An error means that the text cannot be used; its words, such as "it
// has a control character", are shown to the client and must not have the text in them.
type Text struct {
	// Password gives the form in which a password is hashed; nil is as typed. Passwords
	// that were hashed as typed are still accepted, so it can be added at any time. It must
	// not be taken away again.
	Password func(typed string) (string, error)

	// Identifier gives the form of a name to sign in with, and of the part of an e-mail
	// address before the @. It gets the text in lower case, without space around it. nil
	// accepts ASCII only.
	Identifier func(typed string) (string, error)

	// Domain gives the form of the domain of an e-mail address: ASCII, by punycode. It gets
	// the domain in lower case. nil accepts ASCII only.
	Domain func(typed string) (string, error)

	// Spellings gives other ways to write a name or an e-mail address, given its form:
	// münchen.de for xn--mnchen-3ya.de, é as two characters. An account from before Text
	// was set may have one of them as its only key. So accounts are found by spellings too,
	// and an account that gets a form gets the keys of its spellings with it. nil is none.
	Spellings func(form string) []string
}

// Normal gives a name to sign in with in the form that keys have without a Text: in lower
// case, without space around it.
func Normal(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// Name maps a name to sign in with. A name that cannot be mapped stays as it is.
func (t Text) Name(name string) string { return orSame(t.Identifier, name) }

// Address maps both parts of an e-mail address. A part that cannot be mapped stays as it
// is.
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

// Others are the Spellings of form that are not form itself, that compared maps back to
// form, and that a store can index.
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

// Named is an optional interface of a Method that knows what identities sign in with.
type Named interface {
	Method

	// TypedKeys gives the keys by which somebody is found who types this to sign in, in
	// order: of several that exist, the first counts. name is the same for every way to
	// type one name, even if nobody has it: see Proof.Name.
	TypedKeys(t Text, typed string) (keys []identity.Key, name string)

	// IdentityKeys are the keys by which an identity signs in, as they follow from
	// its traits.
	IdentityKeys(t Text, i identity.Identity) ([]identity.Key, error)
}
