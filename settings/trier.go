package settings

import (
	"context"
	"errors"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// This file owns the question who tries to sign in: which count the try belongs to, and
// what Config.BeforeVerify is asked. An account and a name that nobody has get the same
// reads, the same count and the same queue.

// Try is an attempt to prove an identity, for Config.BeforeVerify.
type Try struct {
	Method aal.Method

	// IdentityID is whose proof it is to be, "" where nobody has the name or no
	// account is named yet; Name is what was typed. What is shown must not depend
	// on whether there is an account.
	IdentityID, Name string

	// KnownDevice says that the try comes from a device that has signed in to the account
	// before.
	KnownDevice bool

	// Wrong is how many wrong tries were counted before this one: those of this device if
	// it is known, else those of all unknown devices.
	Wrong int

	Source method.Source
}

// trier is who tries a factor of an account.
type trier struct {
	at        time.Time
	factor    string
	named     bool
	uncounted bool
	identity  identity.Identity // zero for nobody: no such account, or a blocked one
	wrong     int               // tries before this one

	token deviceToken
	known bool // the token is of a known device

	everybody counter
	record    *flow.Record // of everybody's count, as it was read

	// What became of the try.
	counted bool
	verdict
}

func (t *trier) nobody() bool { return t.identity.ID == "" }

// whoTries finds out who tries, and whether they may. For an unknown device while the
// factor is closed it is a *LockedError, before anything is read that there is of
// accounts alone.
func (s *Service) whoTries(ctx context.Context, at time.Time, p Proof) (*trier, error) {
	t := &trier{at: at, factor: string(p.Method), named: p.Name != "", uncounted: p.SkipTries}
	t.everybody = s.everybodysCounter(p.IdentityID, p.Name, t.factor)
	token, presented := s.deviceOf(p.Source.Device, p.IdentityID)
	if !presented {
		if err := s.notLocked(ctx, t); err != nil {
			return nil, err
		}
	}
	var err error
	t.identity, err = s.owner(ctx, p.IdentityID)
	switch {
	case errors.Is(err, method.ErrWrong):
		t.everybody.nobody = true
	case err != nil:
		return nil, err
	}
	if !presented {
		return t, nil
	}
	if !t.nobody() {
		all, _, err := s.readDevices(ctx, t.identity.ID)
		if err != nil {
			return nil, err
		}
		if t.known = all.knows(token, t.identity); t.known {
			t.token = token
			if n := all.find(token); n >= 0 {
				t.wrong = all.List[n].Wrong[t.factor]
			}
			return t, nil
		}
	}
	return t, s.notLocked(ctx, t)
}

// notLocked reads the count of all unknown devices. The error is a *LockedError while that
// is locked.
func (s *Service) notLocked(ctx context.Context, t *trier) error {
	if t.uncounted || t.everybody.key == "" {
		return nil
	}
	counted, r, err := s.lookAtTries(ctx, t.at, t.everybody)
	if err != nil {
		return err
	}
	if v := counted.judge(t.at, t.named); v.locked > 0 {
		return &LockedError{v.locked}
	}
	if t.record, t.wrong = r, counted.inARow(); t.named {
		t.wrong = counted.shownAt(t.at).inARow()
	}
	return nil
}

// count counts the try: see Proof.Count.
func (s *Service) count(ctx context.Context, t *trier) error {
	if t.uncounted {
		t.counted = true
		return nil
	}
	if t.known {
		known, err := s.countDevice(ctx, t.at, t.identity, t.token, t.factor)
		if err != nil {
			return err
		}
		if t.known = known; known {
			t.counted = true
			return nil
		}
	}
	if t.everybody.key == "" {
		t.counted = true
		return nil
	}
	v, err := s.countTry(ctx, t.at, t.everybody, t.named, t.record)
	if err != nil {
		return err
	}
	if v.locked > 0 {
		return &LockedError{v.locked}
	}
	if t.counted, t.verdict = true, v; v.shut {
		return method.ErrWrong
	}
	return nil
}

// forgiveTrier resets the counts after a right proof: everybody's, whoever gave it,
// and the device's own.
func (s *Service) forgiveTrier(ctx context.Context, t *trier) {
	if t.uncounted {
		return
	}
	s.forgive(ctx, t.identity.ID, t.everybody.key)
	if !t.known {
		return
	}
	err := uninterrupted(ctx, func(ctx context.Context) error {
		return s.setWrong(ctx, t.at, t.identity.ID, t.token, t.factor, func(int) int { return 0 })
	})
	if err != nil {
		s.c.Logger.WarnContext(ctx, "a right try stays counted", "identity", t.identity.ID, "error", err)
	}
}

// takeBack uncounts a try whose proof was not compared after all.
func (s *Service) takeBack(ctx context.Context, t *trier) error {
	switch {
	case !t.counted || t.uncounted:
		return nil
	case t.known:
		return s.setWrong(ctx, t.at, t.identity.ID, t.token, t.factor, func(n int) int { return n - 1 })
	case t.everybody.key == "":
		return nil
	}
	return s.takeBackTry(ctx, t.at, t.everybody, t.shut)
}

// askHost asks Config.BeforeVerify.
func (s *Service) askHost(ctx context.Context, t *trier, p Proof) (err error) {
	if s.c.BeforeVerify == nil {
		return nil
	}
	asked := Try{
		Method: p.Method, IdentityID: t.identity.ID, Name: p.Name, KnownDevice: t.known, Wrong: t.wrong, Source: p.Source,
	}
	if panicked := noPanic(func() { err = s.c.BeforeVerify(ctx, asked) }); panicked != nil {
		return panicked
	}
	return err
}
