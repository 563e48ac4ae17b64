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
// from. A function of the app's that makes it takes a Config and fills in what
// is its own, so that the Kit's Now, Logger and Keys stay:
//
//	kit := settingstest.New(t, func(c *settings.Config) { *c = accountConfig(*c, "https://app.example.com", db) })
//	kit.App = routes(kit.Handler) // the app's mux, over the handler that the Kit has made
//
// Where the Kit is mounted is https: cookies of the app's own sessions are
// Secure there. Password hashes are fast here, and worth nothing, unless the
// app's Methods have a Writer of their own.
//
// The Clock stands at a day in 2030. A session library that goes by the clock
// of the machine keeps its sessions as long as it is told to: it sees a sign-in
// that ends in 2030, and nothing of Clock.Advance. c.Now = time.Now lets both
// go by the machine.
package settingstest
