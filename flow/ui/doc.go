// Package ui holds what a settings form is made of: nodes, and messages with
// stable ids. A client renders a form from nodes alone, in any language, and
// tells what happened from ids and contexts; the texts are a default.
//
// Shapes, names and ids are those of the Ory Kratos UI protocol, so its UI
// kits render them. Ids of this project's own start at 7000000.
//
// Nodes are made anew whenever a flow is read; only messages are stored.
package ui
