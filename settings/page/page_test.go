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

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
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
	assert.Contains(t, between(t, body, `<section id="newsletter"`, `</section>`), ">newsletter</h2>")
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
		{"a button that removes before the one that saves", []ui.Node{name, remove, save(ui.WebAuthn)}, true},
		{"a name, and no button but a script's", []ui.Node{name}, true},
		{"the button that saves comes first", []ui.Node{name, save(ui.WebAuthn), remove}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			form := between(t, shown(t, c.nodes...).body, "<form ", "</form>")
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

// What must be filled in to save must not be in the way of removing.
func TestButtonsThatDecideAloneNeedNoFields(t *testing.T) {
	body := shown(t, save(ui.TOTP), input(ui.TOTP, ui.Input{Name: "totp_unlink", Type: ui.InputSubmit, Value: "true", Required: true}, ui.Text{})).body
	assert.Contains(t, body, `<button formnovalidate name="totp_unlink" value="true">`)
	assert.Contains(t, body, `<button class="saves" name="method" value="totp">`)
}

func TestTheFirstWrongFieldHasTheFocus(t *testing.T) {
	form := formOf([]ui.Node{trait("a", "A", ui.InputText, ""), trait("b", "B", ui.InputText, ""), trait("c", "C", ui.InputText, "")},
		ui.On("traits.a", ui.SignInAgain()), ui.On("traits.b", ui.Missing("b")), ui.On("traits.c", ui.Missing("c")))
	body := written(t, form, page.Options{}).body
	assert.Equal(t, 1, strings.Count(body, " autofocus"))
	assert.Contains(t, body, `name="traits.b" value="" aria-invalid="true" aria-describedby="field-3-notes" autofocus>`)
	assert.Contains(t, body, `name="traits.c" value="" aria-invalid="true" aria-describedby="field-4-notes">`)
	assert.Contains(t, body, `name="traits.a" value="" aria-describedby="field-2-notes">`, "a hint is not an error")
}

func TestAHostsOwnWords(t *testing.T) {
	var asked []int64
	form := everyNode()
	a := written(t, form, page.Options{
		Title: "Einstellungen", Lang: "de",
		Headings: map[ui.Group]string{ui.Password: "Kennwort", "newsletter": "Rundbrief"},
		Text: func(text ui.Text) string {
			asked = append(asked, text.ID)
			if text.ID == 1070003 {
				return "Sichern"
			}
			assert.NotContains(t, text.Context, "secret", "a secret is nothing to translate")
			assert.NotContains(t, text.Context, "secrets")
			return text.Text
		},
		NoScript: "Dazu braucht es JavaScript.",
		Style:    "h1 > a { color: #123456 }",
		Top:      `<nav><a href="/">Zurück</a></nav>`, Bottom: `<footer>Ende</footer>`,
	})
	for _, want := range []string{
		`<html lang="de">`, `<title>Einstellungen</title>`, `<h1>Einstellungen</h1>`, `>Kennwort</h2>`, `>Rundbrief</h2>`, `>Authenticator app</h2>`,
		`value="password">Sichern</button>`, `<noscript><p class="info">Dazu braucht es JavaScript.</p></noscript>`,
		"<body>\n<nav><a href=\"/\">Zurück</a></nav>\n<main>", "</main>\n<footer>Ende</footer>\n</body>",
	} {
		assert.Contains(t, a.body, want)
	}
	assert.Contains(t, asked, int64(4000032), "messages are asked for")
	assert.True(t, strings.HasSuffix(styleElement.FindStringSubmatch(a.body)[1], "h1 > a { color: #123456 }"))
	assert.Contains(t, a.policy, styleSource(a.body))
}

// styleSource is the one style of a page, as CSP Level 3 names it by its hash.
func styleSource(body string) string {
	sum := sha256.Sum256([]byte(styleElement.FindStringSubmatch(body)[1]))
	return "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// kit is a host whose settings page is this one.
func kit(t *testing.T, changes ...func(*settings.Config)) (*settingstest.Kit, *settingstest.Client) {
	k := settingstest.New(t, changes...)
	mux := http.NewServeMux()
	mux.Handle("/auth/", k.Handler)
	mux.Handle("/settings", page.Handler(k.Handler, page.Options{}))
	k.App = mux
	return k, k.SignIn(k.AddIdentity("ada@example.com", "correct horse battery staple"), respond.Page)
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
	assert.Contains(t, string(ada.Do("GET", at, "", "").Body), `<p class="success" role="status" data-id="1050001">`)
}

// A page that is read long after the sign-in shows no secret. Its button leads to
// the login, and from there back to the page with the secret.
func TestTheButtonOfAStalePageLeadsToTheSecret(t *testing.T) {
	k, ada := kit(t, func(c *settings.Config) { c.Methods = append(c.Methods, totp.New(totp.Config{Issuer: "Example"})) })
	k.Clock.Advance(16 * time.Minute)
	f := ada.Start()
	at := settingstest.UIURL + "?flow=" + f.ID
	stale := between(t, string(ada.Do("GET", at, "", "").Body), `<section id="totp"`, `</section>`)
	assert.Contains(t, stale, `<button formnovalidate name="totp_begin" value="true">Sign in again to set up an authenticator app</button>`)
	assert.NotContains(t, stale, "totp_secret_key")

	require.Equal(t, "303 REFRESH", ada.Submit(f, settingstest.Fields{"totp_begin": "true"}).Brief())
	k.Clock.Advance(time.Second)
	ada.SignInAgain()
	back := ada.Get("/self-service/settings?flow=" + f.ID)
	require.Equal(t, at, back.Location)
	shown := between(t, string(ada.Do("GET", at, "", "").Body), `<section id="totp"`, `</section>`)
	assert.Contains(t, shown, `<code id="totp_secret_key" class="parts">`)
	assert.NotContains(t, shown, "totp_begin")
}

func TestThePageIsForGet(t *testing.T) {
	_, ada := kit(t)
	for _, method := range []string{"POST", "HEAD", "PUT", "DELETE"} {
		a := ada.Do(method, settingstest.UIURL+"?flow="+ada.Start().ID, "", "")
		assert.Equal(t, 405, a.Status, method)
		assert.Equal(t, "GET", a.Header.Get("Allow"), method)
		assert.NotContains(t, string(a.Body), "<form", method)
	}
}

func TestNobodyElseSeesThePage(t *testing.T) {
	k, ada := kit(t)
	a := k.Anonymous(respond.Page).Do("GET", settingstest.UIURL+"?flow="+ada.Start().ID, "", "")
	assert.Equal(t, 303, a.Status)
	assert.True(t, strings.HasPrefix(a.Location, settingstest.LoginURL+"?"), a.Location)
}
