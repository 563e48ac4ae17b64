package returnto_test

import (
	"fmt"

	"github.com/amend-go/amend/settings/returnto"
)

func ExampleList_Check() {
	list, err := returnto.Parse([]string{
		"https://app.example.com/",
		"https://*.example.org/done",
	}, "https://app.example.com/settings")
	if err != nil {
		panic(err)
	}
	for _, raw := range []string{
		"/welcome",
		"HTTPS://App.Example.com/café",
		"https://shop.example.org/done?ok=1",
		"https://shop.example.org/done.html",
		`/\evil.com`,
	} {
		if target, ok := list.Check(raw); ok {
			fmt.Println("303 to", target)
		} else {
			fmt.Println("refused", raw)
		}
	}
	// Output:
	// 303 to https://app.example.com/welcome
	// 303 to https://app.example.com/caf%C3%A9
	// 303 to https://shop.example.org/done?ok=1
	// refused https://shop.example.org/done.html
	// refused /\evil.com
}

func ExampleParse_refused() {
	_, err := returnto.Parse([]string{"https://*.com"}, "https://app.example.com/settings")
	fmt.Println(err)
	// Output:
	// returnto: the entry "https://*.com" has a wildcard that is not followed by a domain of two or more labels
}

func ExampleSingle() {
	// https://…/self-service/settings/browser?return_to=/a&return_to=//evil.com
	raw, ok := returnto.Single([]string{"/a", "//evil.com"})
	fmt.Printf("%q %t\n", raw, ok)
	// Output:
	// "" false
}
