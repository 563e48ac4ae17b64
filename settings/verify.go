package settings

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// This file owns what the login page of a host checks here: a proof. The host then
// issues or renews the session: Sessions.Issue(w, r, identityID, proof.Method).

// LockedError is the error of Verify while a factor is locked after wrong tries. The proof
// was not compared.
type LockedError struct{ RetryAfter time.Duration }

func (l *LockedError) Error() string {
	return fmt.Sprintf("settings: too many wrong tries, the next in %v", l.RetryAfter)
}

// Verify checks a proof of a factor, and gives the id of whose it is. The try is
// counted before anything is compared, over all flows and instances (ASVS 5.0 6.3.1),
// by who tries: see Proof.Source. Ten wrong ones make a known device unknown, or close
// the factor to all unknown devices. Answers to a challenge are not counted. What is
// good once, a code or a time step, is used up in the identity's row before Verify
// returns.
//
// ErrWrong says that the proof is not right, was used before, or is of somebody
// who does not exist, is blocked, or has no such factor; a *LockedError how long to
// wait; ErrBusy that there was no room for the work. None of them says whether there is
// an account, if Proof.Name has what was typed. An error of Config.BeforeVerify comes as
// it is. Any other error is for the log, and the proof is worth nothing.
func (s *Service) Verify(ctx context.Context, p Proof) (identityID string, err error) {
	ctx, end := s.observe(ctx, operationVerify)
	identityID, err = s.verify(ctx, p)
	end(s.verified(p, identityID, err))
	return identityID, err
}

// verify is Verify, unobserved.
func (s *Service) verify(ctx context.Context, p Proof) (identityID string, err error) {
	at := s.c.Now()
	o := s.methods.byName[string(p.Method)]
	if o == nil {
		return "", fmt.Errorf("settings: %q is no method here", p.Method)
	}
	if _, ok := o.Method.(method.Verifier); !ok {
		return "", fmt.Errorf("settings: %s proves nothing", p.Method)
	}
	if _, asks := o.Method.(method.Challenger); asks {
		return s.verifyAnswer(ctx, at, o, p)
	}
	return s.verifySecret(ctx, at, o, p)
}

// verifySecret is Verify for a proof that could be guessed.
func (s *Service) verifySecret(ctx context.Context, at time.Time, o *offered, p Proof) (identityID string, err error) {
	t, err := s.whoTries(ctx, at, p)
	if err != nil {
		return "", err
	}
	if err := s.askHost(ctx, t, p); err != nil {
		return "", err
	}
	p = p.WithTurn(method.Turn{
		Name: t.everybody.key, Known: t.known,
		Counted: func(ctx context.Context) error { return s.count(ctx, t) },
	})
	burn, err := s.compare(ctx, o, t, p)
	switch {
	case errors.Is(err, method.ErrWrong):
		s.hundredth(ctx, t)
	case errors.Is(err, method.ErrBusy):
		return "", errors.Join(err, s.takeBack(ctx, t))
	}
	if err != nil {
		return "", err
	}
	if err := s.useUp(ctx, o.Name, t.identity, burn); err != nil {
		return "", err
	}
	s.forgiveTrier(ctx, t)
	return t.identity.ID, nil
}

// compare lets the method compare a proof. It does so even if there is no account, so that
// the time of the answer does not tell.
func (s *Service) compare(ctx context.Context, o *offered, t *trier, p Proof) (burn func(*identity.Identity) error, err error) {
	if !o.CountsTries {
		if err := p.Count(ctx); err != nil && !errors.Is(err, method.ErrWrong) {
			return nil, err
		}
	}
	view := s.viewOf(o, &attempt{at: t.at, Current: s.sessions.Current(session.Session{}, t.identity, t.at)})
	burn, err = o.Method.(method.Verifier).Verify(ctx, view, p)
	switch {
	case errors.Is(err, method.ErrUnreadable):
		s.c.Logger.ErrorContext(ctx, "a credential cannot be compared with", "method", o.Name, "identity", t.identity.ID, "error", err)
		return nil, method.ErrWrong
	case err != nil:
		return nil, err
	case t.nobody() || t.shut:
		return nil, method.ErrWrong
	case p.Turn().Counted != nil && !t.counted:
		return nil, fmt.Errorf("settings: %s has compared a proof whose try it did not count", o.Name)
	}
	return burn, nil
}

// useUp writes into the identity's row that a proof is used up. Of many equal proofs at
// once only one succeeds: the others find it used in the newer row. A password is not used
// up; its method may replace the stored hash, and if that fails, the next sign-in does it.
// The same holds for a credential of which only the last use is written.
func (s *Service) useUp(ctx context.Context, name string, i identity.Identity, burn func(*identity.Identity) error) error {
	if burn == nil {
		return nil
	}
	optional := false
	err := uninterrupted(ctx, func(ctx context.Context) error {
		return s.editRow(ctx, i, func(i *identity.Identity) error {
			before := i.Clone()
			if err := burn(i); err != nil {
				return err
			}
			d := identity.Diff(before, *i)
			optional = name == string(aal.Password) || d == identity.Difference{Used: true}
			password := d.Password && (name != string(aal.Password) || i.PasswordHash == "")
			if password || d.Identifiers || d.Traits || d.Forbidden {
				return fmt.Errorf("settings: %s has used up what is not its own", name)
			}
			return nil
		})
	})
	if err != nil && optional && !errors.Is(err, method.ErrWrong) {
		s.c.Logger.WarnContext(ctx, "what a sign-in notes is not written: the new hash of a password, or a last use", "method", name, "identity", i.ID, "error", err)
		return nil
	}
	return err
}

// MarkVerified records that the host has verified an address of an identity's traits: that
// its owner receives what is sent there. via is "email" or "sms". The error is
// identity.ErrNotFound for an unknown identity, and for an address that it does not have or
// that cannot be verified.
func (s *Service) MarkVerified(ctx context.Context, identityID, via, value string) error {
	i, err := s.row(ctx, identityID)
	if err != nil {
		return err
	}
	return s.editRow(ctx, i, func(i *identity.Identity) error {
		if !i.Verify(s.addresses(*i), via, value, s.c.Now()) {
			return fmt.Errorf("no such address: %w", identity.ErrNotFound)
		}
		return nil
	})
}
