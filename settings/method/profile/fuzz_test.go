package profile_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/profile"
)

// Whatever is submitted to whatever is stored, nothing panics, and what its
// owner may not write stays as it was.
func FuzzTraits(f *testing.F) {
	s := profile.Fields(
		profile.Field{Name: "email", Type: profile.Email, Required: true, Identifier: true, Verify: profile.ByEmail},
		profile.Field{Name: "name.first"},
		profile.Field{Name: "name.rank", Type: profile.Integer, Access: profile.Read},
		profile.Field{Name: "year", Type: profile.Integer, Min: "1900"},
		profile.Field{Name: "news", Type: profile.Checkbox},
		profile.Field{Name: "seen", Type: profile.DateTime},
		profile.Field{Name: "tags", Type: profile.Other},
		profile.Field{Name: "emails", Type: profile.Email, List: true, Identifier: true, Recover: profile.ByEmail},
		profile.Field{Name: "roles", List: true, Options: []string{"a", ""}, Nullable: true, Required: true},
		profile.Field{Name: "days", Type: profile.DateTime, List: true, MinItems: 1},
		profile.Field{Name: "score", Type: profile.Other, Access: profile.Hide},
	)
	for _, stored := range []string{``, `{}`, `{"email":"a@b","name":{"first":"Ada","rank":7,"alias":"x"},"score":[1],"year":1.9e3,"other":{"a":null}}`, `{"name":"Ada","score":null}`, `{"emails":["a@b"," A@B "],"roles":null,"days":["2030-01-01T00:00:00+01:00"]}`} {
		for _, sent := range []string{
			`{"traits":{"email":"b@b","name":{"first":""},"year":1e400,"news":true,"tags":[{}]}}`, `{"traits":{"email":"b@b","score":2,"name":{"rank":8}}}`,
			`{"traits":{"email":"b@b","name":null}}`, `{"traits":null}`, `traits.email=b%40b&traits.news=on&traits.year=-.5&traits.seen=2030-01-01T00:00`, `traits.email=b%40b&traits.name.rank=8&traits.score=1&traits.other.a=1`,
			`{"traits":{"email":"b@b","emails":{"1":"a@b","0":null},"roles":[null,"a"],"days":["2030-01-01T00:00"]}}`, `{"traits":{"emails":null,"roles":null}}`,
			`traits.email=b%40b&traits.emails.0=+a%40B&traits.emails.1=&traits.roles=&traits.roles=a&traits.days.0=2030-01-01T00:00:00`, `traits.email=b@b&traits.emails=a@b&traits.emails=c@d&traits.roles=b&traits.days=`,
		} {
			f.Add(stored, sent)
		}
	}
	m := newMethod(s)
	f.Fuzz(func(t *testing.T, stored, sent string) {
		contentType := "application/x-www-form-urlencoded"
		if strings.HasPrefix(sent, "{") {
			contentType = "application/json"
		}
		fields, problem := body.Decode(contentType, "", strings.NewReader(sent), 64<<10, []string{"traits"}, "traits.emails", "traits.roles", "traits.days")
		if problem != nil {
			return
		}
		i := withTraits(stored)
		if _, err := m.Nodes(t.Context(), method.View{Identity: i}); err != nil {
			t.Fatal(err)
		}
		plan, err := m.Plan(method.View{Identity: i}, method.Submission{Fields: fields})
		if err != nil || len(plan.Errors) > 0 {
			return
		}
		result, err := plan.Do(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := result.(method.Change).Edit(&i); err != nil {
			t.Fatal(err)
		}
		before, after := guarded(t, stored), guarded(t, string(i.Traits))
		if !reflect.DeepEqual(before, after) {
			t.Fatalf("%v became %v", before, after)
		}
		if again, err := m.Plan(method.View{Identity: i}, method.Submission{Fields: fields}); err != nil || len(again.Errors) > 0 || again.Needs.Privileged {
			t.Fatalf("what was saved is not so: %v %v", again, err)
		}
	})
}

// guarded is what is in traits besides the fields their owner may write. What is
// null is as good as absent, and so is an object without anything in it.
func guarded(t *testing.T, traits string) map[string]any {
	all := map[string]any{}
	if traits == "" {
		return all
	}
	d := json.NewDecoder(strings.NewReader(traits))
	d.UseNumber()
	if err := d.Decode(&all); err != nil {
		t.Fatal(err)
	}
	for _, own := range []string{"email", "year", "news", "seen", "tags", "emails", "roles", "days"} {
		delete(all, own)
	}
	if name, ok := all["name"].(map[string]any); ok {
		if delete(name, "first"); len(name) == 0 {
			delete(all, "name")
		}
	} else {
		delete(all, "name") // no object, so nothing that is not its owner's
	}
	return all
}
