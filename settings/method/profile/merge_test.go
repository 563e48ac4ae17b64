package profile_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

var everyClient = []respond.Client{respond.API, respond.Page, respond.Script}

// traitsOf makes traits of the customers' schema; an empty value is none.
func traitsOf(email, first, nickname string) map[string]any {
	traits := map[string]any{"email": email, "name": map[string]any{"first": first}}
	if nickname != "" {
		traits["nickname"] = nickname
	}
	return traits
}

func textOf(t testing.TB, traits map[string]any) string {
	t.Helper()
	text, err := json.Marshal(traits)
	require.NoError(t, err)
	return string(text)
}

// mergeRows are what becomes of a form that is older than the account.
var mergeRows = []struct {
	name                        string
	shown, elsewhere, submitted map[string]any
	want                        map[string]any // nil for a conflict
	conflict                    string
}{
	{"different fields merge", traitsOf("a@example.com", "Ada", "ada"), traitsOf("a@example.com", "Augusta", "ada"), traitsOf("a@example.com", "Ada", "countess"),
		traitsOf("a@example.com", "Augusta", "countess"), ""},
	{"a field left alone keeps the newer value", traitsOf("a@example.com", "Ada", "ada"), traitsOf("a@example.com", "Ada", "countess"), traitsOf("a@example.com", "Ada", "ada"),
		traitsOf("a@example.com", "Ada", "countess"), ""},
	{"a field left empty keeps a value it was given elsewhere", traitsOf("a@example.com", "Ada", ""), traitsOf("a@example.com", "Ada", "countess"), traitsOf("a@example.com", "Ada", ""),
		traitsOf("a@example.com", "Ada", "countess"), ""},
	{"a field left empty of an account that had no traits keeps a value it was given elsewhere", map[string]any{}, traitsOf("a@example.com", "Ada", "countess"), traitsOf("a@example.com", "Ada", ""),
		traitsOf("a@example.com", "Ada", "countess"), ""},
	{"a field left alone stays away if it was emptied elsewhere", traitsOf("a@example.com", "Ada", "ada"), traitsOf("a@example.com", "Ada", ""), traitsOf("a@example.com", "Ada", "ada"),
		traitsOf("a@example.com", "Ada", ""), ""},
	{"both made the same change", traitsOf("a@example.com", "Ada", "ada"), traitsOf("a@example.com", "Ada", "countess"), traitsOf("a@example.com", "Ada", "countess"),
		traitsOf("a@example.com", "Ada", "countess"), ""},
	{"both emptied it", traitsOf("a@example.com", "Ada", "ada"), traitsOf("a@example.com", "Ada", ""), traitsOf("a@example.com", "Ada", ""),
		traitsOf("a@example.com", "Ada", ""), ""},
	{"an address left alone keeps the newer one", traitsOf("a@example.com", "Ada", "ada"), traitsOf("b@example.com", "Ada", "ada"), traitsOf("a@example.com", "Ada", "countess"),
		traitsOf("b@example.com", "Ada", "countess"), ""},
	{"both changed it", traitsOf("a@example.com", "Ada", "ada"), traitsOf("a@example.com", "Ada", "enchantress"), traitsOf("a@example.com", "Ada", "countess"),
		nil, "traits.nickname:7000010"},
	{"changed here, emptied elsewhere", traitsOf("a@example.com", "Ada", "ada"), traitsOf("a@example.com", "Ada", ""), traitsOf("a@example.com", "Ada", "countess"),
		nil, "traits.nickname:7000010"},
	{"emptied here, changed elsewhere", traitsOf("a@example.com", "Ada", "ada"), traitsOf("a@example.com", "Ada", "enchantress"), traitsOf("a@example.com", "Ada", ""),
		nil, "traits.nickname:7000010"},
	{"an address that both changed", traitsOf("a@example.com", "Ada", "ada"), traitsOf("b@example.com", "Ada", "ada"), traitsOf("c@example.com", "Ada", "ada"),
		nil, "traits.email:7000010"},
}

// followed is the flow that an answer shows, behind the redirect of a page.
func followed(t *testing.T, c *settingstest.Client, a *settingstest.Answer) *settingstest.Flow {
	t.Helper()
	if c.Kind == respond.Page {
		return a.Follow().Flow
	}
	require.NotNil(t, a.Flow, "%v", a)
	return a.Flow
}

// during does something when the change is judged and not yet written.
type during struct {
	settings.Method
	do *func()
}

func (d during) Plan(v method.View, s method.Submission) (method.Plan, error) {
	plan, err := d.Method.Plan(v, s)
	if work := plan.Do; work != nil {
		plan.Do = func(ctx context.Context) (method.Result, error) {
			if do := *d.do; do != nil {
				*d.do = nil
				do()
			}
			return work(ctx)
		}
	}
	return plan, err
}

// The account changes before the submit, or between its plan and the commit.
func TestAFormThatIsOlderThanTheAccount(t *testing.T) {
	for _, r := range mergeRows {
		for _, kind := range everyClient {
			for _, underACommit := range []bool{false, true} {
				r := r // a conflict is seen, and then it is not one any more
				t.Run(fmt.Sprintf("%s/%v/under a commit: %v", r.name, kind, underACommit), func(t *testing.T) {
					var meanwhile func()
					kit, id := newKit(t, customers, textOf(t, r.shown), func(c *settings.Config) {
						c.Methods[len(c.Methods)-1] = during{c.Methods[len(c.Methods)-1], &meanwhile}
					})
					c := kit.SignIn(id, kind)
					f := c.Start()
					var before string
					elsewhere := func() {
						kit.Edit(id, func(i *identity.Identity) { i.Traits = json.RawMessage(textOf(t, r.elsewhere)) })
						before = kit.Snapshot(id)
					}
					if meanwhile = elsewhere; !underACommit {
						meanwhile = nil
						elsewhere()
					}
					submit := func() *settingstest.Flow {
						return followed(t, c, c.Submit(f, settingstest.Fields{"method": "profile", "traits": r.submitted}))
					}
					got := submit()
					if r.want == nil {
						assert.Equal(t, []string{r.conflict}, got.Messages())
						assert.Equal(t, "show_form", got.State)
						assert.Equal(t, before, kit.Snapshot(id), "nothing is changed")
						got, r.want = submit(), r.submitted // its user has seen both values
					}
					assert.Equal(t, []string{"1050001"}, got.Messages())
					assert.JSONEq(t, textOf(t, r.want), string(kit.Identity(id).Traits))
				})
			}
		}
	}
}

func TestAConflictShowsBothValues(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			kit, id := newKit(t, customers, ada)
			c := kit.SignIn(id, kind)
			f := c.Start()
			kit.Edit(id, func(i *identity.Identity) {
				i.Traits = json.RawMessage(`{"email":"ada@example.com","name":{"first":"Augusta"},"nickname":"enchantress"}`)
			})
			fields := settingstest.Fields{"method": "profile", "traits": traitsOf("ada@example.com", "Ada", "countess")}
			got := followed(t, c, c.Submit(f, fields))
			for _, n := range got.UI.Nodes {
				if n.Name() == "traits.nickname" {
					require.Len(t, n.Messages, 1)
					assert.Equal(t, map[string]any{"current": "enchantress", "submitted": "countess"}, n.Messages[0].Context)
					assert.Equal(t, "countess", n.Attributes["value"], "what was typed stays in the form")
				}
			}
			kit.Edit(id, func(i *identity.Identity) {
				i.Traits = json.RawMessage(`{"email":"ada@example.com","name":{"first":"Augusta"},"nickname":"third"}`)
			})
			got = followed(t, c, c.Submit(f, fields))
			assert.Equal(t, []string{"traits.nickname:7000010"}, got.Messages(), "a value that it was not shown")
		})
	}
}

// A value that is wrong is said first; the conflict comes when it is right.
func TestAConflictBesideAnError(t *testing.T) {
	kit, id := newKit(t, customers, textOf(t, traitsOf("a@example.com", "Ada", "ada")))
	c := kit.SignIn(id, respond.API)
	f := c.Start()
	kit.Edit(id, func(i *identity.Identity) {
		i.Traits = json.RawMessage(textOf(t, traitsOf("a@example.com", "Augusta", "enchantress")))
	})
	for _, step := range []struct {
		submitted map[string]any
		want      []string
	}{
		{traitsOf("a@example.com", "", "much too long for a nickname"), []string{"traits.name.first:4000003", "traits.nickname:4000017"}},
		{traitsOf("a@example.com", "", "countess"), []string{"traits.name.first:4000003", "traits.nickname:7000010"}},
		{traitsOf("a@example.com", "Byron", "countess"), []string{"traits.name.first:7000010"}},
		{traitsOf("a@example.com", "Byron", "countess"), []string{"1050001"}},
	} {
		a := c.Submit(f, settingstest.Fields{"method": "profile", "traits": step.submitted})
		assert.Equal(t, step.want, a.Flow.Messages())
	}
}

// A change that needs no recent sign-in must not become one that does on its
// way to the store.
func TestAProtectedFieldThatChangesOnlyUnderACommit(t *testing.T) {
	var meanwhile func()
	kit, id := newKit(t, contacts, `{"phone":"+44111111"}`, func(c *settings.Config) {
		c.Methods[len(c.Methods)-1] = during{c.Methods[len(c.Methods)-1], &meanwhile}
	})
	c := kit.SignIn(id, respond.API)
	f := c.Start() // shows 111111
	stale(kit)
	kit.Edit(id, func(i *identity.Identity) { i.Traits = json.RawMessage(`{"phone":"+44222222"}`) })
	meanwhile = func() {
		kit.Edit(id, func(i *identity.Identity) { i.Traits = json.RawMessage(`{"phone":"+44111111"}`) })
	}
	// The submit changes the nickname when it is judged, and the phone too when it is written.
	a := c.Submit(f, settingstest.Fields{"method": "profile", "traits": map[string]any{"phone": "+44222222", "nickname": "x"}})
	require.NotNil(t, a.Flow, "%v", a)
	assert.Equal(t, []string{"7000010"}, a.Flow.Messages())
	assert.JSONEq(t, `{"phone":"+44111111"}`, string(kit.Identity(id).Traits))
}

func TestASchemaThatChangesUnderACommit(t *testing.T) {
	plan, err := newMethod(customers).Plan(method.View{Identity: withTraits(ada)}, jsonBody(t, `{"email":"ada@example.com","name":{"first":"Eve"}}`))
	require.NoError(t, err)
	result, err := plan.Do(t.Context())
	require.NoError(t, err)
	newer := withTraits(ada)
	newer.SchemaID = "employee"
	require.ErrorIs(t, result.(method.Change).Edit(&newer), method.ErrChanged)
	assert.Equal(t, ada, string(newer.Traits))
}

// A host stored an object where the schema has a text. Its parts are no value
// that the form was rendered with; its owner can replace it all the same.
func TestAStoredObjectInThePlaceOfAText(t *testing.T) {
	kit, id := newKit(t, customers, `{"email":"ada@example.com","name":{"first":"Ada"},"nickname":{"odd":1}}`)
	c := kit.SignIn(id, respond.API)
	a := c.Submit(c.Start(), settingstest.Fields{"method": "profile", "traits": traitsOf("ada@example.com", "Ada", "countess")})
	assert.Equal(t, []string{"1050001"}, a.Flow.Messages())
	assert.JSONEq(t, `{"email":"ada@example.com","name":{"first":"Ada"},"nickname":"countess"}`, string(kit.Identity(id).Traits))
}
