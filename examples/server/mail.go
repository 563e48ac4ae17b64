package main

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/amend-go/amend/settings"
)

// printer is what -mail sends messages by: it prints them. A real one hands them to a
// mail server, and returns.
func printer(w io.Writer) func(context.Context, settings.Message) error {
	var mu sync.Mutex
	return func(_ context.Context, m settings.Message) error {
		subject, text := m.English()
		mu.Lock()
		defer mu.Unlock()
		_, err := fmt.Fprintf(w, "\nTo: %s\nSubject: %s\n\n%s\n", m.To, subject, text)
		return err
	}
}
