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

// At gives the client as it talks to another instance: its next requests reach that one.
func (c *Client) At(k *Kit) *Client {
	other := c.Copy()
	other.Kit = k
	return other
}

// Rotation is a moment of a key rotation with two instances: Shows are the Config.Keys of
// the one that shows a form or a challenge, and Takes those of the one that gets the answer
// to it.
type Rotation struct {
	Name         string
	Shows, Takes [][]byte
}

// Rotations are all moments of a key rotation that breaks nothing. First every instance
// gets the new key as its last one, so that all can open; then as its first one, so that
// all seal with it; at last the old key goes, once nothing is left that it has sealed.
// Instances of one step and of the next run at the same time, and either may get an answer.
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
