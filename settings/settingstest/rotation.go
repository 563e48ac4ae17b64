package settingstest

import (
	"github.com/amend-go/amend/settings"
)

// Beside makes another instance over the stores of the Kit: another process, with
// its own Handler and a Config that differs by the changes. The two share clock and
// log.
func (k *Kit) Beside(changes ...func(*settings.Config)) *Kit {
	k.T.Helper()
	same := func(c *settings.Config) { *c = k.Config }
	other := New(k.T, append([]func(*settings.Config){same}, changes...)...)
	other.Store, other.Clock, other.Log, other.Wrap = k.Store, k.Clock, k.Log, k.Wrap
	return other
}

// At is the client at another instance: its next requests reach that one.
func (c *Client) At(k *Kit) *Client {
	other := c.Copy()
	other.Kit = k
	return other
}

// Rotation is a moment while the key of a fleet is replaced: the Config.Keys of an
// instance that shows something, a form or a challenge, and of the one that its
// answer reaches.
type Rotation struct {
	Name         string
	Shows, Takes [][]byte
}

// Rotations are all such moments of a rotation that breaks nothing: every instance
// gets the new key as its last one, which opens; then every instance has it first,
// where it seals; and at the end the old key goes, once nothing is left that it has
// sealed. Instances of one step and the next serve at the same time, and answers
// reach either.
func Rotations() []Rotation {
	before, after := settings.NewKey(), settings.NewKey()
	old, opens, seals := [][]byte{before}, [][]byte{before, after}, [][]byte{after, before}
	return []Rotation{
		{"before, and there the new key opens", old, opens},
		{"the new key opens, and there it is not known yet", opens, old},
		{"the new key opens, and there it seals", opens, seals},
		{"the new key seals, and there it opens", seals, opens},
		{"the new key seals, and there the old one is gone", seals, [][]byte{after}},
		{"the old key is gone, and there it is still known", [][]byte{after}, seals},
	}
}
