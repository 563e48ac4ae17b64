package body

import (
	"iter"
	"net/url"
	"strings"
	"unicode/utf8"
)

// urlencodedFields reads text as the URL standard writes it. Unlike browsers and
// like net/url it refuses ";", which older servers took for "&".
func urlencodedFields(text string) iter.Seq[formField] {
	return func(yield func(formField) bool) {
		for pair := range strings.SplitSeq(text, "&") {
			if pair != "" && !yield(urlencodedField(pair)) {
				return
			}
		}
	}
}

func urlencodedField(pair string) formField {
	name, value, _ := strings.Cut(pair, "=")
	name, nameErr := url.QueryUnescape(name)
	value, valueErr := url.QueryUnescape(value)
	field := formField{name: name, value: value}
	switch {
	case strings.Contains(pair, ";"):
		field.problem = malformed("The form has a semicolon that is not percent-encoded.")
	case nameErr != nil || valueErr != nil:
		field.problem = malformed("The form has a percent sign that encodes nothing.")
	case !utf8.ValidString(name) || !utf8.ValidString(value):
		field.problem = notUTF8()
	}
	return field
}
