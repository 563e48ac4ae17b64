package main_test

import (
	"testing"

	ory "github.com/ory/client-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
)

// Every node is of the type that it says it is, and is decoded as that: a form
// has inputs, texts, one picture and, in a browser, one script; no link.
func TestEveryNodeIsDecoded(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		w.linked()
		c := w.signIn(w.ada, kind)
		f := c.start()
		c.saved(f, c.submit(f, withKey(f, "", create(t, input(f, "webauthn_register_trigger").Value))))
		f = c.start()
		c.saved(f, c.submit(f, withPasskey(f, create(t, input(f, "passkey_create_data").Value))))
		f = c.start()
		f = succeeded(t, c.submit(f, withLookup(f, regenerate))) // codes are shown once, beside everything else
		types, groups := map[string]int{}, []string{}
		for i := range f.Ui.Nodes {
			n := &f.Ui.Nodes[i]
			var own string
			switch a := n.Attributes.GetActualInstance().(type) {
			case *ory.UiNodeInputAttributes:
				own = a.NodeType
			case *ory.UiNodeTextAttributes:
				own = a.NodeType
			case *ory.UiNodeImageAttributes:
				own = a.NodeType
			case *ory.UiNodeScriptAttributes:
				own = a.NodeType
			}
			assert.Equal(t, n.Type, own)
			assert.NotEmpty(t, nameOf(n))
			assert.NotNil(t, n.Messages, "a list, if an empty one")
			types[n.Type]++
			if len(groups) == 0 || groups[len(groups)-1] != n.Group {
				groups = append(groups, n.Group)
			}
		}
		assert.Equal(t, []string{"default", "profile", "password", "oidc", "lookup_secret", "webauthn", "passkey", "totp"}, groups)
		assert.Equal(t, 2, types["text"], "the codes, and the secret of an authenticator app")
		assert.Equal(t, 1, types["img"])
		assert.Equal(t, map[respond.Client]int{respond.API: 0, respond.Script: 1}[kind], types["script"])
		assert.Zero(t, types["a"])
		assert.Equal(t, len(f.Ui.Nodes), types["input"]+types["text"]+types["img"]+types["script"])

		colours := input(f, "traits.colour").Options
		require.Len(t, colours, 2)
		assert.Equal(t, "red", colours[0].Value)
		assert.Equal(t, "green", colours[1].Value)
	})
}
