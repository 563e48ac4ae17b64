package settings_test

import (
	"context"
	"net/http"
	"strings"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

// fakeMethod is a settings method that does what a test tells it: a method that a
// host might write, with every mistake.
type fakeMethod struct {
	name  string // "test" if empty
	needs method.Needs
	plan  func(method.View, method.Submission) (method.Plan, error) // before do
	do    func(context.Context, method.View) (method.Result, error) // before change
	edit  func(*identity.Identity) error                            // the change
	after func(method.Change) method.Change                         // what else the change says
	nodes func(context.Context, method.View) ([]ui.Node, error)
}

func (p fakeMethod) Info() (method.Info, error) {
	if p.name == "" {
		p.name = "test"
	}
	return method.Info{Name: p.name, Fields: []string{p.name + "_value"}}, nil
}

func (p fakeMethod) Nodes(ctx context.Context, v method.View) ([]ui.Node, error) {
	if p.nodes == nil {
		return nil, nil
	}
	return p.nodes(ctx, v)
}

func (p fakeMethod) Plan(v method.View, s method.Submission) (method.Plan, error) {
	if p.plan != nil {
		return p.plan(v, s)
	}
	return method.Plan{Needs: p.needs, Do: func(ctx context.Context) (method.Result, error) {
		if p.do != nil {
			return p.do(ctx, v)
		}
		c := method.Change{Event: "test.changed", Edit: p.edit}
		if p.after != nil {
			c = p.after(c)
		}
		return c, nil
	}}, nil
}

// offering adds methods to the Kit's own.
func offering(methods ...settings.Method) func(*settings.Config) {
	return func(c *settings.Config) { c.Methods = append(c.Methods, methods...) }
}

// settingTraits is an edit of the profile.
func settingTraits(traits string) func(*identity.Identity) error {
	return func(i *identity.Identity) error {
		i.Traits = []byte(traits)
		return nil
	}
}

func requestTo(c *settingstest.Client, method, path string) (*http.Request, error) {
	return http.NewRequest(method, c.Kit.Config.PublicURL+path, strings.NewReader(""))
}
