package ui

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Words of messages: what a number counts, how long ago something was, and what a
// type and a field are to somebody who fills in a form.

// counted is a number with what it counts: "1 entry", "3 entries".
func counted(n int, what string) string {
	switch {
	case n == 1:
	case what == "entry":
		what = "entries"
	default:
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// are is "is 1", "are 3", "are none".
func are(n int) string {
	switch n {
	case 0:
		return "are none"
	case 1:
		return "is 1"
	}
	return fmt.Sprintf("are %d", n)
}

// ago says how long ago something was, in whole minutes, hours or days.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return counted(int(d/time.Minute), "minute") + " ago"
	case d < 24*time.Hour:
		return counted(int(d/time.Hour), "hour") + " ago"
	}
	return counted(int(d/(24*time.Hour)), "day") + " ago"
}

// fieldLabels are the labels of fields whose names alone would say little.
var fieldLabels = map[string]Text{
	"password": LabelNewPassword(), "current_password": LabelCurrentPassword(), "totp_code": LabelTOTPCode(),
}

// fieldLabel is what a field is called on a form, by its name.
func fieldLabel(name string) string {
	if label, has := fieldLabels[name]; has {
		return label.Text
	}
	return Readable(name)
}

// Readable makes a label of a name: "name.firstName" is "Name first name".
func Readable(name string) string {
	var words strings.Builder
	last := ' '
	for _, r := range name {
		switch {
		case r == '.' || r == '_' || r == '-':
			r = ' '
		case unicode.IsUpper(r) && unicode.IsLower(last):
			words.WriteByte(' ')
			r = unicode.ToLower(r)
		}
		if r != ' ' || last != ' ' {
			words.WriteRune(r)
		}
		last = r
	}
	label := strings.TrimSpace(words.String())
	first, size := utf8.DecodeRuneInString(label)
	return string(unicode.ToUpper(first)) + label[size:]
}

// typeName says a type of JSON Schema in words. Another type stands for itself.
func typeName(t string) string {
	switch t {
	case "string":
		return "a text"
	case "number":
		return "a number"
	case "integer":
		return "a whole number"
	case "boolean":
		return "true or false"
	case "array":
		return "a list"
	case "object":
		return "an object"
	case "null":
		return "nothing"
	}
	return t
}
