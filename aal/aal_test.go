package aal_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/aal"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		name    string
		methods []aal.Method
		want    aal.Level
	}{
		{"nothing proves nothing", nil, aal.None},
		{"a password is one factor", []aal.Method{"password"}, aal.AAL1},
		{"a linked login is one factor", []aal.Method{"oidc"}, aal.AAL1},
		{"a sent code is one factor", []aal.Method{"code"}, aal.AAL1},
		{"a recovery by code is one factor", []aal.Method{"code_recovery"}, aal.AAL1},
		{"a recovery by link is one factor", []aal.Method{"link_recovery"}, aal.AAL1},
		{"a passkey verifies its user: two factors", []aal.Method{"passkey"}, aal.AAL2},
		{"password and totp", []aal.Method{"password", "totp"}, aal.AAL2},
		{"the order does not matter", []aal.Method{"totp", "password"}, aal.AAL2},
		{"password and security key", []aal.Method{"password", "webauthn"}, aal.AAL2},
		{"password and recovery code", []aal.Method{"password", "lookup_secret"}, aal.AAL2},
		{"linked login and totp", []aal.Method{"oidc", "totp"}, aal.AAL2},
		{"sent code and security key", []aal.Method{"code", "webauthn"}, aal.AAL2},
		{"two second factors are not two factors of one identity", []aal.Method{"totp", "lookup_secret"}, aal.None},
		{"a sent code twice is one factor", []aal.Method{"code", "code"}, aal.AAL1},
		{"a password twice is one factor", []aal.Method{"password", "password"}, aal.AAL1},
		{"password and linked login are both first factors", []aal.Method{"password", "oidc"}, aal.AAL1},
		{"a recovery code does not lift a linked login", []aal.Method{"oidc", "lookup_secret"}, aal.AAL1},
		{"a recovery code does not lift a sent code", []aal.Method{"code", "lookup_secret"}, aal.AAL1},
		{"a second factor does not lift a recovery", []aal.Method{"code_recovery", "totp"}, aal.AAL1},
		{"totp alone proves nothing", []aal.Method{"totp"}, aal.None},
		{"an unknown method proves nothing", []aal.Method{"magic"}, aal.None},
		{"method names are exact", []aal.Method{"Password", "TOTP"}, aal.None},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, aal.Of(c.methods...)) })
	}
}

func TestLevelsAreOrdered(t *testing.T) {
	assert.Less(t, aal.None, aal.AAL1)
	assert.Less(t, aal.AAL1, aal.AAL2)
	assert.Equal(t, "aal0 aal1 aal2", fmt.Sprint(aal.None, aal.AAL1, aal.AAL2))
}

func TestFirst(t *testing.T) {
	for _, m := range []aal.Method{"password", "oidc", "code", "passkey"} {
		assert.True(t, aal.First(m), m)
	}
	for _, m := range []aal.Method{"totp", "webauthn", "lookup_secret", "code_recovery", "link_recovery", "", "x"} {
		assert.False(t, aal.First(m), m)
	}
}

func TestFresh(t *testing.T) {
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	const age = 15 * time.Minute
	for _, c := range []struct {
		name string
		now  time.Time
		want bool
	}{
		{"just now", at, true},
		{"exactly the age", at.Add(age), true},
		{"a nanosecond over the age", at.Add(age + 1), false},
		{"a clock that is a minute behind", at.Add(-time.Minute), true},
		{"further in the future", at.Add(-time.Minute - 1), false},
		{"never authenticated", time.Time{}, false},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, aal.Fresh(c.now, at, age)) })
	}
	assert.False(t, aal.Fresh(at, time.Time{}, age), "a zero time is no authentication")
}

func ExampleOf() {
	fmt.Println(aal.Of(aal.Password))
	fmt.Println(aal.Of(aal.Password, aal.TOTP))
	fmt.Println(aal.Of(aal.TOTP, aal.Lookup))
	// Output:
	// aal1
	// aal2
	// aal0
}
