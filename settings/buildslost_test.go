package settings_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/settingstest"
)

// A newer build has put a member of that name into every object that it stores.
const later = "of_a_newer_build"

// addLater adds the member, but to objects whose members have any name.
func addLater(v any, path string) {
	free := []string{"/factors", "/input", "/rendered", "/context"}
	switch v := v.(type) {
	case []any:
		for n, inner := range v {
			addLater(inner, fmt.Sprint(path, "/", n))
		}
	case map[string]any:
		for name, inner := range v {
			addLater(inner, path+"/"+name)
		}
		if !slices.ContainsFunc(free, func(end string) bool { return strings.HasSuffix(path, end) }) {
			v[later] = map[string]any{"at": path}
		}
	}
}

// lost are the objects in which the member was before, and is no longer. What is
// gone or is another thing by now is not among them.
func lost(before, after any, path string) (all []string) {
	switch before := before.(type) {
	case []any:
		list, _ := after.([]any)
		for n, inner := range before {
			for _, now := range list {
				if thing(inner) == thing(now) {
					all = append(all, lost(inner, now, fmt.Sprint(path, "/", n))...)
				}
			}
		}
	case map[string]any:
		now, _ := after.(map[string]any)
		if _, was := before[later]; was && now != nil && now[later] == nil && thing(before) == thing(now) {
			return []string{path}
		}
		for name, inner := range before {
			if now[name] != nil && thing(before) == thing(now) {
				all = append(all, lost(inner, now[name], path+"/"+name)...)
			}
		}
	}
	return all
}

// thing is what tells an object from others.
func thing(v any) string {
	object, _ := v.(map[string]any)
	return fmt.Sprint(object["id"], object["value"], object["method"], object["node"])
}

func TestNothingOfANewerBuildIsLost(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, s *shared){
		"a profile change": func(t *testing.T, s *shared) {
			s.submit(t, s.flow, 200, settingstest.Fields{"method": "profile", "traits": map[string]any{"email": "ada@example.com", "backup": "backup@example.com", "name": "Ada"}})
		},
		"a password change": func(t *testing.T, s *shared) {
			s.submit(t, s.flow, 200, settingstest.Fields{"method": "password", "password": "the best horse of all"})
		},
		"a password that is refused": func(t *testing.T, s *shared) {
			s.submit(t, s.flow, 400, settingstest.Fields{"method": "password", "password": "short"})
		},
		"the app removed": func(t *testing.T, s *shared) {
			s.submit(t, s.flow, 200, settingstest.Fields{"totp_unlink": true})
		},
		"recovery codes removed": func(t *testing.T, s *shared) {
			s.submit(t, s.flow, 200, settingstest.Fields{"lookup_secret_disable": true})
		},
		"a step of the app used up": func(t *testing.T, s *shared) {
			_, err := s.Handler.Service.Verify(t.Context(), settings.Proof{IdentityID: s.ada, Method: aal.TOTP, Value: rfcCode})
			require.NoError(t, err)
		},
		"a recovery code used up": func(t *testing.T, s *shared) {
			_, err := s.Handler.Service.Verify(t.Context(), settings.Proof{IdentityID: s.ada, Method: aal.Lookup, Value: s.codes[0]})
			require.NoError(t, err)
		},
		"an address verified": func(t *testing.T, s *shared) {
			require.NoError(t, s.Handler.Service.MarkVerified(t.Context(), s.ada, "email", "backup@example.com"))
		},
		"all sessions ended": func(t *testing.T, s *shared) {
			require.NoError(t, s.Handler.Sessions.RevokeAll(t.Context(), s.ada))
		},
		"one event told, and one not": func(t *testing.T, s *shared) {
			s.Edit(s.ada, func(i *identity.Identity) {
				i.State.Events = append(i.State.Events, identity.Event{ID: "newer", At: s.Clock.Now().Add(time.Hour)})
			})
			s.Clock.Advance(2 * time.Minute)
			s.tell = true
			s.submit(t, s.flow, 400, settingstest.Fields{"method": "password", "password": "short"})
		},
		"the next sign-in of the browser": func(t *testing.T, s *shared) {
			_, _, err := s.Handler.Sessions.RenewToken(t.Context(), sessionCookie(s.client), aal.Lookup)
			require.NoError(t, err)
		},
		"a flow that has expired": func(t *testing.T, s *shared) {
			s.Clock.Advance(time.Hour)
			s.submit(t, s.flow, 303, settingstest.Fields{"method": "profile", "traits": map[string]any{"email": "ada@example.com"}})
		},
		"a change that waits for a sign-in": func(t *testing.T, s *shared) {
			s.Clock.Advance(20 * time.Minute)
			s.submit(t, s.flow, 403, settingstest.Fields{"method": "password", "password": "the best horse of all"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := share(t)
			before := s.rows(t)
			before["extra"] = map[string]any{}
			addLater(before, "")
			delete(before, later)
			s.rewrite(t, before)
			change(t, s)
			after := s.rows(t)
			assert.NotEqual(t, before, after, "something was written")
			assert.Empty(t, lost(before, after, ""), "the members that the change has dropped")
			assert.Contains(t, after["state"], later)
			assert.Contains(t, after["extra"], later)
			assert.Contains(t, after["flow:"+s.flow.ID], later)
		})
	}
}

// sessionCookie is the token that a browser holds.
func sessionCookie(c *settingstest.Client) string {
	u, _ := url.Parse(settingstest.PublicURL)
	for _, cookie := range c.Jar.Cookies(u) {
		if strings.HasPrefix(cookie.Value, session.Prefix) {
			return cookie.Value
		}
	}
	return ""
}

// What waits for a browser is sealed, and rewritten once: when it has come back.
func TestNothingOfANewerBuildIsLostInWhatWaits(t *testing.T) {
	j := sendAway(t, respond.Page)
	key := "abroad:" + hashOf(j.state)
	open := func() map[string]any {
		r, err := j.Store.GetFlow(t.Context(), key)
		require.NoError(t, err)
		plain, err := ringOf(t, j.Kit).Open(awayOf(key, j.ada), r.Data)
		require.NoError(t, err)
		var kept map[string]any
		decodeInto(t, plain, &kept)
		return kept
	}
	kept := open()
	kept[later] = true
	rewriteAway(t, j, key, kept)
	require.Equal(t, 303, j.comeBack(j.client, "code=c0de&state="+j.state).Status)
	require.Equal(t, 1, j.linked())
	assert.Equal(t, true, open()["used"])
	assert.Equal(t, true, open()[later])
}

func awayOf(key, id string) seal.Binding {
	return seal.Binding{Purpose: "away", Owner: key, IdentityID: id}
}

func rewriteAway(t *testing.T, j *journey, key string, kept map[string]any) {
	t.Helper()
	r, err := j.Store.GetFlow(t.Context(), key)
	require.NoError(t, err)
	text, err := json.Marshal(kept)
	require.NoError(t, err)
	r.Data = ringOf(t, j.Kit).Seal(awayOf(key, j.ada), text)
	require.NoError(t, j.Store.UpdateFlow(t.Context(), r))
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
