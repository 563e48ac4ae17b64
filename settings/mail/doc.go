// Package mail owns what is told to the owner of an account outside of a browser: the messages that settings.Config.Send
// gets, the ids of their words, and English words for them.
//
// A host sends them by whatever it sends mail with. It may use [Message.English], [Message.In] with the
// [Words] of a language (settings/page/lang has German and Arabic), or words of its own by the id: a message has everything
// that they need. None of them has a link in it that does anything: a code is typed into the
// form of a session, so whoever reads somebody else's mail by accident, or scans it for viruses, changes nothing.
package mail
