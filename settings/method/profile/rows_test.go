package profile_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

// What a running Ory Kratos v26.2.0 was seen to answer to a submit of traits,
// for an API client, a page and a script. The rows stand in testdata/rows.json,
// which the JSON Schema module runs too. Where Kratos makes an input for the
// name of an object to put a message on ("traits.name"), ours stands on the form.

// row is a scenario: Traits are what is submitted, after Before, Stored are the
// traits after a success. Without Stored nothing may have changed.
type row struct {
	Name              string
	Traits, Before    json.RawMessage
	Stored            json.RawMessage
	StoredPage        json.RawMessage `json:"stored_page"` // after a page's success, where only that is one
	Stale             bool
	ReturnTo          string `json:"return_to"`
	API, Page, Script string
}

const ada = `{"email":"ada@example.com","name":{"first":"Ada","last":"Lovelace"},"nickname":"ada"}`

// customers is the schema of the rows.
var customers = profile.Fields(
	profile.Field{Name: "email", Type: profile.Email, Label: "E-mail", Required: true, MinLength: 3, Identifier: true, Verify: profile.ByEmail, Recover: profile.ByEmail},
	profile.Field{Name: "name.first", Label: "First name", Autocomplete: "given-name", Required: true},
	profile.Field{Name: "name.last", Label: "Last name"},
	profile.Field{Name: "nickname", MaxLength: 20},
)

func newMethod(s profile.Schema) settings.Method {
	return profile.New(profile.Config{Schemas: map[string]profile.Schema{"": s}})
}

// newKit has the method profile, and Ada with some traits.
func newKit(t testing.TB, s profile.Schema, traits string, changes ...func(*settings.Config)) (*settingstest.Kit, string) {
	t.Helper()
	kit := settingstest.New(t, append([]func(*settings.Config){func(c *settings.Config) {
		c.Methods = append(c.Methods, newMethod(s))
	}}, changes...)...)
	id := kit.AddIdentity("ada@example.com", "the password of ada")
	kit.Edit(id, func(i *identity.Identity) { i.Traits = json.RawMessage(traits) })
	return kit, id
}

func TestRows(t *testing.T) {
	var rows []row
	file, err := os.ReadFile("testdata/rows.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(file, &rows))
	require.NotEmpty(t, rows)
	for table, responses := range map[string]func() respond.Table{"kratos": respond.Kratos, "documented": respond.Documented} {
		for _, r := range rows {
			for kind, want := range map[respond.Client]string{respond.API: r.API, respond.Page: r.Page, respond.Script: r.Script} {
				if want == "" {
					continue // no page sends such a body
				}
				b := settings.Behaviour{Responses: responses, OmitHints: table == "kratos"}
				if !b.OmitHints { // a name that is taken stands at its field
					want = strings.Replace(want, " 4000007", " traits.email:4000007", 1)
				}
				t.Run(table+"/"+r.Name+"/"+kind.String(), func(t *testing.T) { r.run(t, b, kind, want) })
			}
		}
	}
}

func (r row) run(t *testing.T, b settings.Behaviour, kind respond.Client, want string) {
	kit, id := newKit(t, customers, ada, func(c *settings.Config) {
		c.Behaviour, c.AllowReturnTo = b, []string{"https://app.example.com/back"}
	})
	kit.AddIdentity("bob@example.com", "the password of bob")
	c := kit.SignIn(id, kind)
	if r.Stale {
		kit.Clock.Advance(15*time.Minute + 1)
	}
	f := start(c, r.ReturnTo)
	if r.Before != nil {
		c.Submit(f, submission(t, r.Before))
	}
	before := kit.Snapshot(id)
	assert.Equal(t, want, observed(t, c.Submit(f, submission(t, r.Traits))))
	stored := r.Stored
	if kind == respond.Page && stored == nil {
		stored = r.StoredPage
	}
	if stored == nil {
		assert.Equal(t, before, kit.Snapshot(id), "nothing is changed")
	} else {
		assert.JSONEq(t, string(stored), string(kit.Identity(id).Traits))
	}
}

func start(c *settingstest.Client, returnTo string) *settingstest.Flow {
	if returnTo == "" {
		return c.Start()
	}
	if c.Kind == respond.API {
		return c.Get("/self-service/settings/api?return_to=" + returnTo).Flow
	}
	a := c.Get("/self-service/settings/browser?return_to=" + returnTo)
	if c.Kind == respond.Page {
		a = a.Follow()
	}
	return a.Flow
}

func submission(t *testing.T, traits json.RawMessage) settingstest.Fields {
	fields := settingstest.Fields{"method": "profile"}
	if traits != nil {
		var v any
		require.NoError(t, json.Unmarshal(traits, &v))
		fields["traits"] = v
	}
	return fields
}

// observed writes an answer down as a cell of the rows: status, the settings
// page (UI) or a login (REAUTH), a cookie that is set (+s), messages.
func observed(t *testing.T, a *settingstest.Answer) string {
	t.Helper()
	cookie := ""
	if a.Header.Get("Set-Cookie") != "" {
		cookie = " +s"
	}
	switch {
	case a.Flow != nil:
		return fmt.Sprintf("%d %s", a.Status, strings.Join(a.Flow.Messages(), " ")) + cookie
	case a.Error != nil:
		return fmt.Sprintf("%d %s", a.Status, a.Error.ID)
	case strings.HasPrefix(a.Location, settingstest.UIURL+"?flow="):
		return fmt.Sprintf("%d UI%s ⇒ %s", a.Status, cookie, strings.Join(a.Follow().Flow.Messages(), " "))
	case strings.Contains(a.Location, "/login") && strings.Contains(a.Location, "refresh=true&return_to="):
		return fmt.Sprintf("%d REAUTH", a.Status)
	}
	return fmt.Sprintf("%d %s%s", a.Status, a.Location, cookie)
}
