// Package profile is the settings method "profile": it shows an account's traits as a form and changes them.
//
// Traits are the JSON object of an identity: a name, an e-mail address, a language. A [Schema] says which there are;
// [Fields] makes one in Go, and the module settings/method/profile/jsonschema makes one of a JSON Schema file with the
// extensions that such files have for Ory Kratos. The schemas are served at /schemas/<id>, to anyone.
//
// # What a submit changes
//
// The traits of a submit replace the ones its form has: what is left empty goes away. They touch nothing else. A trait
// that is shown disabled ([Read]), kept out of the form ([Hide]) or unknown to the schema survives every submit, and
// nobody can write one. Who sends another value for a trait that they cannot change is told so.
//
// What is left alone does not change, to the byte, and is not judged: a value from before the schema became stricter
// stops no other change. That holds for whatever is stored. What an input of its type cannot hold is shown as a text, a
// null stays a null, line breaks and the case of a domain stay as they are, and a value that no input has stays where
// its input is left empty.
//
// A [Field] that is a List has an input for each entry, traits.emails.0 and so on, and an empty one for the next. With
// Options it is one input, which a form sends once for each that is chosen. A form may also send an entry as the name
// alone (traits.emails=a&traits.emails=b), and a script the entries as a list or as an object by their places. Entries
// that are empty or null say nothing.
//
// A form may be older than the account. A field that its user left alone keeps the newer value; one that was changed
// here and elsewhere is a conflict: the form shows both values, and saving it again takes the submitted one.
//
// # Who somebody is
//
// A trait that is an identifier, or an address to verify or to recover by, needs a recent sign-in to change. With an
// identifier changes the key of the identity that follows from it; a key that another account has is refused by the
// store, and a name is at most identity.MaxKeyValue bytes long. Keys of identifiers are compared exactly by stores, so a
// host that makes accounts takes them from settings.Service.IdentityKeys. Space around an address is taken away, and the
// case of its domain is no change. An address that changes is no longer verified: see settings.Service.MarkVerified.
//
// Names and addresses beyond ASCII are refused, unless settings.Config.Text has functions for them. Then a name is a key in
// the form that they make of it, and in the one that was typed: neither is anybody else's. An address that is sent in
// another spelling of its domain, as browsers do, has not changed.
//
// # Addresses that are proved
//
// With [Config].ProveAddresses a new value of a trait with Verify is pending, in the sealed state of the identity, until
// the code that settings.Config.Send brings there is typed. The rest of the submit is saved at once; the old value stays,
// and meets Required; a first address waits too. The form has, in the group profile,
//
//	address_pending_<id>  a text: what is pending, and what stays until then (7000049); its label says that a code was sent (7000041)
//	address_code          an input: the code (7000042)
//	address_resend        buttons with the id of the address as their value: another code (7000043),
//	address_cancel        the address is not to be used (7000044),
//	address_verify        a code for an address that the account has, and that is not verified (7000045)
//
// and verifiable_addresses has the address, not verified, with the status "sent". Each of these fields means the method by
// itself. A code has eight characters, is good for 15 minutes, and is of one address of one account; it is typed in a
// session that has signed in recently, and wrong ones are counted. The right one puts the address in its place, in one
// update: it is judged again, its keys must be nobody else's, and all other sessions end. A change of a credential, a
// recovery and the end of all sessions cancel what is pending. Messages are 7000046 (a wrong code), 7000047 (no further
// code for now: one a minute, three a day) and 7000048 (other changes come first).
//
// Events are "address.pending", "address.canceled" and "address.verified".
//
// # What it does not do
//
// It sends no mail itself, follows no link, and asks no network. It does not make traits safe to show: they are what their
// owner typed, to be escaped by whoever shows them. Texts are stored as they were typed, with LF for the line breaks of a
// form; only what is compared is mapped.
package profile
