package settings

import (
	"fmt"
	"slices"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/mail"
)

// This file owns which messages follow from a change: a notice to where the account was
// reached before it, and the code of an address that is pending since. They are written
// into the row together with the change, and sent after it (outbox.go).

// keepMail puts the messages of a change into the row that it writes. e is the event of
// the change, after what it tells of it is known.
func (s *Service) keepMail(before identity.Identity, after *identity.Identity, e identity.Event) (kept []identity.Event, err error) {
	if s.c.Send == nil {
		return nil, nil
	}
	add := func(m identity.Mail) {
		one := e
		one.ID = fmt.Sprintf("%s:%d", e.ID, len(kept)+1)
		if one.Mail = m; m.Serial != "" { // a code tells of no change
			one.Added, one.Removed = identity.Parts{}, identity.Parts{}
		}
		kept = append(kept, one)
		one.Attempts = 1 // by the request that makes the change
		if err == nil && !after.State.AddMail(one) {
			err = errTooManyEvents
		}
	}
	if text := noticeOf(identity.Diff(before, *after), e, !slices.Equal(s.addresses(before), s.addresses(*after))); text != 0 {
		for _, to := range s.toldAt(before) {
			add(identity.Mail{Text: text, Via: to.Via, To: to.Value})
		}
	}
	for _, p := range after.State.Pending {
		if slices.ContainsFunc(before.State.Pending, func(q identity.PendingAddress) bool { return q.Serial == p.Serial }) {
			continue
		}
		text := mail.Code
		if p.Verifies() {
			text = mail.VerifyCode
		}
		add(identity.Mail{Text: text, Via: p.Via, To: p.Value, Serial: p.Serial})
	}
	return kept, err
}

// toldAt are the addresses at which an account's owner is told of a change: those that
// are verified, all if none is; telephone numbers only where there is nothing else.
func (s *Service) toldAt(i identity.Identity) []identity.Address {
	all := s.addresses(i)
	choose := func(good func(identity.Address) bool) {
		if some := slices.DeleteFunc(slices.Clone(all), func(a identity.Address) bool { return !good(a) }); len(some) > 0 {
			all = some
		}
	}
	choose(i.IsVerified)
	choose(func(a identity.Address) bool { return a.Via == "email" })
	return all
}

// noticeOf is the id of the words that tell of a change; 0 for one that nobody is told
// of. addresses says that the account is reached elsewhere since.
func noticeOf(d identity.Difference, e identity.Event, addresses bool) int64 {
	linked := func(p identity.Parts) bool {
		return slices.ContainsFunc(p.Authenticators, func(a identity.Authenticator) bool { return a.Method == aal.OIDC })
	}
	added, removed := len(e.Added.Authenticators) > 0, len(e.Removed.Authenticators) > 0
	switch {
	case e.Name == eventErased:
		return 0
	case d.Password:
		return mail.PasswordChanged
	case d.Factors && linked(e.Added):
		return mail.LoginLinked
	case d.Factors && linked(e.Removed):
		return mail.LoginUnlinked
	case d.Factors && removed && !added:
		return mail.FactorRemoved
	case d.Factors && added && !removed:
		return mail.FactorAdded
	case d.Factors:
		return mail.FactorReplaced
	case addresses:
		return mail.AddressChanged
	case d.Identifiers:
		return mail.NameChanged
	}
	return 0
}
