package settings

import (
	"maps"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/identity"
)

// What a form was rendered from is the base of a merge: a field that its user
// left alone must not undo what was changed elsewhere. The flow keeps a keyed
// hash of each leaf of the traits, not the leaf: what stands there once must not
// stand in two places, and nobody guesses it from a short hash.

// hashSize is how much of the hash is kept. Nobody gains anything by a
// collision but a merge with their own older value.
const hashSize = 9

// maxLeaves bounds what a flow keeps. Beyond it nothing is merged: the form's
// values are taken as they come.
const maxLeaves = 200

func (s *Service) leafHash(owner, path, value string) string {
	return string(s.ring.MAC("rendered", owner, path, value)[:hashSize])
}

// remember puts into a flow what its form is rendered from.
func (s *Service) remember(f *flow.Flow, i identity.Identity) {
	f.Rendered = nil
	if !s.methods.traits {
		return
	}
	leaves, err := identity.Leaves(i.Traits)
	if err != nil || len(leaves) > maxLeaves { // the method that shows the traits says what is wrong with them
		return
	}
	f.Rendered = make(map[string][]byte, len(leaves))
	for path, value := range leaves {
		f.Rendered[path] = []byte(s.leafHash(f.IdentityID, path, value))
	}
}

// rememberShown is remember after a submit of the traits that was refused: the
// form shows again what was typed, so the base stays, but for the leaves whose
// present value its user is told.
func (s *Service) rememberDisclosed(f *flow.Flow, i identity.Identity, disclosed []string) {
	before := f.Rendered
	if before == nil || len(disclosed) == 0 {
		return
	}
	s.remember(f, i)
	now := f.Rendered
	f.Rendered = maps.Clone(before)
	for _, path := range disclosed {
		if hash, has := now[path]; has {
			f.Rendered[path] = hash
		} else {
			delete(f.Rendered, path)
		}
	}
}

// rendered tells whether a flow's form was rendered with a leaf; nil where the
// flow does not know.
func (s *Service) rendered(owner string, hashes map[string][]byte) func(path, value string) bool {
	if hashes == nil {
		return nil
	}
	return func(path, value string) bool {
		hash, known := hashes[path]
		if !known || value == "" {
			return !known && value == ""
		}
		return string(hash) == s.leafHash(owner, path, value)
	}
}
