package settings

import (
	"github.com/amend-go/amend/settings/mail"
	"github.com/amend-go/amend/settings/method"
)

// This file owns the names under which a host meets the contract of methods, so
// that its Config and its login page need one import.

// Method is one way to change an account: see package settings/method.
type Method = method.Method

// Message is what Config.Send sends: see package settings/mail.
type Message = mail.Message

// Proof is what somebody gives to sign in, or to sign in again.
type Proof = method.Proof

// The errors that a login page tells apart: see Service.Verify and, for the last two,
// Service.FinishSignIn.
var (
	ErrWrong     = method.ErrWrong
	ErrBusy      = method.ErrBusy
	ErrCancelled = method.ErrCancelled
	ErrNotBegun  = method.ErrNotBegun
)
