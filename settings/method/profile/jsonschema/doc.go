// Package jsonschema makes a profile.Schema of a JSON Schema file. It takes identity schemas as they were written for
// Ory Kratos: the traits stand below properties.traits, and the extension "ory.sh/kratos" says which of them are
// identifiers, and addresses to verify or to recover by.
//
//	file, err := os.ReadFile("identity.schema.json")
//	schema, err := jsonschema.Parse(file)
//	method := profile.New(profile.Config{Schemas: map[string]profile.Schema{"": schema}})
//
// The form has the traits in the order of the file. A trait with "readOnly" is shown and cannot be changed; see
// [Schema.Hide] for those that are not shown. An object that lists no properties stays as it is. A trait that the file
// does not list cannot be written, whatever additionalProperties says.
//
// What a trait is follows from all that is said of it: in itself, where its $ref leads (by a pointer, an anchor, or the
// file's own $id), in allOf, and in the alternatives of anyOf and oneOf. Where there is no "type" it follows from enum,
// const, and keywords that only one type has; a trait of which nothing says it is an error of Parse. An alternative that
// is null says that null is a value. Properties that only some cases have (if, dependentSchemas, anyOf) are in the form
// of all.
//
// A list of texts or numbers has inputs, with enum of its items a choice of several; any other list is for bodies in
// JSON. "items":[{…}] is read as "items":{…}: what follows the listed items has to fit the last of them. A text of more
// than [profile.OneLine] characters by its maxLength, or of the format textarea, multiline or markdown, has several lines.
//
// # What it does not do
//
// It loads nothing: a $ref leads to a place in the file, anything else is an error of Parse. Patterns are Go's (RE2),
// which have no look-ahead; a file that has one is refused. The formats email, tel, uri, date and date-time mean what
// they mean in package profile.
//
// It is a module of its own, as it needs github.com/santhosh-tekuri/jsonschema.
package jsonschema
