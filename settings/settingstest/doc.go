// Package settingstest drives package settings in a unit test: in the test's
// own process, without a network and without waiting.
//
// A [Kit] is a Handler over memory stores with a [Clock] that stands still. A
// [Client] is one of the three kinds of client, signed in, and behaves as the
// protocol says: it keeps its cookie or token, follows what a browser would
// follow, sends the form's token, and takes up a new session token.
//
//	kit := settingstest.New(t)
//	ada := kit.AddIdentity("ada@example.com", "correct horse battery staple")
//	laptop := kit.SignIn(ada, respond.Page)
//	answer := laptop.Submit(laptop.Start(), settingstest.Fields{"method": "password", "password": "another horse"})
//
// A host tests its own configuration by changing the Config that New starts
// from. Password hashes are fast here, and worth nothing.
package settingstest
