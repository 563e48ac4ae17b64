package faults_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
)

// signIn proves a password and a code, and begins a session on the laptop in
// place of the one it has.
func (w *fixture) signIn(m aal.Method, next func() string) bool {
	w.t.Helper()
	ctx, machine := w.context(w.t.Context()), w.kit.Handler.Service
	_, err := machine.Verify(ctx, settings.Proof{Method: aal.Password, IdentityID: w.user.ID, Value: w.user.Password})
	if w.refused(err) {
		w.violated("the password is refused at the login: %v", err)
	}
	if err != nil {
		return w.failed(err)
	}
	for {
		code := next()
		unsure := w.user.Unsure[code]
		w.user.Unsure[code] = true
		w.saved()
		_, err = machine.Verify(ctx, settings.Proof{Method: m, IdentityID: w.user.ID, Value: code})
		if errors.Is(err, method.ErrWrong) && (unsure || w.overtaken) { // it was used up, and nobody was told
			delete(w.user.Unsure, code)
			w.user.Accepted[code] += 0
			continue
		}
		if w.refused(err) {
			w.violated("a new code is refused at the login: %v", err)
		}
		if err != nil {
			return w.failed(err)
		}
		delete(w.user.Unsure, code)
		w.user.Accepted[code]++
		w.saved()
		break
	}
	old := w.client.Token
	s, token, err := w.kit.Handler.Sessions.IssueToken(ctx, w.user.ID, session.Device{}, aal.Password, m)
	if err != nil {
		return w.failed(err)
	}
	w.kit.Secret("session token", token)
	require.Equal(w.t, w.user.ID, s.IdentityID)
	w.client.Token, w.user.Token = token, token
	w.saved()
	if w.kit.Handler.Sessions.EndToken(ctx, old) == nil {
		w.user.Former = append(w.user.Former, old)
	}
	return true
}

// failed takes down why a step could not be done.
func (w *fixture) failed(err error) bool {
	w.cause = err
	return false
}

// refused reports whether a proof was looked at and found wrong.
func (w *fixture) refused(err error) bool {
	var locked *settings.LockedError
	return errors.Is(err, method.ErrWrong) || errors.As(err, &locked)
}

// nextCode is the first recovery code that was not used for certain.
func (w *fixture) nextCode() string {
	n := slices.IndexFunc(w.user.Codes, func(c string) bool { _, used := w.user.Accepted[c]; return !used })
	require.GreaterOrEqual(w.t, n, 0, "a recovery code is left")
	return w.user.Codes[n]
}

// nextTOTP is the app's code, after a while if the present one was used.
func (w *fixture) nextTOTP() string {
	if _, used := w.user.Accepted[w.codeNow()]; used {
		w.advance(30 * time.Second)
	}
	return w.codeNow()
}

// codeNow is what the app shows.
func (w *fixture) codeNow() string {
	now := w.kit.Clock.Now()
	code := totpAt(w.t, w.user.Secret, now)
	if _, shown := w.user.Steps[code]; !shown {
		w.user.Steps[code] = now
	}
	return code
}

// looksNew reports whether a code that the app showed before is the one of another
// time step that counts now. Six digits are the same once in a million pairs of steps,
// and over thousands of rounds that happens.
func (w *fixture) looksNew(code string) bool {
	shown, ok := w.user.Steps[code]
	for off := -totpPeriod; ok && off <= totpPeriod; off += totpPeriod {
		at := w.kit.Clock.Now().Add(off)
		if totpAt(w.t, w.user.Secret, at) == code && at.Unix()/30 != shown.Unix()/30 {
			return true
		}
	}
	return false
}

const totpPeriod = 30 * time.Second

// totpAt is the code of an authenticator app: RFC 6238, SHA-1, 30 s, 6 digits.
func totpAt(t require.TestingT, secret string, now time.Time) string {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(secret))
	require.NoError(t, err)
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, now.Unix()/30)
	sum := mac.Sum(nil)
	number := binary.BigEndian.Uint32(sum[sum[len(sum)-1]&0xf:]) & 0x7fffffff
	return fmt.Sprintf("%06d", number%1_000_000)
}

// comeBack is how the user goes on whose sessions and forms are lost: by signing
// in, and looking what there is.
func (w *fixture) comeBack() {
	w.t.Helper()
	w.user.Former = append(w.user.Former, w.user.Token, w.user.Phone)
	w.user.Flow = ""
	i := w.identity()
	if w.user.Doubt && w.made() {
		w.holds()
		w.acknowledged()
		if w.user.Secret != "" {
			w.advance(30 * time.Second) // the code that added the app is used
		}
	} else if w.step().name == "recovery codes are confirmed" {
		w.user.Done-- // they belong to a form that is lost: others are made
	} else if w.step().event == "totp.added" {
		w.user.Secret = "" // it belongs to a session that is lost
	}
	w.user.Doubt = false
	if _, has := i.State.Factors[aal.TOTP]; has && i.Has(aal.TOTP) {
		w.must(w.signIn(aal.TOTP, w.nextTOTP))
	} else if i.Has(aal.Lookup) {
		w.must(w.signIn(aal.Lookup, w.nextCode))
	} else {
		_, err := w.kit.Handler.Service.Verify(w.t.Context(), settings.Proof{Method: aal.Password, IdentityID: w.user.ID, Value: w.user.Password})
		w.must(err == nil)
		w.client = w.kit.SignIn(w.user.ID, respond.API, aal.Password)
		w.user.Token = w.client.Token
	}
}

func (w *fixture) must(done bool) {
	w.t.Helper()
	require.True(w.t, done, "a sign-in with nothing in the way")
}

func (w *fixture) signInWithWhatIsLeft() bool {
	if len(w.user.Codes) > 0 {
		return w.signIn(aal.Lookup, w.nextCode)
	}
	w.advance(30 * time.Second) // the code of the app is the one that added it
	return w.signIn(aal.TOTP, w.nextTOTP)
}
