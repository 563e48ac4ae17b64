package oidc

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// Account is an account at a provider, as it is linked.
type Account struct {
	Provider string    // the ID of the Provider by which it was linked
	Issuer   string    // the provider's issuer
	Subject  string    // the "sub" of its ID tokens
	Name     string    // what its owner knows it by, to be shown; "" for none
	LinkedAt time.Time // when
}

// Key is the key by which the owner of a linked login is found: a JSON array of
// issuer and subject, the two that together name an account and never change
// (OpenID Connect Core 1.0, section 5.7). An e-mail address is no such thing.
func Key(issuer, subject string) identity.Key {
	value, _ := json.Marshal([2]string{issuer, subject}) // strings: cannot fail
	return identity.Key{Kind: identity.OIDC, Value: string(value)}
}

// Credential is how the account is stored: the credential belongs into the
// identity's State.Factors[aal.OIDC], the key into its Keys. It is for hosts that
// link logins themselves, at a registration or an import.
func (a Account) Credential() (identity.Credential, identity.Key) {
	data, _ := json.Marshal(record{a.Provider, a.Issuer, a.Subject}) // strings: cannot fail
	c := identity.Credential{ID: a.id(), Data: data, Name: a.Name, AddedAt: a.LinkedAt}
	return c, Key(a.Issuer, a.Subject)
}

// Import is the account for settings.Service.Import. Issuer may be empty where it is not
// known: then the login is shown and can be unlinked, and signs nobody in.
func (a Account) Import() method.Import {
	return method.Import{Method: aal.OIDC, Edit: func(v method.View, i *identity.Identity) error {
		if a.Provider == "" || a.Subject == "" {
			return fmt.Errorf("%w: a linked login without provider or subject", method.ErrImported)
		}
		added := a
		added.Name, added.LinkedAt = shownName(a.Name), v.AddedAt(a.LinkedAt)
		if has(*i, added) {
			return nil
		}
		if _, key := added.Credential(); !key.Storable() {
			return fmt.Errorf("%w: the subject of a linked login is too long", method.ErrImported)
		}
		link(i, added)
		return nil
	}}
}

// record is the Data of a credential.
type record struct {
	Provider string `json:"provider"`
	Issuer   string `json:"issuer"`
	Subject  string `json:"subject"`
}

func (a Account) id() string { return a.Provider + ":" + a.Subject }

// linked is an account as it was found stored.
type linked struct {
	Account
	id     string // of the credential
	usedAt time.Time
}

// accounts are those linked to an identity. A credential without Data is read by
// its ID, "provider:subject": hosts have made such.
func accounts(i identity.Identity) []linked {
	var all []linked
	for _, c := range i.State.Factors[aal.OIDC].Credentials {
		var r record
		if json.Unmarshal(c.Data, &r) != nil || r.Provider == "" {
			r = record{}
			r.Provider, r.Subject, _ = strings.Cut(c.ID, ":")
		}
		all = append(all, linked{Account{r.Provider, r.Issuer, r.Subject, c.Name, c.AddedAt}, c.ID, c.LastUsedAt})
	}
	return all
}

// of are the accounts of one provider.
func of(provider string, all []linked) []linked {
	return slices.DeleteFunc(slices.Clone(all), func(l linked) bool { return l.Provider != provider })
}

// has reports whether an account is linked to an identity, by whichever provider.
func has(i identity.Identity, a Account) bool {
	return slices.ContainsFunc(accounts(i), func(l linked) bool {
		return l.id == a.id() || l.Issuer == a.Issuer && l.Subject == a.Subject
	})
}

// address names one of several accounts of a provider in a form. It tells nothing
// of the account.
func (l linked) address() string {
	sum := sha256.Sum256([]byte(l.id))
	return l.Provider + ":" + hex.EncodeToString(sum[:8])
}

// link adds an account to an identity.
func link(i *identity.Identity, a Account) {
	c, key := a.Credential()
	edit(i, func(all []identity.Credential) []identity.Credential { return append(all, c) })
	if !slices.Contains(i.Keys, key) {
		i.Keys = append(i.Keys, key)
	}
}

// unlink takes an account from an identity. It is false if there is none.
func unlink(i *identity.Identity, l linked) bool {
	was := len(i.State.Factors[aal.OIDC].Credentials)
	edit(i, func(all []identity.Credential) []identity.Credential {
		return slices.DeleteFunc(all, func(c identity.Credential) bool { return c.ID == l.id })
	})
	i.Keys = slices.DeleteFunc(i.Keys, func(k identity.Key) bool {
		return k.Kind == identity.OIDC && (k.Value == l.id || k == Key(l.Issuer, l.Subject))
	})
	return len(i.State.Factors[aal.OIDC].Credentials) < was
}

// Drop implements method.Dropper.
func (m *Method) Drop(i *identity.Identity, credentialID string) bool {
	for _, l := range accounts(*i) {
		if l.id == credentialID {
			return unlink(i, l)
		}
	}
	return false
}

// edit changes the credentials. The identity is the caller's own.
func edit(i *identity.Identity, change func([]identity.Credential) []identity.Credential) {
	if i.State.Factors == nil {
		i.State.Factors = map[aal.Method]identity.Factor{}
	}
	f := i.State.Factors[aal.OIDC]
	f.Serial++
	f.Credentials = change(f.Credentials)
	i.State.Factors[aal.OIDC] = f
}

// maxName is how much of a name is kept, in characters.
const maxName = 100

// shownName makes a name of what a provider calls an account. It is only shown:
// what does not print, or would change how the rest of a line reads, is none.
func shownName(candidates ...string) string {
	for _, name := range candidates {
		name = strings.TrimSpace(name)
		if name == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
			continue
		}
		if r := []rune(name); len(r) > maxName {
			name = string(r[:maxName-1]) + "…"
		}
		return name
	}
	return ""
}
