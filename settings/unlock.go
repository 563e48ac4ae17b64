package settings

import (
	"context"
	"errors"
)

// This file owns the opening of locks by a host, and the call of Config.OnLock.

// Unlock opens what wrong tries have locked of an account: every factor for unknown
// devices, what its sessions may not try, and devices that were made unknown. It is for a
// help desk that knows whom it talks to. It is no error if nothing is locked, or if nobody
// has the id.
//
// Sessions.RevokeAll unlocks too, and so does a session that is issued after a recovery.
func (s *Service) Unlock(ctx context.Context, identityID string) error {
	sessions, err := s.c.Sessions.ListSessions(ctx, identityID)
	if err != nil {
		return err
	}
	keys := []string{devicesKey(identityID), triesKey(identityID, triesTaken)}
	for _, o := range s.methods.list {
		for _, factor := range o.TryClasses() {
			key := triesKey(identityID, factor)
			keys = append(keys, key)
			for _, one := range sessions {
				keys = append(keys, key+":"+one.ID)
			}
		}
	}
	var failed error
	for _, key := range keys {
		failed = errors.Join(failed, s.c.Flows.DeleteFlow(ctx, key))
	}
	return failed
}

// hundredth calls Config.OnLock if a try is the hundredth wrong one in a row from unknown
// devices. Only one write makes the count a hundred, so it is called once; if the process
// ends before, it is not called.
func (s *Service) hundredth(ctx context.Context, t *trier) {
	if t.inARow != tellHostAt || t.nobody() || s.c.OnLock == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	if err := noPanic(func() { s.c.OnLock(ctx, t.identity.ID, t.factor) }); err != nil {
		s.c.Logger.ErrorContext(ctx, "OnLock", "identity", t.identity.ID, "error", err)
	}
}
