package method_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// A spelling that is another name would be taken from whoever has that, and one that no
// store can index would make an error of a change.
func TestOnlySpellingsOfTheFormAreTaken(t *testing.T) {
	long := strings.Repeat("a", identity.MaxKeyValue+1)
	spelled := method.Text{Spellings: func(string) []string { return []string{"ada", "ADA", "bob", long, "a\x00da"} }}
	ada := func(s string) string {
		if s == "bob" {
			return s
		}
		return "ada"
	}
	assert.Equal(t, []string{"ADA"}, spelled.Others("ada", ada))
	assert.Empty(t, spelled.Others("", ada))
	assert.Empty(t, method.Text{}.Others("ada", ada))
}
