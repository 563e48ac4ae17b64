package main_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings"
)

// fleet is several servers over one PostgreSQL, as behind a balancer: each
// request may meet another one.
type fleet struct {
	t     testing.TB
	start func() *process
	all   []*process
	turn  int
}

func startFleet(t testing.TB, n int) *fleet {
	t.Helper()
	at := postgres(t)
	key := base64.StdEncoding.EncodeToString(settings.NewKey())
	f := &fleet{t: t, start: func() *process { return startWithKeys(t, key, "-store", at) }}
	for range n {
		f.all = append(f.all, f.start())
	}
	return f
}

// next is the instance that the next request meets.
func (f *fleet) next() *process {
	f.turn++
	return f.all[f.turn%len(f.all)]
}

func (f *fleet) each(name string, test func(t *testing.T, p *process)) {
	for n, p := range f.all {
		f.t.(*testing.T).Run(fmt.Sprintf("%s at instance %d", name, n+1), func(t *testing.T) { test(t, p) })
	}
}

// hopper is an API client whose every request meets another instance. Its
// answers may be lost: then it knows nothing.
type hopper struct {
	*fleet
	token string
}

// ask sends a request to the next instance. lost is true if no answer came.
func (h *hopper) ask(method, path, body string) (r reply, lost bool) {
	h.t.Helper()
	return h.askAt(h.next(), method, path, body)
}

func (h *hopper) askAt(p *process, method, path, body string) (r reply, lost bool) {
	h.t.Helper()
	req, err := http.NewRequest(method, p.public+path, strings.NewReader(body))
	require.NoError(h.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Session-Token", h.token)
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return reply{}, true
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return reply{h.t, res.StatusCode, res.Header, string(raw)}, err != nil
}

// begin starts a flow.
func (h *hopper) begin() (flow string) {
	h.t.Helper()
	r, lost := h.ask("GET", "/self-service/settings/api", "")
	require.False(h.t, lost)
	var f struct{ ID string }
	r.decode(200, &f)
	return f.ID
}

// change submits a password, and takes the new token up.
func (h *hopper) change(p *process, flow, password string) (status int, lost bool) {
	h.t.Helper()
	r, lost := h.askAt(p, "POST", "/self-service/settings?flow="+flow, body(password))
	if lost {
		return 0, true
	}
	if r.Status == 200 {
		var done settingsFlow
		require.NoError(h.t, json.Unmarshal([]byte(r.Body), &done))
		h.token = done.SessionToken
	}
	return r.Status, false
}

func (f *fleet) hopper(id string) *hopper {
	f.t.Helper()
	return &hopper{f, f.next().session(newClient(f.t), id).Token}
}

func TestManyInstances(t *testing.T) {
	for _, n := range []int{2, 4} {
		t.Run(fmt.Sprintf("%d instances", n), func(t *testing.T) {
			f := startFleet(t, n)

			id := f.next().identity(email)
			client, thief := f.hopper(id), f.hopper(id)
			flow := client.begin()
			status, _ := client.change(f.next(), flow, newPassword)
			require.Equal(t, 200, status, "a flow begun at one instance is completed at another")
			f.each("a session that was ended is over, at once", func(t *testing.T, p *process) {
				r, _ := thief.askAt(p, "GET", "/sessions/whoami", "")
				assert.Equal(t, 401, r.Status)
				r, _ = client.askAt(p, "GET", "/sessions/whoami", "")
				assert.Equal(t, 200, r.Status)
				assert.True(t, p.knows(email, newPassword))
				assert.False(t, p.knows(email, oldPassword))
			})

			const guessed = "guessed@example.com"
			f.next().identity(guessed)
			for range 10 {
				r := newClient(t).prove(f.next().public+"/login", url.Values{"method": {"password"}, "identifier": {guessed}, "password": {"a guess"}})
				require.Equal(t, 401, r.Status)
			}
			f.each("tries are counted together: the right one is locked out", func(t *testing.T, p *process) {
				r := newClient(t).prove(p.public+"/login", url.Values{"method": {"password"}, "identifier": {guessed}, "password": {oldPassword}})
				assert.Equal(t, 429, r.Status)
				assert.NotEmpty(t, r.Header.Get("Retry-After"))
			})

			const raced = "raced@example.com"
			contested := f.next().identity(raced)
			var wg sync.WaitGroup
			var mu sync.Mutex
			var won []string
			var races []func()
			for k := range 3 * n {
				racer := f.hopper(contested)
				flow, at, wish := racer.begin(), f.next(), fmt.Sprintf("the wish of racer number %d", k)
				races = append(races, func() {
					status, lost := racer.change(at, flow, wish)
					mu.Lock()
					defer mu.Unlock()
					assert.False(t, lost)
					if status == 200 {
						won = append(won, wish)
					} else {
						assert.Contains(t, []int{401, 410, 503}, status, "who lost is told so")
					}
				})
			}
			for _, race := range races {
				wg.Go(race)
			}
			wg.Wait()
			require.Len(t, won, 1, "of many at once, from sessions of their own, one wins")
			f.each("the winner's password is the one", func(t *testing.T, p *process) { assert.True(t, p.knows(raced, won[0])) })
		})
	}
}

// Whatever instance is killed, and whenever: a change that was acknowledged
// stays made, and one that was not is made or not, and nothing between.
func TestAnInstanceIsKilled(t *testing.T) {
	f := startFleet(t, 3)
	id := f.next().identity(email)
	client := f.hopper(id)
	is, torn := oldPassword, 0
	for round := range 12 {
		flow, at, wish := client.begin(), f.turn%len(f.all), fmt.Sprintf("the password of round %d", round)
		victim := f.all[at]
		before := client.token
		killed := make(chan struct{})
		go func() {
			defer close(killed)
			time.Sleep(rand.N(400 * time.Millisecond)) // as the submit is under way, or before, or after
			_ = victim.cmd.Process.Kill()
		}()
		status, lost := client.change(victim, flow, wish)
		<-killed
		victim.exitCode()
		f.all[at] = f.start()

		alive := f.all[(at+1)%len(f.all)]
		if !lost {
			require.Equal(t, 200, status)
			require.True(t, alive.knows(email, wish), "round %d: it was acknowledged", round)
		} else {
			torn++
			require.NotEqual(t, alive.knows(email, wish), alive.knows(email, is), "round %d: one of both", round)
			// The client does what clients do: it asks again, with what it has.
			client.token = before
			status, lost = client.change(alive, flow, wish)
			require.False(t, lost)
			require.Equal(t, 200, status, "round %d: nobody is locked out", round)
			require.True(t, alive.knows(email, wish))
		}
		is = wish
	}
	t.Logf("12 rounds, %d without an answer", torn)
}
