package webauthn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// A registration that one instance has begun is finished at another one, whichever
// of them knows or uses the new key, the first of an account too, whose user handle
// is derived. What it has registered signs in at both.
func TestCreationOptionsOutliveAChangeOfKeys(t *testing.T) {
	for _, step := range settingstest.Rotations() {
		t.Run(step.Name, func(t *testing.T) {
			forEach(t, func(t *testing.T, v variant, kind respond.Client, mode func(*settings.Config)) {
				w := newFixture(t, mode, func(c *settings.Config) { c.Keys = step.Shows })
				there := w.Beside(func(c *settings.Config) { c.Keys = step.Takes })
				for _, which := range []string{"the first credential", "the next one"} {
					c := w.SignIn(w.ada, kind, w.Identity(w.ada).Methods()...)
					f := c.Start()
					d := newDevice(t)
					submit := settingstest.Fields{v.add: d.create(options(t, f, v))}
					c = c.At(there)
					again := c.Copy()
					saved(t, kind, c.Submit(f, submit))
					saved(t, kind, again.Submit(f, submit)) // a double click

					asked, err := there.Handler.Service.Challenge(t.Context(), v.method, w.ada)
					require.NoError(t, err, which)
					_, err = w.Handler.Service.Verify(t.Context(), settings.Proof{
						Method: v.method, IdentityID: w.ada, Challenge: asked.ID, Value: d.get(string(asked.Options)),
					})
					require.NoError(t, err, which)
				}
			})
		})
	}
}
