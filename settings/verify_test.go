package settings_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

// stepping is a factor whose proof is the number after the last one: good once,
// like the code of an authenticator app.
type stepping struct {
	fakeMethod
	busy   error
	burn   func(*identity.Identity) error // in place of its own
	looked func()                         // called for each comparison
}

func (stepping) Info() (method.Info, error) {
	return method.Info{Name: "totp", Fields: []string{"totp_code"}}, nil
}

func lastOf(i identity.Identity) int {
	var n int
	if c := i.State.Factors[aal.TOTP].Credentials; len(c) > 0 {
		_ = json.Unmarshal(c[0].Data, &n)
	}
	return n
}

func (m *stepping) Verify(_ context.Context, v method.View, p settings.Proof) (func(*identity.Identity) error, error) {
	if m.busy != nil {
		return nil, m.busy
	}
	if m.looked != nil {
		m.looked()
	}
	n, err := strconv.Atoi(p.Value)
	if err != nil || n != lastOf(v.Identity)+1 || !v.Identity.Has(aal.TOTP) {
		return nil, settings.ErrWrong
	}
	if m.burn != nil {
		return m.burn, nil
	}
	return func(i *identity.Identity) error {
		if lastOf(*i) >= n {
			return settings.ErrWrong
		}
		i.State.Factors[aal.TOTP].Credentials[0].Data = json.RawMessage(strconv.Itoa(n))
		return nil
	}, nil
}

func counted(t *testing.T, changes ...func(*settings.Config)) (*settingstest.Kit, *stepping, string) {
	t.Helper()
	method := &stepping{}
	kit := settingstest.New(t, append(changes, offering(method))...)
	ada := kit.AddIdentity("ada@example.com", "correct horse battery staple")
	kit.AddFactor(ada, aal.TOTP)
	return kit, method, ada
}

func TestAProofIsGoodOnce(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		kit, _, ada := counted(t, mode)
		c := kit.SignIn(ada, respond.API, aal.Password, aal.TOTP)
		was := kit.Identity(ada)
		prove := func(value string) error {
			id, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.TOTP, IdentityID: ada, Value: value})
			if err == nil {
				assert.Equal(t, ada, id)
			} else {
				assert.Empty(t, id)
			}
			return err
		}
		require.NoError(t, prove("1"))
		require.ErrorIs(t, prove("1"), settings.ErrWrong)
		require.NoError(t, prove("2"))
		now := kit.Identity(ada)
		assert.Equal(t, was.State.Generation, now.State.Generation, "no session ends by a login")
		assert.Equal(t, was.State.LastChange, now.State.LastChange)
		assert.Equal(t, was.State.Factors[aal.TOTP].Serial, now.State.Factors[aal.TOTP].Serial)
		assert.Equal(t, 200, c.Whoami().Status)
	})
}

func TestOneOfManyEqualProofsGetsThrough(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		kit, _, ada := counted(t, mode)
		var through atomic.Int32
		var wg sync.WaitGroup
		for range 9 { // one more would lock the factor
			wg.Go(func() {
				_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.TOTP, IdentityID: ada, Value: "1"})
				if err == nil {
					through.Add(1)
				} else {
					assert.ErrorIs(t, err, settings.ErrWrong)
				}
			})
		}
		wg.Wait()
		assert.EqualValues(t, 1, through.Load())
	})
}

func TestAProofOfNobody(t *testing.T) {
	kit, _, ada := counted(t)
	bob := kit.AddIdentity("bob@example.com", "")
	blocked := kit.AddIdentity("eve@example.com", "")
	kit.AddFactor(blocked, aal.TOTP)
	require.NoError(t, kit.Store.SetActive(t.Context(), blocked, false))
	for name, id := range map[string]string{
		"somebody who does not exist": "nobody", "nobody named": "", "somebody without the factor": bob, "a blocked account": blocked,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.TOTP, IdentityID: id, Value: "1"})
			assert.ErrorIs(t, err, settings.ErrWrong, "all alike: an answer does not tell who exists")
		})
	}
	for _, m := range []aal.Method{"", "magic", "lookup_secret"} {
		_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: m, IdentityID: ada, Value: "1"})
		require.Error(t, err)
		assert.NotErrorIs(t, err, settings.ErrWrong, "a mistake of the host's code")
	}
}

func TestTenWrongProofsLockTheFactor(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		kit, method, ada := counted(t, mode)
		prove := func(value string) error {
			_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.TOTP, IdentityID: ada, Value: value})
			return err
		}
		for range 9 {
			require.ErrorIs(t, prove("7"), settings.ErrWrong)
		}
		require.NoError(t, prove("1"), "a right one forgives them")
		for range 9 {
			require.ErrorIs(t, prove("7"), settings.ErrWrong)
		}
		method.busy = settings.ErrBusy
		for range 20 {
			require.ErrorIs(t, prove("7"), settings.ErrBusy, "what was not compared is no try")
		}
		method.busy = nil
		require.ErrorIs(t, prove("7"), settings.ErrWrong)
		for wait := 15 * time.Minute; wait < 48*time.Hour; wait *= 2 {
			var locked *settings.LockedError
			require.ErrorAs(t, prove("2"), &locked, "even the right one")
			require.Equal(t, min(wait, 24*time.Hour), locked.RetryAfter)
			kit.Clock.Advance(locked.RetryAfter)
			for range 10 {
				require.ErrorIs(t, prove("7"), settings.ErrWrong)
			}
		}
		kit.Clock.Advance(24 * time.Hour)
		require.NoError(t, prove("2"))
	})
}

func TestAProofThatCannotBeUsedUpIsWorthNothing(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		method := &stepping{}
		kit, stores := watchedKit(t, mode, offering(method))
		ada := kit.AddIdentity("ada@example.com", "")
		kit.AddFactor(ada, aal.TOTP)
		down := errors.New("the store is down")
		stores.handle(func(c storeCall, run func() error) error {
			if c.identity() {
				return down
			}
			return run()
		})
		_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.TOTP, IdentityID: ada, Value: "1"})
		require.ErrorIs(t, err, down)
		stores.handle(nil)
		for name, burn := range map[string]func(*identity.Identity) error{
			"it sets a password":        func(i *identity.Identity) error { i.PasswordHash = "x"; return nil },
			"it changes the identifier": func(i *identity.Identity) error { i.Keys = nil; return nil },
			"it brings a session back":  func(i *identity.Identity) error { i.State.Generation--; return nil },
			"it changes the profile":    func(i *identity.Identity) error { i.Traits = json.RawMessage(`{}`); return nil },
		} {
			t.Run(name, func(t *testing.T) {
				was := kit.Identity(ada)
				method.burn = burn
				_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.TOTP, IdentityID: ada, Value: "1"})
				require.Error(t, err)
				assert.Equal(t, was, kit.Identity(ada))
			})
		}
	})
}

// signing is a factor that answers challenges: the answer is the challenge
// itself, with the name of the key it was signed by.
type signing struct {
	fakeMethod
	name string // "" is passkey
}

func (m signing) Info() (method.Info, error) {
	name := cmp.Or(m.name, "passkey")
	return method.Info{Name: name, Fields: []string{name + "_remove"}}, nil
}

func (*signing) Challenge(v method.View) (options, keep []byte, err error) {
	return []byte(`{"challenge":"c"}`), []byte("canary: what is kept of it, for " + v.Identity.ID), nil
}

func (*signing) Answers(p settings.Proof) (identity.Key, bool) {
	return identity.Key{Kind: identity.WebAuthn, Value: p.Value}, p.Value != "garbage"
}

func (*signing) Verify(_ context.Context, v method.View, p settings.Proof) (func(*identity.Identity) error, error) {
	known := slices.ContainsFunc(v.Identity.Keys, func(k identity.Key) bool { return k.Value == p.Value })
	if !known || len(p.Memo()) == 0 {
		return nil, settings.ErrWrong
	}
	return nil, nil
}

func TestAChallengeIsAnsweredOnce(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, offering(&signing{}), offering(&signing{name: "webauthn"}))
		ada := kit.AddIdentity("ada@example.com", "")
		bob := kit.AddIdentity("bob@example.com", "")
		kit.Edit(ada, func(i *identity.Identity) {
			i.Keys = append(i.Keys, identity.Key{Kind: identity.WebAuthn, Value: "ada's key"})
		})
		service := kit.Handler.Service
		begin := func(id string) string {
			c, err := service.Challenge(t.Context(), aal.Passkey, id)
			require.NoError(t, err)
			assert.JSONEq(t, `{"challenge":"c"}`, string(c.Options))
			return c.ID
		}
		finish := func(id, challenge, value string) (string, error) {
			return service.Verify(t.Context(), settings.Proof{Method: aal.Passkey, IdentityID: id, Challenge: challenge, Value: value})
		}
		kit.Secret("what is kept of a challenge", "canary: what is kept of it, for ")

		anyone := begin("")
		who, err := finish("", anyone, "ada's key")
		require.NoError(t, err)
		assert.Equal(t, ada, who, "the key says who signs in")
		hers := begin(ada)
		who, err = finish(ada, hers, "ada's key")
		require.NoError(t, err)
		assert.Equal(t, ada, who)

		late := begin("")
		for name, try := range map[string]func() (string, error){
			"one that was answered":                     func() (string, error) { return finish("", anyone, "ada's key") },
			"one that nobody made":                      func() (string, error) { return finish("", "x", "ada's key") },
			"none":                                      func() (string, error) { return finish("", "", "ada's key") },
			"another one's":                             func() (string, error) { return finish(bob, begin(ada), "ada's key") },
			"anyone's, for somebody":                    func() (string, error) { return finish(ada, begin(""), "ada's key") },
			"somebody's, for anyone":                    func() (string, error) { return finish("", begin(ada), "ada's key") },
			"one's own, by a key nobody has":            func() (string, error) { return finish("", begin(""), "eve's key") },
			"one's own, by nothing that could be a key": func() (string, error) { return finish("", begin(""), "garbage") },
			"one's own, by the key of another":          func() (string, error) { return finish(bob, begin(bob), "ada's key") },
			"one of another factor": func() (string, error) {
				return service.Verify(t.Context(), settings.Proof{Method: aal.WebAuthn, IdentityID: ada, Challenge: begin(ada), Value: "ada's key"})
			},
			"one with a byte more": func() (string, error) { return finish(ada, begin(ada)+"A", "ada's key") },
			"one that is cut":      func() (string, error) { return finish(ada, begin(ada)[:40], "ada's key") },
		} {
			t.Run(name, func(t *testing.T) {
				_, err := try()
				assert.ErrorIs(t, err, settings.ErrWrong)
			})
		}
		t.Run("one that is too old", func(t *testing.T) {
			kit.Clock.Advance(5 * time.Minute)
			_, err := finish("", late, "ada's key")
			assert.ErrorIs(t, err, settings.ErrWrong)
		})
		t.Run("a wrong answer leaves it", func(t *testing.T) {
			c := begin(ada)
			_, err := finish(ada, c, "x")
			require.ErrorIs(t, err, settings.ErrWrong)
			_, err = finish(ada, c, "ada's key")
			assert.NoError(t, err)
		})
		_, err = service.Challenge(t.Context(), aal.Passkey, "nobody")
		assert.ErrorIs(t, err, settings.ErrWrong)
		_, err = service.Challenge(t.Context(), aal.Password, ada)
		assert.Error(t, err)
	})
}

func TestWrongAnswersLockNobodyOut(t *testing.T) {
	kit := settingstest.New(t, offering(&signing{}))
	ada := kit.AddIdentity("ada@example.com", "")
	kit.Edit(ada, func(i *identity.Identity) { i.Keys = append(i.Keys, identity.Key{Kind: identity.WebAuthn, Value: "k"}) })
	for n := range 12 {
		c, err := kit.Handler.Service.Challenge(t.Context(), aal.Passkey, ada)
		require.NoError(t, err)
		value := "wrong"
		if n == 11 {
			value = "k"
		}
		_, err = kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Passkey, IdentityID: ada, Challenge: c.ID, Value: value})
		if n == 11 {
			assert.NoError(t, err, "a signature cannot be guessed, so its owner is not locked out by others")
		} else {
			require.ErrorIs(t, err, settings.ErrWrong)
		}
	}
}
