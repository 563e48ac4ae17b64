package password_test

import (
	"fmt"
	"strings"

	"github.com/amend-go/amend/settings/method/password"
)

// At a login: the column holds whatever the app wrote over the years.
func ExampleVerify() {
	for _, column := range []string{
		"$2y$05$k50HttQQTCqrz0L5glQBgOD4fFZKMEg3qrDFO1wLhw97X0QHGebXu",
		"$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"",
	} {
		fmt.Println(password.Verify(column, "Sommerregen"))
	}
	// Output:
	// true <nil>
	// false password: stored hash asks for more work than is allowed
	// false <nil>
}

func ExampleArgon2id() {
	writer := password.Argon2id{MemoryKiB: 64 << 10} // 64 MiB, two passes, one thread
	if err := writer.Check(); err != nil {
		panic(err)
	}
	hash, err := writer.Hash("correct horse battery staple")
	if err != nil {
		panic(err)
	}
	fmt.Println(strings.Join(strings.Split(hash, "$")[:4], "$"))
	fmt.Println(password.Verify(hash, "correct horse battery staple"))
	fmt.Println(password.Argon2id{Time: 1}.Check())
	// Output:
	// $argon2id$v=19$m=65536,t=2,p=1
	// true <nil>
	// password: Argon2id with m=19456 KiB, t=1 is too weak; take m=19456, t=2 or more
}

func ExamplePolicy_Judge() {
	policy := password.Policy{MaxBytes: password.Bcrypt(0).MaxBytes()}
	for _, candidate := range []string{"hunter2", "iloveyou", "ada@example.com1", "correct horse battery staple"} {
		verdict := policy.Judge(password.Candidate{Password: candidate, Identifiers: []string{"ada@example.com"}})
		fmt.Println(verdict.Kind)
	}
	// Output:
	// too short
	// common
	// like identifier
	// ok
}
