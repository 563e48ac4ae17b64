package main_test

import (
	"net/http"
	"testing"
	"time"

	ory "github.com/ory/client-go"
	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/respond"
)

func withTraits(f *ory.SettingsFlow, traits map[string]any) ory.UpdateSettingsFlowBody {
	return ory.UpdateSettingsFlowWithProfileMethodAsUpdateSettingsFlowBody(&ory.UpdateSettingsFlowWithProfileMethod{
		Method: "profile", Traits: traits, CsrfToken: csrf(f), TransientPayload: map[string]any{"from": "the SDK"},
	})
}

func TestProfile(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		c := w.signIn(w.ada, kind)
		f := c.start()
		types := map[string]string{}
		for _, n := range f.Ui.Nodes {
			if n.Group == "profile" && n.Meta.Label.Id == 1070002 {
				a := n.Attributes.UiNodeInputAttributes
				types[a.Name] = a.Type
				assert.Equal(t, a.Name, n.Meta.Label.Context["name"])
				assert.Equal(t, n.Meta.Label.Text, n.Meta.Label.Context["title"])
			}
		}
		assert.Equal(t, map[string]string{
			"traits.email": "email", "traits.name.first": "text", "traits.phone": "tel", "traits.website": "url", "traits.age": "number",
			"traits.born": "date", "traits.alarm": "datetime-local", "traits.colour": "text", "traits.newsletter": "checkbox",
			"traits.tags.0": "text", "traits.roles": "text", "traits.bio": "text",
		}, types)
		assert.Equal(t, adaEmail, input(f, "traits.email").Value)
		assert.EqualValues(t, 20, input(f, "traits.name.first").GetMaxlength())

		refusals := []struct {
			traits map[string]any
			want   string
		}{
			{map[string]any{"email": "nobody"}, "traits.email:4000040"},
			{map[string]any{"name": map[string]any{"first": "Ada"}}, "traits.email:4000002"},
			{map[string]any{"email": adaEmail, "name": map[string]any{"first": "Augusta Ada, Countess"}}, "traits.name.first:4000017"},
			{map[string]any{"email": adaEmail, "age": "old"}, "traits.age:4000026"},
			{map[string]any{"email": adaEmail, "age": -1}, "traits.age:4000018"},
			{map[string]any{"email": adaEmail, "phone": "none"}, "traits.phone:4000041"},
			{map[string]any{"email": adaEmail, "tags": []string{"a", "a"}}, "traits.tags.1:4000025"},
			{map[string]any{"email": adaEmail, "roles": "author"}, "traits.roles:4000026"},
			{map[string]any{"email": adaEmail, "bio": nil, "roles": []string{"root"}}, "traits.roles:4000001"},
		}
		for _, refusal := range refusals {
			again := c.invalid(f, c.submit(f, withTraits(f, refusal.traits)), refusal.want)
			assert.Equal(t, map[string]any{"email": adaEmail}, again.Identity.Traits, "nothing is changed")
		}

		full := map[string]any{
			"email": "countess@example.com", "name": map[string]any{"first": "Ada"}, "phone": "+441234567890", "website": "https://example.com/",
			"age": 36.0, "born": "1815-12-10", "alarm": "2030-01-02T07:00:00Z", "colour": "green", "newsletter": true,
			"tags": []any{"a", "b"}, "roles": []any{"editor"}, "bio": "one\ntwo",
		}
		done := c.saved(f, c.submit(f, withTraits(f, full)))
		assert.Equal(t, full, done.Identity.Traits)
		assert.Equal(t, map[string]any{"from": "the SDK"}, done.TransientPayload)
		assert.Equal(t, true, input(done, "traits.newsletter").Value)
		assert.Equal(t, 36.0, input(done, "traits.age").Value)
		assert.Equal(t, "b", input(done, "traits.tags.1").Value)
		assert.Equal(t, []any{"editor"}, input(done, "traits.roles").Value)
		assert.Equal(t, true, input(done, "traits.roles").AdditionalProperties["multiple"], "which the SDK does not know")
		assert.Equal(t, true, input(done, "traits.bio").AdditionalProperties["multiline"])
		if assert.Len(t, done.Identity.VerifiableAddresses, 1) && assert.Len(t, done.Identity.RecoveryAddresses, 1) {
			verify, recover := done.Identity.VerifiableAddresses[0], done.Identity.RecoveryAddresses[0]
			assert.Equal(t, "countess@example.com email pending", verify.Value+" "+verify.Via+" "+verify.Status)
			assert.False(t, verify.Verified)
			assert.Equal(t, "countess@example.com email", recover.Value+" "+recover.Via)
		}
		if kind == respond.API {
			assert.Empty(t, done.ContinueWith, "an address is no credential: the token goes on")
		}

		// What nobody signs in with can be changed by a sign-in of any age.
		w.Clock.Advance(16 * time.Minute)
		full["colour"] = "red"
		c.saved(f, c.submit(f, withTraits(f, full)))
		full["email"] = adaEmail
		failed(t, http.StatusForbidden, "session_refresh_required", c.submit(f, withTraits(f, full)))
	})
}

func TestAnAddressOfSomebodyElse(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		w.AddIdentity("bob@example.com", "")
		c := w.signIn(w.ada, kind)
		f := c.start()
		c.invalid(f, c.submit(f, withTraits(f, map[string]any{"email": "bob@example.com"})), "4000007")
	})
}
