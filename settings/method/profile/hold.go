package profile

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
)

// This file owns what a submit does to an address that must be proved first: it is made
// pending, and what the account has stays. See Config.ProveAddresses.

// hold takes out of merged traits the addresses that are new, puts back what they were to
// replace, and gives them as pending ones without a code. stored are the traits before.
// An address that the account has already, verified by the same way, needs no proof.
func (s *submit) hold(i identity.Identity, changed []*field, traits, stored map[string]any) (held []identity.PendingAddress) {
	for _, f := range changed {
		if f.Verify == "" {
			continue
		}
		await := func(value, old string) {
			held = append(held, identity.PendingAddress{Field: f.Name, Via: string(f.Verify), Value: value, Old: old})
		}
		known := func(value string) bool {
			return i.IsVerified(identity.Address{Via: string(f.Verify), Value: value})
		}
		was, there := find(stored, f.Name)
		switch now := lookUp(traits, f.Name).(type) {
		case string:
			if known(now) {
				continue
			}
			old, _ := was.(string)
			await(now, old)
			if there {
				put(traits, f.path, was)
			} else {
				remove(traits, f.path)
			}
		case []any:
			list, _ := was.([]any)
			if kept := holdEntries(now, list, known, await); len(kept) > 0 || there {
				put(traits, f.path, kept)
			} else {
				remove(traits, f.path)
			}
		}
	}
	return held
}

// holdEntries is hold for a list. One that stands where another one stood replaces it.
func holdEntries(now, was []any, known func(string) bool, await func(value, old string)) []any {
	has := func(list []any, value any) bool {
		return slices.ContainsFunc(list, func(v any) bool { return reflect.DeepEqual(v, value) })
	}
	kept := []any{}
	for n, entry := range now {
		value, isText := entry.(string)
		if !isText || has(was, entry) || known(value) {
			kept = append(kept, entry)
			continue
		}
		old := ""
		if n < len(was) && !has(now, was[n]) && !has(kept, was[n]) {
			if text, ok := was[n].(string); ok {
				old, kept = text, append(kept, was[n])
			}
		}
		await(value, old)
	}
	return kept
}

// withCodes gives codes to addresses that are held, or says why there are none for now.
// One that has waited for the same place, and whose code is young, keeps that code: a
// form that is sent twice sends one.
func (s *submit) withCodes(i identity.Identity, held []identity.PendingAddress) (fresh []identity.PendingAddress, problems []Problem) {
	for n, p := range held {
		wait := i.State.NextCode(s.now, 1)
		same := func(q identity.PendingAddress) bool {
			return q.Field == p.Field && q.Via == p.Via && q.Value == p.Value && q.Old == p.Old && !q.Expired(s.now)
		}
		if wait > 0 && slices.ContainsFunc(i.State.Pending, same) {
			continue
		}
		p.Serial, p.CodeAt = s.serial+"-"+strconv.Itoa(n), s.now
		fresh = append(fresh, p)
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	if wait := i.State.NextCode(s.now, len(fresh)); wait > 0 {
		problems = append(problems, Problem{fresh[0].Field, ui.TooManyCodes(wait)})
	}
	return fresh, problems
}

// await makes addresses pending.
func await(i *identity.Identity, fresh []identity.PendingAddress) {
	for _, p := range fresh {
		i.State.Await(p)
		i.State.CountCode(p.CodeAt)
	}
}

// forgetStale forgets what was to replace an address that is gone, or to verify it.
func (f *form) forgetStale(i *identity.Identity, traits map[string]any) {
	i.State.Pending = slices.DeleteFunc(slices.Clone(i.State.Pending), func(p identity.PendingAddress) bool {
		return p.Old != "" && !slices.Contains(appendTexts(nil, lookUp(traits, p.Field)), p.Old)
	})
	if len(i.State.Pending) == 0 {
		i.State.Pending = nil
	}
}

// swapped are traits with a pending address in its place; false if what it was to
// replace is another one by now.
func (f *form) swapped(raw json.RawMessage, p identity.PendingAddress) (traits map[string]any, ok bool, err error) {
	if traits, err = identity.DecodeTraits(raw); err != nil {
		return nil, false, err
	}
	field := f.byName[p.Field]
	if field == nil || string(field.Verify) != p.Via {
		return nil, false, nil
	}
	stored := lookUp(traits, p.Field)
	if !field.List {
		if current, _ := stored.(string); current != p.Old {
			return nil, false, nil
		}
		put(traits, field.path, p.Value)
		return traits, true, nil
	}
	list, isList := stored.([]any)
	if stored != nil && !isList {
		return nil, false, nil
	}
	list = slices.Clone(list)
	n := slices.IndexFunc(list, func(v any) bool { return v == p.Old })
	switch {
	case p.Old == "":
		list = append(list, p.Value)
	case n < 0:
		return nil, false, nil
	default:
		list[n] = p.Value
	}
	put(traits, field.path, list)
	return traits, true, nil
}
