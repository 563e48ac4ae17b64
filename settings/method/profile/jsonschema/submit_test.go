package jsonschema_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/profile"
)

func submit(t testing.TB, s profile.Schema, stored, traits string) (string, []string) {
	t.Helper()
	fields, problem := body.Decode("application/json", "", strings.NewReader(`{"traits":`+traits+`}`), 64<<10, []string{"traits"})
	require.Nil(t, problem)
	i := identity.Identity{Record: identity.Record{ID: "42", Traits: json.RawMessage(stored)}}
	plan, err := newMethod(s).Plan(method.View{Identity: i}, method.Submission{Fields: fields})
	require.NoError(t, err)
	var wrong []string
	for _, m := range plan.Errors {
		wrong = append(wrong, fmt.Sprintf("%s:%d", m.Node, m.ID))
	}
	if wrong == nil {
		result, err := plan.Do(t.Context())
		require.NoError(t, err)
		require.NoError(t, result.(method.Change).Edit(&i))
	}
	return string(i.Traits), wrong
}

func TestTraitsThatTheFormDoesNotHave(t *testing.T) {
	s := parsed(t, `"plan":{"type":"string"},"rank":{"type":"integer"},"nickname":{"type":"string"},"free":{"type":"object"},"tags":{"type":"array"}`,
		`"required":["plan","rank","missing"]`, `"additionalProperties":false`).Read("plan").Hide("rank")
	const stored = `{"plan":"gold","rank":7,"free":{"a":{"b":1}},"tags":[1],"unknown":true}`
	got, wrong := submit(t, s, stored, `{"nickname":"ada"}`)
	assert.Empty(t, wrong, "what is missing was so before, and is not its owner's to mend")
	assert.JSONEq(t, `{"plan":"gold","rank":7,"free":{"a":{"b":1}},"tags":[1],"unknown":true,"nickname":"ada"}`, got)
	for _, traits := range []string{`{"plan":"platinum"}`, `{"rank":8}`, `{"free":{}}`, `{"unknown":false}`, `{"role":"admin"}`} {
		got, wrong := submit(t, s, stored, traits)
		assert.Equal(t, []string{"traits:4000001"}, wrong, traits)
		assert.Equal(t, stored, got)
	}
	_, err := s.Hide("nobody").Fields()
	assert.ErrorContains(t, err, `no trait "nobody"`)
	fields, err := s.Fields()
	require.NoError(t, err, "the schema itself is as it was")
	fields[0].Name = "changed"
	again, err := s.Fields()
	require.NoError(t, err)
	assert.Equal(t, "plan", again[0].Name, "what a caller does to the list changes nothing")
}

// A rule of the whole object that the stored traits break already does not lock
// their owner out; one that they break anew is refused.
func TestARuleThatWasBrokenBefore(t *testing.T) {
	s := parsed(t, `"phone":{"type":"string"},"email":{"type":"string"},"nickname":{"type":"string"}`, `"anyOf":[{"required":["phone"]},{"required":["email"]}]`)
	_, wrong := submit(t, s, `{}`, `{"nickname":"ada"}`)
	assert.Empty(t, wrong)
	_, wrong = submit(t, s, `{"email":"a"}`, `{"nickname":"ada"}`)
	assert.Equal(t, []string{"traits:4000001"}, wrong)

	s = parsed(t, `"rank":{"type":"integer"},"nickname":{"type":"string"}`,
		`"if":{"required":["nickname"],"properties":{"nickname":{"const":"x"}}},"then":{"properties":{"rank":{"const":5}}}`).Hide("rank")
	_, wrong = submit(t, s, `{"rank":"7"}`, `{"nickname":"ada"}`)
	assert.Empty(t, wrong, "a rank of the wrong type was there before")
	_, wrong = submit(t, s, `{"rank":"7"}`, `{"nickname":"x"}`)
	assert.Equal(t, []string{"traits.rank:4000001"}, wrong, "that it is the wrong one is new")
}
