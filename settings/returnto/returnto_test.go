package returnto_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/returnto"
)

func parse(t testing.TB, def string, entries ...string) *returnto.List {
	t.Helper()
	list, err := returnto.Parse(entries, def)
	require.NoError(t, err)
	return list
}

func TestCheckWritesTheTargetAnew(t *testing.T) {
	list := parse(t, "https://APP.example.com:443/settings",
		"https://app.example.com/", "https://*.Example.org/done", "myapp://callback/", "http://localhost:3000/app/",
		"http://[::1]:3000", "http://192.0.2.1:8080/", "https://docs.example.net/café", "https://port.example.net:443/")
	for _, row := range []struct{ name, raw, target string }{
		{"a canonical URL stays as it is", "https://app.example.com/a?b=c#d", "https://app.example.com/a?b=c#d"},
		{"a path gets the origin of the default", "/settings?tab=1", "https://app.example.com/settings?tab=1"},
		{"two slashes get the scheme of the default", "//app.example.com/settings", "https://app.example.com/settings"},
		{"scheme and host become lower case, the path does not", "HTTPS://App.Example.COM/Settings", "https://app.example.com/Settings"},
		{"the scheme's own port is left out", "https://app.example.com:443/x", "https://app.example.com/x"},
		{"an entry may spell out the scheme's own port", "https://port.example.net/", "https://port.example.net/"},
		{"an empty path stays empty", "https://app.example.com?x", "https://app.example.com?x"},
		{"a non-ASCII path is percent-encoded", "https://app.example.com/café", "https://app.example.com/caf%C3%A9"},
		{"a non-ASCII query and fragment are percent-encoded", "/?q=é#ü", "https://app.example.com/?q=%C3%A9#%C3%BC"},
		{"escapes in the path keep their letter case", "/caf%c3%a9", "https://app.example.com/caf%c3%a9"},
		{"an encoded slash inside a path under a whole origin stays", "/projects/group%2Fname", "https://app.example.com/projects/group%2Fname"},
		{"an encoded percent sign under a whole origin stays", "/sale/100%25", "https://app.example.com/sale/100%25"},
		{"encoded line breaks in a query are text", "/?note=a%0d%0ab", "https://app.example.com/?note=a%0d%0ab"},
		{"a URL in the query is text", "/?next=https://evil.com/%2e%2e", "https://app.example.com/?next=https://evil.com/%2e%2e"},
		{"dots that are no dot segment", "/...;/a..b/.well-known", "https://app.example.com/...;/a..b/.well-known"},
		{"a page below a listed path", "https://a.example.org/done/well", "https://a.example.org/done/well"},
		{"a non-ASCII entry matches its encoded form", "https://docs.example.net/caf%C3%A9/menu", "https://docs.example.net/caf%C3%A9/menu"},
		{"a non-ASCII entry matches its raw form", "https://docs.example.net/café", "https://docs.example.net/caf%C3%A9"},
		{"a listed app scheme", "MyApp://Callback/Done?x=1", "myapp://callback/Done?x=1"},
		{"an app scheme without a path", "myapp://callback?x=1", "myapp://callback?x=1"},
		{"a listed port", "http://localhost:3000/app/x", "http://localhost:3000/app/x"},
		{"an IPv6 address", "http://[::1]:3000/x", "http://[::1]:3000/x"},
		{"an IPv4 address", "http://192.0.2.1:8080/", "http://192.0.2.1:8080/"},
	} {
		t.Run(row.name, func(t *testing.T) {
			target, ok := list.Check(row.raw)
			require.True(t, ok)
			assert.Equal(t, row.target, target)
		})
	}
}

func TestCheckRefuses(t *testing.T) {
	list := parse(t, "https://app.example.com/settings",
		"https://app.example.com/", "https://*.example.org/done", "myapp://callback/", "http://localhost:3000/app/",
		"https://kiosk.example.com/", "http://[::1]:3000", "http://alt.example.com:80/", "https://plus.example.com:80/")
	for _, row := range []struct{ name, raw string }{
		{"nothing", ""},
		{"invalid UTF-8, which browsers turn into another character", "https://app.example.com/\xff"},
		{"an overlong UTF-8 slash", "https://app.example.com/\xc0\xaf"},
		{"the Kelvin sign, which is a k in lower case, in a host", "https://\u212aiosk.example.com/"},
		{"the long s, which folds to s, in a scheme", "http\u017f://app.example.com/"},
		{"an encoded letter in a scheme", "http%73://app.example.com/"},
		{"a C1 control", "https://app.example.com/\u0085"},
		{"a no-break space", "https://app.example.com/\u00a0"},
		{"a percent sign that encodes nothing in a path", "/100%"},
		{"a percent sign that encodes nothing in a query", "/?q=100%zz"},
		{"a percent sign that encodes nothing in a fragment", "/#%1"},
		{"a quote", `/"onclick`},
		{"a brace", "/{id}"},
		{"a backtick in the query", "/?`"},
		{"a pipe", "/|"},
		{"a caret", "/^"},
		{"a query alone", "?x"},
		{"a fragment alone", "#x"},
		{"a scheme alone", "https://"},
		{"two slashes alone", "//"},
		{"three slashes, which browsers skip", "https:///evil.com"},
		{"one slash, which browsers complete", "https:/evil.com"},
		{"no slash, which browsers complete", "https:app.example.com"},
		{"two slashes at the start of a path", "https://app.example.com//evil.com"},
		{"an encoded backslash at the start of a path", "/%5Cevil.com"},
		{"a dot segment", "/a/../b"},
		{"a dot segment at the end", "/a/.."},
		{"an encoded dot segment", "/a/%2E%2e/b"},
		{"a half-encoded dot segment", "/.%2e"},
		{"an encoded single dot", "/%2e/"},
		{"a dot segment with a path parameter", "/a/..;x=1/b"},
		{"an encoded NUL", "/%00"},
		{"an encoded tab", "/%09"},
		{"an encoded line feed", "/%0A"},
		{"an encoded escape", "/%1b[31m"},
		{"an encoded DEL", "/%7F"},
		{"an empty port", "https://app.example.com:/"},
		{"a port with a leading zero", "https://app.example.com:0443/"},
		{"the other scheme's port", "https://app.example.com:80/"},
		{"a second port after a listed one", "http://alt.example.com:80:80/"},
		{"the scheme's own port after a listed one", "https://plus.example.com:80:443/"},
		{"a trailing dot", "https://app.example.com./"},
		{"a label too few", "https://.example.org/done"},
		{"a wildcard label with a percent sign", "https://a%2eb.example.org/done"},
		{"a wildcard label with an @", "https://evil.com@a.example.org/done"},
		{"a wildcard label with a star", "https://*.example.org/done"},
		{"an encoded dot below a listed path", "https://a.example.org/done/x%2ehtml"},
		{"an encoded slash below a listed path", "https://a.example.org/done/a%2Fb"},
		{"an encoded percent sign below a listed path", "https://a.example.org/done/100%25"},
		{"an encoded backslash below a listed path", "https://a.example.org/done/a%5cb"},
		{"a path parameter on a listed path", "https://a.example.org/done;x"},
		{"the listed path without its slash", "http://localhost:3000/app"},
		{"an address written another way", "http://[0:0:0:0:0:0:0:1]:3000/"},
		{"an address with a zone", "http://[::1%25lo]:3000/"},
		{"an app scheme without authority", "myapp:callback/"},
		{"an app scheme with an empty host", "myapp:///callback/"},
		{"a script", "javascript://app.example.com/%0aalert(1)"},
		{"a path that the default's origin makes too long to check again", "/" + strings.Repeat("a", 2047)},
		{"a path that its escapes make too long to check again", "/" + strings.Repeat("é", 1000)},
	} {
		t.Run(row.name, func(t *testing.T) {
			target, ok := list.Check(row.raw)
			assert.False(t, ok)
			assert.Empty(t, target)
		})
	}
}

// What is not seen, or turns text around, is refused as it stands and encoded, in
// every part of a URL.
func TestCheckRefusesWhatIsNotSeen(t *testing.T) {
	list := parse(t, "https://app.example.com/settings", "https://app.example.com/", "myapp://callback/")
	for name, r := range map[string]rune{
		"a soft hyphen": '\u00ad', "a combining grapheme joiner": '\u034f', "an Arabic letter mark": '\u061c', "a Hangul filler": '\u3164',
		"a half-width Hangul filler": '\uffa0', "a Khmer inherent vowel": '\u17b4', "a Mongolian vowel separator": '\u180e', "a Mongolian variation selector": '\u180b',
		"a zero-width space": '\u200b', "a zero-width non-joiner": '\u200c', "a zero-width joiner": '\u200d', "a left-to-right mark": '\u200e', "a right-to-left mark": '\u200f',
		"a line separator": '\u2028', "a paragraph separator": '\u2029',
		"a left-to-right embedding": '\u202a', "a pop of one": '\u202c', "a right-to-left override": '\u202e', "a word joiner": '\u2060', "an invisible times": '\u2062',
		"a right-to-left isolate": '\u2067', "a pop of one of those": '\u2069', "an inhibitor of symmetric swapping": '\u206a', "a blank of Braille": '\u2800',
		"a variation selector": '\ufe0f', "a byte order mark": '\ufeff', "an interlinear annotation": '\ufff9', "a musical beam": '\U0001d173',
		"a tag": '\U000e0041', "a variation selector of ideographs": '\U000e0100', "a control of the second set": '\u009b',
	} {
		for form, text := range map[string]string{"as it stands": string(r), "encoded": url.PathEscape(string(r)), "encoded in lower case": strings.ToLower(url.PathEscape(string(r)))} {
			for _, raw := range []string{"/a" + text + "b", "/?q=%41" + text, "/#" + text, "https://app.example.com/é" + text, "myapp://callback/%C3%A9" + text + "/x", "https://app" + text + ".example.com/"} {
				t.Run(name+", "+form+": "+url.PathEscape(raw), func(t *testing.T) {
					target, ok := list.Check(raw)
					assert.False(t, ok)
					assert.Empty(t, target)
				})
			}
		}
	}
	for name, raw := range map[string]string{
		"accents of their own": "/e\u0301", "Arabic": "/?q=%D9%85%D8%B1%D8%AD%D8%A8%D8%A7", "an Arabic sign that is seen": "/\u06dd", "an ideographic space between words": "/?q=%E6%9D%B1%E3%80%80%E4%BA%AC",
		"an emoji": "/\U0001f98a", "bytes that are no text": "/?q=%FF%E2%80", "half a right-to-left override": "/?q=%E2%80.%AE",
	} {
		t.Run(name+" will do", func(t *testing.T) {
			_, ok := list.Check(raw)
			assert.True(t, ok)
		})
	}
}

func TestNothingIsAllowedThatNoEntryNames(t *testing.T) {
	for name, list := range map[string]*returnto.List{
		"an empty list": parse(t, "https://app.example.com/settings"),
		"another host":  parse(t, "https://app.example.com/settings", "https://www.example.com/"),
		"the zero list": {},
	} {
		t.Run(name, func(t *testing.T) {
			for _, raw := range []string{"https://app.example.com/settings", "/settings", "//app.example.com/settings", "/", "//", "", "://"} {
				_, ok := list.Check(raw)
				assert.False(t, ok, raw)
			}
		})
	}
}

func TestLongestTarget(t *testing.T) {
	list := parse(t, "https://a.example/", "https://a.example/")
	longest := "https://a.example/" + strings.Repeat("a", 2048-len("https://a.example/"))
	_, ok := list.Check(longest)
	assert.True(t, ok, "2048 bytes")
	_, ok = list.Check(longest + "a")
	assert.False(t, ok, "2049 bytes")
}

func TestTheDefaultMayHaveAQuery(t *testing.T) {
	list := parse(t, "http://[::1]:4455/settings?theme=dark#top", "http://[::1]:4455/")
	target, ok := list.Check("/welcome")
	assert.True(t, ok)
	assert.Equal(t, "http://[::1]:4455/welcome", target, "only its origin is inherited")
}

func TestSingle(t *testing.T) {
	for _, row := range []struct {
		name   string
		values []string
		raw    string
		ok     bool
	}{
		{"none", nil, "", true},
		{"an empty one counts as absent", []string{""}, "", true},
		{"one", []string{"/a"}, "/a", true},
		{"the same twice", []string{"/a", "/a"}, "/a", true},
		{"one beside an empty one", []string{"", "/a", ""}, "/a", true},
		{"two that differ", []string{"/a", "//evil.com"}, "", false},
		{"two that differ only in letter case", []string{"/a", "/A"}, "", false},
		{"two that differ, apart", []string{"/a", "", "/a", "/b"}, "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			raw, ok := returnto.Single(row.values)
			assert.Equal(t, row.ok, ok)
			assert.Equal(t, row.raw, raw)
		})
	}
}

func TestCheckAllocatesTheTargetOnly(t *testing.T) {
	list := parse(t, "https://app.example.com/", "https://app.example.com/", "https://*.example.org/done")
	for raw, allocations := range map[string]float64{
		"/settings": 1,
		"https://app.example.com/settings?tab=security#totp": 1,
		"https://a.b.example.org/done":                       1,
		"https://evil.com/":                                  0,
		"https:evil.com":                                     0,
	} {
		assert.Equal(t, allocations, testing.AllocsPerRun(100, func() { list.Check(raw) }), raw)
	}
}

func BenchmarkCheck(b *testing.B) {
	list := parse(b, "https://app.example.com/", "https://app.example.com/", "https://*.example.org/done")
	b.ReportAllocs()
	for b.Loop() {
		list.Check("https://a.example.org/done?ok=1")
	}
}
