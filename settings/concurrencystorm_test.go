package settings_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// Everybody at once: submits of passwords and profiles, reads, starts, ends of
// sessions, in two instances, from three sessions of each kind of client.
func TestAStorm(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		ada := newAccount(t, mode, offering(fakeMethod{edit: named}))
		elsewhere := instance(t, ada.kit, mode, ada.events.hook)
		var clients []*settingstest.Client
		var flows []*settingstest.Flow
		for range 3 {
			for _, kind := range everyClient {
				c := ada.kit.SignIn(ada.id, kind)
				clients, flows = append(clients, c), append(flows, c.Start())
			}
		}
		var mu sync.Mutex
		acknowledged := []string{oldPassword}
		begun := make(chan struct{}) // somebody has got through: now sessions may be ended
		begin := sync.OnceFunc(func() { close(begun) })
		var everyone []*settingstest.Client

		var all sync.WaitGroup
		for n := range 64 {
			c, f := clients[n%len(clients)].Copy(), flows[n%len(clients)]
			if n%2 == 1 {
				c = at(elsewhere, c)
			}
			everyone = append(everyone, c)
			all.Go(func() {
				for round := range 4 {
					var a *settingstest.Answer
					switch n % 8 {
					case 0, 1, 2:
						p := fmt.Sprintf("the password of %d in round %d", n, round)
						if a = c.Submit(f, toPassword(p)); hasSaved(c, a) {
							mu.Lock()
							acknowledged = append(acknowledged, p)
							mu.Unlock()
							begin()
						}
						if round == 3 {
							begin()
						}
					case 3:
						a = c.Submit(f, toTest)
					case 4:
						a = c.Get("/self-service/settings/" + map[bool]string{true: "api", false: "browser"}[c.Kind == respond.API])
					case 5:
						a = c.Read(f.ID)
					case 6:
						a = c.Whoami()
					case 7:
						<-begun
						a = c.Do(http.MethodDelete, "/sessions", "", "")
					}
					if a.Status >= 500 && a.Status != http.StatusServiceUnavailable || a.Status == http.StatusNotFound {
						assert.Fail(t, "a storm is no excuse", "%v", a)
					}
				}
			})
		}
		all.Wait()
		ada.check(t, int(ada.kit.Identity(ada.id).State.Generation)+profiles(ada), everyone, acknowledged...)
		assert.NotContains(t, ada.kit.Log.String()+elsewhere.Log.String(), "outcome=bug")
		assert.Greater(t, len(acknowledged), 1, "somebody got through")
		i := ada.kit.Identity(ada.id)
		assert.EqualValues(t, len(acknowledged)-1, i.State.Generation, "every acknowledged change, and no other, is made")
	})
}

// profiles is how many changes of the profile were told of.
func profiles(a account) int {
	n := map[string]bool{}
	for _, e := range a.events.all() {
		if e.Name == "test.changed" {
			n[e.ID] = true
		}
	}
	return len(n)
}
