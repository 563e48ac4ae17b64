package profile_test

import (
	"testing"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// The method's own part of a submit: judging, merging, writing the traits.
func BenchmarkSubmit(b *testing.B) {
	for name, sub := range map[string]method.Submission{
		"json": jsonBody(b, `{"email":"ada@example.com","name":{"first":"Augusta","last":"King"},"nickname":"countess"}`),
		"form": formBody(b, "email", "ada@example.com", "name.first", "Augusta", "name.last", "King", "nickname", "countess"),
	} {
		b.Run(name, func(b *testing.B) {
			m := newMethod(customers)
			seen := withTraits(ada)
			seen.Keys = []identity.Key{{Kind: identity.Identifier, Value: "ada@example.com"}}
			b.ReportAllocs()
			for b.Loop() {
				plan, err := m.Plan(method.View{Identity: seen}, sub)
				if err != nil || len(plan.Errors) > 0 {
					b.Fatal(plan.Errors, err)
				}
				result, err := plan.Do(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				i := seen
				if err := result.(method.Change).Edit(&i); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNodes(b *testing.B) {
	m, v := newMethod(customers), method.View{Identity: withTraits(ada)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Nodes(b.Context(), v); err != nil {
			b.Fatal(err)
		}
	}
}
