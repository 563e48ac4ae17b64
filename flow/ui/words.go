package ui

import "fmt"

// Words of messages: what a number counts, and what a type is to somebody who
// fills in a form.

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
