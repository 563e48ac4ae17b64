package body_test

import (
	"fmt"
	"strings"

	"github.com/amend-go/amend/settings/body"
)

func ExampleDecode() {
	known := []string{"method", "csrf_token", "traits"}
	for _, request := range []struct{ contentType, text string }{
		{"application/json", `{"method":"profile","traits":{"name":{"first":"Ada"}}}`},
		{"application/x-www-form-urlencoded", "method=profile&traits.name.first=Ada"},
	} {
		fields, problem := body.Decode(request.contentType, "", strings.NewReader(request.text), 64<<10, known)
		if problem != nil {
			panic(problem)
		}
		method, _ := fields.String("method")
		traits, _ := fields.Object("traits")
		fmt.Println(method, traits)
	}
	// Output:
	// profile map[name:map[first:Ada]]
	// profile map[name:map[first:Ada]]
}

// Of a body that is refused, the anti-CSRF token can still be judged first.
func ExampleDecode_malformed() {
	known := []string{"method", "csrf_token", "password"}
	text := `{"csrf_token":"t0ken","password":"first","password":"second"}`
	fields, problem := body.Decode("application/json", "", strings.NewReader(text), 64<<10, known)
	fmt.Println(problem.Kind)
	fmt.Println(problem.Reason)
	fmt.Println(fields.Names())
	// Output:
	// malformed
	// A key stands twice in the same object.
	// [csrf_token]
}

func ExampleFields_String() {
	fields, _ := body.Decode("application/json", "", strings.NewReader(`{"password":12345678}`), 64<<10, nil)
	for _, name := range []string{"password", "current_password"} {
		switch _, presence := fields.String(name); presence {
		case body.Absent:
			fmt.Println(name, "is missing")
		case body.WrongType:
			fmt.Println(name, "is not a string")
		}
	}
	// Output:
	// password is not a string
	// current_password is missing
}
