package settings_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// What a client sends cannot begin a line of the log, nor colour it. Each
// request has one line, whatever stands in it.
func TestOneLogLineARequest(t *testing.T) {
	handlers := map[string]func(io.Writer) slog.Handler{
		"text": func(w io.Writer) slog.Handler {
			return slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})
		},
		"JSON": func(w io.Writer) slog.Handler {
			return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})
		},
	}
	for format, handler := range handlers {
		for name, evil := range map[string]string{
			"a line break":            "x\ntime=2030 level=ERROR msg=forged",
			"a carriage return":       "x\rtime=2030 level=ERROR msg=forged",
			"both":                    "x\r\n{\"level\":\"ERROR\",\"msg\":\"forged\"}",
			"an escape":               "x\x1b[31mforged\x1b]0;forged\x07",
			"a NUL":                   "x\x00forged",
			"a quote and a key":       `x" level=ERROR msg="forged`,
			"separators of Unicode":   "x\u2028\u2029\u0085forged",
			"text from right to left": "x\u202eforged",
			"no UTF-8":                "x\xff\xfeforged",
		} {
			t.Run(name+", "+format, func(t *testing.T) {
				fault := &leakFault{}
				var kit *settingstest.Kit
				lines := &settingstest.Log{}
				kit = leakKit(t, fault, false, func(c *settings.Config) {
					c.Logger = slog.New(handler(lines))
					c.After = append(c.After, settings.LogEvents(c.Logger))
				})
				ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
				token := kit.SignIn(ada, respond.API).Token
				f := kit.Anonymous(respond.API)
				f.Token = token
				own := f.Start()

				requests := 1
				send := func(method, path, contentType, body string, header http.Header) {
					t.Helper()
					r, err := http.NewRequestWithContext(t.Context(), method, "https://app.example.com/auth"+path, strings.NewReader(body))
					require.NoError(t, err)
					r.Header = http.Header{"X-Session-Token": {token}, "Content-Type": {contentType}, "User-Agent": {evil}, "Accept": {"application/json"}}
					for k, v := range header {
						r.Header[k] = v
					}
					res, err := kit.RoundTrip(r)
					require.NoError(t, err)
					answer, err := io.ReadAll(res.Body)
					require.NoError(t, err)
					require.NoError(t, res.Body.Close())
					require.NotContains(t, fmt.Sprint(res.Header)+string(answer), "forged", "nor is it sent back")
					requests++
					require.Equal(t, requests, strings.Count(lines.String(), "\n"), "%s", lines)
				}
				q := url.QueryEscape(evil)
				submit := "/self-service/settings?flow=" + own.ID
				send("GET", "/self-service/settings/api", "", "", nil)
				send("GET", "/self-service/settings/api?return_to="+q, "", "", nil)
				send("GET", "/self-service/settings/flows?id="+q, "", "", nil)
				send("GET", "/self-service/settings?flow="+q+"&return_to="+q, "", "", nil)
				send("POST", "/self-service/settings?flow="+q+"&return_to="+q, "application/json", evil, nil)
				send("POST", submit, "application/json", evil, nil)
				send("POST", submit, evil, evil, nil)
				send("POST", submit, "application/x-www-form-urlencoded", "method="+q+"&"+q+"="+q, nil)
				send("POST", submit, "application/x-www-form-urlencoded", "method=password&password="+q+"&password="+q, nil)
				send("POST", submit, "application/json", "{}", http.Header{"Origin": {evil}, "Sec-Fetch-Site": {evil}, "Accept": {evil}, "Content-Encoding": {evil}})
				send("POST", submit, "application/json", "{}", http.Header{"X-Session-Token": {evil}, "Authorization": {"Bearer " + evil}, "Cookie": {"__Host-amend_session=" + evil}})
				send("GET", "/self-service/errors?id="+q, "", "", nil)
				send("GET", "/self-service/errors/page?id="+q, "", "", nil)
				send("GET", "/sessions/whoami?"+q, "", "", nil)
				send("DELETE", "/sessions/"+url.PathEscape(evil), "", "", nil)
				send("GET", "/"+url.PathEscape(evil), "", "", nil)
				send("PUT", "/self-service/settings?"+q, "", evil, nil)
				fault.at = "every store"
				send("GET", "/sessions/whoami", "", "", nil) // whose error breaks lines too
				fault.at = ""

				log := lines.String()
				require.NotContains(t, log, "forged")
				for _, raw := range []string{"\r", "\x1b", "\x00", "\x07", "\u2028", "\u202e", "\xff"} {
					require.NotContains(t, log, raw)
				}
				for line := range strings.Lines(log) {
					if format == "JSON" {
						var record struct{ Msg, Outcome, Endpoint, Client string }
						require.NoError(t, json.Unmarshal([]byte(line), &record), "%q", line)
						require.Equal(t, "settings", record.Msg)
						require.NotEmpty(t, record.Outcome)
						require.NotEmpty(t, record.Endpoint)
						require.NotEmpty(t, record.Client)
						continue
					}
					require.Regexp(t, `^time=\S+ level=(DEBUG|INFO|WARN|ERROR) msg=settings outcome=\w+ endpoint=\w+ client=\w+( \w+=("([^"\\]|\\.)*"|[^" ]+))*\n$`, line)
				}
			})
		}
	}
}

// The line says who, where and what, by ids: no address, no value of a field,
// no token. (That no secret stands in it every test of a kit checks.)
func TestLogOfAChange(t *testing.T) {
	lines := &settingstest.Log{}
	kit := settingstest.New(t, func(c *settings.Config) { c.Logger = slog.New(slog.NewJSONHandler(lines, nil)) })
	ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
	browser := kit.SignIn(ada, respond.Page)
	f := browser.Start()
	sessions, err := kit.Store.ListSessions(t.Context(), ada)
	require.NoError(t, err)
	last := func() (record map[string]any) {
		all := strings.Split(strings.TrimSpace(lines.String()), "\n")
		require.NoError(t, json.Unmarshal([]byte(all[len(all)-1]), &record))
		delete(record, "time")
		return record
	}
	browser.Submit(f, settingstest.Fields{"method": "password", "password": csrfNewPassword})
	assert.Equal(t, map[string]any{
		"level": "INFO", "msg": "settings", "outcome": "succeeded", "endpoint": "submit", "client": "page",
		"flow": f.ID, "identity": ada, "session": sessions[0].ID, "method": "password",
	}, last())

	browser.Header.Set("Origin", "https://evil.example")
	browser.Submit(f, settingstest.Fields{"method": "password", "password": csrfNewPassword})
	record := last()
	assert.NotEmpty(t, record["reason"])
	delete(record, "reason")
	assert.Equal(t, map[string]any{
		"level": "INFO", "msg": "settings", "outcome": "forged", "endpoint": "submit", "client": "page",
		"flow": f.ID, "identity": ada, "session": sessions[0].ID,
	}, record)
	assert.NotContains(t, lines.String(), "ada@example.com")
}

// A front end asks who is signed in all day, and each view of a page reads its form. What
// comes of that is at debug, but for a refusal or an error.
func TestWhatOnlyShowsIsLoggedAtDebug(t *testing.T) {
	fault := &leakFault{}
	lines := &settingstest.Log{}
	kit := leakKit(t, fault, false, func(c *settings.Config) {
		c.Logger = slog.New(slog.NewTextHandler(lines, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
	})
	ada := kit.SignIn(kit.AddIdentity("ada@example.com", csrfOldPassword), respond.API)
	eve := kit.SignIn(kit.AddIdentity("eve@example.com", csrfOldPassword), respond.API)
	var f *settingstest.Flow
	for _, row := range []struct {
		name, level string
		do          func()
	}{
		{"a form is started", "INFO outcome=started", func() { f = ada.Start() }},
		{"it is read", "DEBUG outcome=shown", func() { ada.Read(f.ID) }},
		{"by somebody else", "INFO outcome=mismatch", func() { eve.Read(f.ID) }},
		{"who is signed in", "DEBUG outcome=done", func() { ada.Whoami() }},
		{"the other sessions", "DEBUG outcome=done", func() { ada.Get("/sessions") }},
		{"they are ended", "INFO outcome=done", func() { ada.Do(http.MethodDelete, "/sessions", "", "") }},
		{"a store fails", "WARN outcome=unavailable", func() { fault.at = "every store"; ada.Whoami(); fault.at = "" }},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := len(lines.String())
			row.do()
			line := lines.String()[before:]
			level, outcome, _ := strings.Cut(row.level, " ")
			assert.Regexp(t, `^time=\S+ level=`+level+` source=\S+/settings/outcome\.go:\d+ msg=settings `+outcome+" ", line, "with its place in the source")
		})
	}
}
