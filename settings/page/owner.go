package page

import (
	"maps"
	"slices"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
)

// This file owns what an account has to sign in with, and what it would have without
// one of it.

// owner is the account whose settings are shown. It may be zero where a host shows a
// form that it has read elsewhere.
type owner struct{ identity.Identity }

// obliged reports whether the account is signed in to in two steps.
func (o owner) obliged() bool { return o.Has(aal.TOTP) || o.Has(aal.WebAuthn) }

// first is what is known of the first credential of a factor.
func (o owner) first(m aal.Method) (c credential) {
	if all := o.State.Factors[m].Credentials; len(all) > 0 {
		c.name, c.added, c.used = all[0].Name, all[0].AddedAt, all[0].LastUsedAt
	}
	return c
}

// without is the account after a credential is gone, by the value of its button, or all
// of a factor where that is "".
func (o owner) without(m aal.Method, value string) owner {
	after := o // and shares with it what stays
	after.State.Factors = maps.Clone(o.State.Factors)
	f := after.State.Factors[m]
	kept := slices.DeleteFunc(slices.Clone(f.Credentials), func(c identity.Credential) bool { return value == "" || c.ID == value })
	if m == aal.OIDC && len(kept) > 0 && len(kept) == len(f.Credentials) { // its button has another value than an id
		kept = kept[1:]
	}
	if f.Credentials = kept; after.State.Factors != nil {
		after.State.Factors[m] = f
	}
	return after
}

// has are the things to sign in with, in words.
func (o owner) has() (things []ui.Text) {
	if o.Has(aal.Password) {
		things = append(things, sentence(textYourPassword))
	}
	for _, t := range []struct {
		factor aal.Method
		text   int64
	}{
		{aal.TOTP, textYourApp}, {aal.WebAuthn, textYourKeys}, {aal.Passkey, textYourPasskeys},
		{aal.OIDC, textYourLogins}, {aal.Lookup, textYourCodes},
	} {
		if n := len(o.State.Factors[t.factor].Credentials); n > 0 && o.Has(t.factor) {
			things = append(things, sentence(t.text, "count", n))
		}
	}
	return things
}
