package page_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/page"
)

// What users type, and what other sites call them, is text wherever it stands:
// it makes no tag, and no attribute.
func TestWhateverAFormHoldsIsText(t *testing.T) {
	for _, hostile := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' autofocus onfocus='alert(1)`, ` onclick=alert(1) x=`,
		`</title></textarea></style></noscript><svg onload=alert(1)>`, "a\x00<b onclick=1>\r\n<!--", `{{.Action}}<i>`, `&lt;u onclick=1>`, "`${alert(1)}`",
		`{"a":"' autofocus onfocus='alert(1)'"}`,
	} {
		t.Run(hostile, func(t *testing.T) {
			form, o := formOfNothingBut(hostile)
			got := written(t, form, o)
			form, o = formOfNothingBut(strings.Repeat("a", utf8.RuneCountInString(hostile)))
			harmless := written(t, form, o)
			assert.Equal(t, skeleton(harmless.body), skeleton(got.body))
			assert.Equal(t, harmless.policy, got.policy)
		})
	}
}

var (
	tag    = regexp.MustCompile(`<[^>]*>`)
	quoted = regexp.MustCompile(`"[^"]*"|'[^']*'`)
)

// skeleton is the tags of a page, with the names of their attributes.
func skeleton(body string) string {
	body = styleElement.ReplaceAllString(body, "")
	return quoted.ReplaceAllString(strings.Join(tag.FindAllString(body, -1), "\n"), `""`)
}

// formOfNothingBut has a string wherever one can stand.
func formOfNothingBut(s string) (*flow.Form, page.Options) {
	group, text := ui.Group(s), ui.Text{ID: 1, Text: s, Type: ui.TextType(s)}
	plain := func(context map[string]any) ui.Node {
		return ui.Node{Group: group, Label: text, Attributes: &ui.Plain{ID: s, Text: ui.Text{Text: s, Context: context}}}
	}
	var nodes []ui.Node
	for _, kind := range []ui.InputType{ui.InputHidden, ui.InputText, ui.InputCheckbox, ui.InputSubmit, ui.InputButton, ui.InputType(s)} {
		nodes = append(nodes, ui.Node{Group: group, Label: text, Messages: []ui.Text{text}, Attributes: &ui.Input{
			Name: s, Type: kind, Value: s, Autocomplete: s, Pattern: s, Min: s, Max: s, Step: s, Trigger: s,
		}})
	}
	nodes = append(nodes,
		input(group, ui.Input{Name: s, Type: ui.InputText, Value: s, Autocomplete: s, Options: []string{"a", s + s}}, text),
		input(group, ui.Input{Name: s, Type: ui.InputText, Value: []any{s}, Multiple: true, Options: []string{"a", s + s}}, text),
		input(group, ui.Input{Name: s, Type: ui.InputText, Value: s, Autocomplete: s, Multiline: true}, text),
	)
	nodes = append(nodes,
		plain(nil), plain(map[string]any{"secret": s}), plain(map[string]any{"secrets": []ui.Text{text, ui.LabelLookupCode(s)}}),
		ui.Node{Group: group, Label: text, Attributes: &ui.Image{ID: s, Src: picture}},
		ui.Node{Group: group, Attributes: &ui.Link{ID: s, Href: "https://app.example.com/help", Title: text}},
		ui.Node{Group: group, Attributes: &ui.Script{ID: s, Src: script, Integrity: checksum, Nonce: s}},
		save(ui.Password),
		input(ui.Passkey, ui.Input{Name: "passkey_remove", Type: ui.InputSubmit, Value: s}, ui.CredentialFacts{OwnName: s, Authenticator: s + s}.With(ui.LabelPasskeyRemove(s, time.Time{}))),
		input(ui.Passkey, ui.Input{Name: "passkey_rename_displayname", Type: ui.InputText, Value: s}, ui.LabelCredentialName()),
		input(ui.Passkey, ui.Input{Name: "passkey_rename", Type: ui.InputSubmit, Value: s}, ui.LabelPasskeyRename(s, true)),
	)
	form := formOf(nodes, ui.Form(text))
	form.Owner.Keys[0].Value = s
	return form, page.Options{Look: page.Look{Name: s}, Headings: map[string]string{string(group): s}}
}

func TestLinksLeadToPagesAndAuthenticatorApps(t *testing.T) {
	const app = "otpauth://totp/Example%20Co:ada%40example.com?secret=JBSW&issuer=Example%20Co"
	for href, want := range map[string]string{
		app:                            strings.ReplaceAll(app, "&", "&amp;"),
		"https://app.example.com/help": "https://app.example.com/help",
		"javascript:alert(1)":          "", " otpauth://totp/x": "", "data:text/html,x": "", "//a.example/": "", "mailto:ada@example.com": "",
		`https://a.example/" onclick="alert(1)`: "", "otpauth://totp/\n": "", "vbscript://x": "",
	} {
		form := formOf([]ui.Node{{Group: ui.TOTP, Attributes: &ui.Link{ID: "totp_link", Href: href, Title: ui.LabelTOTPLink()}}, save(ui.TOTP)})
		body := written(t, form, page.Options{}).body
		if want == "" {
			assert.NotContains(t, body, "totp_link", href)
		} else {
			assert.Equal(t, want, between(t, body, `<a id="totp_link" href="`, `">Open an authenticator app`), href)
		}
	}
}

func TestFormsAreSentNowhereButToAURL(t *testing.T) {
	for _, hostile := range []string{"javascript:alert(1)", " JaVaScRiPt:alert(1)", "data:text/html,x", `https://a.example/" onclick="alert(1)`} {
		form := formOf([]ui.Node{save(ui.Password)})
		form.UI.Action = hostile
		got := between(t, written(t, form, page.Options{}).body, `<form method="post" action="`, `">`)
		assert.Regexp(t, `^(#ZgotmplZ|https://a\.example/%22%20onclick=%22alert%281%29)$`, got)
	}
}
