package settings

import (
	"context"
	"errors"
	"slices"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// This file owns finding the account of a typed name, for a login page: by the forms of
// names that the keys of identities have.

// named is the method that knows what people sign in with; nil if none does.
func (s *Service) named() method.Named {
	for _, o := range s.methods.list {
		if n, ok := o.Method.(method.Named); ok {
			return n
		}
	}
	return nil
}

// FindIdentity gives the id of the account that signs in with what was typed (an e-mail
// address, a user name, a telephone number), "" for nobody; and name, which is the same for
// all ways to type it. Give both to a Proof even if id is "", so that a wrong proof is
// answered and counted alike.
//
// It looks for the form that Config.Text makes of the name, for what was typed, and for the
// Text.Spellings of the form, which rows from before Text may have. If two accounts have
// these, it takes the one that has exactly what was typed. How often it asks IdentityOwner
// of the store depends only on what was typed. All of them are in lower case, so a column
// with capitals is compared in lower case too, unless profile.Config.Normalize keeps them.
func (s *Service) FindIdentity(ctx context.Context, typed string) (id, name string, err error) {
	keys, name := s.typedKeys(typed)
	for _, key := range keys {
		owner, err := s.c.Identities.IdentityOwner(ctx, key)
		switch {
		case errors.Is(err, identity.ErrNotFound):
		case err != nil:
			return "", name, err
		case id == "":
			id = owner
		}
	}
	return id, name, nil
}

// typedKeys are the keys by which somebody is found who types this name, and the name in
// one form.
func (s *Service) typedKeys(typed string) (keys []identity.Key, name string) {
	if n := s.named(); n != nil {
		return n.TypedKeys(s.c.Text, typed)
	}
	normal := method.Normal(typed)
	name = s.c.Text.Address(normal)
	for _, value := range append([]string{normal, name, s.c.Text.Name(normal)}, s.c.Text.Others(name, s.c.Text.Address)...) {
		key := identity.Key{Kind: identity.Identifier, Value: value}
		if value != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys, name
}

// IdentityKeys are the keys by which an identity signs in, as they follow from its
// traits: for a host that makes or imports accounts itself. It fails for traits that are
// not those of a schema, and where no method knows schemas.
//
// All of them are written: the form that Config.Text makes of a name, the name as it
// stands in the traits, and the Text.Spellings of the form. A name is nobody else's
// because a store has each key once, so a key that a row lacks protects nothing. An
// account that was imported with ada@münchen.de for its only key is found, and nobody can
// take ada@xn--mnchen-3ya.de, which has ada@münchen.de among its keys too. One whose only
// key is in a spelling that nobody would list, with a joiner that is not seen or in full
// width, does not keep the plain name from being taken: write IdentityKeys to such rows.
func (s *Service) IdentityKeys(i identity.Identity) ([]identity.Key, error) {
	n := s.named()
	if n == nil {
		return nil, errors.New("settings: no method here knows what people sign in with")
	}
	return n.IdentityKeys(s.c.Text, i)
}
