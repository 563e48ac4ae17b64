package webauthn

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	relying "github.com/go-webauthn/webauthn/webauthn"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// algorithms are those that every authenticator has one of (section 5.4, note on
// pubKeyCredParams).
var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// creation makes the creation options of a flow, and what an answer to them is
// verified by. Both follow from the flow, the identity and the serial, so they
// are the same on each read, and nothing of them is stored. A registration moves
// the serial; what was made under the one before is then worth nothing.
func (m *Method) creation(v method.View, serial uint64) (*protocol.CredentialCreation, *relying.SessionData, error) {
	known := every(v.Identity)
	u := m.userOf(v, known)
	return m.beginRegistration(u, challenge(v, serial, u.handle), known)
}

// challenge is that of a flow. The handle is part of it: an authenticator that was
// given one which has been replaced since, by the first credential of the other
// method, would sign in to nobody.
func challenge(v method.View, serial uint64, handle []byte) []byte {
	return appendChallenge(nil, v, serial, handle)
}

// appendChallenge appends what challenge gives.
func appendChallenge(out []byte, v method.View, serial uint64, handle []byte) []byte {
	return v.Secrets.AppendDerived(out, 32, "challenge", v.Flow.ID, strconv.FormatUint(serial, 10), string(handle))
}

// userOf is an identity with these credentials as authenticators know it.
func (m *Method) userOf(v method.View, known []stored) user {
	return user{handle: handle(v, known), name: cmp.Or(v.Identity.FirstIdentifier(), m.rp.Config.RPDisplayName)}
}

// beginRegistration has the relying party make creation options for a user who has these
// credentials.
func (m *Method) beginRegistration(u user, challenge []byte, known []stored) (*protocol.CredentialCreation, *relying.SessionData, error) {
	excluded := make([]protocol.CredentialDescriptor, 0, len(known))
	for _, c := range known {
		credential := c.relying()
		excluded = append(excluded, credential.Descriptor())
	}
	return m.rp.BeginRegistration(u,
		relying.WithAuthenticatorSelection(m.selection),
		relying.WithCredentialParameters(algorithms),
		relying.WithExclusions(excluded),
		func(o *protocol.PublicKeyCredentialCreationOptions) error {
			o.Challenge = challenge
			return nil
		},
	)
}

// Plan judges a credential that is to be added, removed or renamed, or the button that asks
// for the form.
func (m *Method) Plan(v method.View, s method.Submission) (method.Plan, error) {
	response, added := s.Button(m.register)
	id, removed := s.Button(m.remove)
	renamed, named := s.Button(m.rename)
	begun, problem := s.Flag(m.begin)
	if !added && !removed && !named && !begun && problem == nil {
		return method.Plan{Errors: []ui.Message{ui.Form(ui.NoSuchMethod())}}, nil
	}
	plan := method.Plan{Needs: method.Needs{Privileged: true, RequiredAAL: true}}
	switch {
	case problem != nil:
		plan.Errors = []ui.Message{ui.On(m.begin, *problem)}
	case added && removed:
		plan.Errors = m.refusal(ui.ReasonAddAndRemove, "The form asks to add and to remove a %s at once.")
	case begun && (added || removed):
		plan.Errors = m.refusal(ui.ReasonBeginAndAct, "The form asks to begin, and to add or to remove a %s.")
	case named && (added || removed || begun):
		plan.Errors = m.refusal(ui.ReasonRenameAndAct, "The form asks to rename a %s, and for something else.")
	case named:
		return m.renaming(v, s, renamed), nil
	case begun:
		plan.RepeatKey = "begin"
		plan.Do = func(context.Context) (method.Result, error) { return method.Again{}, nil }
	case removed:
		plan.RepeatKey = "remove " + id
		plan.Do = (&removal{m, v.Identity, id}).do
	default:
		plan.RepeatKey = "register"
		r := &registration{Method: m, view: v, response: response}
		r.name, plan.Errors = m.nameOf(s)
		plan.Do = r.do
	}
	return plan, nil
}

func (m *Method) refusal(reason ui.ReasonID, format string) []ui.Message {
	passkey := 0
	if m.method == aal.Passkey {
		passkey = 1
	}
	return []ui.Message{ui.Form(ui.RefusedAs(reason, fmt.Sprintf(format, m.noun), map[string]any{"passkey": passkey}))}
}

// registration is a credential on its way in.
type registration struct {
	*Method
	view     method.View
	response string // JSON
	name     string
}

func (r *registration) do(context.Context) (method.Result, error) {
	created, err := protocol.ParseCredentialCreationResponseBytes([]byte(r.response))
	if err != nil {
		return method.Refused{Messages: r.refusal(ui.ReasonKeyUnreadable, "What came back from the %s cannot be read. Try again.")}, nil
	}
	i := r.view.Identity
	id := hex.EncodeToString(created.RawID)
	if slices.ContainsFunc(every(i), func(c stored) bool { return c.ID == id }) {
		known := r.refusal(ui.ReasonKeyKnown, "This %s is already registered to your account.")
		if same, err := r.repeated(id, created); err != nil || !same {
			return method.Refused{Messages: known}, err
		}
		return method.Unchanged{Messages: known, Proved: true}, nil
	}
	serial := r.serial(i)
	r.view = r.asked(created, serial)
	made, wrong, err := r.verify(created, serial)
	if err != nil {
		return nil, err
	}
	if made != nil && len(made.PublicKey) > maxPublicKey {
		made, wrong = nil, errors.New("the public key is too long")
	}
	if made == nil {
		return method.Refused{Messages: r.refusal(ui.ReasonKeyNotAccepted, "The %s was not accepted. Load the page again, and try once more."), Cause: wrong}, nil
	}
	if r.full(i) {
		return method.Refused{Messages: r.refusal(ui.ReasonNoRoomForKey, "There is no room for one more %s. Remove one first.")}, nil
	}
	h := handle(r.view, every(i))
	data, err := json.Marshal(record{
		Handle: h, PublicKey: made.PublicKey, Count: made.Authenticator.SignCount,
		BackupEligible: made.Flags.BackupEligible, BackedUp: made.Flags.BackupState,
		Transports: transports(made.Transport), AAGUID: aaguidOf(made.Authenticator.AAGUID),
	})
	if err != nil {
		return nil, err
	}
	credential := identity.Credential{ID: id, Data: data, Name: r.name, AddedAt: r.view.Now}
	return method.Change{
		Event:  string(r.method) + ".added",
		Proved: r.method,
		Edit: func(i *identity.Identity) error {
			// A newer serial has used the challenge up. The other method may have
			// added its first credential, with another handle.
			if r.serial(*i) != serial || !sameHandle(*i, h) || slices.Contains(i.Keys, key(id)) {
				return method.ErrChanged
			}
			r.add(i, credential)
			return nil
		},
		Already: func(_ context.Context, i identity.Identity) (bool, error) {
			c, has := r.find(i, id)
			return has && bytes.Equal(c.PublicKey, made.PublicKey), nil
		},
	}, nil
}

// asked is the view under the key that the answered challenge and its user handle
// follow from, as of a serial; under the newest one if that is none of them, which
// verify finds out.
func (r *registration) asked(created *protocol.ParsedCredentialCreationData, serial uint64) method.View {
	for under := range r.view.UnderEachKey() {
		challenge := challenge(under, serial, handle(under, every(under.Identity)))
		if base64.RawURLEncoding.EncodeToString(challenge) == created.Response.CollectedClientData.Challenge {
			return under
		}
	}
	return r.view
}

// verify checks an answer to the creation options of a serial: challenge, type,
// origin, RPID, presence and verification of the user, algorithm and signature
// (section 7.1). It gives nil for one that is not right, and what is wrong with
// it.
func (r *registration) verify(created *protocol.ParsedCredentialCreationData, serial uint64) (made *relying.Credential, wrong, err error) {
	_, session, err := r.creation(r.view, serial)
	if err != nil {
		return nil, nil, err
	}
	if made, wrong = r.rp.CreateCredential(user{handle: session.UserID}, *session, created); wrong != nil {
		return nil, wrong, nil
	}
	return made, nil, nil
}

// repeated reports whether an answer is the very one that the factor's last
// change was made by: the same credential and key, for the challenge before.
func (r *registration) repeated(id string, created *protocol.ParsedCredentialCreationData) (bool, error) {
	c, has := r.find(r.view.Identity, id)
	if !has {
		return false, nil
	}
	before := r.serial(r.view.Identity) - 1
	r.view = r.asked(created, before)
	again, _, err := r.verify(created, before)
	return again != nil && bytes.Equal(again.PublicKey, c.PublicKey), err
}

// removal is a credential on its way out.
type removal struct {
	*Method
	identity identity.Identity // as it was when the submit was judged
	id       string            // "" for one that is no text
}

func (r *removal) do(context.Context) (method.Result, error) {
	if !r.drop(new(r.identity.Clone()), r.id) {
		unknown := r.refusal(ui.ReasonNoSuchKey, "Your account has no such %s.")
		return method.Unchanged{Messages: unknown}, nil
	}
	return method.Change{
		Event: string(r.method) + ".removed",
		Edit: func(i *identity.Identity) error {
			if !r.drop(i, r.id) {
				return method.ErrChanged
			}
			return nil
		},
		Already: func(_ context.Context, i identity.Identity) (bool, error) {
			return !slices.Contains(i.Keys, key(r.id)), nil
		},
	}, nil
}
