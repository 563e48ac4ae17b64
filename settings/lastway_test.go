package settings_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

// remover takes one credential of a factor away, or the password: "remove" says
// which, as "passkey 2".
type remover struct{ fakeMethod }

func (remover) Info() (method.Info, error) {
	return method.Info{Name: "remover", Fields: []string{"remove"}, Buttons: []string{"remove"}}, nil
}

func (remover) Plan(_ method.View, s method.Submission) (method.Plan, error) {
	var m aal.Method
	var n int
	text, _ := s.Fields.String("remove")
	if _, err := fmt.Sscan(text, &m, &n); err != nil {
		return method.Plan{}, err
	}
	edit := func(i *identity.Identity) error {
		if m == aal.Password {
			i.PasswordHash = ""
			return nil
		}
		f := i.State.Factors[m]
		for at, c := range f.Credentials {
			if c.ID == fmt.Sprint(n) {
				f.Credentials = append(f.Credentials[:at:at], f.Credentials[at+1:]...)
				f.Serial++
				i.State.Factors[m] = f
				return nil
			}
		}
		return method.ErrChanged
	}
	return method.Plan{Do: func(context.Context) (method.Result, error) {
		return method.Change{Event: "removed", Edit: edit}, nil
	}}, nil
}

// Whatever is removed at once, by however many, one way to sign in is left; and
// nothing that could go is kept: the removals are in some order.
func TestParallelRemovalsLeaveAWayToSignIn(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		for seed := range uint64(60) {
			random := rand.New(rand.NewPCG(seed, 1))
			kit := settingstest.New(t, mode, offering(remover{}), func(c *settings.Config) {
				c.KeepOtherSessions, c.AllowAAL1, c.AllowFactorChangeAtAAL1 = true, true, true
			})
			pass := ""
			var all []string
			if random.IntN(2) == 0 {
				pass, all = "correct horse battery staple", append(all, "password 0")
			}
			id := kit.AddIdentity("ada@example.com", pass)
			firsts := len(all)
			for _, m := range []aal.Method{aal.Passkey, aal.OIDC, aal.TOTP} {
				for n := range random.IntN(3) {
					kit.Edit(id, func(i *identity.Identity) {
						if i.State.Factors == nil {
							i.State.Factors = map[aal.Method]identity.Factor{}
						}
						f := i.State.Factors[m]
						f.Credentials = append(f.Credentials, identity.Credential{ID: fmt.Sprint(n)})
						i.State.Factors[m] = f
					})
					all = append(all, fmt.Sprintf("%s %d", m, n))
					if m != aal.TOTP {
						firsts++
					}
				}
			}
			if firsts == 0 {
				continue
			}
			var wg sync.WaitGroup
			for _, what := range all {
				client := kit.SignIn(id, respond.API, aal.Passkey)
				f := client.Start()
				wg.Go(func() {
					a := client.Submit(f, settingstest.Fields{"remove": what})
					if a.Status != 200 {
						assert.Equal(t, []string{"4000001"}, a.Flow.Messages(), "seed %d: %v", seed, a)
					}
				})
			}
			wg.Wait()
			i := kit.Identity(id)
			require.True(t, identity.CanSignIn(i), "seed %d", seed)
			left := 0
			for m, f := range i.State.Factors {
				if m != aal.TOTP {
					left += len(f.Credentials)
				}
			}
			if i.Has(aal.Password) {
				left++
			}
			assert.Equal(t, 1, left, "seed %d: all but the last one are gone", seed)
			assert.Empty(t, i.State.Factors[aal.TOTP].Credentials, "seed %d: a second factor is no way to sign in", seed)
		}
	})
}

// An account that the host signs in by its own means may give up the last way here. The
// host's row decides as it is at the write.
func TestTheLastWayMayGoWhereTheHostHasAnother(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		begin := func(t *testing.T, elsewhere bool) (*settingstest.Kit, *watchedStore, string, *settingstest.Client, *settingstest.Flow) {
			kit, stores := watchedKit(t, mode, offering(remover{}))
			id := kit.AddIdentity("ada@example.com", oldPassword)
			require.NoError(t, kit.Store.SetSignsInElsewhere(t.Context(), id, elsewhere))
			c := kit.SignIn(id, kind)
			return kit, stores, id, c, c.Start()
		}
		toRemove := settingstest.Fields{"remove": "password 0"}
		t.Run("it has", func(t *testing.T) {
			kit, _, id, c, f := begin(t, true)
			wantSaved(t, c, c.Submit(f, toRemove))
			assert.Empty(t, kit.Identity(id).PasswordHash)
			account, err := kit.Handler.Service.Identity(t.Context(), id)
			require.NoError(t, err)
			assert.False(t, account.SignsInHere)
			assert.True(t, account.SignsInElsewhere)
		})
		t.Run("it has not", func(t *testing.T) {
			kit, _, id, c, f := begin(t, false)
			wantInvalid(t, c, c.Submit(f, toRemove), "4000001")
			assert.True(t, kit.PasswordIs(id, oldPassword))
		})
		t.Run("it takes its own away while the client stalls", func(t *testing.T) {
			kit, stores, id, c, f := begin(t, true)
			meanwhile(stores, func() { require.NoError(t, kit.Store.SetSignsInElsewhere(t.Context(), id, false)) })
			wantInvalid(t, c, c.Submit(f, toRemove), "4000001")
			assert.True(t, kit.PasswordIs(id, oldPassword))
		})
	})
}
