package settings_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// LikeKratos answers as a running Ory Kratos did: kratosrows_test.go has what it was seen
// to answer, scenario by scenario, to an API client, a page and a script.

const (
	kratosBack = "https://app.example.com/back"   // where return_to may lead
	kratosNew  = "a much better horse altogether" // the new password
)

// kratosCase is one scenario with one kind of client.
type kratosCase struct {
	*settingstest.Kit
	*settingstest.Client
	id string
}

func (c *kratosCase) start() *settingstest.Flow { return c.startFor("") }

// startFor starts a flow with a return_to.
func (c *kratosCase) startFor(returnTo string) *settingstest.Flow {
	c.T.Helper()
	a := c.init(returnTo)
	if c.Kind == respond.Page {
		a = a.Follow()
	}
	require.NotNil(c.T, a.Flow, a)
	return a.Flow
}

func (c *kratosCase) init(returnTo string) *settingstest.Answer {
	path := "/self-service/settings/browser"
	if c.Kind == respond.API {
		path = "/self-service/settings/api"
	}
	if returnTo != "" {
		path += "?return_to=" + returnTo
	}
	return c.Get(path)
}

func (c *kratosCase) pass(value any) *settingstest.Answer {
	return c.Submit(c.start(), settingstest.Fields{"method": "password", "password": value})
}

func (c *kratosCase) fields(f settingstest.Fields) *settingstest.Answer {
	return c.Submit(c.start(), f)
}

// as is the same scenario with another client of the kind.
func (c *kratosCase) as(other *settingstest.Client) *kratosCase {
	return &kratosCase{c.Kit, other, c.id}
}

// raw posts a body as it is, for the flow id given.
func (c *kratosCase) raw(flowID, contentType, body string) *settingstest.Answer {
	return c.Post("/self-service/settings?flow="+flowID, contentType, body)
}

// json posts JSON as it is, as a script of ours may without the form's token.
func (c *kratosCase) json(body string) *settingstest.Answer {
	return c.raw(c.start().ID, "application/json", body)
}

// stale makes the session older than the privileged age.
func (c *kratosCase) stale() *kratosCase {
	c.Clock.Advance(2*time.Hour + 1)
	return c
}

// submitTo submits to a flow whose ID has more of the query behind it.
func (c *kratosCase) submitTo(f *settingstest.Flow, fields settingstest.Fields) *settingstest.Answer {
	id, rest, _ := strings.Cut(f.ID, "&")
	all := settingstest.Fields{"csrf_token": f.CSRFToken()}
	for k, v := range fields {
		all[k] = v
	}
	var pairs []string
	for k, v := range all {
		if c.Kind == respond.Page {
			pairs = append(pairs, fmt.Sprintf("%s=%v", k, strings.ReplaceAll(fmt.Sprint(v), " ", "+")))
		} else {
			pairs = append(pairs, fmt.Sprintf("%q:%q", k, v))
		}
	}
	if c.Kind == respond.Page {
		return c.raw(id+"&"+rest, "application/x-www-form-urlencoded", strings.Join(pairs, "&"))
	}
	return c.raw(id+"&"+rest, "application/json", "{"+strings.Join(pairs, ",")+"}")
}

func TestKratosAnswersAsObserved(t *testing.T) {
	for _, row := range kratosRows() {
		for kind, want := range map[respond.Client]string{respond.API: row.api, respond.Page: row.page, respond.Script: row.script} {
			if want == "" {
				continue // no page sends such a body
			}
			t.Run(row.name+"/"+kind.String(), func(t *testing.T) {
				kit := settingstest.New(t, func(c *settings.Config) {
					c.Behaviour = settings.LikeKratos()
					c.AllowReturnTo = []string{kratosBack}
					c.PrivilegedSessionMaxAge = 2 * time.Hour // an expired flow is not a stale session here
				})
				id := kit.AddIdentity("ada@example.com", pauseOld)
				c := &kratosCase{kit, kit.SignIn(id, kind), id}
				a := row.do(c)
				assert.Equal(t, want, a.Brief())
				if a.Error != nil {
					assert.Equal(t, a.Status, a.Error.Code)
				}
				success := strings.HasSuffix(want, " 1050001") || strings.HasPrefix(want, "303 "+kratosBack)
				assert.Equal(t, success && kind != respond.API, strings.HasPrefix(a.Header.Get("Set-Cookie"), "__Host-amend_session="), "a browser's success renews its cookie, and nothing else does")
			})
		}
	}
}

func TestKratosExpiredSaysWhatToUse(t *testing.T) {
	kit := settingstest.New(t, func(c *settings.Config) { c.Behaviour = settings.LikeKratos() })
	c := kit.SignIn(kit.AddIdentity("ada@example.com", pauseOld), respond.Script)
	f := c.Start()
	kit.Clock.Advance(time.Hour + time.Minute)
	a := c.Submit(f, settingstest.Fields{"method": "password", "password": kratosNew})
	var body struct {
		UseFlowID string    `json:"use_flow_id"`
		ExpiredAt time.Time `json:"expired_at"`
		Since     int64     `json:"since"`
	}
	decodeInto(t, a.Body, &body)
	assert.Equal(t, time.Date(2030, 1, 2, 13, 0, 0, 0, time.UTC), body.ExpiredAt)
	assert.Equal(t, int64(time.Minute), body.Since, "nanoseconds")
	read := c.Read(f.ID)
	assert.Equal(t, settingstest.PublicURL+"/self-service/settings/browser", read.Error.Details["redirect_to"])
	assert.Contains(t, string(read.Body), body.UseFlowID)
	assert.Equal(t, []string{"4050001"}, c.Read(body.UseFlowID).Flow.Messages())
}

func TestKratosRefusesBrowsersOnFlowsOfAPIClients(t *testing.T) {
	for name, c := range map[string]struct {
		header, value string
		status        int
	}{
		"a cookie":                      {"Cookie", "theme=dark", 400},
		"a cookie of a content network": {"Cookie", "__cf_bm=1; _cfuvid=2; cf_clearance=3", 200},
		"an Origin":                     {"Origin", "https://app.example.com", 400},
	} {
		t.Run(name, func(t *testing.T) {
			kit := settingstest.New(t, func(c *settings.Config) { c.Behaviour = settings.LikeKratos() })
			client := kit.SignIn(kit.AddIdentity("ada@example.com", pauseOld), respond.API)
			f := client.Start()
			client.Header.Set(c.header, c.value)
			a := client.Submit(f, settingstest.Fields{"method": "password", "password": kratosNew})
			assert.Equal(t, c.status, a.Status)
			require.NotNil(t, a.Flow)
			if c.status == http.StatusBadRequest {
				assert.Equal(t, []string{"4000001"}, a.Flow.Messages())
				client.Header.Del(c.header)
				assert.Empty(t, client.Read(f.ID).Flow.Messages(), "nothing is remembered of it")
			}
		})
	}
}
