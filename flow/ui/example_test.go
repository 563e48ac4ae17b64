package ui_test

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/wire"
)

// A form is nodes and messages. New sorts the nodes by group and puts each
// message where it belongs.
func ExampleNew() {
	nodes := []ui.Node{
		{Group: ui.Password, Attributes: &ui.Input{Name: "method", Type: ui.InputSubmit, Value: "password"}, Label: ui.LabelSave()},
		{Group: ui.Default, Attributes: &ui.Input{Name: "csrf_token", Type: ui.InputHidden, Value: "", Required: true}},
	}
	form := ui.New("https://app.example/self-service/settings?flow=1", nodes, []ui.Message{ui.Form(ui.Saved())})

	w := wire.New(0)
	form.WriteJSON(w)
	var out bytes.Buffer
	_ = json.Indent(&out, w.Bytes(), "", "  ")
	fmt.Println(out.String())
	// Output:
	// {
	//   "action": "https://app.example/self-service/settings?flow=1",
	//   "method": "POST",
	//   "nodes": [
	//     {
	//       "type": "input",
	//       "group": "default",
	//       "attributes": {
	//         "name": "csrf_token",
	//         "type": "hidden",
	//         "value": "",
	//         "required": true,
	//         "disabled": false,
	//         "node_type": "input"
	//       },
	//       "messages": [],
	//       "meta": {}
	//     },
	//     {
	//       "type": "input",
	//       "group": "password",
	//       "attributes": {
	//         "name": "method",
	//         "type": "submit",
	//         "value": "password",
	//         "disabled": false,
	//         "node_type": "input"
	//       },
	//       "messages": [],
	//       "meta": {
	//         "label": {
	//           "id": 1070003,
	//           "text": "Save",
	//           "type": "info"
	//         }
	//       }
	//     }
	//   ],
	//   "messages": [
	//     {
	//       "id": 1050001,
	//       "text": "Your changes are saved.",
	//       "type": "success"
	//     }
	//   ]
	// }
}

// A client finds a node by name, a button also by its value.
func ExampleContainer_Node() {
	form := ui.New("", []ui.Node{
		{Group: ui.Profile, Attributes: &ui.Input{Name: "method", Value: "profile"}},
		{Group: ui.Password, Attributes: &ui.Input{Name: "method", Value: "password"}},
	}, nil)
	fmt.Println(form.Node("method=password").Group)
	fmt.Println(form.Node("method=totp"))
	// Output:
	// password
	// <nil>
}
