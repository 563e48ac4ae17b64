package settings_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/settingstest"
)

// line is an answer in one line, with all that the contract says of it; settingstest's
// Brief has the status and the messages only. In order: the status; of a redirect the URL,
// with its parameters unescaped, and after ⇒ what the client finds there; of a body whether
// it is a flow (with state and messages) or an error (with id and code), and every key that
// not each of them has; the cookie; Retry-After. Ids and tokens stand in it by name: F,
// FRESH, OLD (what the client presented), NEW.
func (w *contractFixture) line(a *settingstest.Answer, old string) string {
	w.t.Helper()
	line := strconv.Itoa(a.Status)
	switch {
	case a.Location != "":
		line += " " + address(w.t, a.Location)
	case a.Flow != nil:
		line += " flow " + flowLine(a.Flow) + extraKeys(w.t, a.Body)
	case a.Error != nil:
		line += " error " + a.Error.ID + extraKeys(w.t, a.Body)
	}
	if retry := a.Header.Get("Retry-After"); retry != "" {
		seconds, err := strconv.Atoi(retry)
		require.NoError(w.t, err)
		require.Positive(w.t, seconds)
		line += " retry-after"
	}
	for _, c := range (&http.Response{Header: a.Header}).Cookies() {
		if c.Name == "__Host-amend_pause_"+w.flow.ID[:8] { // see TestAPauseBelongsToItsBrowser
			continue
		}
		require.Equal(w.t, "__Host-amend_session", c.Name)
		assert.True(w.t, c.Secure && c.HttpOnly && c.Path == "/" && c.SameSite == http.SameSiteLaxMode && c.Domain == "", "%v", c)
		assert.True(w.t, c.Expires.After(w.Clock.Now().Add(-time.Second)), "%v", c)
		line += " cookie=" + c.Value
	}
	names := []string{w.flow.ID, "F"}
	if old != "" {
		names = append(names, old, "OLD")
	}
	if now := heldToken(w.t, w.client); now != "" && now != old {
		names = append(names, now, "NEW")
	}
	if fresh := w.replacement(); fresh != "" {
		names = append(names, fresh, "FRESH")
	}
	return strings.NewReplacer(names...).Replace(line + w.behind(a))
}

// behind is what a client finds where a redirect leads, if that is ours to
// answer: the settings page's flow, the error page's error.
func (w *contractFixture) behind(a *settingstest.Answer) string {
	w.t.Helper()
	switch base, _, _ := strings.Cut(a.Location, "?"); base {
	case "https://app.example.com/settings":
		if strings.Contains(a.Location, "?flow=") {
			return " ⇒ " + flowLine(w.read(a).Flow)
		}
	case "https://app.example.com/auth/self-service/settings/flows":
		read := w.client.Get(strings.TrimPrefix(a.Location, "https://app.example.com/auth"))
		require.NotNil(w.t, read.Flow, "%v", read)
		return " ⇒ " + flowLine(read.Flow)
	case "https://app.example.com/error":
		e := a.Failure()
		return fmt.Sprintf(" ⇒ %d %s", e.Code, e.ID)
	}
	return ""
}

func (w *contractFixture) read(a *settingstest.Answer) *settingstest.Answer {
	w.t.Helper()
	read := a.Follow()
	require.NotNil(w.t, read.Flow, "%v", read)
	decodable(w.t, read)
	return read
}

func flowLine(f *settingstest.Flow) string {
	return strings.Join(append([]string{f.State}, f.Messages()...), " ")
}

// address is a URL with its parameters unescaped; the sealed id of an error is
// left out.
func address(t *testing.T, location string) string {
	t.Helper()
	base, query, has := strings.Cut(location, "?")
	if !has {
		return base
	}
	for pair := range strings.SplitSeq(query, "&") {
		k, v, _ := strings.Cut(pair, "=")
		v, err := url.QueryUnescape(v)
		require.NoError(t, err)
		if base == "https://app.example.com/error" {
			v = "…"
		}
		base += " " + k + "=" + v
	}
	return base
}

// extraKeys are the keys of a flow or an error that not every one has.
func extraKeys(t *testing.T, raw []byte) string {
	t.Helper()
	var body map[string]any
	require.NoError(t, json.Unmarshal(raw, &body))
	always := append([]string{"active", "return_to", "error"}, decoderFlow...)
	if e, is := body["error"].(map[string]any); is && e["details"] != nil {
		details, err := json.Marshal(e["details"])
		require.NoError(t, err)
		body["details"] = string(details)
	}
	line := ""
	for _, k := range slices.Sorted(maps.Keys(body)) {
		switch v := body[k].(type) {
		case []any:
			for _, step := range v {
				step := step.(map[string]any)
				action := step["action"].(string)
				delete(step, "action")
				require.Len(t, step, 1, "%v", step)
				for _, value := range step {
					line += " " + k + "=" + action + ":" + address(t, value.(string))
				}
			}
		case float64:
			line += " " + k + "=" + strconv.FormatFloat(v, 'f', -1, 64)
		case string:
			if !slices.Contains(always, k) {
				line += " " + k + "=" + address(t, v)
			}
		default:
			if !slices.Contains(always, k) {
				line += fmt.Sprint(" ", k, "=", v)
			}
		}
	}
	return line
}
