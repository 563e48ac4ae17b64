package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/method/totp"
)

// plant adds a credential to an identity, and gives what its owner would have
// in hand.
func (d *demo) plant(ctx context.Context, id string, asked plantRequest) (inHand map[string]any, err error) {
	var hash string
	if asked.Method == aal.Password {
		if asked.Password == "" {
			asked.Password = rand.Text()
		}
		if hash, err = d.accounts.hash(ctx, id, asked.Password); err != nil {
			return nil, err
		}
	}
	err = d.accounts.edit(ctx, id, func(i *identity.Identity) (err error) {
		i.UpdatedAt = time.Now().UTC()
		switch asked.Method {
		case aal.Password:
			i.PasswordHash, inHand = hash, map[string]any{"password": asked.Password}
		case aal.OIDC:
			inHand = map[string]any{"provider": asked.Provider, "subject": asked.Subject}
			if !d.link(i, asked.Provider, asked.Subject) {
				err = refusal("The identity has that login already.")
			}
		case aal.TOTP:
			inHand, err = addApp(i)
		case aal.Lookup:
			inHand, err = d.addCodes(i)
		case aal.WebAuthn, aal.Passkey:
			inHand, err = d.addKey(ctx, i, asked.Method)
		}
		return err
	})
	return inHand, err
}

// addApp adds an authenticator app, of which there is one at most.
func addApp(i *identity.Identity) (map[string]any, error) {
	if i.Has(aal.TOTP) {
		return nil, refusal("The identity has an authenticator app already.")
	}
	secret := make([]byte, 20)
	rand.Read(secret)
	app, err := totp.Credential(secret, i.UpdatedAt)
	if err != nil {
		return nil, err
	}
	setCredentials(i, aal.TOTP, app)
	return map[string]any{"secret": base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)}, nil
}

// addCodes makes recovery codes, in the place of those that there are.
func (d *demo) addCodes(i *identity.Identity) (map[string]any, error) {
	secrets, err := method.NewSecrets(string(aal.Lookup), i.ID, d.keys...)
	if err != nil {
		return nil, err
	}
	set, codes, err := lookup.Credentials(secrets, i.UpdatedAt)
	if err != nil {
		return nil, err
	}
	setCredentials(i, aal.Lookup, set...)
	return map[string]any{"codes": codes}, nil
}

// setCredentials makes these the credentials of a factor, which has changed by it.
func setCredentials(i *identity.Identity, m aal.Method, all ...identity.Credential) {
	if i.State.Factors == nil {
		i.State.Factors = map[aal.Method]identity.Factor{}
	}
	i.State.Factors[m] = identity.Factor{Serial: i.State.Factors[m].Serial + 1, Credentials: all}
}

// link adds a login at another provider: of one that the server knows as if it
// had been linked there. It is false if the identity has it.
func (d *demo) link(i *identity.Identity, provider, subject string) bool {
	login := oidc.Account{Provider: provider, Subject: subject, LinkedAt: time.Now().UTC()}
	credential := identity.Credential{ID: provider + ":" + subject, AddedAt: login.LinkedAt}
	key := identity.Key{Kind: identity.OIDC, Value: credential.ID}
	if n := slices.IndexFunc(d.providers, func(p oidc.Provider) bool { return p.ID == provider }); n >= 0 {
		login.Issuer = d.providers[n].Issuer
		credential, key = login.Credential()
	}
	if slices.Contains(i.Keys, key) {
		return false
	}
	setCredentials(i, aal.OIDC, append(i.State.Factors[aal.OIDC].Credentials, credential)...)
	i.Keys = append(i.Keys, key)
	return true
}

// addKey adds a security key, or a passkey. It is registered by the method, as
// its owner would do it by the form.
func (d *demo) addKey(ctx context.Context, i *identity.Identity, factor aal.Method) (map[string]any, error) {
	m := find(d.every, factor)
	if m == nil {
		return nil, refusal("The server has no security keys and passkeys: see what it said when it started.")
	}
	secrets, err := method.NewSecrets(string(factor), i.ID, d.keys...)
	if err != nil {
		return nil, err
	}
	v := method.View{
		Identity: i.Clone(), Now: i.UpdatedAt, PublicURL: d.publicURL, Secrets: secrets,
		Flow: flow.Flow{ID: rand.Text(), Type: flow.API}, ShowPending: true,
	}
	nodes, err := m.Nodes(ctx, v)
	if err != nil {
		return nil, err
	}
	options, field := "webauthn_register_trigger", "webauthn_register"
	if factor == aal.Passkey {
		options, field = "passkey_create_data", "passkey_settings_register"
	}
	key, response, err := register(value(nodes, options), d.rp.Origins[0])
	if err != nil {
		return nil, err
	}
	edit, err := submit(ctx, m, v, map[string]string{field: response})
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"credential_id": base64.RawURLEncoding.EncodeToString(key.id), "user_handle": base64.RawURLEncoding.EncodeToString(key.userHandle),
		"private_key": key.pkcs8, "rp_id": d.rp.RPID, "origin": d.rp.Origins[0],
	}, edit(i)
}

// submit gives a method the fields of a form, and is the change it makes of them.
func submit(ctx context.Context, m settings.Method, v method.View, fields map[string]string) (func(*identity.Identity) error, error) {
	info, err := m.Info()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	decoded, problem := body.Decode("application/json", "", bytes.NewReader(text), 64<<10, info.Fields)
	if problem != nil {
		return nil, problem
	}
	plan, err := m.Plan(v, method.Submission{Fields: decoded})
	if err != nil {
		return nil, err
	}
	if len(plan.Errors) > 0 {
		return nil, refusal(plan.Errors[0].Text.Text)
	}
	result, err := plan.Do(ctx)
	if err != nil {
		return nil, err
	}
	switch result := result.(type) {
	case method.Change:
		return result.Edit, nil
	case method.Refused:
		return nil, refusal(result.Messages[0].Text.Text)
	}
	return nil, fmt.Errorf("%s: %T is no change", info.Name, result)
}

// value is what an input of a form holds.
func value(nodes []ui.Node, name string) string {
	for _, n := range nodes {
		if in := n.Input(); in != nil && in.Name == name {
			text, _ := in.Value.(string)
			return text
		}
	}
	return ""
}
