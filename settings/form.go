package settings

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"sync"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/wire"
)

// This file owns what a form shows, and what a flow remembers of it.
//
// What a form was rendered from is the base of a merge: a field that its user left
// alone must not undo what was changed elsewhere. The flow keeps a keyed hash of
// each leaf of the traits, not the leaf: what stands there once must not stand in
// two places, and nobody guesses it from a short hash.

// showForm is an outcome with the flow as it is. Its form is made only if the answer
// has one, or the caller wants it: a page is sent on, and reads it there. One that
// cannot be made whole is a bug, but makes no error of a change that is made.
func (s *Service) showForm(ctx context.Context, a *attempt, kind respond.Kind) *respond.Outcome {
	if !a.req.WantsForm && !s.respond.Table.ShowsForm(kind, a.client, a.endpoint) {
		o := s.outcome(a, kind)
		o.FlowID = a.flow.ID
		return o
	}
	f, err := s.form(ctx, a)
	if err != nil && kind != respond.Succeeded {
		return s.failed(a, respond.Bug, err)
	}
	o := s.outcome(a, kind)
	o.Form, o.Err = f, err
	return o
}

// form renders a flow for its client: the nodes of every method, and the token
// that proves a submit is not forged. Beside an error it lacks the nodes of the
// methods that failed.
func (s *Service) form(ctx context.Context, a *attempt) (*flow.Form, error) {
	f, c := a.flow, a.Current
	csrf := &ui.Input{Name: fieldCSRF, Type: ui.InputHidden, Required: true, Value: ""}
	if f.Type == flow.Browser {
		csrf.Value = s.csrfToken(c.Session.ID, f.ID)
	}
	view := s.view(a)
	parts, total := make([][]ui.Node, 0, 8), 1 // stays on the stack
	var failed error
	for _, m := range s.methods.list {
		view.Secrets = method.SecretsOf(s.ring, m.Name, c.Identity.ID)
		made, err := m.nodes(ctx, view)
		failed = errors.Join(failed, err)
		parts, total = append(parts, made), total+len(made)
	}
	nodes := append(make([]ui.Node, 0, total), ui.Node{Group: ui.Default, Attributes: csrf})
	for _, made := range parts {
		nodes = append(nodes, made...)
	}
	f.ReturnTo = s.stillAllowed(f.ReturnTo)
	return &flow.Form{
		Flow: f, Owner: c.Identity, About: s.about(c.Identity), EndsOthers: !s.c.KeepOtherSessions,
		UI: ui.New(s.c.PublicURL+"/self-service/settings?flow="+f.ID, nodes, f.Messages),
	}, failed
}

// view is what methods see of an attempt: its session, its flow and its time.
func (s *Service) view(a *attempt) method.View {
	return method.View{
		Identity: a.Identity, Session: a.Session, Flow: a.flow, Input: a.flow.Input,
		Required: a.Required(), Now: a.at, PublicURL: s.c.PublicURL, Text: s.c.Text, OmitHints: s.c.Behaviour.OmitHints,
		ShowPending: s.c.Behaviour.AllowPendingWhenStale || s.judgeNeeds(a, method.Needs{Privileged: true, RequiredAAL: true}) == nil,
	}
}

// viewOf is what one method sees of a submit, with copies: a method may do with them
// what it likes.
func (s *Service) viewOf(o *offered, a *attempt) method.View {
	v := s.view(a)
	v.Identity, v.Session = a.Identity.Clone(), a.Session.Clone()
	v.Base, v.Secrets = s.rendered(&a.flow), method.SecretsOf(s.ring, o.Name, a.Identity.ID)
	return v
}

// shareTraits has an attempt decode the traits of its identity once, where anybody reads
// them: the methods' nodes, the addresses, what the flow remembers.
func (s *Service) shareTraits(a *attempt) {
	if s.methods.traits {
		a.Identity.ShareTraits()
	}
}

// about is what the JSON of an identity says besides its row.
func (s *Service) about(i identity.Identity) identity.About {
	about := identity.About{SchemaURL: s.schemaURL(i)}
	about.Addresses = s.addresses(i)
	return about
}

const schemaPath = "/schemas/"

func (s *Service) schemaURL(i identity.Identity) string {
	if i.SchemaID == "" {
		return s.schema
	}
	return s.c.PublicURL + schemaPath + i.SchemaID
}

// hashSize is how much of the hash is kept. Nobody gains anything by a
// collision but a merge with their own older value.
const hashSize = 9

// maxLeaves bounds what a flow keeps. Beyond it nothing is merged: the form's
// values are taken as they come.
const maxLeaves = 200

func leafHash(ring *seal.Keyring, owner, path, value string) (text [4 * hashSize / 3]byte) {
	mac := ring.MAC("rendered", owner, path, value)
	base64.StdEncoding.Encode(text[:], mac[:hashSize])
	return text
}

// remember puts into a flow what its form is rendered from.
func (s *Service) remember(f *flow.Flow, i identity.Identity) {
	f.Rendered = nil
	if !s.methods.traits {
		return
	}
	leaves, err := i.Leaves()
	if err != nil || len(leaves) > maxLeaves { // the method that shows the traits says what is wrong with them
		return
	}
	w := wire.New(64 * len(leaves))
	w.BeginObject()
	for _, leaf := range leaves {
		hash := leafHash(s.ring, f.IdentityID, leaf.Path, leaf.Value)
		w.AnyKey(leaf.Path)
		w.String(string(hash[:]))
	}
	w.EndObject()
	f.Rendered = w.Bytes()
}

// hashesIn are the hashes in a flow, which are texts, by the paths of their leaves.
// One whose hashes cannot be read knows of no leaf: each counts as changed since.
func hashesIn(rendered json.RawMessage) map[string]any {
	h, err := wire.Object(string(rendered), wire.Limits{})
	if err != nil {
		return map[string]any{}
	}
	return h
}

// rememberDisclosed is remember after a submit of the traits that was refused: the
// form shows again what was typed, so the base stays, but for the leaves whose
// present value its user is told.
func (s *Service) rememberDisclosed(f *flow.Flow, i identity.Identity, disclosed []string) {
	before := f.Rendered
	if before == nil || len(disclosed) == 0 {
		return
	}
	s.remember(f, i)
	now, kept := hashesIn(f.Rendered), hashesIn(before)
	for _, path := range disclosed {
		if hash, has := now[path]; has {
			kept[path] = hash
		} else {
			delete(kept, path)
		}
	}
	w := wire.New(64 * len(kept))
	w.Any(kept)
	f.Rendered = w.Bytes()
}

// rendered tells whether a flow's form was rendered with a leaf, under any key; nil
// where the flow does not know.
func (s *Service) rendered(f *flow.Flow) func(path, value string) bool {
	if f.Rendered == nil {
		return nil
	}
	return (&base{ring: s.ring, owner: f.IdentityID, rendered: f.Rendered}).has
}

// base is what a form was rendered from, read when it is first asked.
type base struct {
	ring     *seal.Keyring
	owner    string
	rendered json.RawMessage
	read     sync.Once
	hashes   map[string]any
}

func (b *base) has(path, value string) bool {
	b.read.Do(func() { b.hashes = hashesIn(b.rendered) })
	hash, known := b.hashes[path]
	if !known || value == "" {
		return !known && value == ""
	}
	return slices.ContainsFunc(b.ring.UnderEach(), func(ring *seal.Keyring) bool {
		is := leafHash(ring, b.owner, path, value)
		return hash == string(is[:])
	})
}
