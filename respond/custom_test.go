package respond_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
)

func TestDocumentedTableIsSound(t *testing.T) {
	table := respond.Documented()
	require.NoError(t, table.Check())
	assert.Equal(t, respond.Table{Rows: table.Rows}, table, "it has none of the habits of Kratos")
	for key, row := range table.Rows {
		for _, cell := range []respond.Cell{row.API, row.Page, row.Script} {
			if cell.ID != "" {
				assert.Contains(t, respond.ErrorIDs, cell.ID, "%v at %v", key.Kind, key.Endpoint)
			}
		}
		assert.NotEqual(t, "unknown", key.Kind.String())
		assert.NotEqual(t, "unknown", key.Endpoint.String())
	}
}

func TestCheckFindsWhatMakesATableUnusable(t *testing.T) {
	at := func(k respond.Kind) respond.Key { return respond.Key{Kind: k, Endpoint: respond.AnyEndpoint} }
	edit := func(k respond.Key, change func(*respond.Row)) func(respond.Table) {
		return func(table respond.Table) {
			row := table.Rows[k]
			change(&row)
			table.Rows[k] = row
		}
	}
	for _, c := range []struct {
		name string
		edit func(respond.Table)
		want string // of the error, the place included
	}{
		{"a row is missing", func(table respond.Table) { delete(table.Rows, at(respond.Stale)) }, "no row for stale"},
		{"the last row is missing", func(table respond.Table) { delete(table.Rows, at(respond.WrongMethod)) }, "no row for wrong_method"},
		{"a row stands for one endpoint only", func(table respond.Table) {
			table.Rows[respond.Key{Kind: respond.Gone, Endpoint: respond.Submit}] = table.Rows[at(respond.Gone)]
			delete(table.Rows, at(respond.Gone))
		}, "no row for gone"},
		{"an API cell without a status", edit(at(respond.Bug), func(r *respond.Row) { r.API.Status = 0 }), "bug at any for api has no status"},
		{"a page cell without a status", edit(at(respond.Bug), func(r *respond.Row) { r.Page = respond.Cell{} }), "bug at any for page has no status"},
		{"a status below 200", edit(at(respond.Bug), func(r *respond.Row) { r.Script.Status = 199 }), "bug at any for script has no status"},
		{"a status over 599", edit(at(respond.Bug), func(r *respond.Row) { r.Script.Status = 600 }), "bug at any for script has no status"},
		{"an error without an id", edit(at(respond.Gone), func(r *respond.Row) { r.Script.ID = "" }), "gone at any for script has no error id"},
		{"an error with an id of nobody's", edit(at(respond.Gone), func(r *respond.Row) { r.API.ID = "made_up" }), "gone at any for api has no error id"},
		{"a redirect to nowhere", edit(at(respond.Invalid), func(r *respond.Row) { r.Page.Target = respond.Nowhere }), "invalid at any for page redirects to nowhere"},
		{"a redirect to an error that the row does not have", edit(at(respond.Invalid), func(r *respond.Row) { r.Page.Target = respond.ToError }), "invalid at any for page leads to an error"},
		{"a bug that shows a form", edit(at(respond.Bug), func(r *respond.Row) { r.Script.Body = respond.FormBody }), "bug at any for script shows a form"},
		{"a defect at one endpoint", func(table respond.Table) {
			table.Rows[respond.Key{Kind: respond.Expired, Endpoint: respond.Submit}] = respond.Row{}
		}, "expired at submit for api has no status"},
	} {
		t.Run(c.name, func(t *testing.T) {
			table := respond.Documented()
			c.edit(table)
			require.ErrorContains(t, table.Check(), c.want)
		})
	}
	require.Error(t, respond.Table{}.Check())
}

func TestCloneIsTheHostsOwn(t *testing.T) {
	table := respond.Documented()
	mine := table.Clone()
	key := respond.Key{Kind: respond.Expired, Endpoint: respond.AnyEndpoint}
	row := mine.Rows[key]
	row.Script = respond.Cell{Status: 410, Body: respond.ErrorBody, ID: respond.FlowExpired}
	mine.Rows[key] = row
	mine.Rows[respond.Key{Kind: respond.Bug, Endpoint: respond.Submit}] = row
	require.NoError(t, mine.Check())

	assert.Equal(t, 303, table.Rows[key].Script.Status)
	assert.NotContains(t, table.Rows, respond.Key{Kind: respond.Bug, Endpoint: respond.Submit})
	assert.Equal(t, 410, mine.Rows[key].Script.Status)
	assert.Equal(t, respond.Documented(), table, "and Documented is made anew each time")
}

// A row for an endpoint goes before the general one, and for no other endpoint.
func TestRowOfAnEndpointGoesFirst(t *testing.T) {
	table := respond.Table{Rows: map[respond.Key]respond.Row{
		{Kind: respond.Bug}:                             {API: respond.Cell{Status: 500}},
		{Kind: respond.Bug, Endpoint: respond.Read}:     {API: respond.Cell{Status: 599}},
		{Kind: respond.Gone, Endpoint: respond.Whoami}:  {API: respond.Cell{Status: 410}},
		{Kind: respond.Stale, Endpoint: respond.Submit}: {},
	}}
	for _, c := range []struct {
		kind     respond.Kind
		endpoint respond.Endpoint
		status   int
		ok       bool
	}{
		{respond.Bug, respond.Read, 599, true},
		{respond.Bug, respond.Submit, 500, true},
		{respond.Bug, respond.AnyEndpoint, 500, true},
		{respond.Gone, respond.Whoami, 410, true},
		{respond.Gone, respond.Read, 0, false},
		{respond.Mismatch, respond.Read, 0, false},
	} {
		row, ok := table.Row(c.kind, c.endpoint)
		assert.Equal(t, c.ok, ok, "%v at %v", c.kind, c.endpoint)
		assert.Equal(t, c.status, row.API.Status, "%v at %v", c.kind, c.endpoint)
	}
}

// A token goes into a body only where a cell says so, and a new one only where
// it is new.
func TestTokenInTheBody(t *testing.T) {
	with := func(x respond.Extra) *respond.Responder {
		r := responder()
		key := respond.Key{Kind: respond.Succeeded, Endpoint: respond.AnyEndpoint}
		row := r.Table.Rows[key]
		row.API.Extra = x
		r.Table.Rows[key] = row
		return r
	}
	for _, c := range []struct {
		name    string
		extra   respond.Extra
		rotated bool
		want    any // of continue_with
		top     any // session_token
	}{
		{"nothing extra", respond.NoExtra, true, nil, nil},
		{"with the token, rotated", respond.WithToken, true, "T", "T"},
		{"with the token, as presented", respond.WithToken, false, "T", "T"},
		{"with a new token, rotated", respond.WithNewToken, true, "T", nil},
		{"with a new token, and there is none", respond.WithNewToken, false, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := body(t, with(c.extra).Render(respond.Outcome{Kind: respond.Succeeded, Client: respond.API, Form: form(flowF), Token: "T", Rotated: c.rotated, At: now}))
			assert.Equal(t, c.top, got["session_token"])
			if c.want == nil {
				assert.NotContains(t, got, "continue_with")
			} else {
				assert.Equal(t, []any{map[string]any{"action": "set_ory_session_token", "ory_session_token": c.want}}, got["continue_with"])
			}
		})
	}
}

func TestKindsAndEndpointsHaveNames(t *testing.T) {
	seen := map[string]bool{"unknown": true, "": true}
	for k := respond.Done; k <= respond.WrongMethod; k++ {
		assert.False(t, seen[k.String()], "%d is %q", k, k)
		seen[k.String()] = true
	}
	seen = map[string]bool{"unknown": true, "": true}
	for e := respond.AnyEndpoint; e <= respond.StaticFile; e++ {
		assert.False(t, seen[e.String()], "%d is %q", e, e)
		seen[e.String()] = true
	}
	for _, s := range []fmt.Stringer{respond.Kind(0), respond.WrongMethod + 1, respond.Kind(255), respond.StaticFile + 1, respond.Endpoint(255)} {
		assert.Equal(t, "unknown", s.String())
	}
}

// A host changes one cell of the contract: here a script with an expired flow
// gets an error instead of a redirect.
func ExampleTable_Clone() {
	table := respond.Documented().Clone()
	key := respond.Key{Kind: respond.Expired, Endpoint: respond.AnyEndpoint}
	row := table.Rows[key]
	row.Script = respond.Cell{Status: 410, Body: respond.ErrorBody, ID: respond.FlowExpired}
	table.Rows[key] = row
	if err := table.Check(); err != nil {
		fmt.Println(err)
	}

	r := respond.Responder{Table: table, UI: "https://app.example/settings"}
	expired := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	res := r.Render(respond.Outcome{Kind: respond.Expired, Client: respond.Script, FlowID: "1", ExpiredAt: expired, At: expired})
	fmt.Println(res.Status, res.Location == "")
	res = r.Render(respond.Outcome{Kind: respond.Expired, Client: respond.Page, FlowID: "1", At: expired})
	fmt.Println(res.Status, res.Location)
	// Output:
	// 410 true
	// 303 https://app.example/settings?flow=1
}

// Which kind of client asks is read from what the request shows.
func ExampleHints() {
	fmt.Println(respond.Hints{Accept: "text/html,*/*;q=0.8", AnyCookie: true}.Unknown())
	fmt.Println(respond.Hints{Accept: "application/json", AnyCookie: true}.Unknown())
	fmt.Println(respond.Hints{Accept: "*/*", ContentType: "application/json", AnyCookie: true}.Unknown())
	fmt.Println(respond.Hints{HeaderToken: true}.Unknown())
	// Output:
	// page
	// script
	// script
	// api
}

// Whatever kind is added next, a table without it is found at the start.
func TestATableNeedsARowForEveryKind(t *testing.T) {
	n := 0
	for k := respond.Done; k.String() != "unknown"; k++ {
		table := respond.Documented()
		delete(table.Rows, respond.Key{Kind: k, Endpoint: respond.AnyEndpoint})
		assert.ErrorContains(t, table.Check(), "no row for "+k.String())
		n++
	}
	assert.Greater(t, n, int(respond.WrongMethod)-1, "the last one too")
}

func TestAnErrorBehindARedirectHasAnIDAndACode(t *testing.T) {
	for name, cell := range map[string]respond.Cell{
		"without an id":              {Status: 303, Target: respond.ToError, Code: 404},
		"with an id nobody knows":    {Status: 303, Target: respond.ToError, ID: "x", Code: 404},
		"without a code":             {Status: 303, Target: respond.ToError, ID: respond.FlowNotFound},
		"with the code of a success": {Status: 303, Target: respond.ToError, ID: respond.FlowNotFound, Code: 200},
	} {
		t.Run(name, func(t *testing.T) {
			table := respond.Documented()
			key := respond.Key{Kind: respond.NoFlow, Endpoint: respond.AnyEndpoint}
			row := table.Rows[key]
			row.Page = cell
			table.Rows[key] = row
			assert.ErrorContains(t, table.Check(), "without an id of the list or a code")
		})
	}
}
