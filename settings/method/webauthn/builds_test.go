package webauthn_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/identity"
)

// A newer build keeps more of a key than this one knows. A login, which writes the
// key's counter, loses none of it.
func TestALoginKeepsWhatANewerBuildHasStored(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t)
			d := newDevice(t)
			d.cred.Counter = 5
			w.enrolDevice(w.ada, way.v, d)
			w.Edit(w.ada, func(i *identity.Identity) {
				f := i.State.Factors[way.v.method]
				f.Unknown, f.Credentials[0].Unknown = `"later":1`, `"later":2`
				f.Credentials[0].Data = []byte(strings.TrimSuffix(string(f.Credentials[0].Data), "}") + `,"later":{"of":3}}`)
				i.State.Factors[way.v.method] = f
			})
			p, options := w.ask(way.v, way.anyone)
			p.Value = d.get(options)
			_, err := w.Handler.Service.Verify(t.Context(), p)
			require.NoError(t, err)

			f := w.Identity(w.ada).State.Factors[way.v.method]
			assert.Contains(t, string(f.Credentials[0].Data), `"sign_count":6`, "the login was written")
			assert.Contains(t, string(f.Credentials[0].Data), `"later":{"of":3}`)
			assert.EqualValues(t, `"later":1`, f.Unknown)
			assert.EqualValues(t, `"later":2`, f.Credentials[0].Unknown)
		})
	}
}
