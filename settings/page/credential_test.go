package page_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/page"
)

var day = time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)

// passkeyForm is the form of an account with the passkey "0a", of which some is known.
func passkeyForm(stored string, facts ui.CredentialFacts, asked bool, messages ...ui.Message) *flow.Form {
	name := facts.OwnName
	if name == "" {
		name = "Passkey added 2030-01-02"
	}
	form := formOf([]ui.Node{
		input(ui.Passkey, ui.Input{Name: "passkey_remove", Type: ui.InputSubmit, Value: "0a"}, facts.With(ui.LabelPasskeyRemove(name, day))),
		input(ui.Passkey, ui.Input{Name: "passkey_rename_displayname", Type: ui.InputText, Value: "typed"}, ui.LabelCredentialName()),
		input(ui.Passkey, ui.Input{Name: "passkey_rename", Type: ui.InputSubmit, Value: "0a"}, ui.LabelPasskeyRename(name, asked)),
	}, messages...)
	form.Owner.State.Factors = map[aal.Method]identity.Factor{aal.Passkey: {Credentials: []identity.Credential{{ID: "0a", Name: stored}}}}
	return form
}

// What somebody sees of a passkey: enough to know which it is.
func TestWhatIsSaidOfAPasskey(t *testing.T) {
	yes, no := true, false
	for name, row := range map[string]struct {
		stored string
		facts  ui.CredentialFacts
		want   string
	}{
		"its owner has named it": {"Laptop", ui.CredentialFacts{OwnName: "Laptop", Authenticator: "Apple Passwords", LastUsedAt: day.AddDate(0, 1, 0), Synced: &yes},
			"Laptop|Apple Passwords\u00a0· Added 2 January 2030\u00a0· Last used 2 February 2030\u00a0· Synced between your devices"},
		"it is known what holds it":         {"", ui.CredentialFacts{Authenticator: "Apple Passwords", Synced: &no}, "Apple Passwords|Added 2 January 2030\u00a0· On one device only"},
		"nothing is known of it":            {"", ui.CredentialFacts{LastUsedAt: day}, "Passkey of 2 January 2030|Last used 2 January 2030"},
		"an earlier version stored a name":  {"Passkey added 2030-01-02", ui.CredentialFacts{}, "Passkey added 2030-01-02|Added 2 January 2030"},
		"its name is that of what holds it": {"Bitwarden", ui.CredentialFacts{OwnName: "Bitwarden", Authenticator: "Bitwarden"}, "Bitwarden|Added 2 January 2030"},
	} {
		t.Run(name, func(t *testing.T) {
			body := written(t, passkeyForm(row.stored, row.facts, false), page.Options{}).body
			said := regexp.MustCompile(`(?s)<h3>(.*?)</h3>\s<p>(.*?)</p>`).FindStringSubmatch(body)
			assert.Equal(t, row.want, strings.Join(said[1:], "|"))
		})
	}
}

// The form for another name has the name that there is, or what was typed if that was
// refused; then it is open, and says why.
func TestTheFormThatRenames(t *testing.T) {
	refused := ui.On("passkey_rename_displayname", ui.UnseenInName())
	for name, row := range map[string]struct {
		asked    bool
		messages []ui.Message
		details  string
		field    string
	}{
		"nothing was asked":              {false, nil, `<details class="name"><summary>Rename`, `name="passkey_rename_displayname" value="Laptop"`},
		"it was refused":                 {true, []ui.Message{refused}, `<details class="name" open><summary>Rename`, `name="passkey_rename_displayname" value="typed"`},
		"another one's name was refused": {false, []ui.Message{refused}, `<details class="name"><summary>Rename`, `name="passkey_rename_displayname" value="Laptop"`},
	} {
		t.Run(name, func(t *testing.T) {
			body := written(t, passkeyForm("Laptop", ui.CredentialFacts{OwnName: "Laptop"}, row.asked, row.messages...), page.Options{}).body
			assert.Contains(t, body, row.details)
			assert.Contains(t, body, row.field)
			assert.Equal(t, len(row.messages), strings.Count(body, `data-id="7000063"`), "it is said once, and never lost")
			form := between(t, body, `<details class="name"`, `</form>`)
			assert.Contains(t, form, `name="csrf_token" value="a token"`)
			assert.Contains(t, form, `<button class="saves" name="passkey_rename" value="0a">`)
			assert.Equal(t, row.asked, strings.Contains(form, `data-id="7000063"`))
			assert.Equal(t, row.asked, strings.Contains(form, `autofocus`))
		})
	}
}

// The script is told of what password managers should hear of, and of nothing else.
func TestWhatPasswordManagersHearOf(t *testing.T) {
	removed := identity.LastChange{Flow: "this one", Method: "passkey", RepeatKey: "remove 00ff10"}
	long := removed
	long.RepeatKey = "remove " + strings.Repeat("0", 194)
	elsewhere := removed
	elsewhere.Flow = "another one"
	named := removed
	named.RepeatKey = "rename 00ff10"
	for name, row := range map[string]struct {
		changed string
		last    identity.LastChange
		want    string
	}{
		"a passkey is gone":                       {"passkey.removed", removed, ` data-removed="AP8Q"`},
		"a key is gone":                           {"webauthn.removed", removed, ` data-removed="AP8Q"`},
		"the id is too long to be kept":           {"passkey.removed", long, ` data-removed=""`},
		"the last change was another one's":       {"passkey.removed", elsewhere, ` data-removed=""`},
		"the last change was no removal":          {"passkey.removed", named, ` data-removed=""`},
		"the profile is another":                  {"profile.changed", identity.LastChange{}, ` data-named`},
		"an address to sign in with is confirmed": {"address.verified", identity.LastChange{}, ` data-named`},
		"a passkey has another name here":         {"passkey.renamed", removed, ``},
		"nothing was changed":                     {"", removed, ``},
	} {
		t.Run(name, func(t *testing.T) {
			form := passkeyForm("", ui.CredentialFacts{}, false)
			form.ID, form.Changed, form.Owner.State.LastChange = "this one", row.changed, row.last
			assert.Contains(t, written(t, form, page.Options{}).body, `<main id="main" tabindex="-1"`+row.want+">")
		})
	}
}
