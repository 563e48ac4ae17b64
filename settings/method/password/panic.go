package password

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
)

// errNoResult stands for work that left by runtime.Goexit.
var errNoResult = errors.New("password: the work ended without a result")

// guarded runs a function and gives its error to then, also if it panics or leaves by runtime.Goexit.
func guarded(f func() error, then func(error)) {
	err := errNoResult
	defer func() {
		if value := recover(); value != nil {
			err = newPanicError(value)
		}
		then(err)
	}()
	err = f()
}

// PanicError is the error of a Limiter for work that panicked. The panic is not raised
// again, because the request that waited for the work may have ended, and a panic in the
// work's own goroutine would end the process.
type PanicError struct {
	Value any    // what was passed to panic; it may hold what was being hashed, so it is not in the error's text
	Stack []byte // of the goroutine that panicked
}

func newPanicError(value any) *PanicError { return &PanicError{Value: value, Stack: debug.Stack()} }

// Error has the text of the Go runtime's own panics (index out of range and the like) and only the type of all others.
func (e *PanicError) Error() string {
	if err, ok := e.Value.(runtime.Error); ok {
		return "password: hashing panicked: " + err.Error()
	}
	return fmt.Sprintf("password: hashing panicked with a value of type %T", e.Value)
}
