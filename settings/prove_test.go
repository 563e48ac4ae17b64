package settings_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/mail"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

// mailbox is a Config.Send.
type mailbox struct {
	mu   sync.Mutex
	sent []settings.Message
	fail func(call int) error // nil takes every message
}

func (b *mailbox) send(_ context.Context, m settings.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent = append(b.sent, m)
	if b.fail != nil {
		return b.fail(len(b.sent))
	}
	return nil
}

// to are the messages to an address.
func (b *mailbox) to(address string) (some []settings.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.sent {
		if m.To == address {
			some = append(some, m)
		}
	}
	return some
}

// code is the newest code that an address got, "" for none.
func (b *mailbox) code(address string) (code string) {
	for _, m := range b.to(address) {
		if m.Code != "" {
			code = m.Code
		}
	}
	return code
}

const (
	oldAddress = "ada@example.com"
	newAddress = "lovelace@example.com"
)

// proving offers a profile whose addresses must be proved.
func proving(b *mailbox) func(*settings.Config) {
	return func(c *settings.Config) {
		c.Send = b.send
		c.Methods = append(c.Methods, profile.New(profile.Config{ProveAddresses: true, Schemas: map[string]profile.Schema{"": profile.Fields(
			profile.Field{Name: "email", Type: profile.Email, Required: true, Identifier: true, Verify: profile.ByEmail, Recover: profile.ByEmail},
			profile.Field{Name: "name"},
			profile.Field{Name: "spare", Type: profile.Email, List: true, Verify: profile.ByEmail},
			profile.Field{Name: "username", Identifier: true},
		)}}))
	}
}

// addressed is an account whose address is verified.
type addressed struct {
	account
	box *mailbox
	c   *settingstest.Client
}

func newAddressed(t testing.TB, kind respond.Client, changes ...func(*settings.Config)) *addressed {
	t.Helper()
	box := &mailbox{}
	a := &addressed{account: newAccount(t, append([]func(*settings.Config){proving(box)}, changes...)...), box: box}
	require.NoError(t, a.kit.Handler.Service.MarkVerified(t.Context(), a.id, "email", oldAddress))
	a.c = a.kit.SignIn(a.id, kind)
	return a
}

func (a *addressed) submit(fields settingstest.Fields) *settingstest.Answer {
	return a.c.Submit(a.c.Start(), fields)
}

func toAddress(address string) settingstest.Fields {
	return settingstest.Fields{"method": "profile", "traits": map[string]any{"email": address}}
}

func typing(code string) settingstest.Fields { return settingstest.Fields{"address_code": code} }

// button is the value of the first node of a name; "none" without one.
func (a *addressed) button(name string) string {
	for _, n := range a.c.Start().UI.Nodes {
		if n.Attributes["name"] == name {
			return n.Attributes["value"].(string)
		}
	}
	return "none"
}

// state is what the account is reached by: "ada@example.com!" is verified, and
// "ada@example.com! +lovelace@example.com" waits for another one.
func (a *addressed) state(t testing.TB) string {
	t.Helper()
	i := a.kit.Identity(a.id)
	var traits struct{ Email string }
	require.NoError(t, json.Unmarshal(i.Traits, &traits))
	s := traits.Email
	if i.IsVerified(identity.Address{Via: "email", Value: traits.Email}) {
		s += "!"
	}
	require.Equal(t, []string{traits.Email}, i.Identifiers(), "what it signs in with is what it has")
	for _, p := range i.State.Pending {
		s += " +" + p.Value
	}
	return s
}

// The states of an address, by every pair of what can happen to it.
func TestWhatFollowsOnWhatHappensToAnAddress(t *testing.T) {
	const keeps, waits, other, swapped = oldAddress + "!", oldAddress + "! +" + newAddress, oldAddress + "! +byron@example.com", newAddress + "!"
	type step struct {
		name string
		do   func(t *testing.T, a *addressed)
		next map[string]string // the state after each state; "" in it is: as it was
	}
	submit := func(fields func(a *addressed) settingstest.Fields) func(*testing.T, *addressed) {
		return func(_ *testing.T, a *addressed) { a.submit(fields(a)) }
	}
	is := func(f settingstest.Fields) func(*addressed) settingstest.Fields {
		return func(*addressed) settingstest.Fields { return f }
	}
	stays := map[string]string{}
	cancels := map[string]string{waits: keeps, other: keeps}
	passwords := 0
	steps := []step{
		{"the new address is typed", submit(is(toAddress(newAddress))), map[string]string{keeps: waits, other: waits}},
		{"another one is typed", submit(is(toAddress("byron@example.com"))), map[string]string{keeps: other, waits: other, swapped: newAddress + "! +byron@example.com"}},
		{"the name is changed", submit(func(a *addressed) settingstest.Fields {
			f := toAddress(a.email(t))
			f["traits"].(map[string]any)["name"] = "Ada"
			return f
		}), stays},
		{"its code is typed", submit(func(a *addressed) settingstest.Fields { return typing(a.box.code(newAddress)) }), map[string]string{waits: swapped}},
		{"its code is typed as people do", submit(func(a *addressed) settingstest.Fields {
			code := strings.ToLower(a.box.code(newAddress))
			if code != "" {
				code = code[:4] + " " + code[4:]
			}
			return typing(code)
		}), map[string]string{waits: swapped}},
		{"a wrong code is typed", submit(is(typing("00000000"))), stays},
		{"another code is asked for", submit(func(a *addressed) settingstest.Fields {
			return settingstest.Fields{"address_resend": a.button("address_resend")}
		}), stays},
		{"it is cancelled", submit(func(a *addressed) settingstest.Fields {
			return settingstest.Fields{"address_cancel": a.button("address_cancel")}
		}), cancels},
		{"the password is changed", submit(func(*addressed) settingstest.Fields {
			passwords++
			return settingstest.Fields{"method": "password", "password": fmt.Sprintf("a new password of hers, %d", passwords)}
		}), cancels},
		{"all sessions are ended", func(t *testing.T, a *addressed) {
			require.NoError(t, a.kit.Handler.Sessions.RevokeAll(t.Context(), a.id))
			a.c = a.kit.SignIn(a.id, a.c.Kind)
		}, cancels},
		{"the account is recovered", func(_ *testing.T, a *addressed) {
			a.kit.SignIn(a.id, a.c.Kind, aal.LinkRecovery)
		}, cancels},
		{"an administrator removes a factor", func(t *testing.T, a *addressed) {
			a.kit.AddFactor(a.id, aal.Lookup)
			require.NoError(t, a.kit.Handler.Service.RemoveFactor(settings.WithActor(t.Context(), "x"), a.id, aal.Lookup, ""))
			a.c = a.kit.SignIn(a.id, a.c.Kind)
		}, cancels},
		{"a quarter of an hour passes", func(_ *testing.T, a *addressed) {
			a.kit.Clock.Advance(15 * time.Minute)
			a.c.SignInAgain()
		}, stays},
	}
	next := func(s step, state string) string {
		if after := s.next[state]; after != "" {
			return after
		}
		return state
	}
	for _, kind := range everyClient {
		for _, first := range steps {
			for _, second := range steps {
				t.Run(fmt.Sprintf("%v/%s, then %s", kind, first.name, second.name), func(t *testing.T) {
					a := newAddressed(t, kind)
					a.submit(toAddress(newAddress))
					require.Equal(t, waits, a.state(t))
					require.Len(t, a.box.code(newAddress), 8)
					a.kit.Secret("code", a.box.code(newAddress))
					state := waits
					for n, s := range []step{first, second} {
						a.kit.Clock.Advance(time.Minute)
						s.do(t, a)
						typesCode := strings.HasPrefix(s.name, "its code is typed")
						late := n == 1 && first.name == "a quarter of an hour passes"
						if !typesCode || !late {
							state = next(s, state)
						}
						require.Equal(t, state, a.state(t), s.name)
					}
				})
			}
		}
	}
}

func (a *addressed) email(t testing.TB) string {
	state, _, _ := strings.Cut(a.state(t), "!")
	return state
}

func TestOtherFieldsOfTheSameSubmitAreSavedAtOnce(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		a := newAddressed(t, kind, mode)
		phone := a.kit.SignIn(a.id, respond.API)
		f := toAddress(newAddress)
		f["traits"].(map[string]any)["name"] = "Ada"
		wantSaved(t, a.c, a.submit(f))
		assert.JSONEq(t, `{"email":"ada@example.com","name":"Ada"}`, string(a.kit.Identity(a.id).Traits))
		assert.Equal(t, 200, phone.Whoami().Status, "nobody is signed out by what waits")
		assert.Empty(t, a.box.to(oldAddress))

		who := string(a.c.Whoami().Body)
		assert.Contains(t, who, `"value":"lovelace@example.com","via":"email","verified":false,"status":"sent"`)
		assert.Contains(t, who, `"recovery_addresses":[{`)
		assert.NotContains(t, who[strings.Index(who, "recovery_addresses"):], newAddress, "nobody recovers by it")

		wantSaved(t, a.c, a.submit(typing(a.box.code(newAddress))))
		assert.Equal(t, newAddress+"!", a.state(t))
		wantNoSession(t, phone.Whoami())
		assert.Equal(t, 200, a.c.Whoami().Status, "whoever typed the code stays")
		notices := a.box.to(oldAddress)
		require.Len(t, notices, 1, "the old address is told")
		assert.Equal(t, mail.AddressChanged, notices[0].Text)
		assert.Equal(t, newAddress, notices[0].Event.Added.Addresses[0].Value)
	})
}

// Whether an address is another account's, nothing tells but what arrives there.
func TestNobodyIsToldThatAnAddressIsTaken(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		run := func(address string) (answer, form string, calls []string, got settings.Message) {
			a := newAddressed(t, kind, mode)
			a.kit.AddIdentity("bob@example.com", "the password of bob")
			f := a.c.Start()
			a.stores.forget()
			first := a.c.Submit(f, toAddress(address))
			for _, c := range a.stores.calls {
				calls = append(calls, c.Op)
			}
			require.Equal(t, oldAddress+"! +"+address, a.state(t))
			all := a.box.to(address)
			require.Len(t, all, 1)
			shown, err := json.Marshal(a.c.Read(f.ID).Flow.UI.Messages)
			require.NoError(t, err)
			nodes, err := json.Marshal(a.c.Read(f.ID).Flow.UI.Nodes[1:]) // without csrf_token
			require.NoError(t, err)
			names := strings.ReplaceAll(string(nodes), address, "ADDRESS")
			names = strings.ReplaceAll(names, a.button("address_resend"), "ID")
			return strings.ReplaceAll(first.Brief(), f.ID, "FLOW") + string(shown), names, calls, all[0]
		}
		takenAnswer, takenForm, takenCalls, notice := run("bob@example.com")
		freeAnswer, freeForm, freeCalls, code := run("eve@example.com")
		assert.Equal(t, freeAnswer, takenAnswer)
		assert.Equal(t, freeForm, takenForm)
		assert.Equal(t, freeCalls, takenCalls, "the same work is done for both")
		assert.Equal(t, mail.Code, code.Text)
		assert.Equal(t, mail.AddressInUse, notice.Text)
		assert.Empty(t, notice.Code)
		assert.Empty(t, notice.IdentityID, "its reader is not told who asked")
	})
}

func TestANameThatIsTakenIsTold(t *testing.T) {
	a := newAddressed(t, respond.API)
	a.kit.AddIdentity("bob", "the password of bob")
	f := toAddress(oldAddress)
	f["traits"].(map[string]any)["username"] = "bob"
	f["traits"].(map[string]any)["name"] = "Ada"
	wantInvalid(t, a.c, a.submit(f), "traits.username:4000007")
}

// A user name is told to be taken, so no address may be asked for as one; nor taken
// without a proof.
func TestNoAddressIsTypedAsAUserName(t *testing.T) {
	for _, address := range []string{"bob@example.com", newAddress} {
		for name, email := range map[string]string{"alone": oldAddress, "together with the address": address} {
			a := newAddressed(t, respond.API)
			a.kit.AddIdentity("bob@example.com", "the password of bob")
			f := toAddress(email)
			f["traits"].(map[string]any)["username"] = address
			assert.Equal(t, "400 traits.username:4000001", a.submit(f).Brief(), "%s %s", address, name)
			assert.Empty(t, a.box.sent)
		}
	}
}

// An address that is free when it is typed and somebody's when its code is typed stays
// theirs.
func TestUniquenessIsJudgedAgainWithTheCode(t *testing.T) {
	a := newAddressed(t, respond.API)
	a.submit(toAddress(newAddress))
	a.kit.AddIdentity(newAddress, "the password of another")
	wantInvalid(t, a.c, a.submit(typing(a.box.code(newAddress))), "4000007")
	assert.Equal(t, oldAddress+"! +"+newAddress, a.state(t))
}

func TestHowManyCodesAreSent(t *testing.T) {
	a := newAddressed(t, respond.API)
	resend := func() string {
		return a.submit(settingstest.Fields{"address_resend": a.button("address_resend")}).Brief()
	}
	wantSaved(t, a.c, a.submit(toAddress(newAddress)))
	wantSaved(t, a.c, a.submit(toAddress(newAddress))) // a form that is sent twice sends one code
	require.Len(t, a.box.to(newAddress), 1)
	assert.Equal(t, "400 7000047", resend(), "one a minute")
	assert.Equal(t, "400 traits.email:7000047", a.submit(toAddress("byron@example.com")).Brief(), "whatever the address")
	first := a.box.code(newAddress)
	for range 2 {
		a.kit.Clock.Advance(time.Minute)
		assert.Equal(t, "200 1050001", resend())
	}
	assert.NotEqual(t, first, a.box.code(newAddress))
	assert.Equal(t, "400 address_code:7000046", a.submit(typing(first)).Brief(), "the one before is worth nothing")
	a.kit.Clock.Advance(time.Hour)
	a.c.SignInAgain()
	assert.Equal(t, "400 7000047", resend(), "three a day")

	eve := a.kit.AddIdentity("eve@example.com", "the password of eve")
	c := a.kit.SignIn(eve, respond.API)
	wantSaved(t, c, c.Submit(c.Start(), toAddress(newAddress)))
	require.Len(t, a.box.to(newAddress), 3, "nor does an address get more, whoever asks; and nobody is told")

	a.kit.Clock.Advance(23 * time.Hour)
	a.c = a.kit.SignIn(a.id, respond.API)
	assert.Equal(t, "200 1050001", resend())
	require.Len(t, a.box.to(newAddress), 4)
}

func TestACodeIsOfOneAccountAndOneAddress(t *testing.T) {
	a := newAddressed(t, respond.API)
	wantSaved(t, a.c, a.submit(toAddress(newAddress)))
	eve := a.kit.AddIdentity("eve@example.com", "the password of eve")
	c := a.kit.SignIn(eve, respond.API)
	a.kit.Clock.Advance(time.Minute)
	wantSaved(t, c, c.Submit(c.Start(), toAddress("byron@example.com")))
	wantInvalid(t, c, c.Submit(c.Start(), typing(a.box.code(newAddress))), "address_code:7000046")
	wantInvalid(t, a.c, a.submit(typing(a.box.code("byron@example.com"))), "address_code:7000046")

	a.kit.Clock.Advance(15 * time.Minute)
	wantRefused(t, a.c, a.submit(typing(a.box.code(newAddress))), http.StatusForbidden, "session_refresh_required")
	assert.NotContains(t, string(a.kit.Identity(a.id).SealedState), a.box.code(newAddress))
}

func TestWrongCodesAreCounted(t *testing.T) {
	a := newAddressed(t, respond.API)
	wantSaved(t, a.c, a.submit(toAddress(newAddress)))
	for range 10 {
		wantInvalid(t, a.c, a.submit(typing("00000000")), "address_code:7000046")
	}
	wantRefused(t, a.c, a.submit(typing(a.box.code(newAddress))), http.StatusTooManyRequests, "too_many_tries")
	assert.Equal(t, oldAddress+"! +"+newAddress, a.state(t))
}

func TestACodeBesideOtherChangesLosesNone(t *testing.T) {
	a := newAddressed(t, respond.Page)
	a.submit(toAddress(newAddress))
	f := toAddress(oldAddress)
	f["address_code"] = a.box.code(newAddress)
	f["traits"].(map[string]any)["name"] = "Ada"
	wantInvalid(t, a.c, a.submit(f), "7000048")
	delete(f["traits"].(map[string]any), "name")
	wantSaved(t, a.c, a.submit(f)) // a page sends what it shows
	assert.Equal(t, newAddress+"!", a.state(t))
}

func TestAnEntryOfAListIsProvedByItself(t *testing.T) {
	a := newAddressed(t, respond.Script)
	spare := func() string {
		var traits struct{ Spare []string }
		require.NoError(t, json.Unmarshal(a.kit.Identity(a.id).Traits, &traits))
		return strings.Join(traits.Spare, " ")
	}
	with := func(list ...any) settingstest.Fields {
		f := toAddress(oldAddress)
		f["traits"].(map[string]any)["spare"] = list
		return f
	}
	a.kit.Edit(a.id, func(i *identity.Identity) {
		i.Traits = json.RawMessage(`{"email":"ada@example.com","spare":["one@example.com","two@example.com"]}`)
	})
	wantSaved(t, a.c, a.submit(with("three@example.com", "two@example.com", "four@example.com")))
	assert.Equal(t, "one@example.com two@example.com", spare(), "what is replaced stays, and what is new waits")
	four := a.box.code("four@example.com")
	wantSaved(t, a.c, a.submit(typing(a.box.code("three@example.com"))))
	assert.Equal(t, "three@example.com two@example.com", spare())
	wantInvalid(t, a.c, a.submit(typing(four)), "7000046") // a change of a credential has cancelled it
	wantSaved(t, a.c, a.submit(with("three@example.com")))
	assert.Equal(t, "three@example.com", spare(), "what is taken away goes at once")
}

func TestACodeOutlivesAChangeOfKeys(t *testing.T) {
	for _, r := range settingstest.Rotations() {
		t.Run(r.Name, func(t *testing.T) {
			a := newAddressed(t, respond.API, func(c *settings.Config) { c.Keys = r.Shows })
			there := a.kit.Beside(func(c *settings.Config) { c.Keys = r.Takes })
			wantSaved(t, a.c, a.submit(toAddress(newAddress)))
			c := a.c.At(there)
			wantSaved(t, c, c.Submit(c.Start(), typing(a.box.code(newAddress))))
		})
	}
}

func TestAChangeOfThePasswordCancelsAlsoWhereSessionsStay(t *testing.T) {
	a := newAddressed(t, respond.API, func(c *settings.Config) { c.KeepOtherSessions = true })
	wantSaved(t, a.c, a.submit(toAddress(newAddress)))
	wantSaved(t, a.c, a.submit(toNewPassword))
	assert.Equal(t, oldAddress+"!", a.state(t))
}

// Two that are decided at once: one of them is made, and the other one finds it.
func TestAProofAgainstWhatHappensAtTheSameTime(t *testing.T) {
	rivals := []struct {
		name   string
		do     func(t *testing.T, a *addressed, other *settingstest.Client)
		answer string // to the code
		state  string
	}{
		{"the same code in another session", func(t *testing.T, a *addressed, other *settingstest.Client) {
			wantSaved(t, other, other.Submit(other.Start(), typing(a.box.code(newAddress))))
		}, "401 session_inactive", newAddress + "!"},
		{"a cancellation", func(t *testing.T, a *addressed, other *settingstest.Client) {
			f := other.Start()
			wantSaved(t, other, other.Submit(f, settingstest.Fields{"address_cancel": a.button("address_cancel")}))
		}, "400 7000010", oldAddress + "!"},
		{"another code", func(t *testing.T, a *addressed, other *settingstest.Client) {
			a.kit.Clock.Advance(time.Minute)
			wantSaved(t, other, other.Submit(other.Start(), settingstest.Fields{"address_resend": a.button("address_resend")}))
		}, "400 7000010", oldAddress + "! +" + newAddress},
		{"a change of the password", func(t *testing.T, _ *addressed, other *settingstest.Client) {
			wantSaved(t, other, other.Submit(other.Start(), toNewPassword))
		}, "401 session_inactive", oldAddress + "!"},
		{"a change of the name", func(t *testing.T, _ *addressed, other *settingstest.Client) {
			f := toAddress(oldAddress)
			f["traits"].(map[string]any)["name"] = "Ada"
			wantSaved(t, other, other.Submit(other.Start(), f))
		}, "200 1050001", newAddress + "!"},
	}
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		for _, rival := range rivals {
			t.Run(rival.name, func(t *testing.T) {
				a := newAddressed(t, respond.API, mode)
				wantSaved(t, a.c, a.submit(toAddress(newAddress)))
				other := a.kit.SignIn(a.id, respond.API)
				f, code := a.c.Start(), a.box.code(newAddress)
				a.stores.once(storeCall.identity, func(run func() error) error {
					rival.do(t, a, other)
					return run()
				})
				answer := a.c.Submit(f, typing(code))
				a.stores.handle(nil)
				assert.Equal(t, rival.answer, answer.Brief())
				assert.Equal(t, rival.state, a.state(t))
			})
		}
	})
}

func TestAnAddressThatTheAccountHasIsVerifiedByACode(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		a := newAddressed(t, kind, mode)
		a.kit.Edit(a.id, func(i *identity.Identity) { i.State.Verified = nil })
		phone := a.kit.SignIn(a.id, respond.API)
		wantSaved(t, a.c, a.submit(settingstest.Fields{"address_verify": a.button("address_verify")}))
		assert.Equal(t, oldAddress+" +"+oldAddress, a.state(t))
		assert.Equal(t, "none", a.button("address_verify"), "it waits for its code")
		require.Equal(t, mail.VerifyCode, a.box.to(oldAddress)[0].Text)
		wantSaved(t, a.c, a.submit(typing(a.box.code(oldAddress))))
		assert.Equal(t, oldAddress+"!", a.state(t))
		assert.Equal(t, 200, phone.Whoami().Status, "nothing was changed that a thief would use")
		assert.Len(t, a.box.to(oldAddress), 1, "nor is there anything to tell")
		assert.Equal(t, "none", a.button("address_verify"))
	})
}

func TestAnAdministratorSeesWhatWaitsAndNoCode(t *testing.T) {
	a := newAddressed(t, respond.API)
	a.box.fail = func(int) error { return errBroken }
	wantSaved(t, a.c, a.submit(toAddress(newAddress)))
	account, err := a.kit.Handler.Service.Identity(t.Context(), a.id)
	require.NoError(t, err)
	require.Len(t, account.Pending, 1)
	assert.Equal(t, [3]string{oldAddress, newAddress, ""}, [3]string{account.Pending[0].Old, account.Pending[0].Value, account.Pending[0].Serial})
	require.Len(t, account.Outbox, 1)
	assert.Equal(t, identity.Mail{Text: mail.Code, Via: "email", To: newAddress}, account.Outbox[0].Mail)
	assert.Equal(t, oldAddress+"! +"+newAddress, a.state(t), "and nothing of it is gone")
}

func TestARecoveringSessionMakesNoAddressPending(t *testing.T) {
	a := newAddressed(t, respond.API)
	c := a.kit.SignIn(a.id, respond.API, aal.LinkRecovery)
	wantRefused(t, c, c.Submit(c.Start(), toAddress(newAddress)), http.StatusForbidden, "session_refresh_required")
	assert.Empty(t, a.box.to(newAddress))
}

// Every call of a store and of Send fails once, and goes down from there on, in each
// step of a change of address.
func TestAnAddressWithAFaultAtEveryCall(t *testing.T) {
	errSend := errors.New("the mail server is down")
	for _, f := range everyFault {
		for _, step := range []string{"typed", "proved"} {
			for _, mails := range []string{"a store", "the mail"} {
				t.Run(step+"/"+mails+"/"+f.name, func(t *testing.T) {
					reached := true
					for k := 1; reached; k++ {
						require.Less(t, k, 60)
						a := newAddressed(t, respond.API)
						fields := func() settingstest.Fields { return toAddress(newAddress) }
						if step == "proved" {
							wantSaved(t, a.c, a.submit(toAddress(newAddress)))
							code := a.box.code(newAddress)
							fields = func() settingstest.Fields { return typing(code) }
						}
						form, hit := a.c.Start(), new(bool)
						if mails == "a store" {
							hit = f.arm(a.stores, k)
						} else {
							before := len(a.box.sent)
							a.box.fail = func(call int) error {
								if !f.hits(call-before, k) {
									return nil
								}
								*hit = true
								return errSend
							}
						}
						saved := gotSaved(t, a.c, a.c.Submit(form, fields()))
						a.stores.handle(nil)
						a.box.fail = nil
						reached = *hit
						want := oldAddress + "! +" + newAddress
						if step == "proved" {
							want = newAddress + "!"
						}
						if saved {
							require.Equal(t, want, a.state(t), "call %d: what was answered is so", k)
						}
						if again := a.c.Submit(form, fields()); saved && step == "proved" {
							wantInvalid(t, a.c, again, "7000046") // its token is new: it is no repetition
						} else {
							wantSaved(t, a.c, again)
						}
						require.Equal(t, want, a.state(t), "call %d", k)
						a.kit.Clock.Advance(time.Minute)
						a.c.Start()
						require.Empty(t, a.kit.Identity(a.id).State.Outbox, "call %d: all is sent in the end", k)
						if step == "typed" {
							require.NotEmpty(t, a.box.code(newAddress), "call %d", k)
						} else {
							require.NotEmpty(t, a.box.to(oldAddress), "call %d", k)
						}
					}
				})
			}
		}
	}
}
