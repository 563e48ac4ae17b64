package settings_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

func offeringProfile(c *settings.Config) {
	offering(profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
		profile.Field{Name: "email", Type: profile.Email, Label: "E-mail", Identifier: true},
		profile.Field{Name: "name", Label: "Name"},
	)}}))(c)
}

// Whoever has an account could ask of one name after another whether somebody has it.
func TestTenTakenNamesAreEnough(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, offeringProfile)
		elsewhere := instance(t, kit, mode)
		eve := kit.AddIdentity("eve@example.com", oldPassword)
		for n := range 11 {
			kit.AddIdentity(fmt.Sprintf("user%d@example.com", n), "")
		}
		take := func(c *settingstest.Client, email string) *settingstest.Answer {
			return c.Submit(c.Start(), settingstest.Fields{"method": "profile", "traits": settingstest.Fields{"email": email, "name": "Eve"}})
		}
		c := kit.SignIn(eve, kind)
		for n := range 10 {
			// Free ones in between take nothing back but themselves, nor does another session.
			wantSaved(t, c, take(c, fmt.Sprintf("eve%d@example.com", n)))
			another := at(elsewhere, kit.SignIn(eve, kind))
			wantInvalid(t, another, take(another, fmt.Sprintf("user%d@example.com", n)), "traits.email:4000007")
		}
		for name, email := range map[string]string{"taken": "user10@example.com", "free": "eve@example.com"} {
			t.Run(name, func(t *testing.T) {
				c := kit.SignIn(eve, kind)
				f := c.Start()
				a := c.Submit(f, settingstest.Fields{"method": "profile", "traits": settingstest.Fields{"email": email, "name": "Eve"}})
				wantRefused(t, c, a, http.StatusTooManyRequests, "too_many_tries")
				assert.Equal(t, "900", a.Header.Get("Retry-After"))
			})
		}
		c = kit.SignIn(eve, kind)
		wantSaved(t, c, c.Submit(c.Start(), settingstest.Fields{"method": "profile", "traits": settingstest.Fields{"email": "eve9@example.com", "name": "Eve again"}}))
		kit.Clock.Advance(15 * time.Minute)
		c = kit.SignIn(eve, kind)
		wantSaved(t, c, take(c, "eve@example.com"))
	})
}

func TestFreeNamesAreNoTries(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, offeringProfile)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, respond.API)
		for n := range 25 {
			wantSaved(t, c, c.Submit(c.Start(), settingstest.Fields{"method": "profile", "traits": settingstest.Fields{"email": fmt.Sprintf("ada%d@example.com", n)}}))
		}
	})
}

// Whoever sends many names at once learns no more of them by a try than who sends one.
func TestATryTellsOneTakenName(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, offering(profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
			profile.Field{Name: "email", Type: profile.Email, Label: "E-mail", Identifier: true},
			profile.Field{Name: "nick", Label: "Nick", Identifier: true},
			profile.Field{Name: "handle", Label: "Handle", Identifier: true},
		)}})))
		eve := kit.AddIdentity("eve@example.com", oldPassword)
		kit.AddIdentity("bob", "")
		kit.AddIdentity("mallory", "")
		c := kit.SignIn(eve, kind)
		take := func(nick, handle string) *settingstest.Answer {
			return c.Submit(c.Start(), settingstest.Fields{"method": "profile", "traits": settingstest.Fields{"email": "eve@example.com", "nick": nick, "handle": handle}})
		}
		wantInvalid(t, c, take("bob", "mallory"), "traits.nick:4000007")
		wantInvalid(t, c, take("free", "mallory"), "traits.handle:4000007")
		wantInvalid(t, c, take("mallory", "bob"), "traits.nick:4000007")
	})
}
