package webauthn_test

import (
	"context"
	"encoding/hex"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// submits are what of a method may be clicked twice: each is made for a flow of
// an identity that has one credential, by its id.
var submits = map[string]func(t *testing.T, v variant, f *settingstest.Flow, id string) settingstest.Fields{
	"an addition": func(t *testing.T, v variant, f *settingstest.Flow, _ string) settingstest.Fields {
		return settingstest.Fields{v.add: newDevice(t).create(options(t, f, v))}
	},
	"a removal": func(_ *testing.T, v variant, _ *settingstest.Flow, id string) settingstest.Fields {
		return settingstest.Fields{v.remove: id}
	},
}

func TestADoubleClickIsOneChange(t *testing.T) {
	for name, submit := range submits {
		t.Run(name, func(t *testing.T) {
			forEach(t, func(t *testing.T, v variant, kind respond.Client, mode func(*settings.Config)) {
				told := 0
				w := newFixture(t, mode)
				id := hex.EncodeToString(w.enrol(w.ada, v).cred.ID)
				w.Config.After = append(w.Config.After, func(context.Context, settings.Event) error { told++; return nil })
				mode(&w.Config)
				h, err := settings.New(w.Config)
				require.NoError(t, err)
				w.Handler = h
				c := w.SignIn(w.ada, kind, w.Identity(w.ada).Methods()...)
				f := c.Start()
				fields := submit(t, v, f, id)
				again := c.Copy() // the second click has the token of the first
				saved(t, kind, c.Submit(f, fields))
				was := w.Identity(w.ada)
				second := again.Submit(f, fields)
				if kind == respond.API && name == "a removal" { // that shows no secret of the change
					require.Equal(t, http.StatusUnauthorized, second.Status)
					again = c
				} else {
					saved(t, kind, second)
				}
				now := w.Identity(w.ada)
				assert.Equal(t, was.State.Factors, now.State.Factors)
				assert.Equal(t, was.State.LastChange, now.State.LastChange)
				assert.Equal(t, 1, told)
				assert.Equal(t, http.StatusOK, again.Whoami().Status, "it has the new token")
			})
		})
	}
}

func TestTheSameSubmitTwiceAtOnce(t *testing.T) {
	for name, submit := range submits {
		t.Run(name, func(t *testing.T) {
			forEach(t, func(t *testing.T, v variant, kind respond.Client, mode func(*settings.Config)) {
				w := newFixture(t, mode)
				id := hex.EncodeToString(w.enrol(w.ada, v).cred.ID)
				c := w.SignIn(w.ada, kind, w.Identity(w.ada).Methods()...)
				f := c.Start()
				fields := submit(t, v, f, id)
				serial := w.Identity(w.ada).State.Factors[v.method].Serial
				clients := []*settingstest.Client{c, c.Copy(), c.Copy()}
				answers := make([]*settingstest.Answer, len(clients))
				var wg sync.WaitGroup
				for i, c := range clients {
					wg.Go(func() { answers[i] = c.Submit(f, fields) })
				}
				wg.Wait()
				for i, a := range answers {
					if kind == respond.API && name == "a removal" && a.Status == http.StatusUnauthorized {
						continue // it came with the superseded token, and shows no secret of the change
					}
					saved(t, kind, a)
					assert.Equal(t, http.StatusOK, clients[i].Whoami().Status)
				}
				assert.Equal(t, serial+1, w.Identity(w.ada).State.Factors[v.method].Serial, "one change")
			})
		})
	}
}

// Two keys at once answer one challenge: it is good for one of them.
func TestTwoRegistrationsAtOnce(t *testing.T) {
	forEach(t, func(t *testing.T, v variant, kind respond.Client, mode func(*settings.Config)) {
		w := newFixture(t, mode)
		c := w.SignIn(w.ada, kind)
		f := c.Start()
		clients := []*settingstest.Client{c, c.Copy()}
		both := []settingstest.Fields{
			{v.add: newDevice(t).create(options(t, f, v))}, {v.add: newDevice(t).create(options(t, f, v))},
		}
		var wg sync.WaitGroup
		for i := range clients {
			wg.Go(func() { clients[i].Submit(f, both[i]) })
		}
		wg.Wait()
		assert.Len(t, w.Identity(w.ada).State.Factors[v.method].Credentials, 1)
		assert.Equal(t, uint64(1), w.Identity(w.ada).State.Factors[v.method].Serial)
	})
}

// The token from before a change opens that change again and nothing else.
func TestTheOldTokenOpensNothingElse(t *testing.T) {
	forEach(t, func(t *testing.T, v variant, kind respond.Client, mode func(*settings.Config)) {
		for name, other := range map[string]func(f *settingstest.Flow, d *device, answered string) settingstest.Fields{
			"a removal of something made up": func(*settingstest.Flow, *device, string) settingstest.Fields {
				return settingstest.Fields{v.remove: "deadbeef"}
			},
			"a removal of what was added": func(_ *settingstest.Flow, d *device, _ string) settingstest.Fields {
				return settingstest.Fields{v.remove: hex.EncodeToString(d.cred.ID)}
			},
			"another key": func(f *settingstest.Flow, _ *device, _ string) settingstest.Fields {
				return settingstest.Fields{v.add: newDevice(t).create(options(t, f, v))}
			},
			"an answer of the same key to another challenge": func(_ *settingstest.Flow, d *device, _ string) settingstest.Fields {
				return settingstest.Fields{v.add: d.create(`{"rp":{"id":"example.com"},"user":{"id":"YQ"},"challenge":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`)}
			},
			"an answer of another key with the same id": func(f *settingstest.Flow, d *device, _ string) settingstest.Fields {
				thiefs := newDevice(t)
				thiefs.cred.ID = d.cred.ID
				return settingstest.Fields{v.add: thiefs.create(options(t, f, v))}
			},
			"garbage": func(*settingstest.Flow, *device, string) settingstest.Fields {
				return settingstest.Fields{v.add: "garbage"}
			},
			"nothing": func(*settingstest.Flow, *device, string) settingstest.Fields {
				return settingstest.Fields{"method": string(v.method)}
			},
		} {
			w := newFixture(t, mode)
			c := w.SignIn(w.ada, kind)
			f := c.Start()
			d := newDevice(t)
			answered := d.create(options(t, f, v))
			thief := c.Copy()
			saved(t, kind, c.Submit(f, settingstest.Fields{v.add: answered}))
			was := w.Snapshot(w.ada)
			a := thief.Submit(f, other(f, d, answered))
			if kind == respond.Page {
				assert.Contains(t, a.Location, settingstest.LoginURL, name)
			} else {
				assert.Equal(t, http.StatusUnauthorized, a.Status, name)
			}
			assert.Equal(t, was, w.Snapshot(w.ada), name)
		}
	})
}
