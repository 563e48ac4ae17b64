package settings

import (
	"context"
	"crypto/rand"
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
)

// This file owns what the login page of a host checks here: a proof, and the
// challenge that some proofs answer. The host then issues or renews the session:
// Sessions.Issue(w, r, identityID, proof.Method).

// Challenge is what a browser or an app has to answer.
type Challenge struct {
	ID      string          // for the Proof; good once, for 5 minutes
	Options json.RawMessage // for navigator.credentials.get, in its JSON form
}

// LockedError is the error of Verify while a factor is locked after wrong tries. What
// was given was not looked at.
type LockedError struct{ RetryAfter time.Duration }

func (l *LockedError) Error() string {
	return fmt.Sprintf("settings: too many wrong tries, the next in %v", l.RetryAfter)
}

// Challenge makes a challenge for a factor of an identity, or for anyone's if
// identityID is "". An unknown identity is ErrWrong, as a wrong proof is.
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
	options, keep, err := c.Challenge(s.viewOf(o, &attempt{at: at, Current: s.sessions.Current(session.Session{}, i, at)}))
	if err != nil {
		return Challenge{}, err
	}
	id := rand.Text()
	p := pendingChallenge(m, id)
	if err := s.createPending(ctx, p, challengeOwner(p, identityID), at, &challenge{At: at, Memo: keep}); err != nil {
		return Challenge{}, err
	}
	return Challenge{ID: id, Options: options}, nil
}

// challenge is what is kept of one, as it is sealed.
type challenge struct {
	jsonrecord.Head
	At   time.Time `json:"at"`
	Memo []byte    `json:"memo,omitempty"`
}

// pendingChallenge names the record of a factor's challenge.
func pendingChallenge(m aal.Method, id string) pending {
	key := "challenge:" + hashed(id)
	return pending{pendingChallenges, key, string(m) + " " + key}
}

// challengeOwner: a challenge for anyone is its own owner, since a store may
// bound what one owner has.
func challengeOwner(p pending, identityID string) string {
	if identityID == "" {
		return p.key
	}
	return identityID
}

// Verify checks a proof of a factor, and gives the id of whose it is. The try is
// counted before anything is compared, over all flows and instances; ten wrong
// ones lock the factor (ASVS 5.0 6.3.1). Answers to a challenge are not counted:
// a signature cannot be guessed. What is good once, a code or a time
// step, is used up in the identity's row before Verify returns.
//
// ErrWrong says that the proof is not right, was used before, or is of somebody
// who does not exist, is blocked, or has no such factor; a *LockedError how long to
// wait; ErrBusy that there was no room for the work. Any other error is for the
// log, and the proof is worth nothing.
func (s *Service) Verify(ctx context.Context, p Proof) (identityID string, err error) {
	at := s.c.Now()
	o := s.methods.byName[string(p.Method)]
	if o == nil {
		return "", fmt.Errorf("settings: %q is no method here", p.Method)
	}
	v, ok := o.Method.(method.Verifier)
	if !ok {
		return "", fmt.Errorf("settings: %s proves nothing", p.Method)
	}
	if c, asks := o.Method.(method.Challenger); asks {
		if err := s.spendChallenge(ctx, at, c, &p); err != nil {
			return "", err
		}
	}
	i, err := s.owner(ctx, p.IdentityID)
	nobody := errors.Is(err, method.ErrWrong)
	if err != nil && !nobody {
		return "", err
	}
	view := s.viewOf(o, &attempt{at: at, Current: s.sessions.Current(session.Session{}, i, at)})
	compare := func() error {
		burn, err := v.Verify(ctx, view, p)
		if err != nil || burn == nil {
			return err
		}
		return uninterrupted(ctx, func(ctx context.Context) error { return s.useUp(ctx, o, i, burn) })
	}
	_, asks := o.Method.(method.Challenger) // nobody guesses a signature, and anyone could lock its owner out
	switch {
	case nobody: // compared all the same: the time of the answer does not tell who exists
		if _, err := v.Verify(ctx, view, p); errors.Is(err, method.ErrBusy) {
			return "", err
		}
		err = method.ErrWrong
	case asks || p.SkipTries:
		err = compare()
	default:
		err = s.tryOnce(ctx, at, i.ID, string(p.Method), compare)
	}
	if err != nil {
		return "", err
	}
	return i.ID, nil
}

// tryOnce runs a comparison as one counted try.
func (s *Service) tryOnce(ctx context.Context, at time.Time, identityID, factor string, compare func() error) error {
	locked, err := s.countTry(ctx, at, identityID, factor)
	if err != nil {
		return err
	}
	if locked > 0 {
		return &LockedError{locked}
	}
	switch err := compare(); {
	case errors.Is(err, method.ErrBusy):
		return errors.Join(err, s.takeBackTry(ctx, at, identityID, factor))
	case err != nil:
		return err
	}
	return s.forgiveTries(ctx, identityID, factor)
}

// spendChallenge finds the challenge that a proof answers, uses it up, and finds out
// who signs in if nobody has said so.
func (s *Service) spendChallenge(ctx context.Context, at time.Time, c method.Challenger, p *Proof) error {
	asked := pendingChallenge(p.Method, p.Challenge)
	var kept challenge
	r, err := s.readPending(ctx, asked, &kept)
	if err == nil && (!pendingChallenges.inTime(kept.At, at) || r.Owner != challengeOwner(asked, p.IdentityID)) {
		err = flow.ErrNotFound
	}
	if err == nil {
		*p = p.WithMemo(kept.Memo)
		err = s.burnPending(ctx, r)
	}
	if errors.Is(err, flow.ErrNotFound) {
		return ErrWrong
	}
	if err != nil || p.IdentityID != "" {
		return err
	}
	credential, ok := c.Answers(*p)
	if !ok {
		return method.ErrWrong
	}
	p.IdentityID, err = s.c.Identities.IdentityOwner(ctx, credential)
	if errors.Is(err, identity.ErrNotFound) {
		return method.ErrWrong
	}
	return err
}

// useUp marks in the identity's row what a proof has used up. Of many equal
// proofs at once one gets through: the others find it used in the newer row.
func (s *Service) useUp(ctx context.Context, o *offered, i identity.Identity, burn func(*identity.Identity) error) error {
	return s.editRow(ctx, i, func(i *identity.Identity) error {
		before := i.Clone()
		if err := burn(i); err != nil {
			return err
		}
		if d := identity.Diff(before, *i); d.Password || d.Identifiers || d.Traits || d.Forbidden {
			return fmt.Errorf("settings: %s has used up what is not its own", o.Name)
		}
		return nil
	})
}

// MarkVerified records that the owner of an identity has shown to receive what
// is sent to an address of its traits: the host's verification is done. via is
// "email" or "sms". It is identity.ErrNotFound for an unknown identity, and for
// what is not an address of it that can be verified.
func (s *Service) MarkVerified(ctx context.Context, identityID, via, value string) error {
	i, err := s.row(ctx, identityID)
	if err != nil {
		return err
	}
	return s.editRow(ctx, i, func(i *identity.Identity) error {
		if s.methods.addressed == nil || !i.Verify(s.methods.addressed.Addresses(*i), via, value, s.c.Now()) {
			return fmt.Errorf("no such address: %w", identity.ErrNotFound)
		}
		return nil
	})
}
