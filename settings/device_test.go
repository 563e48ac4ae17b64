package settings_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

const deviceCookie = "__Host-amend_device"

// signInPage is a host's login page: what it has a browser keep, by the cookie's name.
type signInPage struct {
	*settingstest.Kit
	cookies map[string]string
}

func newPage(kit *settingstest.Kit) *signInPage { return &signInPage{kit, map[string]string{}} }

func (p *signInPage) request() *http.Request {
	r := httptest.NewRequestWithContext(p.T.Context(), "POST", settingstest.LoginURL, nil)
	for name, value := range p.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

func (p *signInPage) keep(w *httptest.ResponseRecorder) {
	for _, c := range w.Result().Cookies() {
		if p.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(p.cookies, c.Name)
		}
	}
}

// try proves a password as its browser would.
func (p *signInPage) try(id, pass string) error {
	_, err := p.Handler.Service.Verify(p.T.Context(), settings.Proof{
		Method: aal.Password, IdentityID: id, Value: pass, Source: p.Handler.Service.Source(p.request()),
	})
	return err
}

func (p *signInPage) issue(id string, methods ...aal.Method) {
	p.T.Helper()
	w := httptest.NewRecorder()
	_, err := p.Handler.Sessions.Issue(w, p.request(), id, methods...)
	require.NoError(p.T, err)
	p.keep(w)
}

// signIn proves a password, and starts a session.
func (p *signInPage) signIn(id, pass string) {
	p.T.Helper()
	require.NoError(p.T, p.try(id, pass))
	p.issue(id, aal.Password)
}

// logOut leaves what a logout leaves.
func (p *signInPage) logOut() {
	p.T.Helper()
	w := httptest.NewRecorder()
	require.NoError(p.T, p.Handler.Sessions.End(w, p.request()))
	p.keep(w)
}

// strangers close a factor to unknown devices.
func strangers(kit *settingstest.Kit, id string) {
	kit.T.Helper()
	crowd := newPage(kit)
	for range 10 {
		require.ErrorIs(kit.T, crowd.try(id, "a guess of theirs"), settings.ErrWrong)
	}
	wantClosed(kit.T, crowd.try(id, oldPassword))
}

func wantClosed(t testing.TB, err error) {
	t.Helper()
	var locked *settings.LockedError
	require.ErrorAs(t, err, &locked)
}

func TestStrangersLockNobodyOutOfTheirOwnDevice(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode)
		elsewhere := instance(t, kit, mode)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		laptop := newPage(kit)
		laptop.signIn(ada, oldPassword)
		laptop.logOut()

		strangers(kit, ada)
		wantClosed(t, newPage(elsewhere).try(ada, oldPassword))
		require.ErrorIs(t, laptop.try(ada, "mistyped once"), settings.ErrWrong)
		laptop.signIn(ada, oldPassword)
		assert.NoError(t, newPage(elsewhere).try(ada, oldPassword), "a right one anywhere forgives what strangers have tried")

		// A flood that goes on for days.
		for range 6 {
			strangers(kit, ada)
			require.NoError(t, browserAt(elsewhere, laptop).try(ada, oldPassword))
			strangers(kit, ada)
			kit.Clock.Advance(24 * time.Hour)
		}
	})
}

// browserAt is the browser at another instance.
func browserAt(kit *settingstest.Kit, p *signInPage) *signInPage { return &signInPage{kit, p.cookies} }

func TestTenWrongTriesMakeADeviceUnknown(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	laptop, phone := newPage(kit), newPage(kit)
	laptop.signIn(ada, oldPassword)
	phone.signIn(ada, oldPassword)
	for range 9 {
		require.ErrorIs(t, laptop.try(ada, "mistyped"), settings.ErrWrong)
	}
	require.NoError(t, laptop.try(ada, oldPassword), "the tenth may be right")
	for range 10 {
		require.ErrorIs(t, laptop.try(ada, "mistyped"), settings.ErrWrong)
	}
	strangers(kit, ada) // whose own ten are all there
	wantClosed(t, laptop.try(ada, oldPassword))
	require.NoError(t, phone.try(ada, oldPassword), "another device has its own")

	before := laptop.cookies[deviceCookie]
	laptop.signIn(ada, oldPassword) // the phone has opened it
	assert.NotEqual(t, before, laptop.cookies[deviceCookie], "a device that was made unknown comes back as another one")
	strangers(kit, ada)
	require.NoError(t, laptop.try(ada, oldPassword))
}

// Whoever knows a password has no tries of the second factor by it.
func TestTriesOfADeviceCountByFactor(t *testing.T) {
	kit, _, ada := counted(t)
	device := newPage(kit)
	device.issue(ada, aal.Password, aal.TOTP)
	prove := func(m aal.Method, value string) error {
		_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{
			Method: m, IdentityID: ada, Value: value, Source: kit.Handler.Service.Source(device.request()),
		})
		return err
	}
	for range 10 {
		require.NoError(t, prove(aal.Password, "correct horse battery staple"))
		require.ErrorIs(t, prove(aal.TOTP, "7"), settings.ErrWrong)
	}
	for range 10 { // as unknown now
		require.ErrorIs(t, prove(aal.TOTP, "7"), settings.ErrWrong)
	}
	wantClosed(t, prove(aal.TOTP, "1"))
}

// A token is worth something with the account it was made for, and as it was made.
func TestTokensThatAreOfNoKnownDevice(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	eve := kit.AddIdentity("eve@example.com", oldPassword)
	hers, eves := newPage(kit), newPage(kit)
	hers.signIn(ada, oldPassword)
	eves.signIn(eve, oldPassword)
	good := hers.cookies[deviceCookie]
	flipped := func(n int) string {
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(good, "amend_dev_"))
		require.NoError(t, err)
		raw[n] ^= 1
		return "amend_dev_" + base64.RawURLEncoding.EncodeToString(raw)
	}
	other := settingstest.New(t, func(c *settings.Config) { c.Flows, c.Sessions, c.Identities = kit.Store, kit.Store, kit.Store })
	foreign := newPage(other)
	foreign.issue(ada, aal.Password)

	strangers(kit, ada)
	for name, token := range map[string]string{
		"none":                          "",
		"that of another account":       eves.cookies[deviceCookie],
		"one under keys of others":      foreign.cookies[deviceCookie],
		"another random id":             flipped(0),
		"a later generation":            flipped(23),
		"another MAC":                   flipped(55),
		"cut":                           good[:len(good)-1],
		"padded":                        good + "=",
		"doubled":                       good + good,
		"without its prefix":            strings.TrimPrefix(good, "amend_dev_"),
		"a session's token":             hers.cookies["__Host-amend_session"],
		"after six of nothing":          strings.Repeat(strings.Repeat("x", len(good))+".", 6) + good,
		"spare bits that are set":       good[:len(good)-1] + string(good[len(good)-1]+1),
		"in another case":               strings.ToUpper(good),
		"of a megabyte that ends in it": strings.Repeat("x", 1<<20) + "." + good,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{
				Method: aal.Password, IdentityID: ada, Value: oldPassword, Source: method.Source{Device: token},
			})
			wantClosed(t, err)
		})
	}
	require.NoError(t, hers.try(ada, oldPassword), "the token itself is one")
}

func TestHowLongADeviceIsKnown(t *testing.T) {
	for _, row := range []struct {
		name  string
		after func(t *testing.T, kit *settingstest.Kit, id string) *settingstest.Kit
		known bool
	}{
		{"after a change of the password by its owner", func(t *testing.T, kit *settingstest.Kit, id string) *settingstest.Kit {
			c := kit.SignIn(id, respond.API)
			wantSaved(t, c, c.Submit(c.Start(), toNewPassword))
			wantSaved(t, c, c.Submit(c.Start(), settingstest.Fields{"method": "password", "password": oldPassword}))
			return kit
		}, true},
		{"after every session was revoked", func(t *testing.T, kit *settingstest.Kit, id string) *settingstest.Kit {
			require.NoError(t, kit.Handler.Sessions.RevokeAll(t.Context(), id))
			return kit
		}, false},
		{"under a newer key", func(t *testing.T, kit *settingstest.Kit, id string) *settingstest.Kit {
			return instance(t, kit, func(c *settings.Config) { c.Keys = append([][]byte{settings.NewKey()}, c.Keys...) })
		}, true},
		{"when its key is gone", func(t *testing.T, kit *settingstest.Kit, id string) *settingstest.Kit {
			return instance(t, kit, func(c *settings.Config) { c.Keys = [][]byte{settings.NewKey()} })
		}, false},
		{"after the store has lost what it had of it", func(t *testing.T, kit *settingstest.Kit, id string) *settingstest.Kit {
			require.NoError(t, kit.Store.DeleteFlow(t.Context(), "devices:"+id))
			return kit
		}, true},
		{"after a year without a sign-in", func(t *testing.T, kit *settingstest.Kit, id string) *settingstest.Kit {
			kit.Clock.Advance(365 * 24 * time.Hour)
			return kit
		}, true},
		{"after nineteen others", func(t *testing.T, kit *settingstest.Kit, id string) *settingstest.Kit {
			others(kit, id, 19)
			return kit
		}, true},
		{"after twenty others", func(t *testing.T, kit *settingstest.Kit, id string) *settingstest.Kit {
			others(kit, id, 20)
			return kit
		}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			kit := settingstest.New(t)
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			laptop := newPage(kit)
			laptop.signIn(ada, oldPassword)
			kit = row.after(t, kit, ada)
			strangers(kit, ada)
			if err := browserAt(kit, laptop).try(ada, oldPassword); row.known {
				assert.NoError(t, err)
			} else {
				wantClosed(t, err)
			}
		})
	}
}

// others sign in from so many new devices.
func others(kit *settingstest.Kit, id string, n int) {
	for range n {
		kit.Clock.Advance(time.Minute)
		newPage(kit).signIn(id, oldPassword)
	}
}

func TestADeviceInUseIsNotPushedOut(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	laptop := newPage(kit)
	laptop.signIn(ada, oldPassword)
	for range 3 {
		others(kit, ada, 15)
		kit.Clock.Advance(25 * time.Hour)
		laptop.signIn(ada, oldPassword)
	}
	strangers(kit, ada)
	assert.NoError(t, laptop.try(ada, oldPassword))
	r, err := kit.Store.GetFlow(t.Context(), "devices:"+ada)
	require.NoError(t, err)
	assert.Less(t, len(r.Data), 4<<10, "twenty at most, whoever signs in")
}

// A device becomes known by what its account asks for, and not by a part of it: each
// guess at a second factor would come from a device of its own.
func TestWhatMakesADeviceKnown(t *testing.T) {
	for _, row := range []struct {
		name    string
		factors []aal.Method
		signIn  []aal.Method
		renew   []aal.Method
		known   bool
	}{
		{"a password where that is all", nil, []aal.Method{aal.Password}, nil, true},
		{"a password of somebody with a second factor", []aal.Method{aal.TOTP}, []aal.Method{aal.Password}, nil, false},
		{"both", []aal.Method{aal.TOTP}, []aal.Method{aal.Password}, []aal.Method{aal.TOTP}, true},
		{"a login that the host checks", nil, []aal.Method{aal.OIDC}, nil, true},
		{"a recovery", nil, []aal.Method{aal.CodeRecovery}, nil, false},
		{"a recovery, and then the password", nil, []aal.Method{aal.LinkRecovery}, []aal.Method{aal.Password}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			kit := settingstest.New(t)
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			for _, m := range row.factors {
				kit.AddFactor(ada, m)
			}
			laptop := newPage(kit)
			laptop.issue(ada, row.signIn...)
			if row.renew != nil {
				w := httptest.NewRecorder()
				_, err := kit.Handler.Sessions.Renew(w, laptop.request(), row.renew...)
				require.NoError(t, err)
				laptop.keep(w)
			}
			strangers(kit, ada)
			if err := laptop.try(ada, oldPassword); row.known {
				assert.NoError(t, err)
			} else {
				wantClosed(t, err)
				assert.Empty(t, laptop.cookies[deviceCookie])
			}
		})
	}
}

func TestTheDeviceCookie(t *testing.T) {
	insecure := func(c *settings.Config) { c.InsecureCookies = true }
	for name, want := range map[string]string{
		"the default":                 "__Host-amend_device=%s; Path=/; Expires=Thu, 06 Feb 2031 12:00:00 GMT; HttpOnly; Secure; SameSite=Lax",
		"plain HTTP, for development": "amend_device=%s; Path=/; Expires=Thu, 06 Feb 2031 12:00:00 GMT; HttpOnly; SameSite=Lax",
	} {
		t.Run(name, func(t *testing.T) {
			var changes []func(*settings.Config)
			if strings.HasPrefix(want, "amend") {
				changes = append(changes, insecure)
			}
			kit := settingstest.New(t, changes...)
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			w := httptest.NewRecorder()
			_, err := kit.Handler.Sessions.Issue(w, newPage(kit).request(), ada, aal.Password)
			require.NoError(t, err)
			set := w.Header().Values("Set-Cookie")
			require.Len(t, set, 2)
			name, rest, _ := strings.Cut(set[1], "=")
			value, _, _ := strings.Cut(rest, ";")
			assert.Regexp(t, `^amend_dev_[A-Za-z0-9_-]{75}$`, value)
			assert.Equal(t, fmt.Sprintf(want, value), set[1], "host-only: no Domain")
			assert.NotContains(t, value, ada)

			r := newPage(kit).request()
			r.AddCookie(&http.Cookie{Name: name, Value: value})
			assert.Equal(t, value, kit.Handler.Service.Source(r).Device)
		})
	}
}

// A family's browser is known with each of its accounts, the last five of them.
func TestABrowserOfSeveralAccounts(t *testing.T) {
	kit := settingstest.New(t)
	browser := newPage(kit)
	var family []string
	for n := range 6 {
		id := kit.AddIdentity(fmt.Sprintf("child%d@example.com", n), oldPassword)
		family = append(family, id)
		browser.signIn(id, oldPassword)
		browser.logOut()
	}
	browser.signIn(family[2], oldPassword) // again, which pushes out nobody
	browser.logOut()
	for n, id := range family {
		strangers(kit, id)
		if err := browser.try(id, oldPassword); n > 0 {
			assert.NoError(t, err, n)
		} else {
			wantClosed(t, err)
		}
	}
	assert.Equal(t, 5, strings.Count(browser.cookies[deviceCookie], "amend_dev_"))
}

func TestAnAppKeepsItsToken(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	service := kit.Handler.Service
	token := kit.SignIn(ada, respond.API).Token
	device, err := service.DeviceToken(t.Context(), token, "")
	require.NoError(t, err)
	again, err := service.DeviceToken(t.Context(), token, device)
	require.NoError(t, err)
	assert.Equal(t, device, again, "a good one stays")
	strangers(kit, ada)
	_, err = service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: ada, Value: oldPassword, Source: method.Source{Device: device}})
	assert.NoError(t, err)

	kit.AddFactor(ada, aal.TOTP)
	device, err = service.DeviceToken(t.Context(), token, "")
	require.NoError(t, err)
	assert.Empty(t, device, "not yet")
	_, err = service.DeviceToken(t.Context(), session.NewToken(ada), "")
	assert.ErrorIs(t, err, session.ErrNoSession)
}

// A store that fails makes no sign-in fail that is right.
func TestASignInWithoutARecordOfDevices(t *testing.T) {
	kit, stores := watchedKit(t, func(*settings.Config) {})
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	stores.handle(func(c storeCall, run func() error) error {
		if strings.HasPrefix(c.Key, "devices:") {
			return assert.AnError
		}
		return run()
	})
	laptop := newPage(kit)
	laptop.signIn(ada, oldPassword)
	assert.NotEmpty(t, laptop.cookies["__Host-amend_session"])
	assert.Empty(t, laptop.cookies[deviceCookie])
}

func TestADamagedRecordOfDevicesLetsNobodyGuess(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	laptop := newPage(kit)
	laptop.signIn(ada, oldPassword)
	r, err := kit.Store.GetFlow(t.Context(), "devices:"+ada)
	require.NoError(t, err)
	r.Data = []byte("damaged")
	require.NoError(t, kit.Store.UpdateFlow(t.Context(), r))
	err = laptop.try(ada, oldPassword)
	require.Error(t, err)
	assert.NotErrorIs(t, err, settings.ErrWrong, "it is for the log")
	assert.NoError(t, newPage(kit).try(ada, oldPassword), "and closes nothing to others")
}

// Of tries at once over two instances, ten are the device's own, and ten everybody's.
func TestTriesOfADeviceAtOnceAreCountedExactly(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		kit, method, ada := counted(t, mode)
		elsewhere := instance(t, kit, mode)
		device := newPage(kit)
		device.issue(ada, aal.Password, aal.TOTP)
		var compared atomic.Int32
		method.busy, method.looked = nil, func() { compared.Add(1) }
		var closed atomic.Int32
		var all sync.WaitGroup
		for n := range 32 {
			all.Go(func() {
				k := []*settingstest.Kit{kit, elsewhere}[n%2]
				_, err := k.Handler.Service.Verify(t.Context(), settings.Proof{
					Method: aal.TOTP, IdentityID: ada, Value: "7", Source: k.Handler.Service.Source(device.request()),
				})
				var locked *settings.LockedError
				if assert.Error(t, err) && !assert.ObjectsAreEqual(settings.ErrWrong, err) {
					assert.ErrorAs(t, err, &locked)
					closed.Add(1)
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 20, compared.Load())
		assert.EqualValues(t, 12, closed.Load())
	})
}
