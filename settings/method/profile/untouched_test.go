package profile_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/profile"
)

// FuzzUntouched: whatever is stored, the form that shows it changes nothing if its
// user does not, to the byte. A box that must be answered is another matter: not to
// tick it is the answer.
func FuzzUntouched(f *testing.F) {
	m := newMethod(profile.Fields(
		profile.Field{Name: "email", Type: profile.Email, Required: true, Identifier: true},
		profile.Field{Name: "name.first", Required: true},
		profile.Field{Name: "name.rank", Type: profile.Integer, Access: profile.Read},
		profile.Field{Name: "year", Type: profile.Integer, Min: "1900"},
		profile.Field{Name: "height", Type: profile.Number, Options: []string{"1", "2"}},
		profile.Field{Name: "news", Type: profile.Checkbox},
		profile.Field{Name: "born", Type: profile.Date},
		profile.Field{Name: "seen", Type: profile.DateTime},
		profile.Field{Name: "site", Type: profile.URL},
		profile.Field{Name: "phone", Type: profile.Tel, Nullable: true, Required: true},
		profile.Field{Name: "language", Options: []string{"en", "de"}, Required: true},
		profile.Field{Name: "bio", MaxLength: 500},
		profile.Field{Name: "tags", Type: profile.Other},
		profile.Field{Name: "emails", Type: profile.Email, List: true, Identifier: true, Required: true},
		profile.Field{Name: "roles", List: true, Options: []string{"a", ""}},
		profile.Field{Name: "days", Type: profile.DateTime, List: true},
		profile.Field{Name: "floors", Type: profile.Integer, List: true},
	))
	info, err := m.Info()
	if err != nil {
		f.Fatal(err)
	}
	for _, stored := range []string{
		``, `{}`, `null`, `{"email":" ada@MÜNCHEN.de\n","name":{"first":"","rank":"x"},"year":"1900","height":3,"news":"yes","born":"1.1.2000","seen":"2000-01-01T00:00:00.5+01:00"}`,
		`{"email":null,"name":"Ada","year":1e400,"height":2.0,"news":1,"terms":false,"site":"x ","phone":null,"language":"fr","bio":"a\r\nb\rc","tags":[1]}`,
		`{"emails":["a@b",""],"roles":["","b"],"days":["2000-01-01T00:00:00+01:00","x"],"floors":[1.50,"2",true]}`, `{"emails":"a@b","roles":[{}],"days":{"0":"x"},"floors":[]}`,
		`{"bio":"\r","name":{"first":{"a":1}},"language":["en"],"seen":"","born":0,"emails":[5,"\n"],"roles":[1]}`,
	} {
		f.Add(stored)
	}
	f.Fuzz(func(t *testing.T, stored string) {
		i := withTraits(stored)
		nodes, err := m.Nodes(t.Context(), method.View{Identity: i})
		if err != nil {
			t.Fatal(err)
		}
		sent := sentByABrowser(nodes)
		fields, problem := body.Decode("application/x-www-form-urlencoded", "", strings.NewReader(sent), 1<<20, info.Fields, info.Lists...)
		if problem != nil {
			return // more than a form can have, or what no body may hold
		}
		plan, err := m.Plan(method.View{Identity: i}, method.Submission{Fields: fields})
		if err != nil {
			return // no traits
		}
		if len(plan.Errors) > 0 || plan.Needs.Privileged {
			t.Fatalf("%s\n%s\n%v", stored, sent, plan.Errors)
		}
		result, err := plan.Do(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := result.(method.Change).Edit(&i); err != nil {
			t.Fatal(err)
		}
		if string(i.Traits) != stored {
			t.Fatalf("%s\n%s\n%s", stored, sent, i.Traits)
		}
	})
}

// sentByABrowser is the form of inputs as they are shown.
func sentByABrowser(nodes []ui.Node) string {
	var pairs []string
	send := func(name, value string) {
		value = strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n").Replace(value)
		pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(value))
	}
	text := func(value any) string {
		if value == nil {
			return ""
		}
		return fmt.Sprint(value)
	}
	for _, n := range nodes {
		in := n.Input()
		switch {
		case in.Disabled || in.Name == "method":
		case in.Type == ui.InputCheckbox:
			send(in.Name, "false")
			if in.Value == true {
				send(in.Name, "true")
			}
		case in.Multiple:
			send(in.Name, "")
			for _, value := range in.Value.([]any) {
				send(in.Name, text(value))
			}
		case in.Multiline || in.Options != nil:
			send(in.Name, text(in.Value))
		default:
			send(in.Name, kept(in.Type, text(in.Value)))
		}
	}
	return strings.Join(pairs, "&")
}

// kept is what an input of one line leaves of a text, as
// https://html.spec.whatwg.org/#value-sanitization-algorithm says, and browsers write
// domains in ASCII.
func kept(kind ui.InputType, text string) string {
	text = strings.NewReplacer("\r", "", "\n", "").Replace(text)
	switch kind {
	case ui.InputEmail, ui.InputURL:
		text = strings.TrimSpace(text)
	case ui.InputNumber:
		if !json.Valid([]byte(text)) {
			return ""
		}
	case ui.InputDate:
		if len(text) != len("2030-01-02") || text < "0001" {
			return ""
		}
	case ui.InputDateTime:
		if len(text) < len("2030-01-02T03:04") || text < "0001" {
			return ""
		}
	}
	if kind == ui.InputEmail {
		return strings.Map(func(r rune) rune {
			if r > '~' {
				return -1
			}
			return r
		}, text)
	}
	return text
}
