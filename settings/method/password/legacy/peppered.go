package legacy

import (
	"strings"

	"github.com/amend-go/amend/settings/method/password"
)

// Peppered reads hashes of a password that a host's old code changed before it was hashed: by a secret that stood outside
// the database, or by a faster hash from before, which was wrapped in a slow one.
//
//	legacy.Peppered{Prefix: "p1:", Map: func(pass string) string { return hexHMAC(pepper, pass) }}
//	legacy.Peppered{Prefix: "wrapped:", Map: func(pass string) string { return hexMD5(pass) }}
type Peppered struct {
	// Prefix tells these hashes from what the Writer writes, and is taken off; give it to the rows when you import
	// them. It may be empty only if the Writer writes another kind.
	Prefix string

	// Map gives the text that was hashed for a password.
	Map func(password string) string

	// Of compares the rest of the hash, after the Prefix; nil is password.Standard{}, which
	// reads what password.Verify reads.
	Of password.Comparer
}

var _ password.Comparer = Peppered{}

func (p Peppered) Reads(hash string) bool {
	rest, ok := strings.CutPrefix(hash, p.Prefix)
	if !ok || rest == "" {
		return false
	}
	return p.of().Reads(rest)
}

func (p Peppered) Memory(hash string) int64 {
	return p.of().Memory(strings.TrimPrefix(hash, p.Prefix))
}

func (p Peppered) Compare(hash, pass string) (bool, error) {
	return p.of().Compare(strings.TrimPrefix(hash, p.Prefix), p.Map(pass))
}

func (p Peppered) of() password.Comparer {
	if p.Of == nil {
		return password.Standard{}
	}
	return p.Of
}
