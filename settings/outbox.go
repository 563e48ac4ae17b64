package settings

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/mail"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/optimistic"
)

// This file owns how messages are sent: after the write of the change that they stand
// in, again until the host has taken them, and not more to one address than its owner
// should have to bear.

// send sends a message of the outbox. Without an error it is done with: sent, or not to be
// sent any more.
func (s *Service) send(ctx context.Context, identityID string, e identity.Event) (err error) {
	if s.c.Send == nil {
		return errors.New("Config.Send is not set in this process")
	}
	i, err := s.row(ctx, identityID)
	if errors.Is(err, identity.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	m := mail.Message{ID: e.ID, Text: e.Mail.Text, Via: e.Mail.Via, To: e.Mail.To, IdentityID: identityID, Language: "en"}
	if e.Mail.Serial == "" {
		m.Event = e
		m.Event.Mail, m.Event.DueAt = identity.Mail{}, time.Time{}
	} else if wanted, err := s.withCode(ctx, &m, i, e.Mail.Serial); err != nil || !wanted {
		return err
	}
	panicked := noPanic(func() {
		if s.c.Language != nil {
			m.Language = s.c.Language(i.Record.Clone())
		}
		if s.c.Place != nil && m.Event.ClientIP != "" {
			m.Place = s.c.Place(ctx, m.Event.ClientIP)
		}
		err = s.c.Send(ctx, m)
	})
	return errors.Join(err, panicked)
}

// withCode puts the code of a pending address into a message. If another account has the
// address, the message becomes a notice to the owner of that account; both cases read and
// write the same, so nothing before Config.Send tells them apart. It is false if nothing is
// to be sent: the address is no longer pending, or has got enough messages.
func (s *Service) withCode(ctx context.Context, m *mail.Message, i identity.Identity, serial string) (wanted bool, err error) {
	n := slices.IndexFunc(i.State.Pending, func(p identity.PendingAddress) bool { return p.Serial == serial })
	at := s.c.Now()
	o, prover := s.prover()
	if n < 0 || i.State.Pending[n].Expired(at) || prover == nil {
		return false, nil
	}
	p := i.State.Pending[n]
	taken := false
	for _, key := range prover.PendingKeys(s.c.Text, i, p) {
		owner, err := s.c.Identities.IdentityOwner(ctx, key)
		if err != nil && !errors.Is(err, identity.ErrNotFound) {
			return false, err
		}
		taken = taken || err == nil && owner != i.ID
	}
	if ok, err := s.mayWrite(ctx, at, m.ID, p); err != nil || !ok {
		return false, err
	}
	m.Code, m.CodeExpires = prover.Code(s.viewOf(o, &attempt{at: at, Current: s.sessions.Current(session.Session{}, i, at)}), p), p.CodeAt.Add(identity.CodeLifetime)
	if taken {
		*m = mail.Message{ID: m.ID, Text: mail.AddressInUse, Language: m.Language, Via: m.Via, To: m.To}
	}
	return true, nil
}

// prover is the method that has addresses proved; nil if none does.
func (s *Service) prover() (*offered, method.Prover) {
	for _, o := range s.methods.list {
		if p, ok := o.Method.(method.Prover); ok && o.SendsCodes {
			return o, p
		}
	}
	return nil, nil
}

// What one address gets at most, whoever asks: so many codes and notices a day, and one
// a minute. Notices of changes are not among them.
const (
	letters       = 3
	lettersWithin = 24 * time.Hour
	letterEvery   = time.Minute
)

// sent is what one address was sent lately. Its key is a MAC of the address.
type sent struct {
	jsonrecord.Head
	Letters []letter `json:"letters"`
}

type letter struct {
	ID      string             `json:"id"`
	At      time.Time          `json:"at"`
	Unknown jsonrecord.Unknown `json:"-"`
}

// mayWrite counts a message to an address, and reports whether it may be sent. A message
// that is tried again counts once.
func (s *Service) mayWrite(ctx context.Context, at time.Time, id string, p identity.PendingAddress) (may bool, err error) {
	key := "mail:" + hex.EncodeToString(s.ring.MAC("written to", p.Via, method.Normal(p.Value)))
	err = optimistic.Retry(ctx, func() error {
		var before sent
		r, err := s.c.Flows.GetFlow(ctx, key)
		isNew := errors.Is(err, flow.ErrNotFound)
		switch {
		case isNew:
			r = flow.Record{Key: key, Owner: key}
		case err != nil:
			return err
		default:
			if err := jsonrecord.Decode(r.Data, &before); err != nil {
				return fmt.Errorf("record %q: %w", key, err)
			}
		}
		before.Letters = slices.DeleteFunc(before.Letters, func(l letter) bool { return !l.At.After(at.Add(-lettersWithin)) })
		may = slices.ContainsFunc(before.Letters, func(l letter) bool { return l.ID == id })
		if last := len(before.Letters) - 1; may || last >= letters-1 || last >= 0 && at.Before(before.Letters[last].At.Add(letterEvery)) {
			return nil
		}
		before.Letters = append(before.Letters, letter{ID: id, At: at})
		if r.Data, err = jsonrecord.Encode(&before); err != nil {
			return err
		}
		r.ExpiresAt = at.Add(lettersWithin)
		if isNew {
			err = s.createRecord(ctx, r)
		} else {
			err = s.c.Flows.UpdateFlow(ctx, r)
		}
		may = err == nil
		return err
	}, flow.ErrConflict, flow.ErrDuplicate, flow.ErrNotFound)
	return may, err
}

// cancelPending forgets the addresses of an account that are pending.
func (s *Service) cancelPending(ctx context.Context, identityID string) error {
	i, err := s.row(ctx, identityID)
	if errors.Is(err, identity.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.editRow(ctx, i, func(i *identity.Identity) error {
		if len(i.State.Pending) == 0 {
			return errAsItIs
		}
		i.State.Pending = nil
		return nil
	})
}

// recovered is what follows from a recovery and a revocation: what wrong tries have locked
// is opened, and pending addresses are canceled, because somebody else may have asked for
// them.
func (s *Service) recovered(ctx context.Context, identityID string) error {
	if err := s.cancelPending(ctx, identityID); err != nil {
		return err
	}
	return s.Unlock(ctx, identityID)
}
