package browser_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/method/totp/qr"
	keys "github.com/amend-go/amend/settings/method/webauthn"
	"github.com/amend-go/amend/settings/method/webauthn/aaguid"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/store/memory"
)

// pageFixture is a host with every method and the ready page, for accounts of any kind.
type pageFixture struct {
	t       testing.TB
	ui      http.Handler
	base    string
	amend   *settings.Handler
	store   *memory.Store
	key     []byte
	passed  time.Duration // since the accounts signed in
	clock   sync.Mutex
	stopped time.Time
}

func newPageFixture(t testing.TB, look page.Look) *pageFixture {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	w := &pageFixture{t: t, base: strings.Replace(server.URL, "127.0.0.1", "localhost", 1), store: memory.New(), key: settings.NewKey(), stopped: time.Now()}
	var err error
	w.amend, err = settings.New(settings.Config{
		PublicURL: w.base + "/auth", UIURL: w.base + "/settings", LoginURL: w.base + "/login", InsecureCookies: true,
		Keys: [][]byte{w.key}, Flows: w.store, Sessions: w.store, Identities: w.store, Now: w.now, Logger: slog.New(slog.DiscardHandler),
		ClientIP: func(r *http.Request) string { return r.RemoteAddr }, KeepActivity: true,
		Methods: append([]settings.Method{
			password.New(password.Config{}), totp.New(totp.Config{Issuer: "Example", QR: qr.PNG, Link: true}), lookup.New(lookup.Config{}),
			oidc.New(oidc.Config{Providers: []oidc.Provider{
				{ID: "google", Label: "Google", Issuer: "https://accounts.google.com", ClientID: "x", ClientSecret: "x"},
				{ID: "work", Label: "Company account", Issuer: "https://login.example.com", ClientID: "x", ClientSecret: "x"},
			}}),
			profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
				profile.Field{Name: "email", Type: profile.Email, Label: "E-mail", Required: true, Identifier: true, Autocomplete: "email"},
				profile.Field{Name: "name", Label: "Name", MaxLength: 80, Autocomplete: "name"},
				profile.Field{Name: "language", Label: "Language", Options: []string{"English", "Deutsch"}},
				profile.Field{Name: "news", Label: "Send me the newsletter", Type: profile.Checkbox},
			)}}),
		}, keys.Both(keys.Config{RPID: "localhost", RPDisplayName: "Example", Origins: []string{w.base}, AuthenticatorName: aaguid.Name})...),
	})
	require.NoError(t, err)
	w.ui, err = page.New(w.amend, page.Options{Look: look})
	require.NoError(t, err)
	mux.Handle("/auth/", w.amend)
	mux.Handle("/settings", w.ui)
	mux.HandleFunc("GET /in/{id}", func(rw http.ResponseWriter, r *http.Request) {
		if _, err := w.amend.Sessions.Issue(rw, r, r.PathValue("id"), aal.Password, aal.TOTP, aal.WebAuthn); err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
		}
	})
	login, err := page.Login(w.amend, page.LoginOptions{Look: look, RecoveryURL: "/forgot", RegisterURL: "/join"})
	require.NoError(t, err)
	mux.Handle("/login", login)
	return w
}

func (w *pageFixture) now() time.Time {
	w.clock.Lock()
	defer w.clock.Unlock()
	return w.stopped.Add(w.passed)
}

func (w *pageFixture) pass(d time.Duration) {
	w.clock.Lock()
	defer w.clock.Unlock()
	w.passed += d
}

// account makes one that has a password, and whatever change gives it.
func (w *pageFixture) account(id string, change func(*identity.Identity)) {
	w.t.Helper()
	i := identity.Identity{Record: identity.Record{
		ID: id, Active: true, PasswordHash: "x", Traits: []byte(`{"email":"ada@example.com","name":"Ada Lovelace","language":"English"}`),
		Keys: []identity.Key{{Kind: identity.Identifier, Value: id + "@example.com"}},
	}}
	i.State.Factors = map[aal.Method]identity.Factor{}
	change(&i)
	ring, err := seal.New(w.key)
	require.NoError(w.t, err)
	r, err := i.Seal(ring)
	require.NoError(w.t, err)
	require.NoError(w.t, w.store.CreateIdentity(w.t.Context(), r))
}

var long = time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)

func hasApp(i *identity.Identity) {
	c, _ := totp.Credential([]byte("a secret of twenty b"), long)
	i.State.Factors[aal.TOTP] = identity.Factor{Serial: 1, Credentials: []identity.Credential{c}}
}

func hasKeys(i *identity.Identity) {
	i.State.Factors[aal.WebAuthn] = identity.Factor{Serial: 2, Credentials: []identity.Credential{
		{ID: "0a", Name: "YubiKey on my keyring", AddedAt: long, LastUsedAt: long.AddDate(0, 1, 0), Data: json.RawMessage(`{"user_handle":"AAAA","public_key":"AAAA"}`)},
		{ID: "0b", Name: strings.Repeat("W", 64), AddedAt: long, Data: json.RawMessage(`{"user_handle":"AAAA","public_key":"AAAA"}`)},
	}}
}

func hasPasskey(i *identity.Identity) {
	i.State.Factors[aal.Passkey] = identity.Factor{Serial: 1, Credentials: []identity.Credential{
		{ID: "0c", AddedAt: long, LastUsedAt: long.AddDate(0, 5, 1), Data: json.RawMessage(`{"user_handle":"AAAA","public_key":"AAAA","backup_eligible":true,"backed_up":true,"aaguid":"+/wwBxVOTsyMC24CBVfXvQ=="}`)},
		{ID: "0d", AddedAt: long.AddDate(0, 2, 0), Data: json.RawMessage(`{"user_handle":"AAAA","public_key":"AAAA"}`)},
	}}
}

func hasLogin(i *identity.Identity) {
	c, key := oidc.Account{Provider: "google", Issuer: "https://accounts.google.com", Subject: i.ID, Name: "ada@gmail.com", LinkedAt: long}.Credential()
	i.State.Factors[aal.OIDC] = identity.Factor{Serial: 1, Credentials: []identity.Credential{c}}
	i.Keys = append(i.Keys, key)
}

// hasCodes gives codes of which so many are left.
func (w *pageFixture) hasCodes(left int) func(*identity.Identity) {
	return func(i *identity.Identity) {
		secrets, err := method.NewSecrets("lookup_secret", i.ID, w.key)
		require.NoError(w.t, err)
		set, _, err := lookup.Credentials(secrets, long)
		require.NoError(w.t, err)
		for n := left; n < len(set); n++ {
			set[n].Spent = true
		}
		i.State.Factors[aal.Lookup] = identity.Factor{Serial: 1, Credentials: set}
	}
}

func noPassword(i *identity.Identity) { i.PasswordHash = "" }

// visitor is a browser's session without the browser.
type visitor struct {
	*pageFixture
	http http.Client
	at   string
	page string
}

// visit signs somebody in and opens their settings.
func (w *pageFixture) visit(id string) *visitor {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(w.t, err)
	v := &visitor{pageFixture: w, http: http.Client{Jar: jar}}
	v.get(w.base + "/in/" + id)
	v.get(w.base + "/settings")
	return v
}

func (v *visitor) get(at string) {
	v.t.Helper()
	r, err := v.http.Get(at)
	require.NoError(v.t, err)
	v.arrived(r)
}

func (v *visitor) arrived(r *http.Response) {
	v.t.Helper()
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	require.NoError(v.t, err)
	v.at, v.page = r.Request.URL.String(), string(body)
}

var (
	pageAction = regexp.MustCompile(`<form method="post" action="([^"]*/self-service/settings[^"]*)"`)
	pageToken  = regexp.MustCompile(`name="csrf_token" value="([^"]+)"`)
)

// submit sends fields, given as name and value, with the token of the page.
func (v *visitor) submit(pairs ...string) {
	v.t.Helper()
	action := pageAction.FindStringSubmatch(v.page)
	require.NotNil(v.t, action, "no form on %s", v.at)
	form := url.Values{"csrf_token": {pageToken.FindStringSubmatch(v.page)[1]}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequest("POST", action[1], strings.NewReader(form.Encode()))
	require.NoError(v.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", v.base)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	answer, err := v.http.Do(r)
	require.NoError(v.t, err)
	v.arrived(answer)
}
