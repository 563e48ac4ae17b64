package main

import (
	"runtime"
	"runtime/debug"

	"github.com/amend-go/amend/settings/method/password"
)

// besideHashes is what this server takes besides the hashes under way, in bytes: a
// thousand requests that wait for their turn are in it.
const besideHashes = 56 << 20

// boundMemory has what hashes leave behind collected before it adds up: each takes
// 19 MiB, some forty a second, and by itself the collector lets the heap double. The
// bound is a soft one. With accounts in memory there is none, since they may need more,
// nor where GOMEMLIMIT sets one.
func boundMemory(at location, getenv func(string) string) {
	if at.kind == inMemory || getenv("GOMEMLIMIT") != "" {
		return
	}
	slots := min(runtime.GOMAXPROCS(0), runtime.NumCPU()) // those of password.ProcessLimiter
	debug.SetMemoryLimit(besideHashes + int64(slots)*password.Argon2id{}.Memory())
}
