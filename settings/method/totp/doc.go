// Package totp is the settings method "totp": a code of an authenticator app as second factor (RFC 6238 with SHA-1, six
// digits and 30 seconds, which is what all apps can do).
//
//   - The form of an account without an app shows a secret, as text and, with [Config].QR, as a picture. The app is added
//     once its first code is right: that is the proof that it has the secret.
//   - The form of an account with an app shows a button that removes it.
//   - The host's login page checks codes by settings.Service.Verify with aal.TOTP.
//
// # What is stored
//
// Nothing, until the first code is right. The secret that a form shows is derived from a key of the Config, the identity,
// its session and a number that moves with every change of the factor. So it stays the same while its user reloads the page
// or starts another flow, it is nobody else's, and after the change it is never shown again. A new key in the Config makes it
// another one; a code of the one that was shown before is right all the same.
//
// Then the secret, 160 bit, and the last time step that was used stand in the identity's State, which is sealed. A code is
// good once: its step is used up before Verify answers, and so is the step of the code that added the app (RFC 6238 section
// 5.2). A code is taken one step before and after its time, and no further.
//
// # What it does not do
//
// It draws no QR codes: its module qr does. It counts no tries and asks for no recent sign-in: the settings do, for what
// it declares. One account has one app.
package totp
