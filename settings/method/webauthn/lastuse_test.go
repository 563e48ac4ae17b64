package webauthn_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/store"
)

// The last use is told by its day. Where there is nothing else to write, it is written
// once a day; with a new count, each time.
func TestTheLastUseIsNoted(t *testing.T) {
	const hour = time.Hour
	for name, row := range map[string]struct {
		counts bool
		after  time.Duration
		noted  bool
	}{
		"without a counter, on the same day": {after: hour},
		"without a counter, on the next day": {after: 24 * hour, noted: true},
		"with a counter, on the same day":    {counts: true, after: hour, noted: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t)
			d := newDevice(t)
			if row.counts {
				d.cred.Counter = 5
			}
			w.enrolDevice(w.ada, passkeys, d)
			lastUse := func() time.Time { return w.Identity(w.ada).State.Factors["passkey"].Credentials[0].LastUsedAt }
			assert.Zero(t, lastUse(), "to add one is not to sign in by it")
			prove := func() {
				p, options := w.ask(passkeys, true)
				p.Value = d.get(options)
				_, err := w.Handler.Service.Verify(t.Context(), p)
				require.NoError(t, err)
			}
			prove()
			first := w.Clock.Now()
			assert.Equal(t, first, lastUse())
			w.Clock.Advance(row.after)
			prove()
			want := first
			if row.noted {
				want = w.Clock.Now()
			}
			assert.Equal(t, want, lastUse())
		})
	}
}

// Nobody is kept out because a date could not be written; a count that could not be is
// another matter.
func TestALastUseThatCannotBeWritten(t *testing.T) {
	for counts, want := range map[uint32]bool{0: true, 5: false} {
		failing := &failing{}
		w := newFixture(t, func(c *settings.Config) { failing.IdentityStore, c.Identities = c.Identities, failing })
		d := newDevice(t)
		d.cred.Counter = counts
		w.enrolDevice(w.ada, passkeys, d)
		p, options := w.ask(passkeys, true)
		p.Value = d.get(options)
		failing.is = true
		_, err := w.Handler.Service.Verify(t.Context(), p)
		assert.Equal(t, want, err == nil, "%v", err)
		assert.NotErrorIs(t, err, method.ErrWrong)
	}
}

// failing is a store that can write no identity for a while.
type failing struct {
	store.IdentityStore
	is bool
}

func (s *failing) UpdateIdentity(ctx context.Context, r identity.Record) error {
	if s.is {
		return errors.New("the disk is full")
	}
	return s.IdentityStore.UpdateIdentity(ctx, r)
}
