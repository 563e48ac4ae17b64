package page_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/settingstest"
)

var styleElement = regexp.MustCompile(`(?s)<style>(.*?)</style>`)

// The page, to be read: AMEND_GOLDEN=write writes it.
func TestPageWithEveryKindOfNode(t *testing.T) {
	const file = "testdata/every_node.html"
	got := styleElement.ReplaceAllString(written(t, everyNode(), page.Options{}).body, "<style>…</style>")
	if os.Getenv("AMEND_GOLDEN") == "write" {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestEveryIDIsGivenOnce(t *testing.T) {
	body := written(t, everyNode(), page.Options{}).body
	var ids []string
	for _, m := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		ids = append(ids, m[1])
	}
	assert.Greater(t, len(ids), 20)
	sorted := slices.Sorted(slices.Values(ids))
	assert.Equal(t, sorted, slices.Compact(slices.Clone(sorted)))
	for _, m := range regexp.MustCompile(`\s(?:for|aria-describedby|aria-labelledby)="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		assert.Contains(t, ids, m[1])
	}
}

func TestEachGroupIsAFormOfItsOwn(t *testing.T) {
	body := shown(t, save(ui.Profile), save(ui.Password), save("newsletter")).body
	assert.Equal(t, 3, strings.Count(body, `<form method="post" action="`+action+`">`))
	assert.Equal(t, 3, strings.Count(body, `<input type="hidden" name="csrf_token" value="a token">`))
	assert.Contains(t, between(t, body, `<section class="card" id="newsletter"`, `</section>`), ">newsletter</h2>")
}

func TestWhatIsSaidAboutAllFormsIsSaidOnce(t *testing.T) {
	form := formOf([]ui.Node{save(ui.Profile), save(ui.Password)}, ui.On("csrf_token", ui.Refused("stale")))
	assert.Equal(t, 1, strings.Count(written(t, form, page.Options{}).body, ">stale</p>"))
}

func TestWhatIsSaidAboutANodeThatIsNotShownIsShown(t *testing.T) {
	form := formOf([]ui.Node{scriptNode(script, ""), save(ui.WebAuthn)}, ui.On("webauthn_script", ui.Refused("no script")))
	assert.Contains(t, between(t, written(t, form, page.Options{}).body, "</h1>", "<section "), ">no script</p>")
}

// The Enter key presses the first button of a form.
func TestEnterNeverRemovesAnything(t *testing.T) {
	const guard = `<button disabled hidden></button>`
	name := input(ui.WebAuthn, ui.Input{Name: "webauthn_register_displayname", Type: ui.InputText}, ui.Text{})
	remove := input(ui.WebAuthn, ui.Input{Name: "webauthn_remove", Type: ui.InputSubmit, Value: "0a"}, ui.Text{})
	for _, c := range []struct {
		name    string
		nodes   []ui.Node
		guarded bool
	}{
		{"a name beside a button that removes", []ui.Node{name, remove}, true},
		{"a button that removes before the one that saves: it is in no form with a field", []ui.Node{remove, name, save(ui.WebAuthn)}, false},
		{"a name, and no button but a script's", []ui.Node{name}, true},
		{"the button that saves comes first", []ui.Node{name, save(ui.WebAuthn), remove}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := shown(t, c.nodes...).body
			form := between(t, body, "<form ", "</form>")
			assert.NotContains(t, form, "webauthn_remove")
			first := regexp.MustCompile(`<button[^>]*></button>|<button[^>]*>`).FindString(form)
			if c.guarded {
				assert.Equal(t, guard, first)
				return
			}
			assert.NotContains(t, form, guard)
			assert.Contains(t, first, `value="webauthn"`)
		})
	}
}

// What must be filled in to save must not be in the way of removing, and no one press of
// a key or button removes anything.
func TestRemovalsAskFirstAndNeedNoFields(t *testing.T) {
	form := formOf([]ui.Node{
		save(ui.TOTP), input(ui.TOTP, ui.Input{Name: "totp_unlink", Type: ui.InputSubmit, Value: "true", Required: true}, ui.Text{}),
		input(ui.WebAuthn, ui.Input{Name: "webauthn_remove", Type: ui.InputSubmit, Value: "0a"}, ui.LabelWebAuthnRemove("blue", time.Time{})),
	})
	form.EndsOthers = true
	form.Owner.PasswordHash = "x"
	form.Owner.State.Factors = map[aal.Method]identity.Factor{
		aal.TOTP: {Credentials: []identity.Credential{{ID: "1"}}}, aal.WebAuthn: {Credentials: []identity.Credential{{ID: "0a", Name: "blue"}, {ID: "0b"}}},
	}
	body := written(t, form, page.Options{}).body
	asks := regexp.MustCompile(`(?s)<details class="danger"><summary>([^<]*).*?<strong>(.*?)</strong> (.*?)</p>\s(<button .*?)</button>`).FindAllStringSubmatch(body, -1)
	require.Len(t, asks, 2)
	assert.Equal(t, []string{"Turn off", "Turn off the authenticator app?",
		"Its codes no longer sign you in. You can delete its entry from the app. These stay: your password, 2 security keys. Your other devices will be signed out.",
		`<button form="rows" name="totp_unlink" value="true">Turn off`}, asks[0][1:])
	assert.Equal(t, []string{"Remove ", "Remove the security key “blue”?",
		"It no longer signs you in. These stay: your password, your authenticator app, your security key. Your other devices will be signed out.",
		`<button form="rows" name="webauthn_remove" value="0a">Remove`}, asks[1][1:])
	assert.Contains(t, body, `<form method="post" action="`+action+`" id="rows"><input type="hidden" name="csrf_token" value="a token"></form>`)
	assert.Contains(t, body, `<button class="saves" name="method" value="totp">`)
}

func TestTheFirstWrongFieldHasTheFocus(t *testing.T) {
	form := formOf([]ui.Node{trait("a", "A", ui.InputText, ""), trait("b", "B", ui.InputText, ""), trait("c", "C", ui.InputText, "")},
		ui.On("traits.a", ui.SignInAgain()), ui.On("traits.b", ui.Missing("b")), ui.On("traits.c", ui.Missing("c")))
	body := written(t, form, page.Options{}).body
	assert.Equal(t, 1, strings.Count(body, " autofocus"))
	assert.Contains(t, body, `name="traits.b" value="" aria-invalid="true" aria-describedby="f3-notes" autofocus>`)
	assert.Contains(t, body, `name="traits.c" value="" aria-invalid="true" aria-describedby="f4-notes">`)
	assert.Contains(t, body, `name="traits.a" value="" aria-describedby="f2-notes">`, "a hint is not an error")
}

func TestAHostsOwnWords(t *testing.T) {
	var asked []int64
	a := written(t, everyNode(), page.Options{
		Look: page.Look{
			Name: "Beispiel", Home: "/", Style: "h1 > a { color: #123456 }",
			Header: `<a href="/app">Zurück</a>`, Footer: `<p>Ende</p>`,
			Languages: []page.Language{{Tag: "de",
				Texts: map[int64]string{7010001: "Einstellungen", 7010008: "Dazu braucht es JavaScript.", 7010018: "Entfernen", 7010130: "Den Schlüssel „{name}“ entfernen?"},
				Date:  func(time.Time) string { return "neulich" },
				Say: func(text ui.Text) string {
					asked = append(asked, text.ID)
					assert.NotContains(t, text.Context, "secret", "a secret is nothing to translate")
					assert.NotContains(t, text.Context, "secrets")
					if text.ID == 1070003 {
						return "Sichern"
					}
					return ""
				},
			}},
		},
		Headings: map[string]string{page.SectionPassword: "Kennwort", "newsletter": "Rundbrief"},
		Order:    []string{"newsletter", page.SectionPasskeys}, Hide: []string{page.SectionLogins},
	})
	for _, want := range []string{
		`<html lang="de" dir="ltr">`, `<title>Error: Einstellungen · Beispiel</title>`, `<h1>Einstellungen</h1>`, `>Kennwort</h2>`, `>Rundbrief</h2>`, `>Two-step sign-in</h2>`,
		`value="profile">Sichern</button>`, `<noscript><p class="info">Dazu braucht es JavaScript.</p></noscript>`,
		`<a class="brand" href="/">Beispiel</a>`, `<a href="/app">Zurück</a>`, `<footer class="end"><p>Ende</p></footer>`, "Security key\u00a0· Added neulich",
	} {
		assert.Contains(t, a.body, want)
	}
	assert.Contains(t, asked, int64(4000032), "messages are asked for")
	assert.True(t, strings.HasSuffix(styleElement.FindStringSubmatch(a.body)[1], "h1 > a { color: #123456 }"))
	assert.Contains(t, a.policy, styleSource(a.body))
	var order []string
	for _, m := range regexp.MustCompile(`<section class="card" id="([^"]*)"`).FindAllStringSubmatch(a.body, -1) {
		order = append(order, m[1])
	}
	assert.Equal(t, []string{"newsletter", "passkeys", "profile", "password", "two-step"}, order)
}

// styleSource is the one style of a page, as CSP Level 3 names it by its hash.
func styleSource(body string) string {
	sum := sha256.Sum256([]byte(styleElement.FindStringSubmatch(body)[1]))
	return "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func settingsPage(t *testing.T, k *settingstest.Kit, o page.Options) http.Handler {
	t.Helper()
	h, err := page.New(k.Handler, o)
	require.NoError(t, err)
	return h
}

// kit is a host whose settings page is this one.
func kit(t *testing.T, changes ...func(*settings.Config)) (*settingstest.Kit, *settingstest.Client) {
	k := settingstest.New(t, changes...)
	mux := http.NewServeMux()
	mux.Handle("/auth/", k.Handler)
	mux.Handle("/settings", settingsPage(t, k, page.Options{}))
	k.App = mux
	return k, k.SignIn(k.AddIdentity("ada@example.com", "correct horse battery staple"), respond.Page)
}

// Nobody may believe that an address is in use while it waits for its code.
func TestASuccessSaysWhatIsDoneAndWhatStillWaits(t *testing.T) {
	const saved, oneStep = "Your profile is saved.", "One step is left: confirm the address with the code that was sent to it."
	waiting := ui.Node{Group: ui.Profile, Attributes: &ui.Plain{ID: "address_pending_1", Text: ui.LabelAddressPending("new@example.com", "ada@example.com")}}
	for _, c := range []struct {
		name, event string
		nodes       []ui.Node
		says        string
	}{
		{"a name", "profile.changed", nil, saved},
		{"a name, and an address that waits", "profile.changed", []ui.Node{waiting}, saved + " " + oneStep},
		{"the same once more", "", []ui.Node{waiting}, "Your changes are saved. " + oneStep},
		{"an address alone", "address.pending", []ui.Node{waiting}, oneStep},
		{"an address that is dropped", "address.canceled", nil, "The address that was waiting is dropped. Nothing else has changed."},
		{"the right code", "address.verified", nil, "The address is confirmed."},
		{"the right code, while another address waits", "address.verified", []ui.Node{waiting}, "The address is confirmed."},
		{"a password, while an address waits", "password.changed", []ui.Node{waiting}, "Your password is changed."},
		{"what the page does not know", "host.changed", nil, "Your changes are saved."},
	} {
		t.Run(c.name, func(t *testing.T) {
			form := formOf(append(c.nodes, save(ui.Profile), save(ui.Password)), ui.Form(ui.Saved()))
			form.Changed = c.event
			body := written(t, form, page.Options{}).body
			assert.Contains(t, body, ">"+c.says+"</p>")
			assert.Equal(t, c.event != "address.pending", strings.Contains(body, "<title>Saved: "), "nothing is saved that waits")
		})
	}
}

func TestAPasswordIsChangedOnThePage(t *testing.T) {
	_, ada := kit(t)
	started := ada.Do("GET", settingstest.UIURL, "", "")
	require.Equal(t, 303, started.Status)
	assert.Equal(t, settingstest.PublicURL+"/self-service/settings/browser", started.Location, "without a flow one is started")

	f := ada.Start()
	at := settingstest.UIURL + "?flow=" + f.ID
	shown := ada.Do("GET", at, "", "")
	require.Equal(t, 200, shown.Status)
	assert.Contains(t, string(shown.Body), `action="`+settingstest.PublicURL+`/self-service/settings?flow=`+f.ID+`"`)
	assert.Contains(t, string(shown.Body), `<input type="text" value="ada@example.com" autocomplete="username" readonly hidden>`)

	require.Equal(t, 303, ada.Submit(f, settingstest.Fields{"method": "password", "password": "short"}).Status)
	refused := string(ada.Do("GET", at, "", "").Body)
	assert.Contains(t, refused, `<p class="error" role="alert" data-id="4000032">`)
	assert.NotContains(t, refused, `value="short"`)

	require.Equal(t, 303, ada.Submit(f, settingstest.Fields{"method": "password", "password": "four other words entirely"}).Status)
	assert.Contains(t, string(ada.Do("GET", at, "", "").Body), `<p class="note success" role="status" data-id="1050001" tabindex="-1" autofocus>`)
}

// A page that is read long after the sign-in shows no secret. Its button leads to
// the login, and from there back to the page with the secret.
func TestTheButtonOfAStalePageLeadsToTheSecret(t *testing.T) {
	k, ada := kit(t, func(c *settings.Config) { c.Methods = append(c.Methods, totp.New(totp.Config{Issuer: "Example"})) })
	k.Clock.Advance(16 * time.Minute)
	f := ada.Start()
	at := settingstest.UIURL + "?flow=" + f.ID
	stale := between(t, string(ada.Do("GET", at, "", "").Body), `id="totp"`, `</section>`)
	assert.Contains(t, stale, `<button formnovalidate name="totp_begin" value="true">Sign in again to set up an authenticator app</button>`)
	assert.NotContains(t, stale, "totp_secret_key")

	require.Equal(t, "303 REFRESH", ada.Submit(f, settingstest.Fields{"totp_begin": "true"}).Brief())
	k.Clock.Advance(time.Second)
	ada.SignInAgain()
	back := ada.Get("/self-service/settings?flow=" + f.ID)
	require.Equal(t, at, back.Location)
	shown := between(t, string(ada.Do("GET", at, "", "").Body), `id="totp"`, `</section>`)
	assert.Contains(t, shown, `<code id="totp_secret_key" class="parts" dir="ltr">`)
	assert.NotContains(t, shown, "totp_begin")
}

func TestThePageIsForGetAndPost(t *testing.T) {
	_, ada := kit(t)
	for _, method := range []string{"HEAD", "PUT", "DELETE"} {
		a := ada.Do(method, settingstest.UIURL+"?flow="+ada.Start().ID, "", "")
		assert.Equal(t, 405, a.Status, method)
		assert.Equal(t, "GET, POST", a.Header.Get("Allow"), method)
		assert.NotContains(t, string(a.Body), "<form", method)
	}
}

func TestNobodyElseSeesThePage(t *testing.T) {
	k, ada := kit(t)
	a := k.Anonymous(respond.Page).Do("GET", settingstest.UIURL+"?flow="+ada.Start().ID, "", "")
	assert.Equal(t, 303, a.Status)
	assert.True(t, strings.HasPrefix(a.Location, settingstest.LoginURL+"?"), a.Location)
}
