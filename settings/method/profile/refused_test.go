package profile_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

// What no client of ours sends, each refused with everything as it was.
func TestBodiesThatAreRefused(t *testing.T) {
	s := profile.Fields(profile.Field{Name: "nickname"}, profile.Field{Name: "year", Type: profile.Integer}, profile.Field{Name: "news", Type: profile.Checkbox})
	for _, c := range []struct{ name, json, form string }{
		{"U+0000 in a value", `{"method":"profile","traits":{"nickname":"a\u0000b"}}`, "method=profile&traits.nickname=a%00b"},
		{"U+0000 in a name", `{"method":"profile","traits":{"nick\u0000name":"a"}}`, "method=profile&traits.a%00=b"},
		{"a number that nobody can hold", `{"method":"profile","traits":{"year":1e400}}`, "method=profile&traits.year=1e400"},
		{"a number of 10,000 digits", `{"method":"profile","traits":{"year":` + strings.Repeat("9", 10000) + `}}`, "method=profile&traits.year=" + strings.Repeat("9", 10000)},
		{"such a number where none belongs", `{"method":"profile","traits":{"role":1e999999999}}`, ""},
		{"the same key twice", `{"method":"profile","traits":{"nickname":"a","nickname":"b"}}`, "method=profile&traits.nickname=a&traits.nickname=b"},
		{"traits in another case", `{"method":"profile","Traits":{"nickname":"a"}}`, "method=profile&Traits.nickname=a"},
		{"a trait in another case beside it", `{"method":"profile","traits":{"nickname":"a","Nickname":"b"}}`, "method=profile&traits.nickname=a&traits.Nickname=b"},
		{"paths that contradict", "", "method=profile&traits.nickname=a&traits.nickname.b=c"},
		{"an empty step of a path", "", "method=profile&traits..nickname=a"},
		{"half a surrogate pair", `{"method":"profile","traits":{"nickname":"\ud800"}}`, ""},
		{"text after the object", `{"method":"profile","traits":{"nickname":"a"}}{}`, ""},
		{"too deep", `{"method":"profile","traits":` + strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 41), "method=profile&traits." + strings.Repeat("a.", 40) + "a=1"},
		{"a boolean written as a text", `{"method":"profile","traits":{"news":"true"}}`, "method=profile&traits.news=yes"},
		{"traits that are a text", `{"method":"profile","traits":"nickname"}`, "method=profile&traits=nickname"},
		{"traits that are a number", `{"method":"profile","traits":1}`, ""},
		{"traits that are true", `{"method":"profile","traits":true}`, ""},
		{"fields of the identity that are no traits", `{"method":"profile","traits":{"state":"inactive"},"id":"1","schema_id":"x","metadata_admin":{}}`, ""},
	} {
		for _, kind := range everyClient {
			contentType, text := "application/json", c.json
			if kind == respond.Page {
				contentType, text = "application/x-www-form-urlencoded", c.form
			}
			if text == "" {
				continue
			}
			t.Run(c.name+"/"+kind.String(), func(t *testing.T) {
				kit, id := newKit(t, s, `{"nickname":"ada"}`)
				client := kit.SignIn(id, kind)
				f := client.Start()
				if kind == respond.Page {
					text += "&csrf_token=" + f.CSRFToken()
				}
				before := kit.Snapshot(id)
				a := client.Post("/self-service/settings?flow="+f.ID, contentType, text)
				if kind != respond.Page {
					assert.Equal(t, http.StatusBadRequest, a.Status)
				}
				shown := followed(t, client, a)
				assert.Equal(t, "show_form", shown.State)
				assert.NotEmpty(t, shown.Messages())
				assert.Equal(t, before, kit.Snapshot(id))
				if f := client.Read(f.ID); kind != respond.API {
					assert.Less(t, len(f.Body), 16<<10, "a flow does not grow")
				}
			})
		}
	}
}

// A change sent twice is made once, and both answers say so.
func TestADoubleClick(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			kit, id := newKit(t, customers, ada)
			c := kit.SignIn(id, kind)
			f := c.Start()
			change := settingstest.Fields{"method": "profile", "traits": traitsOf("lovelace@example.com", "Ada", "countess")}
			assert.Equal(t, "success", followed(t, c, c.Submit(f, change)).State)
			once := kit.Identity(id)
			kit.Clock.Advance(time.Second)
			assert.Equal(t, "success", followed(t, c, c.Submit(f, change)).State)
			assert.Equal(t, once, kit.Identity(id), "nothing is written twice")
			assert.Equal(t, []string{"lovelace@example.com"}, once.Identifiers())
		})
	}
}
