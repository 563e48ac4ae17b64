package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/memory"
)

// refusing measures a password submit that is refused because there is no slot for
// its hash: a machine that is busy must not be kept busy by saying so.
func (m *measurement) refusing(ctx context.Context) error {
	s := &inMemory{Store: memory.New()}
	limiter := password.NewLimiter(1, 0, 50*time.Millisecond)
	h, err := install(s, []settings.Method{password.New(password.Config{Writer: settingstest.FastHash(), Limiter: limiter})})
	if err != nil {
		return err
	}
	full := contender{Handler: h, refuses: true}
	var first *person
	for range 64 {
		p, err := newPerson(ctx, s, h, flow.API)
		if err != nil {
			return err
		}
		first, full.requests = p, append(full.requests, onTheWire(p.submit(newPassword)))
	}
	// The one slot is taken until all is measured.
	over, started := make(chan struct{}), make(chan struct{})
	taken := make(chan error, 1)
	go func() {
		taken <- limiter.Do(ctx, "somebody else", 0, func() error { close(started); <-over; return nil })
	}()
	<-started
	refusal := httptest.NewRecorder()
	h.ServeHTTP(refusal, first.submit(newPassword))
	shorter := *m // each waits for its slot first
	shorter.requests = max(1, m.requests/20)
	f, err := shorter.race(full, contender{Handler: bare(refusal.Header(), refusal.Body.Bytes()), requests: full.requests})
	if err == nil && refusal.Code != http.StatusServiceUnavailable {
		err = fmt.Errorf("without a slot a submit is answered by %d", refusal.Code)
	}
	if err == nil {
		m.note("crowd: one that is refused takes %v of processor time", f.each)
		m.atMost("crowd/work-of-a-refusal-of-bare", f.work, 6)
	}
	close(over)
	return errors.Join(err, <-taken)
}

var newPassword = map[string]any{"method": "password", "password": "a long enough password"}
