// Package lang has the ready pages in further languages, each of them whole:
//
//	look := page.Look{Languages: []page.Language{page.English(), lang.German(), lang.Arabic()}}
//
// What a host says itself, as the labels of its profile's fields, stays as the host says
// it. So do reasons that come from elsewhere in words: those of a Before hook, of a
// provider. A host that wants another word changes it in Texts, which is its own copy.
package lang
