package settings_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// atOnce holds back the first n writes of the identity's row until all of them
// have come: none of their requests has seen another's change.
func atOnce(stores *watchedStore, n int) {
	var mu sync.Mutex
	arrived, all := 0, make(chan struct{})
	stores.handle(func(c storeCall, run func() error) error {
		if c.identity() {
			mu.Lock()
			arrived++
			if arrived == n {
				close(all)
			}
			wait := arrived <= n
			mu.Unlock()
			if wait {
				<-all
			}
		}
		return run()
	})
}

// together runs one submit for each client, and returns their answers.
func together(clients []*settingstest.Client, submit func(i int, c *settingstest.Client) *settingstest.Answer) []*settingstest.Answer {
	answers := make([]*settingstest.Answer, len(clients))
	var all sync.WaitGroup
	for i, c := range clients {
		all.Go(func() { answers[i] = submit(i, c) })
	}
	all.Wait()
	return answers
}

func toPassword(p string) settingstest.Fields {
	return settingstest.Fields{"method": "password", "password": p}
}

// hasSaved reports whether an answer is a success, without failing the test.
func hasSaved(c *settingstest.Client, a *settingstest.Answer) bool {
	if c.Kind == respond.Page {
		return a.Status == http.StatusSeeOther && len(a.Header["Set-Cookie"]) == 1
	}
	return a.Status == http.StatusOK
}

func TestTwoTabsAtOnce(t *testing.T) {
	for name, sameFlow := range map[string]bool{"two flows": false, "one flow": true} {
		t.Run(name, func(t *testing.T) {
			forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
				ada := newAccount(t, mode)
				tabs := []*settingstest.Client{ada.kit.SignIn(ada.id, kind)}
				tabs = append(tabs, tabs[0].Copy())
				flows := []*settingstest.Flow{tabs[0].Start(), tabs[0].Start()}
				if sameFlow {
					flows[1] = flows[0]
				}
				passwords := []string{"chosen in the first tab", "chosen in the second tab"}
				atOnce(ada.stores, 2)
				answers := together(tabs, func(i int, c *settingstest.Client) *settingstest.Answer {
					return c.Submit(flows[i], toPassword(passwords[i]))
				})
				ada.stores.handle(nil)

				won := 0
				if !hasSaved(tabs[0], answers[0]) {
					won = 1
				}
				wantSaved(t, tabs[won], answers[won])
				lost := answers[1-won]
				if kind == respond.Page {
					assert.Equal(t, uiPage+flows[1-won].ID, lost.Location)
					assert.Empty(t, lost.Header["Set-Cookie"])
				} else {
					wantInvalid(t, tabs[1-won], lost, "7000010")
				}
				ada.check(t, 1, tabs, passwords[won], passwords[1-won], oldPassword)
				assert.True(t, ada.kit.PasswordIs(ada.id, passwords[won]))
				assert.Equal(t, http.StatusOK, tabs[won].Whoami().Status)
			})
		})
	}
}

func TestTwoDevicesAtOnce(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		ada := newAccount(t, mode)
		devices := []*settingstest.Client{ada.kit.SignIn(ada.id, kind), ada.kit.SignIn(ada.id, kind)}
		flows := []*settingstest.Flow{devices[0].Start(), devices[1].Start()}
		passwords := []string{"chosen on the laptop", "chosen on the phone"}
		atOnce(ada.stores, 2)
		answers := together(devices, func(i int, c *settingstest.Client) *settingstest.Answer {
			return c.Submit(flows[i], toPassword(passwords[i]))
		})
		ada.stores.handle(nil)

		won := 0
		if !hasSaved(devices[0], answers[0]) {
			won = 1
		}
		wantSaved(t, devices[won], answers[won])
		wantRefused(t, devices[1-won], answers[1-won], http.StatusUnauthorized, "session_inactive")
		ada.check(t, 1, devices, passwords[won], passwords[1-won], oldPassword)
		assert.True(t, ada.kit.PasswordIs(ada.id, passwords[won]))
	})
}

func TestSixteenClicksAtOnceAreOneChange(t *testing.T) {
	for _, held := range []bool{true, false} {
		t.Run(fmt.Sprint("all read before any writes: ", held), func(t *testing.T) {
			forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
				ada := newAccount(t, mode)
				clicks := []*settingstest.Client{ada.kit.SignIn(ada.id, kind)}
				f := clicks[0].Start()
				for len(clicks) < 16 {
					clicks = append(clicks, clicks[0].Copy())
				}
				if held {
					atOnce(ada.stores, len(clicks))
				}
				answers := together(clicks, func(_ int, c *settingstest.Client) *settingstest.Answer {
					return c.Submit(f, toNewPassword)
				})
				ada.stores.handle(nil)
				token := wantSaved(t, clicks[0], answers[0])
				for i, c := range clicks {
					require.Equal(t, token, wantSaved(t, c, answers[i]), "all get the same new token")
				}
				ada.check(t, 1, clicks, oldPassword, newPassword)
				assert.True(t, ada.kit.PasswordIs(ada.id, newPassword))
				assert.EqualValues(t, 1, ada.kit.Identity(ada.id).State.Generation)
				assert.Len(t, ada.events.all(), 1)
				assert.Equal(t, "success", clicks[0].Read(f.ID).Flow.State)
			})
		})
	}
}

// Another request comes in before every single call that a submit makes to the
// stores, and is done before that call is made.
func TestAnotherSubmitAtEveryCall(t *testing.T) {
	const theirs = "chosen by the other one"
	rows := []struct {
		name string
		// other is the other client, its flow, and the password it wants.
		other func(c *settingstest.Client, id string, f *settingstest.Flow) (*settingstest.Client, *settingstest.Flow, string)
		judge func(t *testing.T, ada account, c, other *settingstest.Client, mine, others *settingstest.Answer)
	}{
		{
			"the same request",
			func(c *settingstest.Client, _ string, f *settingstest.Flow) (*settingstest.Client, *settingstest.Flow, string) {
				return c.Copy(), f, newPassword
			},
			func(t *testing.T, ada account, c, other *settingstest.Client, mine, others *settingstest.Answer) {
				require.Equal(t, wantSaved(t, c, mine), wantSaved(t, other, others), "one change, one token")
				ada.check(t, 1, []*settingstest.Client{c, other}, oldPassword, newPassword)
				require.True(t, ada.kit.PasswordIs(ada.id, newPassword))
			},
		},
		{
			"another password in the same form",
			func(c *settingstest.Client, _ string, f *settingstest.Flow) (*settingstest.Client, *settingstest.Flow, string) {
				return c.Copy(), f, theirs
			},
			oneSession,
		},
		{
			"another password in another tab",
			func(c *settingstest.Client, _ string, _ *settingstest.Flow) (*settingstest.Client, *settingstest.Flow, string) {
				return c.Copy(), c.Start(), theirs
			},
			oneSession,
		},
		{
			"another device",
			func(c *settingstest.Client, id string, _ *settingstest.Flow) (*settingstest.Client, *settingstest.Flow, string) {
				phone := c.Kit.SignIn(id, respond.API)
				return phone, phone.Start(), theirs
			},
			func(t *testing.T, ada account, c, other *settingstest.Client, mine, others *settingstest.Answer) {
				won, lost, won2, password := c, other, others, newPassword
				if !hasSaved(c, mine) {
					won, lost, won2, password = other, c, mine, theirs
				}
				wantRefused(t, lost, won2, http.StatusUnauthorized, "session_inactive")
				require.Equal(t, http.StatusOK, won.Whoami().Status)
				require.True(t, ada.kit.PasswordIs(ada.id, password))
				ada.check(t, 1, []*settingstest.Client{c, other}, newPassword, theirs)
			},
		},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				for k, reached := 1, true; reached; k++ {
					require.Less(t, k, 50)
					ada := newAccount(t, mode)
					c := ada.kit.SignIn(ada.id, kind)
					f := c.Start()
					other, theirFlow, password := row.other(c, ada.id, f)
					var others *settingstest.Answer
					calls, inside := 0, false
					ada.stores.handle(func(_ storeCall, run func() error) error {
						if calls++; calls == k && !inside {
							inside = true
							others = other.Submit(theirFlow, toPassword(password))
						}
						return run()
					})
					mine := c.Submit(f, toNewPassword)
					ada.stores.handle(nil)
					if reached = others != nil; reached {
						row.judge(t, ada, c, other, mine, others)
					}
				}
			})
		}
	})
}

// oneSession judges two different passwords of one session: at least one is
// set, what was acknowledged last stands, and its client goes on.
func oneSession(t *testing.T, ada account, c, other *settingstest.Client, mine, others *settingstest.Answer) {
	t.Helper()
	iSaved, theySaved := hasSaved(c, mine), hasSaved(other, others)
	require.True(t, iSaved || theySaved, "mine: %v, theirs: %v", mine, others)
	passwords := []string{}
	committed := 0
	for _, one := range []struct {
		saved    bool
		c        *settingstest.Client
		a        *settingstest.Answer
		password string
	}{{iSaved, c, mine, newPassword}, {theySaved, other, others, "chosen by the other one"}} {
		switch {
		case one.saved:
			committed++
			passwords = append(passwords, one.password)
			wantSaved(t, one.c, one.a)
			require.Equal(t, http.StatusOK, one.c.Whoami().Status, "who was told of a success goes on")
		case one.c.Kind == respond.Page:
			require.Equal(t, http.StatusSeeOther, one.a.Status, "%v", one.a)
		default: // 400 for two at once; 410 or 401 if it came after the other's change or rotation
			require.Contains(t, []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusGone}, one.a.Status, "%v", one.a)
		}
	}
	ada.check(t, committed, []*settingstest.Client{c, other}, passwords...)
}
