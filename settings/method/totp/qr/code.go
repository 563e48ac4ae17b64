package qr

import (
	"fmt"
	"sync"

	"rsc.io/qr/coding"
)

// level is the least error correction: a screen is neither dirty nor torn, and
// the least makes the largest modules.
const level = coding.L

// plans are where the modules of each version of a code stand, worked out once:
// that takes five times as long as encoding a text by one, and ten times the room.
var plans = func() (all [coding.MaxVersion + 1]func() (*coding.Plan, error)) {
	for v := coding.MinVersion; v <= coding.MaxVersion; v++ {
		all[v] = sync.OnceValues(func() (*coding.Plan, error) { return coding.NewPlan(coding.Version(v), level, 0) })
	}
	return all
}()

// encode makes the smallest code of a text.
func encode(text string) (*coding.Code, error) {
	bytes := coding.String(text)
	for v := coding.Version(coding.MinVersion); v <= coding.MaxVersion; v++ {
		if bytes.Bits(v) > 8*v.DataBytes(level) {
			continue
		}
		plan, err := plans[v]()
		if err != nil {
			return nil, fmt.Errorf("qr: %w", err)
		}
		code, err := plan.Encode(bytes)
		if err != nil {
			return nil, fmt.Errorf("qr: %w", err)
		}
		return code, nil
	}
	return nil, fmt.Errorf("qr: %d bytes are too much for a code", len(text))
}
