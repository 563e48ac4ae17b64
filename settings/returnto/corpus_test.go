package returnto_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/returnto"
)

// corpus is testdata/return_to.json: one list, and what it must say to each of the
// attacks and oddities collected there.
type corpus struct {
	Allow   []string
	Default string
	Cases   []struct {
		Payload string
		Allowed bool
		Why     string
		Class   string
	}
}

func readCorpus(t testing.TB) (corpus, *returnto.List) {
	t.Helper()
	text, err := os.ReadFile("testdata/return_to.json")
	require.NoError(t, err)
	var c corpus
	require.NoError(t, json.Unmarshal(text, &c))
	require.Len(t, c.Cases, 99, "the corpus must not shrink unnoticed")
	list, err := returnto.Parse(c.Allow, c.Default)
	require.NoError(t, err)
	return c, list
}

func TestCorpus(t *testing.T) {
	c, list := readCorpus(t)
	for i, row := range c.Cases {
		t.Run(fmt.Sprintf("%02d %s: %s", i, row.Class, row.Why), func(t *testing.T) {
			target, ok := list.Check(row.Payload)
			require.Equal(t, row.Allowed, ok, "payload %q, target %q", row.Payload, target)
			if !ok {
				assert.Empty(t, target)
				return
			}
			u, err := url.Parse(target)
			require.NoError(t, err)
			assert.Equal(t, "https", u.Scheme)
			assert.Empty(t, u.Port())
			assert.Nil(t, u.User)
			assert.Regexp(t, `^(app\.example\.com|([a-z0-9-]+\.)+example\.org)$`, u.Host)

			again, ok := list.Check(target)
			assert.True(t, ok)
			assert.Equal(t, target, again, "a target is its own target")
		})
	}
}
