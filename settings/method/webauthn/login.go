package webauthn

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	relying "github.com/go-webauthn/webauthn/webauthn"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/method"
)

// kept is what Verify needs to know again of a challenge.
type kept struct {
	Challenge string `json:"challenge"`
	Anyone    bool   `json:"anyone,omitempty"` // nobody had said who they are
}

// Challenge makes the options for navigator.credentials.get, as JSON:
// {"publicKey": {…}}. Those of a passkey for nobody in particular let the
// authenticator find the account; all others list the identity's credentials,
// and are settings.ErrWrong if it has none.
func (m *Method) Challenge(v method.View) (options, keep []byte, err error) {
	anyone := v.Identity.ID == ""
	if anyone && m.method != aal.Passkey {
		return nil, nil, errors.New("webauthn: a security key is a second factor: say whose")
	}
	var assertion *protocol.CredentialAssertion
	var session *relying.SessionData
	verification := relying.WithUserVerification(m.selection.UserVerification)
	if anyone {
		assertion, session, err = m.rp.BeginDiscoverableLogin(verification)
	} else {
		known := credentials(v.Identity, m.method)
		if len(known) == 0 {
			return nil, nil, method.ErrWrong
		}
		u := user{handle: known[0].Handle}
		for _, c := range known {
			u.credentials = append(u.credentials, c.relying())
		}
		assertion, session, err = m.rp.BeginLogin(u, verification)
	}
	if err != nil {
		return nil, nil, err
	}
	if options, err = json.Marshal(assertion); err != nil {
		return nil, nil, err
	}
	keep, err = json.Marshal(kept{session.Challenge, anyone})
	return options, keep, err
}

// maxAssertion is the longest proof that is read, in bytes.
const maxAssertion = 16 << 10

// assertion reads a proof; it is an error of the one who sent it.
func assertion(p method.Proof) (*protocol.ParsedCredentialAssertionData, error) {
	if len(p.Value) > maxAssertion {
		return nil, errors.New("webauthn: the proof is too long")
	}
	return protocol.ParseCredentialRequestResponseBytes([]byte(p.Value))
}

// Answers gives the key of the credential that a proof claims to be made with.
func (m *Method) Answers(p method.Proof) (identity.Key, bool) {
	answer, err := assertion(p)
	if err != nil {
		return identity.Key{}, false
	}
	return key(hex.EncodeToString(answer.RawID)), true
}

// Verify checks the answer to a Challenge: challenge, type, origin, RPID,
// presence and verification of the user, whose credential it is, the user handle,
// signature and backup flags (section 7.2). A signature counter that does not
// grow where there is one means that the key exists twice: then it proves
// nothing.
func (m *Method) Verify(_ context.Context, v method.View, p method.Proof) (func(*identity.Identity) error, error) {
	var k kept
	if err := json.Unmarshal(p.Memo(), &k); err != nil {
		return nil, fmt.Errorf("webauthn: what was kept of the challenge: %w", err)
	}
	answer, err := assertion(p)
	if err != nil {
		return nil, wrong(err)
	}
	return m.check(v.Identity, k, answer, v.Now)
}

// check is Verify for an answer that was read.
func (m *Method) check(i identity.Identity, k kept, answer *protocol.ParsedCredentialAssertionData, at time.Time) (func(*identity.Identity) error, error) {
	c, has := m.find(i, hex.EncodeToString(answer.RawID))
	if !has {
		return nil, wrong(errors.New("a credential of somebody else"))
	}
	if k.Anyone && len(answer.Response.UserHandle) == 0 {
		return nil, wrong(errors.New("no user handle"))
	}
	session := relying.SessionData{
		Challenge: k.Challenge, RelyingPartyID: m.rp.Config.RPID, UserID: c.Handle, UserVerification: m.selection.UserVerification,
	}
	registered := c.relying()
	if c.FlagsUnknown {
		registered.Flags.BackupEligible = answer.Response.AuthenticatorData.Flags.HasBackupEligible()
	}
	proved, err := m.rp.ValidateLogin(user{handle: c.Handle, credentials: []relying.Credential{registered}}, session, answer)
	if err != nil {
		return nil, wrong(err)
	}
	if proved.Authenticator.CloneWarning {
		return nil, wrong(errors.New("the signature counter has not grown"))
	}
	if !c.differs(proved) && c.UsedOn(at) {
		return nil, nil
	}
	return func(i *identity.Identity) error { return m.used(i, c.ID, proved, at) }, nil
}

// differs reports whether a proof tells something of the credential that is not stored
// yet. An authenticator without a counter mostly tells nothing new.
func (s stored) differs(proved *relying.Credential) bool {
	return proved.Authenticator.SignCount != s.Count || proved.Flags.BackupState != s.BackedUp || s.FlagsUnknown
}

// wrong is ErrWrong with the cause for the host's log.
func wrong(cause error) error { return fmt.Errorf("%w: %w", method.ErrWrong, cause) }

// used notes that a credential was used, and when. Of two equal proofs at once, the second
// finds its count there.
func (m *Method) used(i *identity.Identity, id string, proved *relying.Credential, at time.Time) error {
	count := proved.Authenticator.SignCount
	all := i.State.Factors[m.method].Credentials
	for n := range all {
		c, ok := open(all[n])
		if !ok || c.ID != id {
			continue
		}
		if count <= c.Count && (count != 0 || c.Count != 0) {
			return wrong(errors.New("the signature counter has not grown"))
		}
		all[n].LastUsedAt = at
		if !c.differs(proved) {
			return nil
		}
		c.Count, c.BackedUp = count, proved.Flags.BackupState
		if c.FlagsUnknown {
			c.BackupEligible, c.FlagsUnknown = proved.Flags.BackupEligible, false
		}
		data, err := jsonrecord.Encode(&c.record)
		if err != nil {
			return err
		}
		all[n].Data = data
		return nil
	}
	return wrong(errors.New("the credential is gone"))
}
