// Package qr draws the QR code from which an authenticator app reads its secret:
//
//	totp.New(totp.Config{Issuer: "Example", QR: qr.PNG})
//
// It is a module of its own so that only who wants the picture has an encoder among their dependencies. The encoder is
// rsc.io/qr, under Go's own BSD licence and without dependencies. It is old and finished, like the standard it implements,
// and our tests read its codes back with another library. Of those that still have releases,
// github.com/boombuler/barcode needs eighty times as long for a code, six milliseconds, and a form is drawn on each read:
// with this one no picture, which is a secret, needs to be cached.
package qr
