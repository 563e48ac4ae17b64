package ui_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow/ui"
)

func input(g ui.Group, name string, value any) ui.Node {
	return ui.Node{Group: g, Attributes: &ui.Input{Name: name, Type: ui.InputText, Value: value}}
}

func TestGroupsStandInOrder(t *testing.T) {
	var shuffled []ui.Node
	for _, g := range []ui.Group{"totp", "newsletter", "passkey", "oidc", "default", "webauthn", "lookup_secret", "password", "profile"} {
		shuffled = append(shuffled, input(g, "first", nil), input(g, "second", nil))
	}
	var got []string
	for _, n := range ui.New("", shuffled, nil).Nodes {
		got = append(got, string(n.Group)+" "+n.Name())
	}
	assert.Equal(t, []string{
		"default first", "default second", "profile first", "profile second", "password first", "password second",
		"oidc first", "oidc second", "lookup_secret first", "lookup_secret second", "webauthn first", "webauthn second",
		"passkey first", "passkey second", "totp first", "totp second",
		"newsletter first", "newsletter second", // a method of the host: after ours, and csrf_token stays in front
	}, got)
}

func TestMessagesFindTheirNode(t *testing.T) {
	nodes := []ui.Node{
		input("password", "password", nil), input("password", "method", "password"),
		{Group: "totp", Attributes: &ui.Plain{ID: "totp_secret_key"}},
	}
	c := ui.New("", nodes, []ui.Message{
		ui.On("password", ui.PasswordTooShort(8, 1)),
		ui.On("password", ui.PasswordBreached()),
		ui.On("totp_secret_key", ui.Refused("on a text")),
		ui.On("totp_code", ui.WrongTOTP()), // no such node in this form
		ui.Form(ui.Saved()),
	})
	assert.Equal(t, []int64{4000032, 4000034}, ids(c.Node("password").Messages), "in order")
	assert.Equal(t, []int64{4000001}, ids(c.Node("totp_secret_key").Messages))
	assert.Empty(t, c.Node("method").Messages)
	assert.Equal(t, []int64{4000008, 1050001}, ids(c.Messages), "a message without its node is not lost")

	onNode := decode(t, *c.Node("password"))["messages"].([]any)
	assert.Equal(t, 4000032.0, onNode[0].(map[string]any)["id"])
}

func TestContainerOnTheWire(t *testing.T) {
	empty := decode(t, ui.New("https://app.example/do?flow=1", nil, nil))
	assert.Equal(t, map[string]any{"action": "https://app.example/do?flow=1", "method": "POST", "nodes": []any{}}, empty)

	full := decode(t, ui.New("x", []ui.Node{input("default", "csrf_token", "t")}, []ui.Message{ui.Form(ui.Saved())}))
	assert.Len(t, full["nodes"], 1)
	require.Len(t, full["messages"], 1)
	assert.Equal(t, 1050001.0, full["messages"].([]any)[0].(map[string]any)["id"])
}

func TestNodeIsFoundByNameAndButtonByValue(t *testing.T) {
	c := ui.New("", []ui.Node{
		input("profile", "method", "profile"), input("password", "method", "password"),
		input("oidc", "link", "github"), input("oidc", "link", "google"), input("profile", "traits.age", 7),
		{Group: "totp", Attributes: &ui.Image{ID: "totp_qr"}},
	}, nil)
	for _, row := range []struct {
		name string
		want string // group and value
	}{
		{"method", "profile profile"}, // the first of the name
		{"method=profile", "profile profile"},
		{"method=password", "password password"},
		{"link=google", "oidc google"},
		{"traits.age", "profile 7"},
		{"totp_qr", "totp"},
		{"totp_qr=x", ""}, // a picture has no value
		{"traits.age=7", ""},
		{"method=totp", ""},
		{"method=", ""},
		{"metho", ""},
		{"METHOD", ""},
		{"", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			n := c.Node(row.name)
			if row.want == "" {
				require.Nil(t, n)
				return
			}
			require.NotNil(t, n)
			got := string(n.Group)
			if in, ok := n.Attributes.(*ui.Input); ok {
				got += fmt.Sprint(" ", in.Value)
			}
			assert.Equal(t, row.want, got)
		})
	}
	c.Node("link=google").Messages = []ui.Text{ui.Saved()}
	assert.Len(t, c.Node("link=google").Messages, 1, "it is the node of the form, not a copy")
}

// A page without a script has one form for each method, and each form needs
// the nodes that all share.
func TestGroupsAreOneFormForEachMethod(t *testing.T) {
	names := func(groups [][]ui.Node) [][]string {
		var all [][]string
		for _, g := range groups {
			var one []string
			for _, n := range g {
				one = append(one, n.Name())
			}
			all = append(all, one)
		}
		return all
	}
	c := ui.New("", []ui.Node{
		input("totp", "totp_code", nil), input("password", "password", nil), input("default", "csrf_token", "t"), input("password", "method", "password"),
	}, nil)
	assert.Equal(t, [][]string{{"csrf_token", "password", "method"}, {"csrf_token", "totp_code"}}, names(c.Groups()))
	assert.Empty(t, ui.New("", []ui.Node{input("default", "csrf_token", "t")}, nil).Groups(), "without a method there is nothing to send")
	assert.Equal(t, [][]string{{"a"}, {"b"}}, names(ui.New("", []ui.Node{input("x", "a", nil), input("y", "b", nil)}, nil).Groups()), "methods of a host")
}

func ids(texts []ui.Text) []int64 {
	var got []int64
	for _, x := range texts {
		got = append(got, x.ID)
	}
	return got
}
