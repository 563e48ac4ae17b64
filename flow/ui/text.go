package ui

import (
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/wire"
)

// TextType is the kind of a text.
type TextType string

const (
	Info    TextType = "info"
	Error   TextType = "error"
	Success TextType = "success"
)

// Text is a label or a message. Clients decide by ID and Context; Text is the English
// default. A Context must not be changed after it was made, because several texts may share
// it.
type Text struct {
	ID      int64          `json:"id"`
	Text    string         `json:"text"`
	Type    TextType       `json:"type"`
	Context map[string]any `json:"context,omitempty"`

	// Reason is the sentence behind an ID that stands for many, 0 for none, and Values are
	// what is in it. They are kept with a flow, for pages, and are in no answer.
	Reason ReasonID       `json:"reason_id,omitempty"`
	Values map[string]any `json:"reason_values,omitempty"`
}

// WriteJSON writes the text as clients expect it.
func (t Text) WriteJSON(w *wire.Writer) {
	w.BeginObject()
	w.Key("id")
	w.Int(t.ID)
	w.Field("text", t.Text)
	w.Field("type", string(t.Type))
	if len(t.Context) > 0 {
		w.Key("context")
		w.Any(t.Context)
	}
	w.EndObject()
}

// Message is a text and where it belongs: on the node of that name, or on the
// form as a whole if Node is "". A flow is stored with its messages.
type Message struct {
	Node string `json:"node,omitempty"`
	Text

	Unknown jsonrecord.Unknown `json:"-"`
}

// On puts a text on a node.
func On(node string, t Text) Message { return Message{Node: node, Text: t} }

// Form puts a text on the form as a whole.
func Form(t Text) Message { return Message{Text: t} }
