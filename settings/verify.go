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
	"github.com/amend-go/amend/settings/method"
)

// The login page of a host checks here what its users prove. It then issues or
// renews their session: Sessions.Issue(w, r, identityID, proof.Method).

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

const challengeLifetime = 5 * time.Minute

// Challenge makes a challenge for a factor of an identity, or for anyone's if
// identityID is "". An unknown identity is ErrWrong, as a wrong proof is.
func (s *Service) Challenge(ctx context.Context, m aal.Method, identityID string) (Challenge, error) {
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
	options, keep, err := c.Challenge(s.viewOf(o, session.Current{Identity: i}, flow.Flow{}))
	if err != nil {
		return Challenge{}, err
	}
	id := rand.Text()
	key := challengeKey(id)
	r := flow.Record{
		Key: key, Owner: challengeOwner(key, identityID), ExpiresAt: s.c.Now().Add(challengeLifetime),
		Data: s.ring.Seal(redirectBinding(key, string(m)+" "+identityID), keep),
	}
	if err := s.c.Flows.CreateFlow(ctx, r); err != nil {
		return Challenge{}, err
	}
	return Challenge{ID: id, Options: options}, nil
}

func challengeKey(id string) string { return redirectKey("challenge", id) }

// challengeOwner: a challenge for anyone is its own owner, since a store may
// bound what one owner has.
func challengeOwner(key, identityID string) string {
	if identityID == "" {
		return key
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
// log, and the proof is worth nothing. Log an ErrWrong too: its text says if nobody
// can prove what is stored, as with an imported hash that is not read here.
func (s *Service) Verify(ctx context.Context, p Proof) (identityID string, err error) {
	o := s.methods.byName[string(p.Method)]
	if o == nil {
		return "", fmt.Errorf("settings: %q is no method here", p.Method)
	}
	v, ok := o.Method.(method.Verifier)
	if !ok {
		return "", fmt.Errorf("settings: %s proves nothing", p.Method)
	}
	if c, asks := o.Method.(method.Challenger); asks {
		if err := s.answer(ctx, c, &p); err != nil {
			return "", err
		}
	}
	i, err := s.owner(ctx, p.IdentityID)
	nobody := errors.Is(err, method.ErrWrong)
	if err != nil && !nobody {
		return "", err
	}
	view := s.viewOf(o, session.Current{Identity: i}, flow.Flow{})
	compare := func() error {
		burn, err := v.Verify(ctx, view, p)
		if err != nil || burn == nil {
			return err
		}
		return uninterrupted(ctx, func(ctx context.Context) error { return s.useUp(ctx, o, i, burn) })
	}
	_, asks := o.Method.(method.Challenger) // nobody guesses a signature, and anyone could lock its owner out
	switch {
	case nobody: // compared all the same: neither the time nor the error tells who exists
		if _, err = v.Verify(ctx, view, p); !errors.Is(err, method.ErrBusy) && !errors.Is(err, method.ErrWrong) {
			err = method.ErrWrong
		}
	case asks || p.SkipTries:
		err = compare()
	default:
		err = s.tryOnce(ctx, i.ID, string(p.Method), compare)
	}
	if err != nil {
		return "", err
	}
	return i.ID, nil
}

// tryOnce runs a comparison as one counted try.
func (s *Service) tryOnce(ctx context.Context, identityID, factor string, compare func() error) error {
	locked, err := s.countTry(ctx, identityID, factor)
	if err != nil {
		return err
	}
	if locked > 0 {
		return &LockedError{locked}
	}
	switch err := compare(); {
	case errors.Is(err, method.ErrBusy):
		return errors.Join(err, s.takeBackTry(ctx, identityID, factor))
	case err != nil:
		return err
	}
	return s.forgiveTries(ctx, identityID, factor)
}

// answer finds the challenge that a proof answers, uses it up, and finds out
// who signs in if nobody has said so.
func (s *Service) answer(ctx context.Context, c method.Challenger, p *Proof) error {
	key := challengeKey(p.Challenge)
	r, err := s.c.Flows.GetFlow(ctx, key)
	if err == nil && (len(r.Data) == 0 || !s.c.Now().Before(r.ExpiresAt) || r.Owner != challengeOwner(key, p.IdentityID)) {
		err = flow.ErrNotFound
	}
	if err == nil {
		var memo []byte
		memo, err = s.ring.Open(redirectBinding(key, string(p.Method)+" "+p.IdentityID), r.Data)
		*p = p.WithMemo(memo)
	}
	if err == nil {
		err = s.burn(ctx, r)
	}
	if errors.Is(err, flow.ErrNotFound) {
		return method.ErrWrong
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
