package settings

import (
	"context"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
)

// This file owns what an administrator may see of an account: everything but secrets.

// Identity gives what an administrator, or a page of the host's, may see of an account. An
// unknown id is identity.ErrNotFound.
func (s *Service) Identity(ctx context.Context, identityID string) (identity.Account, error) {
	i, err := s.row(ctx, identityID)
	if err != nil {
		return identity.Account{}, err
	}
	sessions, err := s.sessions.List(ctx, i)
	if err != nil {
		return identity.Account{}, err
	}
	account := i.Account(s.addresses(i), s.methods.oblige)
	account.Sessions = len(sessions)
	at := s.c.Now()
	for _, o := range s.methods.list {
		for _, class := range o.TryClasses() {
			counted, _, err := s.lookAtTries(ctx, at, s.everybodysCounter(identityID, "", class))
			if err != nil {
				return identity.Account{}, err
			}
			if n := counted.inARow(); n > 0 {
				account.Locks = append(account.Locks, identity.Lock{Class: class, Wrong: n, Until: counted.Until})
			}
		}
	}
	return account, nil
}

// ListSessions gives the valid sessions of an account, newest first, without the hashes of
// their tokens. Sessions.Revoke ends one of them. An unknown account is
// identity.ErrNotFound.
func (s *Service) ListSessions(ctx context.Context, identityID string) ([]session.Session, error) {
	i, err := s.row(ctx, identityID)
	if err != nil {
		return nil, err
	}
	all, err := s.sessions.List(ctx, i)
	for n := range all {
		all[n].TokenHash, all[n].Superseded, all[n].Extra = "", session.Superseded{}, nil
	}
	return all, err
}
