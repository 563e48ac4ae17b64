package profile

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/wire"
)

// This file owns the proof of an address: its code, and what is done with an address that
// is pending, or not verified. A code is worth something in a session of the account that
// it was sent for, which has signed in recently, and nowhere else.

const (
	fieldCode   = "address_code"
	fieldResend = "address_resend"
	fieldCancel = "address_cancel"
	fieldVerify = "address_verify"
	textPending = "address_pending_" // and the id of the address

	// triesCode is the class that wrong codes are counted in.
	triesCode = "address_code"

	// eventPending is the event of a change that only makes an address wait, or no longer.
	eventPending  = "address.pending"
	eventCanceled = "address.canceled"

	// eventVerified is the event of a right code.
	eventVerified = "address.verified"
)

// proofFields are the fields of proofs. Each of them names the method.
var proofFields = []string{fieldCode, fieldResend, fieldCancel, fieldVerify}

// alphabet is that of Crockford's base 32, in which no two characters look alike.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// codeLength is in characters of five bits: 40 bits, which ten tries, and three codes a
// day, find once in 10^10 days.
const codeLength = 8

// Code implements method.Prover.
func (m *Method) Code(v method.View, p identity.PendingAddress) string {
	code := v.Secrets.Derive(codeLength, "address code", p.Field, p.Via, p.Value, p.Old, p.Serial)
	for n := range code {
		code[n] = alphabet[code[n]%byte(len(alphabet))]
	}
	return string(code)
}

// typedCode is a code as it was made, of what somebody typed.
func typedCode(typed string) string {
	return strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(method.TypedCode(typed)))
}

// PendingKeys implements method.Prover.
func (m *Method) PendingKeys(text method.Text, i identity.Identity, p identity.PendingAddress) []identity.Key {
	f, err := m.formOf(i)
	if err != nil {
		return nil
	}
	at := f.byName[p.Field]
	if at == nil || !at.Identifier {
		return nil
	}
	traits := map[string]any{}
	put(traits, at.path, p.Value)
	ids := f.identifiers(traits, m.spelling(text))
	if len(ids) == 0 {
		return nil
	}
	return keysOf(ids[0].values())
}

// planProof plans what a submit does with a pending address; false if it is one of the
// traits.
func (s *submit) planProof(m *Method, v method.View, given method.Submission) (method.Plan, bool) {
	is := slices.ContainsFunc(proofFields, given.Pressed)
	if _, has := given.Fields.Value(fieldTraits); has && is { // a page sends all of its form
		if o, err := s.applyTo(v.Identity); err == nil && (o.changed || len(o.messages) > 0) {
			return method.Plan{Errors: []ui.Message{ui.Form(ui.SaveFirst())}}, true
		}
	}
	for _, b := range []struct {
		field string
		plan  func(*Method, method.View, string) method.Plan
	}{{fieldCancel, s.planCancel}, {fieldResend, s.planResend}, {fieldVerify, s.planVerify}} {
		if id, pressed := given.Button(b.field); pressed {
			return b.plan(m, v, id), true
		}
	}
	if given.Empty(fieldCode) {
		return method.Plan{}, false
	}
	typed, wrong := given.Text(fieldCode)
	if wrong != nil {
		return method.Plan{Errors: []ui.Message{ui.On(fieldCode, *wrong)}}, true
	}
	return s.planCode(m, v, typedCode(typed)), true
}

// planCode plans the proof of an address by its code.
func (s *submit) planCode(m *Method, v method.View, typed string) method.Plan {
	// The key of a repeated submit tells its code: the pending address is gone by then.
	key := "prove " + hex.EncodeToString(v.Secrets.MAC("proved by", typed))
	wrong := []ui.Message{ui.On(fieldCode, ui.WrongAddressCode())}
	return method.Plan{
		Needs: method.Needs{Privileged: true, Tries: triesCode}, RepeatKey: key,
		Do: func(context.Context) (method.Result, error) {
			if v.Repeats && v.Identity.State.LastChange.RepeatKey == key {
				return method.Unchanged{Proved: true, Messages: wrong}, nil
			}
			for _, p := range v.Identity.State.Pending {
				for under := range v.UnderEachKey() {
					if !p.Expired(v.Now) && subtle.ConstantTimeCompare([]byte(m.Code(under, p)), []byte(typed)) == 1 {
						return method.Change{Event: eventVerified, Edit: s.swap(m, v, p), Already: proved(m, p)}, nil
					}
				}
			}
			return method.Wrong{Messages: wrong}, nil
		},
	}
}

// proved reports whether an address is one of the account's, and verified.
func proved(m *Method, p identity.PendingAddress) func(context.Context, identity.Identity) (bool, error) {
	return func(_ context.Context, i identity.Identity) (bool, error) {
		return i.IsVerified(p.Address()) && slices.ContainsFunc(m.Addresses(i), func(a identity.Address) bool {
			return a.Via == p.Via && a.Value == p.Value
		}), nil
	}
}

// swap puts a proved address in its place, on the identity as it is now: it is still
// pending there, with the same code, and what it replaces is still there. Whether it may
// stand there is judged again, and whether it is another account's the store decides.
func (s *submit) swap(m *Method, v method.View, p identity.PendingAddress) func(*identity.Identity) error {
	return func(i *identity.Identity) error {
		n := slices.IndexFunc(i.State.Pending, func(q identity.PendingAddress) bool { return q.Serial == p.Serial })
		if n < 0 || i.Schema() != s.id {
			return method.ErrChanged
		}
		i.State.Pending = slices.Delete(slices.Clone(i.State.Pending), n, n+1)
		if len(i.State.Pending) == 0 {
			i.State.Pending = nil
		}
		if p.Verifies() {
			if !i.Verify(m.Addresses(*i), p.Via, p.Value, v.Now) {
				return method.ErrChanged
			}
			return nil
		}
		before, err := i.ReadTraits()
		if err != nil {
			return err
		}
		traits, ok, err := s.swapped(i.Traits, p)
		switch {
		case err != nil:
			return err
		case !ok:
			return method.ErrChanged
		}
		was, now := s.identifiers(before, s.spelled), s.identifiers(traits, s.spelled)
		problems, err := s.judge(&given{}, []*field{s.byName[p.Field]}, traits, i.Traits)
		if err != nil {
			return err
		}
		if problems = append(problems, unstorable(was, now, problems)...); len(problems) > 0 {
			return &method.ConflictError{Messages: s.messagesOf(problems)}
		}
		w := wire.New(len(i.Traits) + 256)
		w.Any(traits)
		i.Traits, i.Keys = w.Bytes(), s.rekeyed(i.Keys, was, now)
		i.PruneVerified(s.addresses(traits))
		if !i.Verify(s.addresses(traits), p.Via, p.Value, v.Now) {
			return method.ErrChanged
		}
		s.forgetStale(i, traits)
		return nil
	}
}

// planCancel plans that a pending address is used after all not. One that does not wait
// any more is what was wanted.
func (s *submit) planCancel(_ *Method, v method.View, id string) method.Plan {
	is := func(p identity.PendingAddress) bool { return v.Identity.AddressID(p.Address()) == id }
	return method.Plan{
		Needs: method.Needs{Privileged: true}, RepeatKey: "cancel " + id,
		Do: func(context.Context) (method.Result, error) {
			if !slices.ContainsFunc(v.Identity.State.Pending, is) {
				return method.Unchanged{}, nil
			}
			return method.Change{Event: eventCanceled, Edit: func(i *identity.Identity) error {
				i.State.Pending = slices.DeleteFunc(slices.Clone(i.State.Pending), is)
				if len(i.State.Pending) == 0 {
					i.State.Pending = nil
				}
				return nil
			}}, nil
		},
	}
}

// planResend plans another code for a pending address. The one before is worth nothing
// then.
func (s *submit) planResend(_ *Method, v method.View, id string) method.Plan {
	is := func(p identity.PendingAddress) bool { return v.Identity.AddressID(p.Address()) == id }
	n := slices.IndexFunc(v.Identity.State.Pending, is)
	if n < 0 {
		return method.Plan{Errors: []ui.Message{ui.Form(ui.ChangedElsewhere(nil))}}
	}
	p := v.Identity.State.Pending[n]
	return s.planSend(v, p, func(i identity.Identity) bool {
		return slices.ContainsFunc(i.State.Pending, func(q identity.PendingAddress) bool { return q.Serial == p.Serial })
	})
}

// planVerify plans a code for an address that the account has.
func (s *submit) planVerify(m *Method, v method.View, id string) method.Plan {
	find := func(i identity.Identity) (identity.Address, bool) {
		all := m.unproved(i)
		n := slices.IndexFunc(all, func(a identity.Address) bool { return i.AddressID(a) == id })
		if n < 0 {
			return identity.Address{}, false
		}
		return all[n], true
	}
	a, ok := find(v.Identity)
	if !ok {
		return method.Plan{Errors: []ui.Message{ui.Form(ui.ChangedElsewhere(nil))}}
	}
	return s.planSend(v, identity.PendingAddress{Field: s.fieldOf(v.Identity, a), Via: a.Via, Value: a.Value, Old: a.Value}, func(i identity.Identity) bool {
		_, still := find(i)
		return still
	})
}

// planSend plans that a code is sent, while wanted still says so of the row.
func (s *submit) planSend(v method.View, p identity.PendingAddress, wanted func(identity.Identity) bool) method.Plan {
	p.Serial, p.CodeAt = s.serial, s.now
	tooMany := func(i identity.Identity) []ui.Message {
		if wait := i.State.NextCode(s.now, 1); wait > 0 {
			return []ui.Message{ui.Form(ui.TooManyCodes(wait))}
		}
		return nil
	}
	return method.Plan{
		Needs: method.Needs{Privileged: true}, Errors: tooMany(v.Identity), RepeatKey: "send " + v.Identity.AddressID(p.Address()),
		Do: func(context.Context) (method.Result, error) {
			return method.Change{Event: eventPending, Edit: func(i *identity.Identity) error {
				if !wanted(*i) {
					return method.ErrChanged
				}
				if m := tooMany(*i); m != nil {
					return &method.ConflictError{Messages: m}
				}
				await(i, []identity.PendingAddress{p})
				return nil
			}}, nil
		},
	}
}

// fieldOf is the path of the trait that an address stands in.
func (f *form) fieldOf(i identity.Identity, a identity.Address) string {
	traits, err := i.ReadTraits()
	if err != nil {
		return ""
	}
	n := slices.IndexFunc(f.fields, func(field *field) bool {
		return string(field.Verify) == a.Via && slices.Contains(appendTexts(nil, lookUp(traits, field.Name)), a.Value)
	})
	if n < 0 {
		return ""
	}
	return f.fields[n].Name
}

// newSerial is what tells the codes of one submit from those of others.
func newSerial() string { return uuid.NewString() }
