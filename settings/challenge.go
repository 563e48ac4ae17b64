package settings

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/seal"
)

// This file owns challenges, and the proofs that answer them.
//
// A challenge is not stored, because anybody may ask for any number of them: what Verify
// needs to know again is sealed into its ID. After a right answer a hash of the challenge
// is stored, so that the answer is good once. A wrong answer stores nothing, and the
// challenge may be answered again; asking for a new one would be as easy.

// Challenge is what a browser or an app has to sign for a Proof.
type Challenge struct {
	ID      string          // for the Proof; good once, for 5 minutes
	Options json.RawMessage // for navigator.credentials.get, in its JSON form
}

const challengeLifetime = 5 * time.Minute

// challenge is what is sealed into the ID of one.
type challenge struct {
	jsonrecord.Head
	At   time.Time `json:"at"`
	Memo []byte    `json:"memo,omitempty"`
}

// challengeBinding binds a challenge to its factor, and to whose answer it wants: "" is
// anybody's.
func challengeBinding(m aal.Method, identityID string) seal.Binding {
	return seal.Binding{Purpose: "challenge", Owner: string(m), IdentityID: identityID}
}

// Challenge makes a challenge for a factor of an identity, or for anybody's if identityID
// is "". The error is ErrWrong for an unknown identity, as for a wrong proof.
func (s *Service) Challenge(ctx context.Context, m aal.Method, identityID string) (Challenge, error) {
	at := s.c.Now()
	o := s.methods.byName[string(m)]
	if o == nil {
		return Challenge{}, fmt.Errorf("settings: %q is no method here", m)
	}
	c, ok := o.Method.(method.Challenger)
	if !ok {
		return Challenge{}, fmt.Errorf("settings: %s has no challenges", m)
	}
	var i identity.Identity
	if identityID != "" {
		var err error
		if i, err = s.owner(ctx, identityID); err != nil {
			return Challenge{}, err
		}
	}
	options, memo, err := c.Challenge(s.viewOf(o, &attempt{at: at, Current: s.sessions.Current(session.Session{}, i, at)}))
	if err != nil {
		return Challenge{}, err
	}
	plain, err := jsonrecord.Encode(&challenge{At: at, Memo: memo})
	if err != nil {
		return Challenge{}, err
	}
	sealed := s.ring.Seal(challengeBinding(m, identityID), plain)
	return Challenge{ID: base64.RawURLEncoding.EncodeToString(sealed), Options: options}, nil
}

// openChallenge opens the challenge that a proof answers; hash identifies it. The error is
// ErrWrong for a challenge that is too old, that was made for another factor or identity,
// or that was not made here.
func (s *Service) openChallenge(at time.Time, p Proof) (c challenge, hash string, err error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(p.Challenge)
	if err != nil {
		return c, "", method.ErrWrong
	}
	plain, err := s.ring.Open(challengeBinding(p.Method, p.IdentityID), sealed)
	if err != nil {
		return c, "", method.ErrWrong
	}
	if err := jsonrecord.Decode(plain, &c); err != nil {
		return c, "", err
	}
	if !at.Before(c.At.Add(challengeLifetime)) {
		return c, "", method.ErrWrong
	}
	return c, hashed(string(sealed)), nil
}

// burnChallenge records that a challenge was answered, so that of several right answers
// only one succeeds. The record outlives the challenge by more than clocks differ.
func (s *Service) burnChallenge(ctx context.Context, c challenge, hash, identityID string) error {
	err := s.createRecord(ctx, flow.Record{
		Key: "challenge:" + hash, Owner: identityID, ExpiresAt: c.At.Add(challengeLifetime + time.Hour),
	})
	if errors.Is(err, flow.ErrDuplicate) {
		return method.ErrWrong
	}
	return err
}

// verifyAnswer is Verify for a proof that answers a challenge. It is not counted: a
// signature cannot be guessed, and anyone could lock its owner out.
func (s *Service) verifyAnswer(ctx context.Context, at time.Time, o *offered, p Proof) (identityID string, err error) {
	c := o.Method.(method.Challenger)
	asked, hash, err := s.openChallenge(at, p)
	if err != nil {
		return "", err
	}
	p = p.WithMemo(asked.Memo)
	if p.IdentityID == "" {
		credential, ok := c.Answers(p)
		if !ok {
			return "", method.ErrWrong
		}
		p.IdentityID, err = s.c.Identities.IdentityOwner(ctx, credential)
		if errors.Is(err, identity.ErrNotFound) {
			return "", method.ErrWrong
		}
		if err != nil {
			return "", err
		}
	}
	p.SkipTries = true
	t, err := s.whoTries(ctx, at, p)
	if err != nil {
		return "", err
	}
	if err := s.askHost(ctx, t, p); err != nil {
		return "", err
	}
	burn, err := s.compare(ctx, o, t, p)
	if err != nil {
		return "", err
	}
	if err := s.burnChallenge(ctx, asked, hash, t.identity.ID); err != nil {
		return "", err
	}
	return t.identity.ID, s.useUp(ctx, o.Name, t.identity, burn)
}
