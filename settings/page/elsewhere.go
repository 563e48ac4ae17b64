package page

import (
	"net/url"

	"github.com/amend-go/amend/flow/ui"
)

// This file owns a field that was changed elsewhere while its user typed: the page shows
// what it is now, and has a link that takes that. It changes nothing: it shows the form
// once more, with that value in the field, to be saved.

// takeParam is the parameter of that link: the name of the field.
const takeParam = "take"

// elsewhere looks for a conflict in what is said of a field.
func (v *view) elsewhere(e *element) {
	for i, m := range e.Messages {
		current, has := m.current, m.ID == ui.ChangedElsewhere(nil).ID && m.current != ""
		switch {
		case !has:
		case v.Take == e.Name && !e.Kind.Checkbox && !e.Kind.Choices:
			e.Value = current
			for n := range e.Options {
				e.Options[n].Chosen = e.Options[n].Value == current
			}
		case v.Take != e.Name:
			e.Messages[i].Text += " " + v.say(sentence(textOther, "current", current))
			e.Take, e.TakeLabel = "?flow="+url.QueryEscape(v.form.ID)+"&"+takeParam+"="+url.QueryEscape(e.Name), v.Words(textTake)
		}
	}
}
