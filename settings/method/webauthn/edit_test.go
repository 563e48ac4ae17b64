package webauthn_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/webauthn"
)

// desk is a method without a Handler.
type desk struct {
	m *webauthn.Method
	v variant
	method.View
}

func newDesk(t *testing.T, v variant, key []byte) *desk {
	t.Helper()
	m := map[variant]*webauthn.Method{keys: webauthn.SecurityKeys(site), passkeys: webauthn.Passkeys(site)}[v]
	secrets, err := method.NewSecrets(string(v.method), "ada", key)
	require.NoError(t, err)
	return &desk{m, v, method.View{
		Identity: identity.Identity{Record: identity.Record{ID: "ada", PasswordHash: "x"}},
		Flow:     flow.Flow{ID: "flow"}, ShowPending: true, Now: time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC), Secrets: secrets,
	}}
}

// change plans the addition of a new device.
func (d *desk) change(t *testing.T) method.Change {
	t.Helper()
	nodes, err := d.m.Nodes(t.Context(), d.View)
	require.NoError(t, err)
	var options string
	for _, n := range nodes {
		if n.Name() == d.v.options {
			options = n.Attributes.(*ui.Input).Value.(string)
		}
	}
	result, err := d.submit(t, newDevice(t).create(options))
	require.NoError(t, err)
	require.IsType(t, method.Change{}, result)
	return result.(method.Change)
}

// submit plans what an answer adds, and does it.
func (d *desk) submit(t *testing.T, answer string) (method.Result, error) {
	t.Helper()
	j, err := json.Marshal(map[string]string{d.v.add: answer})
	require.NoError(t, err)
	fields, problem := body.Decode("application/json", "", strings.NewReader(string(j)), 16<<20, []string{d.v.add, d.v.remove})
	require.Nil(t, problem)
	plan, err := d.m.Plan(d.View, method.Submission{Fields: fields})
	require.NoError(t, err)
	require.Empty(t, plan.Errors)
	assert.Equal(t, method.Needs{Privileged: true, RequiredAAL: true}, plan.Needs)
	return plan.Do(t.Context())
}

// A row that has changed since is edited only where that undoes nothing.
func TestEditsOfNewerRows(t *testing.T) {
	for _, v := range variants {
		key := settings.NewKey()
		d := newDesk(t, v, key)
		change := d.change(t)
		row := func(edits ...func(*identity.Identity) error) *identity.Identity {
			i := d.Identity.Clone()
			for _, edit := range edits {
				require.NoError(t, edit(&i))
			}
			return &i
		}
		require.NoError(t, change.Edit(row()))
		require.NoError(t, change.Edit(row(func(i *identity.Identity) error { i.PasswordHash = "y"; return nil })))

		assert.ErrorIs(t, change.Edit(row(change.Edit)), method.ErrChanged, "the same again")
		assert.ErrorIs(t, change.Edit(row(d.change(t).Edit)), method.ErrChanged, "another credential of the method")
		assert.ErrorIs(t, change.Edit(row(newDesk(t, v.other(), key).change(t).Edit)), method.ErrChanged, "the other method's first, with its handle")
		assert.ErrorIs(t, change.Edit(row(change.Edit, func(i *identity.Identity) error {
			delete(i.State.Factors, v.method)
			return nil
		})), method.ErrChanged, "a key that is there already")

		already, err := change.Already(t.Context(), *row(change.Edit))
		require.NoError(t, err)
		assert.True(t, already)
		for _, other := range []*identity.Identity{row(), row(d.change(t).Edit)} {
			already, err := change.Already(t.Context(), *other)
			require.NoError(t, err)
			assert.False(t, already)
		}
	}
}

// Methods get copies, and change nothing but what Edit is given.
func TestPlansArePure(t *testing.T) {
	for _, v := range variants {
		d := newDesk(t, v, settings.NewKey())
		was := d.Identity.Clone()
		change := d.change(t)
		assert.Equal(t, was, d.Identity)
		i := d.Identity.Clone()
		require.NoError(t, change.Edit(&i))
		d.Identity = i
		was = i.Clone()
		_, err := d.m.Nodes(t.Context(), d.View)
		require.NoError(t, err)
		assert.Equal(t, was, d.Identity)
		assert.Equal(t, v.method, change.Proved)
		assert.True(t, i.Has(aal.Method(v.method)))
	}
}

// Browsers want a name to show, and not every account has one.
func TestAnAccountWithoutAName(t *testing.T) {
	for _, v := range variants {
		d := newDesk(t, v, settings.NewKey())
		nodes, err := d.m.Nodes(t.Context(), d.View)
		require.NoError(t, err)
		for _, n := range nodes {
			if n.Name() == v.options {
				user := creationOf(t, n.Attributes.(*ui.Input).Value.(string)).PublicKey.User
				assert.Equal(t, []string{"Example", "Example"}, []string{user.Name, user.DisplayName})
			}
		}
	}
}
