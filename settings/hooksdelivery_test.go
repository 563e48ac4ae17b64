package settings_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

// dying is a change whose process dies before its hooks are told, or while
// they are.
type dying struct {
	name string
	hook func(calls int) error // in the After hook, before it counts as told
	on   func(died *bool) func(c storeCall, run func() error) error
	done bool // the change is answered as a success all the same
}

var errBroken = errors.New("the hook is broken")

var waysToDie = []dying{
	{name: "the hook panics", hook: func(calls int) error {
		if calls == 1 {
			panic(errBroken)
		}
		return nil
	}, done: true},
	{name: "the hook fails", hook: func(calls int) error {
		if calls == 1 {
			return errBroken
		}
		return nil
	}, done: true},
	{name: "the event cannot be struck", on: func(*bool) func(c storeCall, run func() error) error {
		writes := 0
		return func(c storeCall, run func() error) error {
			if c.identity() {
				if writes++; writes == 2 {
					return errors.New("the store is down")
				}
			}
			return run()
		}
	}, done: true},
	{name: "nothing works once the row is written", on: func(died *bool) func(c storeCall, run func() error) error {
		return func(c storeCall, run func() error) error {
			if *died {
				return errors.New("the store is down")
			}
			err := run()
			if c.identity() {
				*died = true
				return errors.New("the answer is lost")
			}
			return err
		}
	}},
}

func TestAnEventIsToldAgainUntilItsHooksWereTold(t *testing.T) {
	later := map[string]func(elsewhere *settingstest.Kit, c *settingstest.Client, f *settingstest.Flow){
		"with the next start": func(_ *settingstest.Kit, c *settingstest.Client, _ *settingstest.Flow) { c.Start() },
		"with the next submit": func(_ *settingstest.Kit, c *settingstest.Client, f *settingstest.Flow) {
			wantInvalid(c.Kit.T, c, c.Submit(f, settingstest.Fields{"method": "password", "password": "short"}), "password:4000032")
		},
		"in another instance": func(elsewhere *settingstest.Kit, c *settingstest.Client, _ *settingstest.Flow) {
			at(elsewhere, c).Start()
		},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, way := range waysToDie {
			for name, next := range later {
				t.Run(way.name+"/"+name, func(t *testing.T) {
					var events eventLog
					calls := 0
					hooks := afterHooks(func(context.Context, settings.Event) error {
						calls++
						if way.hook != nil {
							return way.hook(calls)
						}
						return nil
					})
					kit, stores := watchedKit(t, mode, hooks, events.hook)
					elsewhere := instance(t, kit, mode, hooks, events.hook)
					ada := kit.AddIdentity("ada@example.com", oldPassword)
					c := kit.SignIn(ada, kind)
					f := c.Start()
					if died := false; way.on != nil {
						stores.handle(way.on(&died))
					}
					a := c.Submit(f, toNewPassword)
					stores.handle(nil)
					if way.done {
						wantSaved(t, c, a)
					} else {
						wantRefused(t, c, a, http.StatusServiceUnavailable, "unavailable")
						wantSaved(t, c, c.Submit(f, toNewPassword)) // it is made, and recognised
					}
					assert.True(t, kit.PasswordIs(ada, newPassword))
					first := events.all()
					require.Len(t, kit.Identity(ada).State.Events, 1, "it stands in the row until it is told")

					kit.Clock.Advance(time.Minute - 1)
					c.Start()
					require.Len(t, events.all(), len(first), "another request may still be telling it")

					kit.Clock.Advance(1)
					c.Read(f.ID)
					require.Len(t, events.all(), len(first), "reading writes nothing")
					next(elsewhere, c, f)
					again := events.all()
					require.Len(t, again, len(first)+1)
					e := again[len(again)-1]
					assert.Equal(t, ada, e.IdentityID)
					assert.Equal(t, kit.Identity(ada).State.LastChange.ID, e.ID, "the id is that of the change")
					assert.Equal(t, "password.changed", e.Name)
					assert.Equal(t, f.ID, e.Flow)
					assert.Nil(t, e.Before)
					assert.Nil(t, e.After)
					if len(first) > 0 {
						assert.Equal(t, 1, e.Attempts)
						e.Attempts = 0
						assert.Equal(t, first[0], e, "the same event")
					}
					assert.NotEmpty(t, e.KeptSession)
					assert.True(t, e.SessionsEnded)
					assert.Empty(t, kit.Identity(ada).State.Events)

					kit.Clock.Advance(time.Hour - 10*time.Minute)
					c.Start()
					assert.Len(t, events.all(), len(again), "told is told")
				})
			}
		}
	})
}

func TestSeveralEventsWaitForTheirHooks(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		broken := func(settings.Event) bool { return true }
		var events eventLog
		taken := events.taken()
		kit := settingstest.New(t, mode, offering(fakeMethod{edit: func(i *identity.Identity) error {
			i.Traits = append(i.Traits, ' ')
			return nil
		}}), func(c *settings.Config) {
			c.After = append(c.After, func(ctx context.Context, e settings.Event) error {
				if broken(e) {
					return errBroken
				}
				return taken(ctx, e)
			})
		})
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, respond.API)
		f := c.Start()
		for range 3 {
			wantSaved(t, c, c.Submit(f, toTest))
			kit.Clock.Advance(time.Second)
		}
		waiting := func() (ids []string) {
			for _, e := range kit.Identity(ada).State.Events {
				ids = append(ids, e.ID)
			}
			return ids
		}
		ids := waiting()
		require.Len(t, ids, 3)
		kit.Clock.Advance(time.Minute)
		broken = func(e settings.Event) bool { return e.ID == ids[1] }
		c.Start()
		assert.Equal(t, []string{ids[0], ids[2]}, events.changes(), "one that cannot be told holds up no other")
		assert.Equal(t, ids[1:2], waiting(), "and stays")

		broken = func(settings.Event) bool { return false }
		kit.Clock.Advance(2*time.Minute - 1)
		c.Start()
		assert.Equal(t, ids[1:2], waiting(), "it was tried a moment ago")
		kit.Clock.Advance(1)
		wantSaved(t, c, c.Submit(f, toTest))
		assert.Len(t, events.all(), 4)
		assert.Equal(t, ids[1], events.changes()[2], "what is late comes before what is new")
		assert.Empty(t, waiting())
	})
}

func TestStrikingAnEventUndoesNoOtherChange(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		var kit *settingstest.Kit
		var stores *watchedStore
		var ada string
		kit, stores = watchedKit(t, mode, afterHooks(func(context.Context, settings.Event) error {
			meanwhile(stores, func() { kit.Edit(ada, func(i *identity.Identity) { i.Traits = []byte(`{"name":"Ada"}`) }) })
			return nil
		}))
		ada = kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, kind)
		wantSaved(t, c, c.Submit(c.Start(), toNewPassword))
		assert.JSONEq(t, `{"name":"Ada"}`, string(kit.Identity(ada).Traits))
		assert.True(t, kit.PasswordIs(ada, newPassword))
		assert.Empty(t, kit.Identity(ada).State.Events)
	})
}

// The client is gone; its change is made, and told, in a time of its own.
func TestAnAfterHookOutlivesItsClient(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		request, gone := context.WithCancel(t.Context())
		var alive error
		limited, ran := false, false
		kit, stores := watchedKit(t, mode, afterHooks(func(ctx context.Context, _ settings.Event) error {
			ran, alive = true, ctx.Err()
			_, limited = ctx.Deadline()
			return nil
		}))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, respond.API)
		f := c.Start()
		meanwhile(stores, gone)
		submitBy(request, c, f, toNewPassword)
		assert.True(t, kit.PasswordIs(ada, newPassword))
		require.True(t, ran)
		require.NoError(t, alive)
		assert.True(t, limited, "a hook that hangs is given up")
		assert.Empty(t, kit.Identity(ada).State.Events)
	})
}

func TestWithoutAfterHooksNothingIsWrittenForThem(t *testing.T) {
	for name, row := range map[string]struct {
		mode   func(*settings.Config)
		writes []string
	}{
		"three stores": {func(*settings.Config) {}, []string{"UpdateIdentity", "UpdateSession", "UpdateFlow"}},
		"a backend":    {func(c *settings.Config) { c.Backend = c.Flows.(store.Backend) }, []string{"Commit"}},
	} {
		t.Run(name, func(t *testing.T) {
			kit, stores := watchedKit(t, row.mode)
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			c := kit.SignIn(ada, respond.API)
			f := c.Start()
			stores.forget()
			wantSaved(t, c, c.Submit(f, toNewPassword))
			assert.Empty(t, kit.Identity(ada).State.Events)
			assert.Equal(t, row.writes, stores.written())
		})
	}
}
