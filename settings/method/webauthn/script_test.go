package webauthn_test

import (
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/webauthn"
)

func TestTheScriptIsWhatTheFormSays(t *testing.T) {
	for name, methods := range map[string][]settings.Method{
		"both":     webauthn.Both(site),
		"keys":     {webauthn.SecurityKeys(site)},
		"passkeys": {webauthn.Passkeys(site)},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, func(c *settings.Config) { c.Methods = methods })
			c := w.SignIn(w.ada, respond.Page)
			f := c.Start()
			scripts := nodes(f, "webauthn_script")
			require.Len(t, scripts, 1)
			script := scripts[0].Attributes
			a := w.Anonymous(respond.Page).Get(webauthn.ScriptPath)
			assert.Equal(t, webauthn.Integrity(), script["integrity"], "for a page of a host's own")
			assert.Contains(t, script["src"], webauthn.ScriptPath)
			require.Equal(t, http.StatusOK, a.Status)
			assert.Equal(t, "text/javascript; charset=utf-8", a.Header.Get("Content-Type"))
			sum := sha512.Sum384(a.Body)
			assert.Equal(t, "sha384-"+base64.StdEncoding.EncodeToString(sum[:]), script["integrity"])
			assert.NotEmpty(t, script["nonce"])
			assert.NotEqual(t, script["nonce"], node(c.Read(f.ID).Flow, "webauthn_script").Attributes["nonce"])
			// A strict Content-Security-Policy forbids all of these.
			assert.NotRegexp(t, regexp.MustCompile(`\beval\(|new Function|innerHTML|document\.write|setAttribute\("on|\.onclick|javascript:`), string(a.Body))
		})
	}
}
