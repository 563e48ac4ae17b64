package password

import (
	"math"
	"strconv"
	"strings"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// Rehash says which stored hashes are replaced by one of the Writer's when their password
// was right at a sign-in. Nothing else changes with it: no session ends, and no hook is
// told.
type Rehash int

const (
	// Weaker replaces hashes of the Writer's own kind whose parameters ask for less
	// work than the Writer's. It is the default. Other kinds stay, because another
	// part of the app may compare with them.
	Weaker Rehash = iota

	// All replaces hashes of other kinds too. Whatever else compares these passwords
	// has to read the Writer's hashes before.
	All

	// KeepWeak replaces nothing, not even what a Comparer reads: for as long as another
	// part of the app, which cannot be changed yet, compares with these hashes.
	KeepWeak
)

// replaces reports whether a stored hash is replaced by one of the writer's, of which
// made is one.
func (m *Method) replaces(stored, made string) bool {
	of, ok := m.hashes.strength(stored)
	wanted, known := m.hashes.strength(made)
	switch {
	case !ok || !known || m.c.Rehash == KeepWeak:
		return false
	case of.old:
		return true
	case of.kind != wanted.kind:
		return m.c.Rehash == All
	}
	return of.work < wanted.work
}

// rewritten puts a new hash in the place of the very one that was compared. Where the
// password was changed meanwhile, what was typed is no longer right.
func rewritten(compared, fresh string) func(*identity.Identity) error {
	return func(i *identity.Identity) error {
		if i.PasswordHash != compared {
			return method.ErrWrong
		}
		i.PasswordHash = fresh
		return nil
	}
}

// strength is a kind of hash, and how much work its parameters ask for: comparable
// within a kind.
type strength struct {
	kind string
	work uint64
	old  bool // a Comparer reads it
}

// strength reads it from a stored hash; ok is false for one that cannot be read.
func (c hashes) strength(hash string) (s strength, ok bool) {
	h, err := c.parse(hash)
	if err != nil {
		return strength{}, false
	}
	if h, ok := h.(compared); ok {
		return strength{kind: strconv.Itoa(h.n), old: true}, true
	}
	_, rest, _ := strings.Cut(hash, "$")
	id, rest, _ := strings.Cut(rest, "$")
	switch h := h.(type) {
	case bcryptHash: // $2a$, $2b$ and $2y$ are one
		cost, ok := decimal(strings.TrimPrefix(rest[:2], "0"))
		return strength{kind: "bcrypt", work: 1 << cost}, ok
	case argon2Hash: // OWASP's pairs of memory and passes all have about the same product
		return strength{kind: id, work: uint64(h.memoryKiB) * uint64(h.time)}, true
	case scryptHash:
		return strength{kind: id, work: uint64(h.n) * uint64(h.r) * uint64(h.p)}, true
	case pbkdf2Hash:
		return strength{kind: id, work: uint64(h.iterations)}, true
	}
	return strength{kind: id, work: math.MaxUint64}, true
}
