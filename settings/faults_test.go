package settings_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

var errFault = errors.New("pq: connection reset by peer at conn.go:12")

// fault is a way for calls of a store to fail.
type fault struct {
	name string
	hits func(call, k int) bool       // which calls, counted from 1
	fail func(run func() error) error // how; nil for the k-th after it took effect and the others before
}

func never(func() error) error       { return errFault }
func ackLost(run func() error) error { return errors.Join(run(), errFault) }
func theOne(call, k int) bool        { return call == k }
func fromThereOn(call, k int) bool   { return call >= k }

var everyFault = []fault{
	{"the call fails", theOne, never},
	{"the call takes effect and its answer is lost", theOne, ackLost},
	{"the store goes down with the call", fromThereOn, never},
	{"the store goes down after the call took effect", fromThereOn, nil},
}

// arm makes the k-th call fail, and reports whether it came to that.
func (f fault) arm(stores *watchedStore, k int) (reached *bool) {
	calls, reached := 0, new(bool)
	stores.handle(func(_ storeCall, run func() error) error {
		if calls++; !f.hits(calls, k) {
			return run()
		}
		*reached = true
		switch {
		case f.fail != nil:
			return f.fail(run)
		case calls == k:
			return ackLost(run)
		}
		return never(run)
	})
	return reached
}

// gotSaved reports whether an answer says that the change is made. Anything
// else must be the answer of a store that is down, whatever the client.
func gotSaved(t testing.TB, c *settingstest.Client, a *settingstest.Answer) bool {
	t.Helper()
	assert.NotContains(t, string(a.Body), "pq:", "the cause is for the log")
	if a.Status == http.StatusOK || len(a.Header["Set-Cookie"]) > 0 {
		wantSaved(t, c, a)
		return true
	}
	wantRefused(t, c, a, http.StatusServiceUnavailable, "unavailable")
	return false
}

func TestASubmitWithAFaultAtEveryCall(t *testing.T) {
	changes := []struct {
		name   string
		config func(*settings.Config)
		fields settingstest.Fields
		again  string // the answer to the same request from who got the first answer
		made   func(a account) bool
		ended  bool // other sessions are
	}{
		{"password", func(*settings.Config) {}, toNewPassword, "password:4000039",
			func(a account) bool { return a.kit.PasswordIs(a.id, newPassword) }, true},
		{"password, the current one asked", askingCurrent, rightTry, "current_password:7000002",
			func(a account) bool { return a.kit.PasswordIs(a.id, newPassword) }, true},
		{"profile", offering(fakeMethod{edit: named}), toTest, "",
			func(a account) bool { return strings.Contains(string(a.kit.Identity(a.id).Traits), "Ada") }, false},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, change := range changes {
			for _, f := range everyFault {
				t.Run(change.name+"/"+f.name, func(t *testing.T) {
					outcomes := map[bool]int{}
					reached := true
					for k := 1; reached; k++ {
						require.Less(t, k, 50)
						ada := newAccount(t, mode, change.config)
						c, phone := ada.kit.SignIn(ada.id, kind), ada.kit.SignIn(ada.id, respond.API)
						form := c.Start()

						hit := f.arm(ada.stores, k)
						saved := gotSaved(t, c, c.Submit(form, change.fields))
						ada.stores.handle(nil)
						reached = *hit
						outcomes[saved]++
						if saved {
							require.True(t, change.made(ada), "call %d: what was answered is so", k)
						}

						again := c.Submit(form, change.fields)
						if saved && change.again != "" {
							wantInvalid(t, c, again, change.again)
						} else {
							wantSaved(t, c, again)
						}
						require.True(t, change.made(ada), "call %d", k)
						require.Equal(t, http.StatusOK, c.Whoami().Status, "call %d: nobody is locked out", k)
						require.Equal(t, http.StatusOK, c.Read(form.ID).Status)
						if change.ended {
							wantNoSession(t, phone.Whoami())
						}
						ada.check(t, 1, []*settingstest.Client{c, phone}, oldPassword, newPassword)
						ada.tellLate(t, c)
						ada.check(t, 1, []*settingstest.Client{c, phone}, oldPassword, newPassword)
					}
					assert.Positive(t, outcomes[true], "the last one had no fault")
					assert.Positive(t, outcomes[false], "the first one had")
				})
			}
		}
	})
}

// A change that is made is answered as one, whatever the store could not tell
// or could not write after it, as long as it can be asked. One that is not is
// no success, and nobody writes it behind its client's back.
func TestWhatAFaultMeansForTheAnswer(t *testing.T) {
	is := func(op string) func(storeCall) bool { return func(c storeCall) bool { return c.Op == op } }
	backend := func(c *settings.Config) { c.Backend = c.Flows.(store.Backend) }
	rows := []struct {
		name   string
		mode   func(*settings.Config)
		fields settingstest.Fields
		hits   func(storeCall) bool
		fail   func(func() error) error
		saved  bool
	}{
		{"the row is written, the answer lost", nil, toNewPassword, storeCall.identity, ackLost, true},
		{"the commit is written, the answer lost", backend, toNewPassword, storeCall.identity, ackLost, true},
		{"the session is not written", nil, toNewPassword, is("UpdateSession"), never, true},
		{"the flow is not written", nil, toNewPassword, is("UpdateFlow"), never, true},
		{"the flow of a profile is not written", nil, toTest, is("UpdateFlow"), never, true},
		{"the row is not written", nil, toNewPassword, storeCall.identity, never, false},
		{"the commit is not written", backend, toNewPassword, storeCall.identity, never, false},
		{"the row of a profile is not written", nil, toTest, storeCall.identity, never, false},
	}
	for _, kind := range everyClient {
		for _, row := range rows {
			t.Run(kind.String()+": "+row.name, func(t *testing.T) {
				changes := []func(*settings.Config){offering(fakeMethod{edit: named})}
				if row.mode != nil {
					changes = append(changes, row.mode)
				}
				ada := newAccount(t, changes...)
				was := ada.kit.Identity(ada.id)
				c := ada.kit.SignIn(ada.id, kind)
				form := c.Start()
				writes := 0
				ada.stores.once(row.hits, row.fail)
				ada.stores.forget()
				assert.Equal(t, row.saved, gotSaved(t, c, c.Submit(form, row.fields)))
				for _, op := range ada.stores.written() {
					if op == "UpdateIdentity" || op == "Commit" {
						writes++
					}
				}
				if row.saved {
					assert.Equal(t, 2, writes, "the change, and its event struck")
					assert.Len(t, ada.events.all(), 1, "told at once")
					return
				}
				assert.Equal(t, 1, writes, "it is for the client to ask again")
				assert.Equal(t, was, ada.kit.Identity(ada.id))
				assert.Equal(t, []string{"7000012"}, c.Read(form.ID).Flow.Messages(), "the form says that nothing was changed")
			})
		}
	}
}

// Two faults in one submit: what mends the first one fails too.
func TestASubmitWithTwoFaults(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		ways := []func(func() error) error{never, ackLost}
		for first, more := 1, true; more; first++ {
			require.Less(t, first, 50)
			for second, reached := first+1, true; reached; second++ {
				require.Less(t, second, 60)
				for w := range 4 {
					name := fmt.Sprintf("calls %d and %d, way %d", first, second, w)
					ada := newAccount(t, mode)
					c, phone := ada.kit.SignIn(ada.id, respond.API), ada.kit.SignIn(ada.id, respond.API)
					form := c.Start()
					calls := 0
					ada.stores.handle(func(_ storeCall, run func() error) error {
						switch calls++; calls {
						case first:
							return ways[w&1](run)
						case second:
							return ways[w>>1](run)
						}
						return run()
					})
					saved := gotSaved(t, c, c.Submit(form, toNewPassword))
					ada.stores.handle(nil)
					reached, more = calls >= second, calls >= first

					require.Equal(t, http.StatusOK, whoOrRetry(t, c, form, saved), name)
					require.True(t, ada.kit.PasswordIs(ada.id, newPassword), name)
					wantNoSession(t, phone.Whoami())
					ada.check(t, 1, []*settingstest.Client{c, phone}, oldPassword, newPassword)
				}
			}
		}
	})
}

// whoOrRetry is the status of whoami, after the same request again unless the
// first one was answered.
func whoOrRetry(t testing.TB, c *settingstest.Client, form *settingstest.Flow, saved bool) int {
	t.Helper()
	if !saved {
		wantSaved(t, c, c.Submit(form, toNewPassword))
	}
	return c.Whoami().Status
}

func TestAStartAndAReadWithAFaultAtEveryCall(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, f := range everyFault {
			t.Run(f.name, func(t *testing.T) {
				ada := newAccount(t, mode)
				c := ada.kit.SignIn(ada.id, kind)
				form := c.Start()
				was := snapshot(t, ada.kit, ada.id)
				requests := map[string]func() *settingstest.Answer{
					"/self-service/settings/flows": func() *settingstest.Answer { return c.Read(form.ID) },
					"/sessions/whoami":             c.Whoami,
					"/sessions":                    func() *settingstest.Answer { return c.Get("/sessions") },
					"/self-service/settings":       func() *settingstest.Answer { return c.Get("/self-service/settings?flow=" + form.ID) },
					"/self-service/settings/browser": func() *settingstest.Answer {
						return c.Get("/self-service/settings/browser")
					},
				}
				if kind == respond.API {
					delete(requests, "/self-service/settings/browser")
					requests["/self-service/settings/api"] = func() *settingstest.Answer { return c.Get("/self-service/settings/api") }
				}
				for path, request := range requests {
					for k, reached := 1, true; reached; k++ {
						require.Less(t, k, 50)
						hit := f.arm(ada.stores, k)
						a := request()
						ada.stores.handle(nil)
						if reached = *hit; !reached {
							assert.Less(t, a.Status, 400, "%s: %v", path, a)
							continue
						}
						assert.NotContains(t, string(a.Body), "pq:")
						if a.Status == http.StatusSeeOther { // a page, to the error page: the settings page would start again, for ever
							failure := a.Failure()
							assert.Equal(t, "unavailable", failure.ID, path)
							assert.Equal(t, http.StatusServiceUnavailable, failure.Code)
							continue
						}
						assert.Equal(t, http.StatusServiceUnavailable, a.Status, "%s, call %d: %v", path, k, a)
						assert.NotEmpty(t, a.Header.Get("Retry-After"))
					}
				}
				assert.Equal(t, was, snapshot(t, ada.kit, ada.id))
			})
		}
	})
}

func TestAClientThatGoesAwayAtEveryCall(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		for name, row := range map[string]struct {
			config func(*settings.Config)
			fields settingstest.Fields
		}{
			"password":                        {func(*settings.Config) {}, toNewPassword},
			"password, the current one asked": {askingCurrent, rightTry},
		} {
			for _, before := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s, before it: %v", name, before), func(t *testing.T) {
					for k, reached := 1, true; reached; k++ {
						require.Less(t, k, 50)
						ada := newAccount(t, mode, row.config)
						c, phone := ada.kit.SignIn(ada.id, respond.API), ada.kit.SignIn(ada.id, respond.API)
						form := c.Start()
						request, gone := context.WithCancel(t.Context())
						calls := 0
						ada.stores.handle(func(_ storeCall, run func() error) error {
							calls++
							if before && calls == k {
								gone()
							}
							err := run()
							if !before && calls == k {
								gone()
							}
							return err
						})
						rec := submitBy(request, c, form, row.fields)
						gone()
						ada.stores.handle(nil)
						reached = calls >= k
						require.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, rec.Code, "call %d: %s", k, rec.Body)
						if rec.Code == http.StatusOK {
							require.True(t, ada.kit.PasswordIs(ada.id, newPassword))
						}

						wantSaved(t, c, c.Submit(form, row.fields)) // it never got the answer
						require.Equal(t, http.StatusOK, c.Whoami().Status)
						wantNoSession(t, phone.Whoami())
						ada.check(t, 1, []*settingstest.Client{c, phone}, oldPassword, newPassword)
					}
				})
			}
		}
	})
}
