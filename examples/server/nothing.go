package main

import (
	"context"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/method"
)

// nothing is offered where every method is disabled, since a settings.Config
// must have one. It has no part in the form, and whoever asks for it is told
// what anyone is told who asks for a method that does not exist.
type nothing struct{}

func (nothing) Info() (method.Info, error) { return method.Info{Name: "nothing"}, nil }

func (nothing) Nodes(context.Context, method.View) ([]ui.Node, error) { return nil, nil }

func (nothing) Plan(method.View, method.Submission) (method.Plan, error) {
	return method.Plan{Errors: []ui.Message{ui.Form(ui.NoSuchMethod())}}, nil
}
