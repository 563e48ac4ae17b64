package settings_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/mail"
	"github.com/amend-go/amend/settings/settingstest"
)

// Whoever owns the account is told of what a thief would do, where they were reached
// before it.
func TestTheOwnerIsToldOfWhatAThiefWouldDo(t *testing.T) {
	factor := func(m aal.Method, add, remove bool) func(*identity.Identity) {
		return func(i *identity.Identity) {
			f := i.State.Factors[m]
			f.Serial++
			if remove {
				f.Credentials = nil
			}
			if add {
				f.Credentials = append(f.Credentials, identity.Credential{ID: fmt.Sprintf("%s-%d", m, f.Serial), Name: "laptop"})
			}
			factors := map[aal.Method]identity.Factor{m: f}
			for other, one := range i.State.Factors {
				if other != m {
					factors[other] = one
				}
			}
			i.State.Factors = factors
		}
	}
	for _, row := range []struct {
		name string
		edit func(*identity.Identity)
		want int64 // 0 for nothing
	}{
		{"the password is replaced", func(i *identity.Identity) { i.PasswordHash = "another" }, mail.PasswordChanged},
		{"an app is added", factor(aal.TOTP, true, false), mail.FactorAdded},
		{"a security key is removed", factor(aal.WebAuthn, false, true), mail.FactorRemoved},
		{"recovery codes are made anew", factor(aal.Lookup, true, true), mail.FactorReplaced},
		{"a login is linked", factor(aal.OIDC, true, false), mail.LoginLinked},
		{"a login is unlinked", factor(aal.OIDC, false, true), mail.LoginUnlinked},
		{"a name is added", func(i *identity.Identity) {
			i.Keys = append(i.Keys, identity.Key{Kind: identity.Identifier, Value: "ada"})
		}, mail.NameChanged},
		{"an address is changed where none is proved", func(i *identity.Identity) {
			i.Traits = json.RawMessage(`{"email":"eve@example.com"}`)
		}, mail.AddressChanged},
		{"a name in the profile is changed", func(i *identity.Identity) {
			i.Traits = json.RawMessage(`{"email":"ada@example.com","name":"Ada"}`)
		}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := newAddressed(t, respond.API, offering(fakeMethod{edit: func(i *identity.Identity) error { row.edit(i); return nil }}), func(c *settings.Config) {
				c.Language = func(r identity.Record) string { return "de-AT" }
				c.Place = func(_ context.Context, ip string) string { return "near " + ip }
				c.ClientIP = func(*http.Request) string { return "192.0.2.7" }
				c.AllowFactorChangeAtAAL1 = true
			})
			a.kit.Edit(a.id, func(i *identity.Identity) {
				for _, m := range []aal.Method{aal.Lookup, aal.OIDC} {
					factor(m, true, false)(i)
				}
			})
			a.kit.Edit(a.id, factor(aal.WebAuthn, true, false))
			a.c = a.kit.SignIn(a.id, respond.API, aal.Password, aal.WebAuthn)
			answer := a.submit(toTest)
			require.Equal(t, "200 1050001", answer.Brief(), answer)
			got := a.box.to(oldAddress)
			if row.want == 0 {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			m := got[0]
			assert.Equal(t, row.want, m.Text)
			assert.Equal(t, a.id, m.IdentityID)
			assert.Equal(t, "email", m.Via)
			assert.Equal(t, "de-AT", m.Language)
			assert.Equal(t, "near 192.0.2.7", m.Place)
			assert.Equal(t, a.kit.Clock.Now(), m.Event.At)
			assert.Zero(t, m.Event.Mail)
			assert.Empty(t, m.Code)
			assert.Empty(t, a.kit.Identity(a.id).State.Outbox, "what was sent is struck")
		})
	}
}

func TestWhereTheOwnerIsTold(t *testing.T) {
	const both = `{"email":"ada@example.com","spare":["second@example.com"]}`
	for _, row := range []struct {
		name, verified string
		want           []string
	}{
		{"where somebody has shown to read", oldAddress, []string{oldAddress}},
		{"everywhere, if nobody has", "", []string{oldAddress, "second@example.com"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := newAddressed(t, respond.API)
			a.kit.Edit(a.id, func(i *identity.Identity) {
				i.Traits = json.RawMessage(both)
				if row.verified == "" {
					i.State.Verified = nil
				}
			})
			wantSaved(t, a.c, a.submit(toNewPassword))
			var to []string
			for _, m := range a.box.sent {
				to = append(to, m.To)
			}
			assert.Equal(t, row.want, to)
		})
	}
}

func TestTheOwnerIsToldWhatAnAdministratorDoes(t *testing.T) {
	a := newAddressed(t, respond.API)
	require.NoError(t, a.kit.Handler.Service.SetPassword(settings.WithActor(t.Context(), "help desk: 17"), a.id, newPassword))
	require.Len(t, a.box.sent, 1)
	assert.Equal(t, mail.PasswordChanged, a.box.sent[0].Text)
	assert.Equal(t, "help desk: 17", a.box.sent[0].Event.Actor)
}

// A message is sent until the host has taken it: with the same id, later each time, also
// of somebody who does not come back.
func TestAMessageIsSentAgainUntilItIsTaken(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		a := newAddressed(t, respond.API, mode, func(c *settings.Config) { c.Identities = c.Flows.(*watchedStore).store })
		a.box.fail = func(call int) error {
			switch call {
			case 1:
				return errors.New("451 try again later")
			case 2:
				panic("in the mailer")
			}
			return nil
		}
		wantSaved(t, a.c, a.submit(toNewPassword))
		service := a.kit.Handler.Service
		for n, wait := range []time.Duration{time.Minute, 2 * time.Minute} {
			require.Len(t, a.box.sent, n+1)
			require.Len(t, a.kit.Identity(a.id).State.Outbox, 1)
			a.kit.Clock.Advance(wait - 1)
			require.NoError(t, service.Sweep(t.Context()))
			require.Len(t, a.box.sent, n+1, "not before")
			a.kit.Clock.Advance(1)
			require.NoError(t, service.Sweep(t.Context()))
		}
		require.Len(t, a.box.sent, 3)
		assert.Equal(t, a.box.sent[0].ID, a.box.sent[2].ID)
		assert.Empty(t, a.kit.Identity(a.id).State.Outbox)
		assert.NotContains(t, a.kit.Log.String(), oldAddress, "no address is in the log")
		a.kit.Clock.Advance(time.Hour)
		require.NoError(t, service.Sweep(t.Context()))
		assert.Len(t, a.box.sent, 3)
	})
}

// A code that could not be sent in time is not sent any more; nor is one that nobody
// waits for.
func TestACodeThatIsWorthNothingIsNotSent(t *testing.T) {
	for name, then := range map[string]func(a *addressed){
		"it is too old": func(a *addressed) { a.kit.Clock.Advance(15 * time.Minute) },
		"it is cancelled": func(a *addressed) {
			a.submit(settingstest.Fields{"address_cancel": a.button("address_cancel")})
		},
		"a password was changed": func(a *addressed) { a.submit(toNewPassword) },
	} {
		t.Run(name, func(t *testing.T) {
			a := newAddressed(t, respond.API)
			a.box.fail = func(int) error { return errors.New("down") }
			wantSaved(t, a.c, a.submit(toAddress(newAddress)))
			require.Len(t, a.box.to(newAddress), 1)
			then(a)
			a.box.fail = nil
			a.kit.Clock.Advance(time.Hour)
			a.c.Start()
			assert.Len(t, a.box.to(newAddress), 1)
			assert.Empty(t, a.kit.Identity(a.id).State.Outbox)
		})
	}
}

func TestAProfileThatProvesAddressesNeedsSend(t *testing.T) {
	kit := settingstest.New(t)
	c := kit.Config
	proving(&mailbox{})(&c)
	c.Send = nil
	_, err := settings.New(c)
	assert.EqualError(t, err, "settings: Config.Send: is missing: profile sends codes")
}
