package profile

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/wire"
)

// submit is a submit of the traits.
type submit struct {
	*form
	fields   body.Fields
	rendered func(path, leaf string) bool
	text     method.Text
	own      bool // the host says how names are compared
	foreign  bool // names may look like other people's addresses
	spelled  spelling
	prove    bool      // new addresses are pending until they are proved
	now      time.Time // of the request
	serial   string    // of codes
}

// outcome is what a submit makes of one version of an identity.
type outcome struct {
	messages  []ui.Message // what is wrong; with any, the rest is not to be used
	disclosed []string     // paths whose stored value the messages tell
	changed   bool
	only      bool // nothing is changed but what is pending
	protected bool // a field that needs a recent sign-in is changed
	traits    json.RawMessage
	names     []identifier
	keys      []identity.Key
	addresses []identity.Address
	after     map[string]any            // the traits, decoded
	pending   []identity.PendingAddress // to be proved, with their codes
}

// applyTo works a submit out for an identity: once for the plan, and again for
// a newer row that the change meets when it is written.
func (s *submit) applyTo(i identity.Identity) (outcome, error) {
	traits, err := identity.DecodeTraits(i.Traits)
	if err != nil {
		return outcome{}, err
	}
	was := s.identifiers(traits, s.spelled)
	g := s.read(s.fields, traits)
	m, err := s.merge(g, traits)
	if err != nil {
		return outcome{}, err
	}
	problems, err := s.judge(g, m.changed, traits, i.Traits)
	if err != nil {
		return outcome{}, err
	}
	problems = s.judgeNames(problems, m.changed, traits)
	now := s.identifiers(traits, s.spelled)
	problems = append(problems, unstorable(was, now, problems)...)
	var held, fresh []identity.PendingAddress
	if s.prove && len(problems) == 0 && len(m.clashes) == 0 {
		stored, err := identity.DecodeTraits(i.Traits)
		if err != nil {
			return outcome{}, err
		}
		if held = s.hold(i, m.changed, traits, stored); len(held) > 0 {
			rest, err := s.judge(&given{}, m.changed, traits, i.Traits)
			if err != nil {
				return outcome{}, err
			}
			isHeld := func(p Problem) bool {
				return slices.ContainsFunc(held, func(h identity.PendingAddress) bool { f := s.at(p.Path); return f != nil && f.Name == h.Field })
			}
			problems = slices.DeleteFunc(rest, isHeld)
			var none []Problem
			fresh, none = s.withCodes(i, held)
			problems, now = append(problems, none...), s.identifiers(traits, s.spelled)
		}
	}
	if !s.foreign { // what is only pending is nobody's own yet
		problems = append(problems, s.foreignAddresses(was, now, traits, problems)...)
	}
	o := outcome{changed: len(m.changed) > 0, pending: fresh, after: traits, protected: slices.ContainsFunc(m.changed, func(f *field) bool { return f.Protected })}
	o.messages = s.messagesOf(problems)
	for _, c := range m.clashes {
		if slices.ContainsFunc(problems, func(p Problem) bool { return s.at(p.Path) == c.field }) {
			continue // first things first: the next submit meets the conflict
		}
		o.messages = append(o.messages, ui.On(s.nodeAt(c.Name), ui.ChangedElsewhere(c.values())))
		o.disclosed = append(o.disclosed, c.Name)
	}
	if len(o.messages) > 0 || !o.changed {
		return o, nil
	}
	o.names, o.keys = now, s.rekeyed(i.Keys, was, now)
	if nameless(i, o.keys) {
		o.messages = []ui.Message{ui.On(s.nodeAt(m.identifier().Name), ui.Because(ui.ReasonLastName))}
		return o, nil
	}
	o.addresses = s.addresses(traits)
	if o.traits = i.Traits; len(held) > 0 {
		if stored, err := identity.DecodeTraits(i.Traits); err != nil || reflect.DeepEqual(stored, traits) {
			o.only = true // what is pending changes nothing else, to the byte
			return o, err
		}
	}
	w := wire.New(len(i.Traits) + 256)
	w.Any(traits)
	o.traits = w.Bytes()
	return o, nil
}

// messagesOf are problems as messages on the nodes that they belong to.
func (s *submit) messagesOf(problems []Problem) (messages []ui.Message) {
	for _, p := range problems {
		messages = append(messages, ui.On(s.nodeAt(p.Path), s.labelled(p)))
	}
	return messages
}

// plan is the change that a submit is, made of its outcome for the identity
// that it was judged with.
func (s *submit) plan(seen identity.Identity) (method.Plan, error) {
	first, err := s.applyTo(seen)
	if err != nil {
		return method.Plan{}, err
	}
	return method.Plan{
		// Also where needs are judged first (Behaviour.SignInFirst), nobody is sent to a
		// login for a form of traits that is then refused.
		Needs:     method.Needs{Privileged: first.protected && len(first.messages) == 0},
		Errors:    first.messages,
		Disclosed: first.disclosed,
		Do: func(context.Context) (method.Result, error) {
			event := eventChanged
			if first.only {
				event = eventPending
			}
			return method.Change{Event: event, Edit: s.edit(seen, first), Taken: func(keys []identity.Key) []ui.Message { return s.taken(first.names, keys) }}, nil
		},
	}, nil
}

// edit makes the change, on the identity that was judged or on a newer one.
func (s *submit) edit(seen identity.Identity, first outcome) func(*identity.Identity) error {
	return func(i *identity.Identity) error {
		if i.Schema() != s.id {
			return method.ErrChanged
		}
		o := first
		if !bytes.Equal(i.Traits, seen.Traits) || !slices.Equal(i.Keys, seen.Keys) || i.PasswordHash != seen.PasswordHash || s.prove && i.Version != seen.Version {
			var err error
			if o, err = s.applyTo(*i); err != nil {
				return err
			}
		}
		switch {
		case len(o.messages) > 0:
			return &method.ConflictError{Messages: o.messages, Disclosed: o.disclosed}
		case !o.changed:
			return nil
		case o.protected && !first.protected: // nobody has asked for a recent sign-in
			return method.ErrChanged
		}
		i.Traits, i.Keys = o.traits, o.keys
		i.PruneVerified(o.addresses)
		if s.prove {
			s.forgetStale(i, o.after)
			await(i, o.pending)
		}
		return nil
	}
}
