// Package inprocess shows how a host tests its account settings: in its own
// process, without a network.
package inprocess_test

import (
	"testing"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestAPasswordChangeLogsTheOtherDevicesOut(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", "correct horse battery staple")
	laptop, phone := kit.SignIn(ada, respond.Page), kit.SignIn(ada, respond.API)

	laptop.Submit(laptop.Start(), settingstest.Fields{"method": "password", "password": "a much better horse"})

	if !kit.PasswordIs(ada, "a much better horse") {
		t.Error("the password is not the new one")
	}
	if laptop.Whoami().Status != 200 || phone.Whoami().Status != 401 {
		t.Error("want the laptop signed in and the phone logged out")
	}
}
