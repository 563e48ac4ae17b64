package jsonschema_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/profile/jsonschema"
	"github.com/amend-go/amend/settings/settingstest"
)

// What people bring: schemas, forms and stored values of public threads, each named by
// its repository and number. A row is a file, what is stored, and what a page or a
// script sends; it says what is answered and what is stored then.

// thread is one of them.
type thread struct {
	name   string
	file   []byte
	stored string
	nodes  string // "" for what is not looked at: "name type=value", in order
	form   string // what a page sends, as browsers write it
	json   string // what a script sends for the traits, or as a whole if it begins with the method
	want   string // what is answered: ids of messages
	traits string // "" for what was stored
	keys   string // of the identity then, "" for what is not looked at
}

const (
	emails = `"title":"E-Mail","type":"string","format":"email","ory.sh/kratos":{"credentials":{"password":{"identifier":true}},"verification":{"via":"email"},"recovery":{"via":"email"}}`

	saved = "1050001"
)

func threads() []thread {
	tuple := file(`"emails":{"type":"array","items":[{`+emails+`}]}`, `"required":["emails"]`, `"additionalProperties":false`)
	list := file(`"emails":{"type":"array","items":{` + emails + `},"maxItems":4},"nickname":{"type":"string"}`)
	fruit := file(`"fruit":{"title":"Fruit","type":"array","uniqueItems":true,"items":{"type":"string","enum":["apple","banana","cherry"]}},"nickname":{"type":"string"}`)
	locale := file(`"locale":{"title":"Language","enum":["en","de","fr"]},"nickname":{"type":"string"}`)
	nullable := file(`"username":{"type":"string"},"middle":{"type":["string","null"]},"name":{"anyOf":[{"type":"string"},{"type":"null"}],"title":"Name"},"emails":{"type":["array","null"],"items":{"type":"string"}}`)
	address := file(`"email":{` + emails + `},"nickname":{"type":"string"}`)
	return []thread{
		{name: "ory/kratos#2374: addresses by their places", file: list, stored: `{"emails":["me+1@example.com"]}`,
			nodes: "traits.emails.0 email=me+1@example.com, traits.emails.1 email=, traits.nickname text=",
			form:  "traits.emails.0=me%2B1%40example.com&traits.emails.1=me%2B2%40example.com&traits.emails.2=me%2B3%40example.com", want: saved,
			traits: `{"emails":["me+1@example.com","me+2@example.com","me+3@example.com"]}`, keys: "me+1@example.com me+2@example.com me+3@example.com"},
		{name: "ory/kratos#2374: addresses by one name, several times", file: list, stored: `{"emails":["me+1@example.com"]}`,
			form: "traits.emails=me%2B1%40example.com&traits.emails=me%2B2%40example.com", want: saved,
			traits: `{"emails":["me+1@example.com","me+2@example.com"]}`},
		{name: "ory/kratos#2374: a second address that is none", file: list, stored: `{"emails":["me+1@example.com"]}`,
			form: "traits.emails.0=me%2B1%40example.com&traits.emails.1=&traits.emails.2=me", want: "traits.emails.1:4000040"},
		{name: "ory/kratos#2374: both ways at once", file: list, stored: `{"emails":["me+1@example.com"]}`,
			form: "traits.emails.0=me%2B1%40example.com&traits.emails=me%2B1%40example.com", want: "4000001"},
		{name: "ory/kratos#2374: one address is emptied", file: list, stored: `{"emails":["me+1@example.com","me+2@example.com"],"nickname":"me"}`,
			form: "traits.emails.0=&traits.emails.1=me%2B2%40example.com&traits.emails.2=&traits.nickname=me", want: saved,
			traits: `{"emails":["me+2@example.com"],"nickname":"me"}`},
		{name: "ory/kratos#2374: all but a nickname is emptied", file: file(`"emails":{"type":"array","items":{"type":"string"}},"nickname":{"type":"string"}`), stored: `{"emails":["a"],"nickname":"me"}`,
			form: "traits.emails.0=&traits.emails.1=&traits.nickname=me", want: saved, traits: `{"nickname":"me"}`},
		{name: "@ory/elements-react 1.2.1: a list as an object of places", file: list, stored: `{"emails":["me+1@example.com"]}`,
			json: `{"emails":{"0":"me+1@example.com","1":"me+2@example.com"}}`, want: saved,
			traits: `{"emails":["me+1@example.com","me+2@example.com"]}`},
		{name: "dfoxg/kratos-admin-ui#90: roles in items that are a list", file: tuple, stored: `{"emails":["me+1@example.com"]}`,
			form: "traits.emails.0=me%2B1%40example.com&traits.emails.1=me%2B2%40example.com", want: saved,
			traits: `{"emails":["me+1@example.com","me+2@example.com"]}`, keys: "me+1@example.com me+2@example.com"},
		{name: "dfoxg/kratos-admin-ui#90: further items are held to what the first is", file: tuple, stored: `{"emails":["me+1@example.com"]}`,
			json: `{"emails":["me+1@example.com","nobody"]}`, want: "traits.emails.1:4000040"},
		{name: "pixiebrix/pixiebrix-extension#8422: several of a choice", file: fruit, stored: `{"fruit":["apple"]}`,
			nodes: "traits.fruit text=[apple] of apple banana cherry, traits.nickname text=",
			form:  "traits.fruit=&traits.fruit=banana&traits.fruit=cherry", want: saved, traits: `{"fruit":["banana","cherry"]}`},
		{name: "pixiebrix/pixiebrix-extension#8422: none of them", file: fruit, stored: `{"fruit":["apple"],"nickname":"me"}`, form: "traits.fruit=&traits.nickname=me", want: saved, traits: `{"nickname":"me"}`},
		{name: "pixiebrix/pixiebrix-extension#8422: one that there is not", file: fruit, stored: `{}`, form: "traits.fruit=&traits.fruit=durian", want: "traits.fruit:4000001"},
		{name: "pixiebrix/pixiebrix-extension#8422: a script that has but one", file: fruit, stored: `{"fruit":["apple","banana"]}`, json: `{"fruit":"cherry"}`, want: "traits.fruit:4000026"},
		{name: "guillotinaweb/ngx-schema-form#152: a choice by oneOf", file: file(`"category":{"type":"array","items":{"type":"string","oneOf":[{"description":"Design","enum":["design"]},{"description":"High-Tech","enum":["hightech"]}]}}`),
			stored: `{}`, nodes: "traits.category text=[] of design hightech", form: "traits.category=&traits.category=hightech", want: saved, traits: `{"category":["hightech"]}`},

		{name: "ory/kratos#2459: an enum without a type", file: locale, stored: `{"locale":"en"}`,
			nodes: "traits.locale text=en of en de fr, traits.nickname text=", form: "traits.locale=de", want: saved, traits: `{"locale":"de"}`},
		{name: "ory/kratos#2459: a value that it lacks", file: locale, stored: `{"locale":"en"}`, form: "traits.locale=it", want: "traits.locale:4000001"},
		{name: "ory/kratos#2459: texts and a number to choose from", file: file(`"rank":{"enum":["none",1]},"nickname":{"type":"string"}`), stored: `{"rank":1}`,
			nodes: "traits.rank text=1 of none, traits.nickname text=", form: "traits.rank=1&traits.nickname=me", want: saved, traits: `{"rank":1,"nickname":"me"}`},
		{name: "JamesNK/Newtonsoft.Json.Schema#33: anyOf with one reference in it", file: file(`"manager":{"anyOf":[{"$ref":"#/definitions/street"}],"title":"Manager"}`), stored: `{}`,
			nodes: "traits.manager text=", form: "traits.manager=Ada", want: saved, traits: `{"manager":"Ada"}`},
		{name: "rjsf-team/react-jsonschema-form#4843: anyOf with null in it", file: nullable, stored: `{}`, form: "traits.name=Ada", want: saved, traits: `{"name":"Ada"}`},
		{name: "guillotinaweb/ngx-schema-form#307: traits that are a reference", file: []byte(`{"properties":{"traits":{"$ref":"#/definitions/traits"}},"definitions":{"traits":{"type":"object","properties":{"nickname":{"type":"string"}}}}}`),
			stored: `{}`, nodes: "traits.nickname text=", form: "traits.nickname=me", want: saved, traits: `{"nickname":"me"}`},
		{name: "zaggino/z-schema#170: a reference by the file's own id", file: []byte(`{"$schema":"http://json-schema.org/draft-07/schema#","$id":"http://schemas.example.com/color-1.0",
			"properties":{"traits":{"type":"object","properties":{"color":{"$ref":"http://schemas.example.com/color-1.0#/definitions/color"}}}},"definitions":{"color":{"type":"string","enum":["blue","yellow"]}}}`),
			stored: `{}`, nodes: "traits.color text= of blue yellow", form: "traits.color=blue", want: saved, traits: `{"color":"blue"}`},
		{name: "bcherny/json-schema-to-typescript#220: a reference to an anchor", file: []byte(`{"$schema":"http://json-schema.org/draft-07/schema#",
			"properties":{"traits":{"type":"object","properties":{"myProp":{"$ref":"#myName"}}}},"definitions":{"x":{"$id":"#myName","type":"string"}}}`),
			stored: `{}`, nodes: "traits.myProp text=", form: "traits.myProp=x", want: saved, traits: `{"myProp":"x"}`},
		{name: "microsoft/vscode#163683: a byte order mark", file: append([]byte("\ufeff"), file(`"nickname":{"type":"string"}`)...), stored: `{}`, form: "traits.nickname=me", want: saved, traits: `{"nickname":"me"}`},
		{name: "ory/elements#93: paths for keys of JSON", file: locale, stored: `{"locale":"en"}`, json: `{"method":"profile","traits.locale":"de"}`, want: "traits.locale:4000001"},

		{name: "rjsf-team/react-jsonschema-form#509: a stored null that comes back", file: nullable, stored: `{"username":null,"middle":"x"}`, json: `{"username":null,"middle":"y"}`, want: saved, traits: `{"username":null,"middle":"y"}`},
		{name: "rjsf-team/react-jsonschema-form#509: a stored null beside a form", file: nullable, stored: `{"username":null,"middle":"x"}`, form: "traits.username=&traits.middle=y", want: saved, traits: `{"username":null,"middle":"y"}`},
		{name: "rjsf-team/react-jsonschema-form#2009: null for what may be it", file: nullable, stored: `{"middle":"x","emails":["a"]}`, json: `{"middle":null,"emails":null}`, want: saved, traits: `{"middle":null,"emails":null}`},
		{name: "rjsf-team/react-jsonschema-form#2009: null for what may not, and is there", file: nullable, stored: `{"username":"x"}`, json: `{"username":null}`, want: "traits.username:4000026"},
		{name: "rjsf-team/react-jsonschema-form#2009: null for what may not, and is not there", file: nullable, stored: `{"middle":"x"}`, json: `{"username":null,"middle":"y"}`, want: saved, traits: `{"middle":"y"}`},

		{name: "FusionAuth/fusionauth-issues#2104: an address that would be refused today, left alone", file: address, stored: `{"email":"ada@münchen.de"}`,
			nodes: "traits.email text=ada@münchen.de, traits.nickname text=",
			form:  "traits.email=ada%40m%C3%BCnchen.de&traits.nickname=me", want: saved, traits: `{"email":"ada@münchen.de","nickname":"me"}`},
		{name: "ory/kratos#2158: space around an address", file: address, stored: `{"email":"foo@example.com"}`, json: `{"email":" foo@example.com "}`, want: saved},
		{name: "ory/kratos#2158: space around another address", file: address, stored: `{"email":"foo@example.com"}`, form: "traits.email=%20bar%40example.com+", want: saved, traits: `{"email":"bar@example.com"}`, keys: "bar@example.com"},
		{name: "ory/kratos#3810: the case of a domain", file: address, stored: `{"email":"test@example.com"}`, json: `{"email":"test@EXAMPLE.com"}`, want: saved},

		{name: "simple-login/app#2138: a name to sign in with that no store can index", file: file(`"username":{"type":"string","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}}`), stored: `{"username":"ada"}`,
			form: "traits.username=" + strings.Repeat("x", identity.MaxKeyValue+1), want: "traits.username:4000017"},
		{name: "simple-login/app#2138: the longest one that every store can", file: file(`"username":{"type":"string","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}}`), stored: `{"username":"ada"}`,
			form: "traits.username=" + strings.Repeat("x", identity.MaxKeyValue), want: saved, traits: `{"username":"` + strings.Repeat("x", identity.MaxKeyValue) + `"}`},

		{name: "forem/forem#20231: a text of several lines by its length", file: file(`"bio":{"type":"string","maxLength":1000},"nickname":{"type":"string","maxLength":40}`), stored: `{"bio":"one\ntwo"}`,
			nodes: "traits.bio lines=one\ntwo, traits.nickname text=", form: "traits.bio=one%0D%0Atwo&traits.nickname=me", want: saved, traits: `{"bio":"one\ntwo","nickname":"me"}`},
		{name: "keybase/keybase-issues#608: a text of several lines by its format", file: file(`"bio":{"type":"string","format":"textarea"}`), stored: `{}`,
			nodes: "traits.bio lines=", form: "traits.bio=one%0D%0A%0D%0Atwo", want: saved, traits: `{"bio":"one\n\ntwo"}`},
		{name: "modmore/ClientConfig#69: a text that has several lines, whatever its schema says", file: file(`"bio":{"type":"string"}`), stored: `{"bio":"one\r\ntwo"}`,
			nodes: "traits.bio lines=one\r\ntwo", form: "traits.bio=one%0D%0Atwo", want: saved},

		{name: "santhosh-tekuri/jsonschema#225: a URI that is none", file: file(`"site":{"type":"string","format":"uri"}`), stored: `{}`, form: "traits.site=https%3A%2F%2Ffoobar%C2%AE.pdf", want: "traits.site:4000004"},
		{name: "networknt/json-schema-validator#408: a | in a URI", file: file(`"site":{"type":"string","format":"uri"}`), stored: `{}`, form: "traits.site=https%3A%2F%2Fexample.com%2F%3Fa%7Cb", want: "traits.site:4000004"},
		{name: "JamesNK/Newtonsoft.Json.Schema#136: braces in a URI", file: file(`"site":{"type":"string","format":"uri"}`), stored: `{}`, form: "traits.site=https%3A%2F%2Fexample.com%2F%3Fid%3D%7B9A99%7D", want: "traits.site:4000004"},
	}
}

func TestThreads(t *testing.T) {
	for _, c := range threads() {
		t.Run(c.name, func(t *testing.T) {
			s, err := jsonschema.Parse(c.file)
			require.NoError(t, err)
			kit, id := newKit(t, s, c.stored)
			kit.Edit(id, func(i *identity.Identity) { i.Keys = keysOf(c.stored) })
			kind := respond.Page
			if c.json != "" {
				kind = respond.Script
			}
			client := kit.SignIn(id, kind)
			f := client.Start()
			if c.nodes != "" {
				assert.Equal(t, c.nodes, inputsOf(f))
			}
			a := client.Post("/self-service/settings?flow="+f.ID, contentTypes[kind], c.body(f))
			answered := a.Flow
			if kind == respond.Page {
				answered = a.Follow().Flow
			}
			require.NotNil(t, answered, "%v", a)
			assert.Equal(t, c.want, strings.Join(answered.Messages(), " "), "%s", a.Body)
			if c.traits == "" {
				c.traits = c.stored
			}
			assert.JSONEq(t, c.traits, string(kit.Identity(id).Traits))
			if c.keys != "" {
				assert.ElementsMatch(t, strings.Fields(c.keys), kit.Identity(id).Identifiers())
			}
		})
	}
}

var contentTypes = map[respond.Client]string{respond.Page: "application/x-www-form-urlencoded", respond.Script: "application/json"}

func (c thread) body(f *settingstest.Flow) string {
	if c.form != "" {
		return "method=profile&csrf_token=" + url.QueryEscape(f.CSRFToken()) + "&" + c.form
	}
	if strings.HasPrefix(c.json, `{"method"`) {
		return c.json[:len(c.json)-1] + `,"csrf_token":"` + f.CSRFToken() + `"}`
	}
	return `{"method":"profile","csrf_token":"` + f.CSRFToken() + `","traits":` + c.json + `}`
}

// keysOf are the keys that an account has whose traits are these.
func keysOf(traits string) (keys []identity.Key) {
	var names struct {
		Email, Username string
		Emails          []string
	}
	_ = json.Unmarshal([]byte(traits), &names) // what is of another type is no name
	for _, name := range append([]string{names.Email, names.Username}, names.Emails...) {
		if strings.ContainsRune(name, '@') || name == "ada" {
			keys = append(keys, identity.Key{Kind: identity.Identifier, Value: name})
		}
	}
	return keys
}

// inputsOf writes the inputs of the traits down.
func inputsOf(f *settingstest.Flow) string {
	var list []string
	for _, n := range f.UI.Nodes {
		if n.Group != "profile" || n.Name() == "method" {
			continue
		}
		kind, value := n.Attributes["type"], n.Attributes["value"]
		if n.Attributes["multiline"] == true {
			kind = "lines"
		}
		if value == nil {
			value = ""
		}
		text := fmt.Sprintf("%s %v=%v", n.Name(), kind, value)
		if options, ok := n.Attributes["options"].([]any); ok {
			text += " of"
			for _, o := range options {
				text += fmt.Sprintf(" %v", o.(map[string]any)["value"])
			}
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}
