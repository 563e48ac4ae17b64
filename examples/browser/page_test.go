package browser_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/page/lang"
)

// pageState is one state of the settings page: an account, and what its owner did.
type pageState struct {
	name string
	has  []func(*identity.Identity)
	do   func(v *visitor)
	want string // stands on the page
}

func pageStates(w *pageFixture) []pageState {
	has := func(what ...func(*identity.Identity)) []func(*identity.Identity) { return what }
	return []pageState{
		{"a new account", nil, nil, "Add an authenticator app"},
		{"an account with everything", has(hasApp, hasKeys, hasPasskey, hasLogin, w.hasCodes(12)), nil, "12 of 12 left"},
		{"few codes left", has(hasApp, w.hasCodes(3)), nil, "3 of 12 left"},
		{"codes that nothing asks for", has(w.hasCodes(12)), nil, "Nothing asks for these codes"},
		{"a factor without codes", has(hasApp), nil, "Make recovery codes"},
		{"a passkey and no password", has(hasPasskey, noPassword), nil, "Set a password"},
		{"a linked login that is the last way", has(hasLogin, noPassword), nil, "This is the last way"},
		{"new codes, not active yet", has(hasApp, w.hasCodes(2)), func(v *visitor) { v.submit("lookup_secret_regenerate", "true") }, "not active yet"},
		{"a password that is too short", nil, func(v *visitor) { v.submit("method", "password", "password", "short") }, `aria-invalid="true"`},
		{"a password that was changed", nil, func(v *visitor) { v.submit("method", "password", "password", "four other words entirely") }, "note success"},
		{"a profile with a wrong field", nil, func(v *visitor) { v.submit("method", "profile", "traits.email", "nobody", "traits.name", "Ada") }, `aria-invalid="true"`},
		{"a wrong code of a new app", nil, func(v *visitor) { v.submit("method", "totp", "totp_code", "000000") }, `<details class="body" id="totp" open>`},
		{"a name that is too long", has(hasPasskey), func(v *visitor) {
			v.submit("passkey_rename", "0d", "passkey_rename_displayname", strings.Repeat("W", 65))
		}, `<details class="name" open>`},
		{"a form that names nothing", nil, func(v *visitor) { v.submit("method", "") }, "note error"},
		{"twenty changes, of an account with everything", has(hasApp, hasKeys, hasPasskey, hasLogin, w.hasCodes(12)), func(v *visitor) {
			for n := range 21 {
				v.submit("method", "profile", "traits.email", "ada@example.com", "traits.name", fmt.Sprint("Ada ", n))
			}
		}, `Show all 20`},
		{"all of twenty changes", has(hasApp, hasKeys, hasPasskey, hasLogin, w.hasCodes(12)), func(v *visitor) {
			for n := range 20 {
				v.submit("method", "profile", "traits.email", "ada@example.com", "traits.name", fmt.Sprint("Ada ", n))
			}
			v.get(v.at + "&activity=all")
		}, `Back to all settings`},
		{"a sign-in of long ago", has(hasApp, w.hasCodes(12)), func(v *visitor) { v.pass(20 * time.Minute); v.get(v.base + "/settings") }, "Sign in again to add a passkey"},
	}
}

// The page in every state, light and dark, from left to right and from right to left, at
// three widths, with JavaScript and without:
// axe finds nothing at all, nothing is wider than the window, and no sentence is lost.
func TestTheSettingsPageInEveryState(t *testing.T) {
	chromium := chromiumOf(t)
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	require.NoError(t, err, "run: npm ci --prefix examples/browser")
	b := browser(t, chromium)
	language := "en"
	w := newPageFixture(t, page.Look{
		Name: "Example", Home: "/", Footer: `<p><a href="/help">Help</a></p>`,
		Languages: []page.Language{page.English(), lang.German(), lang.Arabic()}, Choose: func(*http.Request) string { return language },
	})
	for n, s := range pageStates(w) {
		t.Run(s.name, func(t *testing.T) {
			id := fmt.Sprintf("ada%d", n)
			w.account(id, func(i *identity.Identity) {
				for _, give := range s.has {
					give(i)
				}
			})
			v := w.visit(id)
			if s.do != nil {
				s.do(v)
			}
			require.Contains(t, v.page, s.want)
			assert.LessOrEqual(t, len(v.page), 18<<10, "bytes of one view, before compression")
			b.t = t
			for _, seen := range []struct {
				language, scheme string
				script           bool
			}{{"en", "light", true}, {"en", "dark", false}, {"ar", "dark", true}, {"ar", "light", false}, {"de", "light", true}} {
				language = seen.language
				b.open(v, seen.scheme, seen.script)
				for _, width := range []int64{360, 768, 1280} {
					b.run(chromedp.EmulateViewport(width, 900))
					wide, err := chromedp.Run(b.ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
					require.NoError(t, err)
					assert.LessOrEqual(t, wide, width, "%s, %d wide", seen.scheme, width)
					b.shoot(fmt.Sprintf("%02d-%s-%s-%d", n, language, seen.scheme, width))
				}
				// What is closed is judged too.
				b.run(chromedp.Evaluate[chromedp.Void](`{ for (const d of document.querySelectorAll("details")) d.open = true }`))
				assert.Empty(t, b.axe(string(axe)), "%v", seen)
			}
			language = "en"
		})
		w.pass(-w.passed)
	}
}

// open shows what a visitor sees in a browser.
func (b *window) open(v *visitor, scheme string, script bool) {
	b.t.Helper()
	at, err := url.Parse(v.base)
	require.NoError(b.t, err)
	var cookies []*http.Cookie
	if v.http.Jar != nil {
		cookies = v.http.Jar.Cookies(at)
	}
	for _, c := range cookies {
		_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: v.base})
		require.NoError(b.t, err)
	}
	_, err = chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	require.NoError(b.t, err)
	_, err = chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !script})
	require.NoError(b.t, err)
	b.run(chromedp.Navigate(v.at), chromedp.WaitVisible(chromedp.CSS(`main`)))
}

// axe judges the page by every rule of axe-core: a line for each node that breaks one.
func (b *window) axe(source string) []string {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{})
	require.NoError(b.t, err)
	out, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](source+`
		;axe.run().then((r) => JSON.stringify(r.violations.flatMap((v) => v.nodes.map((n) => v.id + " (" + v.impact + "): " + n.html.slice(0, 200) + " " + n.failureSummary))))`, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err)
	var found []string
	require.NoError(b.t, json.Unmarshal([]byte(out), &found))
	return found
}

// shoot keeps a picture for a reader, where AMEND_SCREENSHOTS names a directory.
func (b *window) shoot(name string) {
	b.t.Helper()
	dir := os.Getenv("AMEND_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".png"), picture, 0o644))
}

// A person without a mouse: the first stop skips the navigation, every control is
// reached, in the order it is read in, and the ring around it is seen.
func TestTheSettingsPageByKeyboard(t *testing.T) {
	chromium := chromiumOf(t)
	b := browser(t, chromium)
	w := newPageFixture(t, page.Look{Name: "Example", Home: "/"})
	w.account("ada", func(i *identity.Identity) { hasApp(i); hasKeys(i); hasPasskey(i); hasLogin(i); w.hasCodes(12)(i) })
	b.open(w.visit("ada"), "light", true)
	const stop = `(() => {
		const e = document.activeElement, ring = getComputedStyle(e);
		return [e.innerText.trim() || e.name || e.tagName, ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) >= 2, e.getBoundingClientRect().top + scrollY].join("|");
	})()`
	controls, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](`[...document.querySelectorAll("a, button, input, select, textarea, summary")].filter((e) => e.checkVisibility() && !e.disabled && e.type !== "hidden").length`))
	require.NoError(t, err)
	var stops []string
	for range controls {
		b.run(chromedp.KeyEvent("\t"))
		at, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](stop))
		require.NoError(t, err)
		stops = append(stops, at)
		assert.Contains(t, at, "|true|", "a ring is seen")
	}
	assert.True(t, strings.HasPrefix(stops[0], "Skip to the settings|"), stops[0])
	assert.Len(t, slices.Compact(slices.Sorted(slices.Values(stops))), controls, "each is reached once")

	// The question before a removal is opened, and closed, by the keyboard alone.
	b.run(chromedp.Focus(chromedp.CSS(`#passkeys .danger > summary`)), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(`button[name=passkey_remove]`)))
	b.run(chromedp.KeyEvent("\r"), chromedp.WaitNotPresent(chromedp.CSS(`#passkeys details[open]`)))
}

// viewOfAll is one view of the page with all methods and an account that has each, and how
// many bytes it has.
func viewOfAll(t testing.TB) (view func(), bytes int) {
	w := newPageFixture(t, page.Look{Name: "Example"})
	w.account("ada", func(i *identity.Identity) { hasApp(i); hasKeys(i); hasPasskey(i); hasLogin(i); w.hasCodes(12)(i) })
	v := w.visit("ada")
	r := httptest.NewRequest("GET", v.at, nil)
	base, err := url.Parse(v.base)
	require.NoError(t, err)
	for _, c := range v.http.Jar.Cookies(base) {
		r.AddCookie(c)
	}
	return func() {
		a := httptest.NewRecorder()
		w.ui.ServeHTTP(a, r)
		if a.Code != 200 {
			t.Fatal(a.Code)
		}
	}, len(v.page)
}

// What a view costs a server, in what does not depend on the machine. It is some 4,050,
// or 4,430 with the race detector: who comes near the bound has added work to each view.
func TestAViewIsCheap(t *testing.T) {
	view, bytes := viewOfAll(t)
	assert.LessOrEqual(t, testing.AllocsPerRun(20, view), 4550.0)
	assert.LessOrEqual(t, bytes, 18<<10)
}

func BenchmarkView(b *testing.B) {
	view, bytes := viewOfAll(b)
	for b.Loop() {
		view()
	}
	b.ReportMetric(float64(bytes), "bytes/view")
}

// New recovery codes are copied, stored and printed: the codes, and nothing else of the page.
func TestTheToolsOfRecoveryCodes(t *testing.T) {
	chromium := chromiumOf(t)
	b := browser(t, chromium)
	w := newPageFixture(t, page.Look{})
	w.account("ada", func(i *identity.Identity) { hasApp(i); w.hasCodes(2)(i) })
	v := w.visit("ada")
	v.submit("lookup_secret_regenerate", "true")
	evaluate := func(expression string) string {
		t.Helper()
		said, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](expression))
		require.NoError(t, err)
		return said
	}
	const tools, codes = `.tools:has([data-tool=print])`, `[...document.querySelectorAll(".codes li")].map((li) => li.textContent + "\n").join("")`

	b.open(v, "light", false)
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{})
	require.NoError(t, err) // for the test's own
	assert.Equal(t, "none", evaluate(`getComputedStyle(document.querySelector("`+tools+`")).display`), "without a script the buttons do nothing, so they are not there")

	b.open(v, "light", true)
	shown := evaluate(codes)
	require.Equal(t, 12, strings.Count(shown, "\n"))
	b.run(chromedp.WaitVisible(chromedp.CSS(tools)))
	evaluate(`(() => {
		window.got = {};
		Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { got.copy = text } } });
		URL.createObjectURL = (blob) => { blob.text().then((text) => { got.download = text; document.body.dataset.downloaded = "" }); return "#" };
		HTMLAnchorElement.prototype.click = function () { got.name = this.download };
		window.print = () => { got.print = document.documentElement.dataset.print };
		return "";
	})()`)
	b.run(chromedp.Click(chromedp.CSS(`.tools:has([data-tool=print]) [data-tool=copy]`)))
	b.run(chromedp.Click(chromedp.CSS(`.tools [data-tool=download]`)), chromedp.WaitReady(chromedp.CSS(`[data-downloaded]`)))
	b.run(chromedp.Click(chromedp.CSS(`.tools [data-tool=print]`)))
	assert.Equal(t, shown, evaluate(`got.copy`))
	assert.Equal(t, "Copied.", evaluate(`document.querySelector("`+tools+` [role=status]").textContent`))
	assert.Equal(t, shown, evaluate(`got.download`))
	assert.Regexp(t, `^[a-z0-9.]+-codes\.txt$`, evaluate(`got.name`))
	assert.Equal(t, "codes", evaluate(`got.print`))
	assert.Equal(t, "undefined", evaluate(`String(document.documentElement.dataset.print)`), "a print of the page is one of the page again")

	// As the printer has it.
	evaluate(`document.documentElement.dataset.print = "codes"`)
	_, err = chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	require.NoError(t, err)
	printed := evaluate(`[...document.querySelectorAll("body *")].filter((e) => e.checkVisibility({ visibilityProperty: true }) && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())).map((e) => e.textContent + "\n").join("")`)
	assert.Equal(t, shown, printed)
}

// What the script of the page does: a password is shown, and a passkey that cannot be
// added says why, beside its button.
func TestTheScriptOfTheSettingsPage(t *testing.T) {
	chromium := chromiumOf(t)
	b := browser(t, chromium)
	w := newPageFixture(t, page.Look{})
	w.account("ada", func(*identity.Identity) {})
	b.open(w.visit("ada"), "light", true)
	b.run(chromedp.Click(chromedp.CSS(`[data-show]`)), chromedp.WaitVisible(chromedp.CSS(`input[name=password][type=text]`)))
	b.run(chromedp.Click(chromedp.CSS(`[data-show][aria-pressed=true]`)), chromedp.WaitVisible(chromedp.CSS(`input[name=password][type=password]`)))

	b.plug(webauthn.AuthenticatorTransportInternal, true)
	add := chromedp.Click(chromedp.CSS(passButton))
	b.run(add, chromedp.WaitVisible(chromedp.CSS(`.note.success`)), chromedp.WaitVisible(chromedp.CSS(`#passkeys .danger > summary`)))
	b.run(add, chromedp.WaitVisible(chromedp.CSS(`#passkeys p.error[data-failed]`)))
	said, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.querySelector("#passkeys p.error").textContent`))
	require.NoError(t, err)
	assert.Equal(t, "This device or key is registered to your account already.", said)
}

// The login and the errors have the look of the settings, and are judged as they are.
func TestTheOtherPages(t *testing.T) {
	chromium := chromiumOf(t)
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	require.NoError(t, err, "run: npm ci --prefix examples/browser")
	b := browser(t, chromium)
	language := "en"
	w := newPageFixture(t, page.Look{Name: "Example", Home: "/", Languages: []page.Language{page.English(), lang.Arabic()}, Choose: func(*http.Request) string { return language }})
	w.account("ada", hasApp)
	for _, at := range []string{"/login", "/auth/nothing", "/auth/self-service/errors/page?id=x"} {
		for _, seen := range []struct{ language, scheme string }{{"en", "light"}, {"en", "dark"}, {"ar", "dark"}} {
			language = seen.language
			v := &visitor{pageFixture: w, at: w.base + at, http: *http.DefaultClient}
			b.open(v, seen.scheme, true)
			for _, width := range []int64{360, 1280} {
				b.run(chromedp.EmulateViewport(width, 900))
				wide, err := chromedp.Run(b.ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
				require.NoError(t, err)
				assert.LessOrEqual(t, wide, width, at)
				b.shoot(fmt.Sprintf("other%s-%s-%s-%d", strings.NewReplacer("/", "-", "?", "-").Replace(at), language, seen.scheme, width))
			}
			assert.Empty(t, b.axe(string(axe)), "%s %v", at, seen)
		}
	}
}
