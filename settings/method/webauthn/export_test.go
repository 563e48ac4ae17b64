package webauthn

import (
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	relying "github.com/go-webauthn/webauthn/webauthn"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// Created verifies an answer to a challenge that is given, not derived, and
// makes the identity's credential of it.
func (m *Method) Created(challenge, response string) (identity.Credential, error) {
	created, err := protocol.ParseCredentialCreationResponseBytes([]byte(response))
	if err != nil {
		return identity.Credential{}, err
	}
	_, session, err := m.rp.BeginRegistration(user{handle: []byte("handle"), name: "ada"},
		relying.WithAuthenticatorSelection(m.selection), relying.WithCredentialParameters(algorithms))
	if err != nil {
		return identity.Credential{}, err
	}
	session.Challenge = challenge
	made, err := m.rp.CreateCredential(user{handle: []byte("handle")}, *session, created)
	if err != nil {
		return identity.Credential{}, err
	}
	data, err := json.Marshal(record{Handle: []byte("handle"), PublicKey: made.PublicKey, BackupEligible: made.Flags.BackupEligible, BackedUp: made.Flags.BackupState})
	return identity.Credential{ID: hex.EncodeToString(made.ID), Data: data}, err
}

// Options are the creation options in a form, and as the relying party's own
// library encodes them.
func (m *Method) Options(v method.View) (inForm string, encoded []byte, err error) {
	creation, _, err := m.creation(v, m.serial(v.Identity))
	if err != nil {
		return "", nil, err
	}
	encoded, err = json.Marshal(creation)
	return m.options(v, every(v.Identity)), encoded, err
}

// Proved verifies an answer to a challenge that is given.
func (m *Method) Proved(i identity.Identity, challenge, response string) error {
	answer, err := protocol.ParseCredentialRequestResponseBytes([]byte(response))
	if err != nil {
		return err
	}
	_, err = m.check(i, kept{Challenge: challenge}, answer, time.Now())
	return err
}
