package browser_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/store/memory"
)

// What a host has stored before it had a schema: much of it suits no input.
const storedTraits = `{"email":"ada@münchen.de","born":"10.12.1815","height":"tall","bio":"Countess.\r\n\r\nProgrammer.\n","language":"fr","site":"example.com ",` +
	`"seen":"2030-01-02T03:04:05.5+01:00","emails":["ada@example.com","countess@EXAMPLE.com"],"roles":["author","retired"],"nickname":null,"news":true}`

// profileApp is a host with the ready page, and gives its address and what is stored.
func profileApp(t *testing.T) (base string, stored func() identity.Record) {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	store := memory.New()
	require.NoError(t, store.CreateIdentity(t.Context(), identity.Record{ID: "ada", Active: true, PasswordHash: "x", Traits: []byte(storedTraits)}))
	handler, err := settings.New(settings.Config{
		PublicURL: server.URL + "/auth", UIURL: server.URL + "/settings", LoginURL: server.URL + "/login", InsecureCookies: true,
		Keys: [][]byte{settings.NewKey()}, Flows: store, Sessions: store, Identities: store,
		Methods: []settings.Method{profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
			profile.Field{Name: "email", Type: profile.Email, Required: true, Identifier: true},
			profile.Field{Name: "born", Type: profile.Date},
			profile.Field{Name: "height", Type: profile.Number},
			profile.Field{Name: "bio", MaxLength: 500},
			profile.Field{Name: "language", Options: []string{"en", "de"}, Required: true},
			profile.Field{Name: "site", Type: profile.URL},
			profile.Field{Name: "seen", Type: profile.DateTime},
			profile.Field{Name: "emails", Label: "E-mail", Type: profile.Email, List: true},
			profile.Field{Name: "roles", List: true, Options: []string{"author", "editor"}},
			profile.Field{Name: "nickname"},
			profile.Field{Name: "news", Type: profile.Checkbox},
		)}})},
	})
	require.NoError(t, err)
	mux.Handle("/auth/", handler)
	ui, err := page.New(handler, page.Options{})
	require.NoError(t, err)
	mux.Handle("/settings", ui)
	mux.HandleFunc("GET /in", func(w http.ResponseWriter, r *http.Request) { // who comes here has typed the password
		if _, err := handler.Sessions.Issue(w, r, "ada", aal.Password); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		http.Redirect(w, r, "/settings", http.StatusSeeOther)
	})
	return server.URL, func() identity.Record {
		r, err := store.GetIdentity(t.Context(), "ada")
		require.NoError(t, err)
		return r
	}
}

func TestAPersonEditsTheirProfile(t *testing.T) {
	chromium := chromiumOf(t)
	base, stored := profileApp(t)
	w := browser(t, chromium)
	save := chromedp.Click(chromedp.CSS(`button[value=profile]`))
	clear := func(field string) chromedp.Action[chromedp.Void] {
		return chromedp.Evaluate[chromedp.Void](`{ document.querySelector('` + field + `').value = '' }`)
	}
	saved := chromedp.WaitVisible(chromedp.CSS(`.success[data-id="1050001"]`))

	// Nothing is typed, and nothing is changed: no address is written in ASCII, no
	// line break lost, no date emptied, no choice made.
	w.run(chromedp.Navigate(base+"/in"), save, saved)
	assert.Equal(t, storedTraits, string(stored().Traits))
	assert.Empty(t, stored().Keys)

	// A list, a choice of several, and lines. What was said of the save before is taken
	// away, so that it is not taken for what is said of this one.
	w.run(
		chromedp.Evaluate[chromedp.Void](`{ document.querySelector('.success').remove() }`),
		clear(`input[name="traits.emails.0"]`),
		chromedp.SendKeys(chromedp.CSS(`input[name="traits.emails.2"]`), " lovelace@example.com"),
		chromedp.Click(chromedp.CSS(`input[name="traits.roles"][value=editor]`)),
		chromedp.Click(chromedp.CSS(`input[name="traits.roles"][value=retired]`)),
		clear(`textarea`),
		chromedp.SendKeys(chromedp.CSS(`textarea`), "one\ntwo"),
		save, saved,
	)
	assert.JSONEq(t, `{"email":"ada@münchen.de","born":"10.12.1815","height":"tall","bio":"one\ntwo","language":"fr","site":"example.com ",
		"seen":"2030-01-02T03:04:05.5+01:00","emails":["countess@EXAMPLE.com","lovelace@example.com"],"roles":["author","editor"],"nickname":null,"news":true}`, string(stored().Traits))

	// What is wrong is said on its entry, and what was typed stands there.
	before := stored()
	w.run(
		chromedp.SetValue(chromedp.CSS(`input[name="traits.emails.2"]`), "nobody"),
		chromedp.Click(chromedp.CSS(`input[name="traits.roles"][value=editor]`)),
		save,
		chromedp.WaitVisible(chromedp.CSS(`input[name="traits.emails.2"][value=nobody][aria-invalid] + div .error[data-id="4000040"]`)),
		chromedp.WaitVisible(chromedp.CSS(`input[name="traits.roles"][value=author]:checked`)),
		chromedp.WaitVisible(chromedp.CSS(`input[name="traits.roles"][value=editor]:not(:checked)`)),
	)
	assert.Equal(t, before.Traits, stored().Traits)
}
