// Command release tags a release of the repository: release FOLDER VERSION.
package main

import (
	"fmt"
	"os"

	"releases"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: .ci/release VERSION, like v1.2.3")
		os.Exit(2)
	}
	tags, err := releases.Make(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "release: "+err.Error())
		os.Exit(1)
	}
	for _, tag := range tags {
		fmt.Println(tag)
	}
}
