package main

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/store/memory"
)

// besideItsHashes measures a password submit against the two hashes that it needs:
// one to compare with the stored one, one that is stored.
func (m *measurement) besideItsHashes(ctx context.Context) error {
	s := &inMemory{Store: memory.New()}
	writer := password.Argon2id{}
	h, err := install(s, passwordAlone.methods(writer))
	if err != nil {
		return err
	}
	p, err := newPerson(ctx, s, h, flow.API)
	if err != nil {
		return err
	}
	stored, err := writer.Hash(rand.Text())
	if err != nil {
		return err
	}
	var ratios []float64
	for range m.rounds {
		begin := time.Now()
		if err := p.changePassword(h); err != nil {
			return err
		}
		submit := time.Since(begin)

		begin = time.Now()
		if _, err := password.Verify(stored, "a wrong one"); err != nil {
			return err
		}
		if _, err := writer.Hash("another long one"); err != nil {
			return err
		}
		ratios = append(ratios, submit.Seconds()/time.Since(begin).Seconds())
	}
	m.atMost("hashes/password-submit-of-its-hashes", median(ratios), 1.1)
	return nil
}
