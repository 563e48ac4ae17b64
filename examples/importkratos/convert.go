package main

import (
	"encoding/base32"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/password/legacy"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/method/webauthn"
)

// This file owns what becomes of an identity of Kratos'. It writes nothing.

// converted is an identity as it is stored here.
type converted struct {
	record      identity.Record
	credentials []method.Import
	verified    []address
	left        []string // what cannot be taken, and why
}

func (c *converted) leave(format string, args ...any) {
	c.left = append(c.left, fmt.Sprintf(format, args...))
}

// convert reads an identity. The issuers are those of -provider.
func convert(k exported, issuers pairs) *converted {
	c := &converted{record: identity.Record{
		ID: k.ID, Active: k.State != "inactive", SchemaID: k.SchemaID, Traits: k.Traits, MetadataPublic: k.MetadataPublic,
		CreatedAt: k.CreatedAt, UpdatedAt: k.UpdatedAt,
	}}
	if string(k.MetadataPublic) == "null" {
		c.record.MetadataPublic = nil
	}
	if admin := strings.TrimSpace(string(k.MetadataAdmin)); admin != "" && admin != "null" && admin != "{}" {
		c.leave("metadata_admin: Amend keeps none; it is yours to keep")
	}
	types := make([]string, 0, len(k.Credentials))
	for name := range k.Credentials {
		types = append(types, name)
	}
	slices.Sort(types)
	for _, name := range types {
		read := map[string]func(*converted, credential, pairs) error{
			"password": (*converted).password, "totp": (*converted).app, "lookup_secret": (*converted).codes,
			"oidc": (*converted).logins, "webauthn": (*converted).keys, "passkey": (*converted).passkeys,
		}[name]
		switch {
		case read == nil && name == "code":
			c.leave("code: signing in by a code that is sent is your login's to do; the addresses are in the traits")
		case read == nil:
			c.leave("%s: Amend has no such credential; if your login still takes it, set SignsInElsewhere in your store", name)
		default:
			if err := read(c, k.Credentials[name], issuers); err != nil {
				c.leave("%s: %v", name, err)
			}
		}
	}
	for _, a := range k.Addresses {
		if a.Verified {
			c.verified = append(c.verified, a)
		}
	}
	return c
}

func (c *converted) password(k credential, _ pairs) error {
	var config passwordConfig
	if err := json.Unmarshal(k.Config, &config); err != nil {
		return err
	}
	switch {
	case config.Hook && config.Hash == "":
		c.leave("password: it is in the system that Kratos' migration hook asks, and not in Kratos")
	case config.Hash == "":
		return nil
	case !password.Standard{}.Reads(config.Hash) && !legacy.Kratos{}.Reads(config.Hash):
		c.leave("password: its hash is of a kind that is not read, or damaged; the user sets a new one by your recovery")
	default:
		c.record.PasswordHash = config.Hash
	}
	return nil
}

func (c *converted) app(k credential, _ pairs) error {
	var config totpConfig
	if err := json.Unmarshal(k.Config, &config); err != nil {
		return err
	}
	u, err := url.Parse(config.URL)
	if err != nil {
		return fmt.Errorf("no otpauth URL")
	}
	q := u.Query()
	for name, want := range map[string]string{"algorithm": "SHA1", "digits": "6", "period": "30"} {
		if got := q.Get(name); got != "" && !strings.EqualFold(got, want) {
			return fmt.Errorf("an app with %s=%s, which most apps cannot do and Amend does not", name, got)
		}
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.TrimRight(q.Get("secret"), "=")))
	if err != nil || len(secret) == 0 {
		return fmt.Errorf("the otpauth URL has no secret")
	}
	c.credentials = append(c.credentials, totp.Import(secret, k.CreatedAt))
	return nil
}

func (c *converted) codes(k credential, _ pairs) error {
	var config lookupConfig
	if err := json.Unmarshal(k.Config, &config); err != nil {
		return err
	}
	var unused []string
	for _, code := range config.Codes {
		if code.UsedAt.IsZero() {
			unused = append(unused, code.Code)
		}
	}
	if len(unused) > 0 {
		c.credentials = append(c.credentials, lookup.Import(unused, k.CreatedAt))
	}
	return nil
}

func (c *converted) logins(k credential, issuers pairs) error {
	var config oidcConfig
	if err := json.Unmarshal(k.Config, &config); err != nil {
		return err
	}
	for _, p := range config.Providers {
		issuer := issuers[p.Provider]
		if issuer == "" {
			c.leave("oidc: the issuer of %q is not known: add -provider %s=https://…", p.Provider, p.Provider)
			continue
		}
		c.credentials = append(c.credentials, oidc.Account{Provider: p.Provider, Issuer: issuer, Subject: p.Subject, LinkedAt: k.CreatedAt}.Import())
	}
	return nil
}

func (c *converted) keys(k credential, _ pairs) error     { return c.webauthn(k, false) }
func (c *converted) passkeys(k credential, _ pairs) error { return c.webauthn(k, true) }

// webauthn reads security keys and passkeys. Of the method "webauthn", Kratos calls those
// that sign in on their own passwordless.
func (c *converted) webauthn(k credential, passkeys bool) error {
	var config webauthnConfig
	if err := json.Unmarshal(k.Config, &config); err != nil {
		return err
	}
	for _, w := range config.Credentials {
		name := w.DisplayName
		if name == "" {
			name = "one without a name"
		}
		if w.Authenticator.CloneWarning {
			c.leave("webauthn: %s: Kratos found its signature counter going back: it may have been copied", name)
			continue
		}
		key := webauthn.Credential{
			ID: w.ID, PublicKey: w.PublicKey, UserHandle: config.UserHandle, SignCount: w.Authenticator.SignCount,
			FlagsUnknown: w.Flags == nil, Name: w.DisplayName, AddedAt: w.AddedAt,
		}
		if w.Flags != nil {
			key.BackupEligible, key.BackedUp = w.Flags.BackupEligible, w.Flags.BackupState
		}
		if passkeys || w.Passwordless {
			c.credentials = append(c.credentials, key.Passkey())
		} else {
			c.credentials = append(c.credentials, key.SecurityKey())
		}
	}
	return nil
}
