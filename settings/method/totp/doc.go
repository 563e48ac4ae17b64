// Package totp is the settings method "totp": a code of an authenticator app as second factor (RFC 6238 with SHA-1, six
// digits and 30 seconds, which is what all apps can do).
//
//   - The form of an account without an app shows a secret, as text and, with [Config].QR, as a picture. The app is added
//     once its first code is right: that is the proof that it has the secret. A session that would have to sign in again to
//     add an app finds a button in their place, "totp_begin", that asks for it.
//   - A code that has waited for a sign-in is of a secret that has gone. It is neither a try nor an error: the form shows the
//     new secret, and the message 7000020 says what to do.
//   - The form of an account with an app shows a button that removes it.
//   - The host's login page checks codes by settings.Service.Verify with aal.TOTP.
//
// # What is stored
//
// Nothing, until the first code is right. The secret that a form shows is derived from a key of the Config, the identity,
// its session, the time of its sign-in and a number that moves with every change of the factor. So it stays the same while its
// user reloads the page or starts another flow, it is nobody else's, and after the change it is never shown again. Each sign-in
// makes it another one, so that nobody is enrolled with a secret that somebody else has read before. A new key in the Config
// makes it another one too; a code of the one that was shown is right all the same.
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
