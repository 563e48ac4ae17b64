// Package rows runs what Ory Kratos v26.2.0 was seen to answer to a submit of traits
// against the method profile. Both ways to write a schema are run: fields in Go, and a
// JSON Schema file.
package rows

import (
	_ "embed"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

//go:embed rows.json
var file []byte

// Ada is the traits that NewKit and Run begin with.
const Ada = `{"email":"ada@example.com","name":{"first":"Ada","last":"Lovelace"},"nickname":"ada"}`

// NewKit has the method profile with a schema, and an identity with some traits, whose id
// it returns.
func NewKit(t testing.TB, s profile.Schema, traits string, changes ...func(*settings.Config)) (*settingstest.Kit, string) {
	t.Helper()
	kit := settingstest.New(t, append([]func(*settings.Config){func(c *settings.Config) {
		c.Methods = append(c.Methods, profile.New(profile.Config{Schemas: map[string]profile.Schema{"": s}}))
	}}, changes...)...)
	id := kit.AddIdentity("ada@example.com", "the password of ada")
	kit.Edit(id, func(i *identity.Identity) { i.Traits = json.RawMessage(traits) })
	return kit, id
}

// row is a scenario: Traits are what is submitted, after Before, Stored are the traits
// after a success. Without Stored nothing may have changed. API, Page and Script are the
// answers to the three kinds of client, as Brief writes them. Where Kratos makes an
// input for the name of an object to put a message on ("traits.name"), ours stands on the
// form.
type row struct {
	Name              string
	Traits, Before    json.RawMessage
	Stored            json.RawMessage
	StoredPage        json.RawMessage `json:"stored_page"` // after a page's success, where only that is one
	Stale             bool
	ReturnTo          string `json:"return_to"`
	API, Page, Script string
}

// Run submits each row over a schema, which has the fields of customers in package
// profile's test: for each kind of client, on both tables of answers.
func Run(t *testing.T, schema func(testing.TB) profile.Schema) {
	var rows []row
	if err := json.Unmarshal(file, &rows); err != nil || len(rows) == 0 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
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
				t.Run(table+"/"+r.Name+"/"+kind.String(), func(t *testing.T) { r.run(t, schema(t), b, kind, want) })
			}
		}
	}
}

func (r row) run(t *testing.T, schema profile.Schema, b settings.Behaviour, kind respond.Client, want string) {
	kit, id := NewKit(t, schema, Ada, func(c *settings.Config) {
		c.Behaviour, c.AllowReturnTo = b, []string{"https://app.example.com/back"}
	})
	kit.AddIdentity("bob@example.com", "the password of bob")
	c := kit.SignIn(id, kind)
	if r.Stale {
		kit.Clock.Advance(15*time.Minute + 1)
	}
	f := start(c, r.ReturnTo)
	if r.Before != nil {
		c.Submit(f, Submission(t, r.Before))
	}
	before := kit.Snapshot(id)
	a := c.Submit(f, Submission(t, r.Traits))
	if got := a.Brief(); got != want {
		t.Errorf("answered %q, want %q", got, want)
	}
	stored := r.Stored
	if kind == respond.Page && stored == nil {
		stored = r.StoredPage
	}
	switch got := kit.Identity(id).Traits; {
	case stored == nil && before != kit.Snapshot(id):
		t.Errorf("something is changed: before\n%s\nafter\n%s", before, kit.Snapshot(id))
	case stored != nil && !reflect.DeepEqual(decoded(t, stored), decoded(t, got)):
		t.Errorf("stored are %s, want %s", got, stored)
	}
	renewed := strings.HasPrefix(a.Header.Get("Set-Cookie"), "__Host-amend_session=")
	if want := stored != nil && kind != respond.API; renewed != want {
		t.Errorf("the session cookie is renewed: %v; a browser's success does that, and nothing else", renewed)
	}
}

func decoded(t *testing.T, text json.RawMessage) (v any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// start starts a flow with a return_to, "" for none, and reads it.
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

// Submission is the submit of some traits.
func Submission(t *testing.T, traits json.RawMessage) settingstest.Fields {
	fields := settingstest.Fields{"method": "profile"}
	if traits != nil {
		fields["traits"] = decoded(t, traits)
	}
	return fields
}
