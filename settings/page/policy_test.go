package page_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/flow/ui"
)

func image(src string) ui.Node {
	return ui.Node{Group: ui.TOTP, Attributes: &ui.Image{ID: "totp_qr", Src: src, Width: 256, Height: 256}, Label: ui.LabelTOTPQR()}
}

func scriptNode(src, integrity string) ui.Node {
	return ui.Node{Group: ui.WebAuthn, Attributes: &ui.Script{ID: "webauthn_script", Src: src, Integrity: integrity, Nonce: "n"}}
}

func TestHeaders(t *testing.T) {
	h := shown(t, save(ui.Password)).Header()
	assert.Equal(t, "text/html; charset=utf-8", h.Get("Content-Type"))
	assert.Equal(t, "private, no-store", h.Get("Cache-Control"))
	assert.Equal(t, "strict-origin", h.Get("Referrer-Policy"))
	assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
}

func TestPolicyAllowsWhatThePageHas(t *testing.T) {
	const always = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
	second := strings.Replace(script, "webauthn", "passkey", 1)
	for _, c := range []struct {
		name  string
		nodes []ui.Node
		more  string
	}{
		{"a form without pictures and scripts", []ui.Node{save(ui.Password)}, ""},
		{"a picture", []ui.Node{image(picture)}, "; img-src data:"},
		{"a script", []ui.Node{scriptNode(script, checksum)}, "; script-src " + script},
		{"a script that two groups need, and another", []ui.Node{scriptNode(script, checksum), scriptNode(script, checksum), scriptNode(second, checksum)}, "; script-src " + script + " " + second},
		{"both", []ui.Node{scriptNode(script, checksum), image(picture)}, "; img-src data:; script-src " + script},
		{"a picture that is not shown", []ui.Node{image("https://evil.example/x.png")}, ""},
		{"a script that is not loaded", []ui.Node{scriptNode(script, "")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := shown(t, c.nodes...)
			assert.Equal(t, always+styleSource(a.body)+c.more, a.policy)
		})
	}
}

// The script is in one group; the buttons that call it may be in another.
func TestAGroupWithNothingToSeeIsNotShown(t *testing.T) {
	add := input(ui.Passkey, ui.Input{Name: "passkey_register_trigger", Type: ui.InputButton, Value: "", Trigger: "oryPasskeySettingsRegistration"}, ui.LabelPasskeyRegister())
	body := shown(t, scriptNode(script, checksum), add).body
	assert.Equal(t, 1, strings.Count(body, "<section "))
	assert.Contains(t, body, `data-amend-trigger="oryPasskeySettingsRegistration">Add a passkey</button>`)
	assert.Contains(t, body, `<script id="webauthn_script" src="`+script+`"`)
}

// Two groups may need one script, which must not answer each click twice.
func TestAScriptIsLoadedOnce(t *testing.T) {
	body := shown(t, scriptNode(script, checksum), save(ui.WebAuthn), ui.Node{Group: ui.Passkey, Attributes: scriptNode(script, checksum).Attributes}).body
	assert.Equal(t, 1, strings.Count(body, "<script "))
	assert.Contains(t, body, `src="`+script+`" integrity="`+checksum+`" crossorigin="anonymous"`)
}

func TestScriptsThatAreNotLoaded(t *testing.T) {
	for _, c := range []struct{ name, src, integrity string }{
		{"without integrity", script, ""},
		{"integrity by a broken hash", script, "md5-q83vEjRWeJA="},
		{"integrity with another attribute behind it", script, checksum + `" onerror="x`},
		{"a javascript: URL", "javascript:alert(1)", checksum},
		{"a data: URL", "data:text/javascript,alert(1)", checksum},
		{"a URL without a scheme", "//evil.example/x.js", checksum},
		{"a directive of the policy behind it", script + "; script-src-elem *", checksum},
		{"a semicolon in the path", "https://app.example.com/a;b.js", checksum},
		{"a second policy behind a comma", "https://app.example.com/a,default-src.js", checksum},
		{"a keyword behind a space", "https://app.example.com/x.js 'unsafe-inline'", checksum},
		{"a header behind a line break", "https://app.example.com/x.js\r\nX-Evil: 1", checksum},
		{"any host", "https://*/x.js", checksum},
		{"all that a directory has", "https://app.example.com/", checksum},
		{"a path that a policy decodes", "https://app.example.com/%2e%2e/x.js", checksum},
		{"a user", "https://app.example.com@evil.example/x.js", checksum},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := shown(t, scriptNode(c.src, c.integrity), save(ui.WebAuthn))
			assert.NotContains(t, a.body, "<script")
			assert.NotContains(t, a.policy, "script-src")
			assert.Contains(t, a.body, `value="webauthn"`, "the rest is shown")
		})
	}
}

func TestPicturesThatAreNotShown(t *testing.T) {
	for _, c := range []struct{ name, src string }{
		{"a javascript: URL", "javascript:alert(1)"},
		{"a page", "data:text/html;base64,PHNjcmlwdD4="},
		{"one of another site, which sees who looks", "https://evil.example/x.png"},
		{"a picture that is not base64", "data:image/svg+xml,<svg onload=alert(1)>"},
		{"another attribute behind it", picture + `" onerror="alert(1)`},
		{"a line break behind it", picture + "\n"},
		{"nothing", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := shown(t, image(c.src), save(ui.TOTP))
			assert.NotContains(t, a.body, "<img")
			assert.Contains(t, a.body, `value="totp"`, "the rest is shown")
		})
	}
	assert.Contains(t, shown(t, image(picture)).body, `src="`+picture+`"`)
}
