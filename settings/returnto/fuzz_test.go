package returnto_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/returnto"
)

// FuzzCheck states what holds of every target, whatever came in.
func FuzzCheck(f *testing.F) {
	c, _ := readCorpus(f)
	require.NotEmpty(f, c.Cases)
	for _, row := range c.Cases {
		f.Add(row.Payload)
	}
	f.Add("myapp://callback/x")
	f.Add("http://localhost:3000/app/x")
	f.Add("http://[::1]:3000/x")
	f.Add("/\\evil.com")
	entries := append([]string{"myapp://callback/", "http://localhost:3000/app/", "http://[::1]:3000/"}, c.Allow...)
	list, err := returnto.Parse(entries, c.Default)
	require.NoError(f, err)

	f.Fuzz(func(t *testing.T, raw string) {
		target, ok := list.Check(raw)
		if !ok {
			assert.Empty(t, target, "a refusal has no target")
			return
		}
		u, err := url.Parse(target)
		require.NoError(t, err)
		origin := u.Scheme + "://" + u.Host
		switch origin {
		case "https://app.example.com", "myapp://callback", "http://[::1]:3000":
		case "http://localhost:3000":
			assert.True(t, strings.HasPrefix(u.Path, "/app/"), "outside the listed path: %q", u.Path)
		default:
			assert.Regexp(t, `^https://([a-z0-9_-]+\.)+example\.org$`, origin)
			assert.True(t, u.Path == "/done" || strings.HasPrefix(u.Path, "/done/"), "outside the listed path: %q", u.Path)
		}
		assert.Nil(t, u.User)
		assert.Empty(t, u.Opaque)
		assert.LessOrEqual(t, len(target), 2048)
		assert.False(t, strings.ContainsFunc(target, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }),
			"only visible ASCII without a backslash: %q", target)
		after, onOrigin := strings.CutPrefix(target, origin)
		assert.True(t, onOrigin && (after == "" || strings.ContainsRune("/?#", rune(after[0]))), "the origin ends where it ends: %q", target)

		again, ok := list.Check(target)
		assert.True(t, ok, "a target can be checked again")
		assert.Equal(t, target, again, "and is its own target")

		// Resolving does not move it, so a client that normalises sees the same place.
		base := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}
		assert.Equal(t, u.Host, base.ResolveReference(u).Host)
		if strings.HasPrefix(u.Path, "/") {
			assert.Equal(t, u.EscapedPath(), base.ResolveReference(u).EscapedPath(), "no dot segments")
		}

		for _, text := range []string{raw, target} {
			scheme, host := browserReads(text, "https", "app.example.com")
			assert.Equal(t, u.Scheme, scheme, "scheme of %q", text)
			assert.Equal(t, u.Host, host, "host of %q", text)
		}
	})
}

// browserReads finds scheme and host (with a port that is not the scheme's own) as
// leniently as the WHATWG URL parser does: it trims and strips, takes a backslash
// for a slash, and skips slashes it does not expect.
func browserReads(text, baseScheme, baseHost string) (scheme, host string) {
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	text = strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(text)
	scheme, rest, absolute := strings.Cut(text, ":")
	if !absolute || strings.ContainsAny(scheme, "/?#") {
		scheme, rest = baseScheme, text
		if !strings.HasPrefix(text, "//") {
			return baseScheme, baseHost
		}
	}
	scheme = strings.ToLower(scheme)
	rest = strings.TrimLeft(rest, "/")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	if decoded, err := url.PathUnescape(rest); err == nil {
		rest = decoded
	}
	rest = strings.ToLower(rest)
	switch scheme {
	case "https":
		rest = strings.TrimSuffix(rest, ":443")
	case "http":
		rest = strings.TrimSuffix(rest, ":80")
	}
	return scheme, rest
}
