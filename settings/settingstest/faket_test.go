package settingstest_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// fakeT is a test that may fail without failing this one.
type fakeT struct {
	testing.TB
	failures []string
	cleanups []func()
}

func (f *fakeT) Helper()                   {}
func (f *fakeT) Cleanup(c func())          { f.cleanups = append(f.cleanups, c) }
func (f *fakeT) Error(a ...any)            { f.failures = append(f.failures, fmt.Sprint(a...)) }
func (f *fakeT) Errorf(s string, a ...any) { f.Error(fmt.Sprintf(s, a...)) }
func (f *fakeT) Fatal(a ...any)            { f.Error(a...); runtime.Goexit() }
func (f *fakeT) Fatalf(s string, a ...any) { f.Errorf(s, a...); runtime.Goexit() }

// run runs a test to its end, its cleanups too, and returns its failures.
func run(t *testing.T, test func(t testing.TB)) []string {
	t.Helper()
	f := &fakeT{TB: t}
	done := make(chan struct{})
	go func() { // because Fatal ends the goroutine
		defer close(done)
		test(f)
	}()
	<-done
	for _, c := range f.cleanups {
		c()
	}
	return f.failures
}

// careless is a method with every mistake: what a test makes of its field
// "password".
type careless struct {
	echo bool
	plan func(value string) method.Plan
}

func (m careless) Info() (method.Info, error) {
	info := method.Info{Name: "careless", Fields: []string{"password", "traits"}}
	if m.echo {
		info.Echo = info.Fields
	}
	return info, nil
}

func (m careless) Nodes(context.Context, method.View) ([]ui.Node, error) { return nil, nil }

func (m careless) Callback(method.View, method.Callback) (method.Plan, error) {
	return method.Plan{}, nil
}

func (m careless) Plan(_ method.View, s method.Submission) (method.Plan, error) {
	value, _ := s.Fields.String("password")
	return m.plan(value), nil
}

// does plans a result.
func does(r method.Result) method.Plan {
	return method.Plan{Do: func(context.Context) (method.Result, error) { return r, nil }}
}

// refuses plans nothing and says something.
func refuses(said string) method.Plan {
	return method.Plan{Errors: []ui.Message{ui.Form(ui.Refused(said))}}
}

// sets plans a change of the traits.
func sets(traits string) method.Plan {
	return does(method.Change{Event: "careless.changed", Edit: func(i *identity.Identity) error {
		i.Traits = []byte(traits)
		return nil
	}})
}

// only makes a method the only one.
func only(m settings.Method) func(*settings.Config) {
	return func(c *settings.Config) { c.Methods = []settings.Method{m} }
}

const (
	oldPassword = "correct horse battery staple"
	newPassword = `a "better" <horse> & staple`
)
