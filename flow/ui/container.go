package ui

import (
	"slices"
	"strings"

	"github.com/amend-go/amend/settings/wire"
)

var groupOrder = []Group{Default, Profile, Password, OIDC, Lookup, WebAuthn, Passkey, TOTP}

// Container is the whole form.
type Container struct {
	Action   string // the URL it is sent to
	Nodes    []Node
	Messages []Text // about the form as a whole
}

// New puts the nodes into the order of their groups, and each message on the node that it
// names. A message whose node is missing stands on the form.
func New(action string, nodes []Node, messages []Message) Container {
	byGroup := func(a, b Node) int { return CompareGroups(a.Group, b.Group) }
	if !slices.IsSortedFunc(nodes, byGroup) {
		slices.SortStableFunc(nodes, byGroup)
	}
	c := Container{Action: action, Nodes: nodes}
	for _, m := range messages {
		i := -1
		if m.Node != "" {
			i = slices.IndexFunc(nodes, func(n Node) bool { return n.Name() == m.Node })
		}
		if i < 0 {
			c.Messages = append(c.Messages, m.Text)
			continue
		}
		// A method may make its nodes of slices that it keeps.
		nodes[i].Messages = append(slices.Clip(nodes[i].Messages), m.Text)
	}
	return c
}

// CompareGroups orders the groups of a form: it is negative if a stands before b, and
// positive if a stands after b. Groups that a host has made stand after the known ones, and
// are equal among themselves.
func CompareGroups(a, b Group) int {
	if a == b {
		return 0
	}
	return place(a) - place(b)
}

func place(g Group) int {
	if i := slices.Index(groupOrder, g); i >= 0 {
		return i
	}
	return len(groupOrder)
}

// Groups gives one list of nodes for each group, in the order of the form, for a page that
// makes a form of each method. Every list begins with the nodes of the group Default.
func (c Container) Groups() [][]Node {
	var shared []Node
	var groups [][]Node
	var last Group
	for _, n := range c.Nodes {
		switch {
		case n.Group == Default:
			shared = append(shared, n)
			continue
		case len(groups) == 0 || n.Group != last:
			groups = append(groups, slices.Clone(shared))
		}
		last = n.Group
		groups[len(groups)-1] = append(groups[len(groups)-1], n)
	}
	return groups
}

// Node finds a node by name; a submit button also by its value, as
// "method=password". It is nil if there is none.
func (c Container) Node(name string) *Node {
	name, value, byValue := strings.Cut(name, "=")
	for i, n := range c.Nodes {
		if n.Name() != name {
			continue
		}
		if in, ok := n.Attributes.(*Input); byValue && (!ok || in.Value != value) {
			continue
		}
		return &c.Nodes[i]
	}
	return nil
}

// WriteJSON writes the container.
func (c Container) WriteJSON(w *wire.Writer) {
	w.BeginObject()
	w.Field("action", c.Action)
	w.Field("method", "POST")
	w.Key("nodes")
	w.BeginArray()
	for _, n := range c.Nodes {
		n.WriteJSON(w)
	}
	w.EndArray()
	if len(c.Messages) > 0 {
		w.Key("messages")
		w.BeginArray()
		for _, m := range c.Messages {
			m.WriteJSON(w)
		}
		w.EndArray()
	}
	w.EndObject()
}
