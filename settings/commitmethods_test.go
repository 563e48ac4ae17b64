package settings_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestAMethodThatMisbehavesIsABugAndWritesNothing(t *testing.T) {
	edit := func(change func(*identity.Identity)) fakeMethod {
		return fakeMethod{edit: func(i *identity.Identity) error {
			i.Traits = []byte(`{"name":"Mallory"}`)
			change(i)
			return nil
		}}
	}
	rows := map[string]fakeMethod{
		"it edits the id":             edit(func(i *identity.Identity) { i.ID = "another" }),
		"it activates the account":    edit(func(i *identity.Identity) { i.Active = !i.Active }),
		"it edits the schema":         edit(func(i *identity.Identity) { i.SchemaID = "admin" }),
		"it edits the version":        edit(func(i *identity.Identity) { i.Version++ }),
		"it edits the metadata":       edit(func(i *identity.Identity) { i.MetadataPublic = []byte(`{"role":"admin"}`) }),
		"it edits the generation":     edit(func(i *identity.Identity) { i.State.Generation++ }),
		"it edits the kept session":   edit(func(i *identity.Identity) { i.State.KeptSession = "mine" }),
		"it edits the last change":    edit(func(i *identity.Identity) { i.State.LastChange.Flow = "mine" }),
		"it adds an event":            edit(func(i *identity.Identity) { i.State.Events = append(i.State.Events, identity.Event{ID: "x"}) }),
		"its work comes to no result": {do: func(context.Context, method.View) (method.Result, error) { return nil, nil }},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for name, method := range rows {
			t.Run(name, func(t *testing.T) {
				kit, stores := watchedKit(t, mode, offering(method))
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				c := kit.SignIn(ada, kind)
				f := c.Start()
				before := snapshot(t, kit, ada)
				stores.forget()

				wantRefused(t, c, c.Submit(f, toTest), http.StatusInternalServerError, "internal_error")
				assert.Empty(t, stores.written())
				assert.Equal(t, before, snapshot(t, kit, ada))
			})
		}
	})
}

// What a method sees is its own: it cannot change the account by writing into
// what it was shown.
func TestAMethodCannotWriteThroughItsView(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, offering(fakeMethod{
			plan: func(v method.View, _ method.Submission) (method.Plan, error) {
				v.Identity.Traits[2] = 'X'
				v.Identity.Keys[0].Value = "mallory@example.com"
				v.Identity.State.Factors[aal.TOTP].Credentials[0].Data[1] = 'X'
				v.Session.Methods[0].Method = aal.Passkey
				return method.Plan{Do: func(context.Context) (method.Result, error) {
					return method.Change{Event: "test.changed", Edit: replacePassword}, nil
				}}, nil
			},
		}))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		kit.AddFactor(ada, aal.TOTP)
		kit.Edit(ada, func(i *identity.Identity) { i.State.Factors[aal.TOTP].Credentials[0].Data = []byte(`"theirs"`) })
		c := kit.SignIn(ada, respond.API, aal.Password, aal.TOTP)
		before := kit.Identity(ada)
		wantSaved(t, c, c.Submit(c.Start(), toTest))

		after := kit.Identity(ada)
		assert.NotEqual(t, before.PasswordHash, after.PasswordHash)
		assert.Equal(t, before.Traits, after.Traits)
		assert.Equal(t, before.Keys, after.Keys)
		assert.Equal(t, before.State.Factors, after.State.Factors)
		sessions, err := kit.Store.ListSessions(t.Context(), ada)
		require.NoError(t, err)
		assert.Equal(t, []aal.Method{aal.Password, aal.TOTP}, sessions[0].Completed())
	})
}
