package storetest

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"
)

// rule is one rule of a contract: what it says, and how it is seen that a new
// store keeps it.
type rule[S any] struct {
	says  string
	check func(t tester, s S)
}

// tester is what a rule needs of a *testing.T.
type tester interface {
	Helper()
	Context() context.Context
	Fatalf(format string, args ...any)
}

func run[S any](t *testing.T, rules []rule[S], open func(t *testing.T) S) {
	t.Helper()
	for _, r := range rules {
		t.Run(r.says, func(t *testing.T) { r.check(t, open(t)) })
	}
}

// ok fails if a call that must work does not.
func ok(t tester, err error, call string) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", call, err)
	}
}

// refused fails if a call returns anything but the wanted error.
func refused(t tester, err, want error, call string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s: got the error %v, want %v", call, err, want)
	}
}

// same fails if got and want differ.
func same(t tester, got, want any, what string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// cancelled is a context that is done.
func cancelled(t tester) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// crowd is how many calls a rule makes at once.
const crowd = 32

// together makes crowd calls at once. It fails on any error but the tolerated
// one, and returns how many had none.
func together(t tester, tolerated error, call func(i int) error) (succeeded int) {
	t.Helper()
	var (
		ready, done sync.WaitGroup
		start       = make(chan struct{})
		errs        [crowd]error
	)
	for i := range crowd {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			errs[i] = call(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	for _, err := range errs {
		switch {
		case err == nil:
			succeeded++
		case tolerated == nil || !errors.Is(err, tolerated):
			t.Fatalf("one of %d calls at once: %v", crowd, err)
		}
	}
	return succeeded
}

// untilWritten repeats a read and update until no other update is in between.
// It gives up on a store that refuses for ever.
func untilWritten(conflict error, readAndUpdate func() error) (err error) {
	for range 100 * crowd {
		if err = readAndUpdate(); !errors.Is(err, conflict) {
			return err
		}
	}
	return err
}
