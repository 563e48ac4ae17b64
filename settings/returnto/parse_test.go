package returnto_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/returnto"
)

func TestParseRefusesTheEntryAndNamesIt(t *testing.T) {
	for _, row := range []struct{ name, entry, why string }{
		{"everything", "*", "scheme://"},
		{"nothing", "", "scheme://"},
		{"a wildcard inside a label", "https://*example.org", "whole first label"},
		{"a wildcard after a label", "https://app.*.example.org/", "whole first label"},
		{"two wildcards", "https://*.*.example.org/", "whole first label"},
		{"a wildcard over a top-level domain", "https://*.com", "two or more labels"},
		{"a wildcard over a top-level domain with its dot", "https://*.com./", "ASCII labels"},
		{"a wildcard over nothing", "https://*./", "two or more labels"},
		{"a wildcard as host", "https://*/", "whole first label"},
		{"a wildcard over an address", "https://*.192.0.2.1/", "two or more labels"},
		{"a wildcard over what browsers read as an address", "https://*.0.0.1/", "IPv4"},
		{"a wildcard in the path", "https://app.example.com/*", "path"},
		{"a wildcard as port", "http://localhost:*/", "port"},
		{"userinfo", "https://user@app.example.com/", "userinfo"},
		{"userinfo with a password", "https://user:word@app.example.com/", "userinfo"},
		{"empty userinfo", "https://@app.example.com/", "userinfo"},
		{"a query", "https://app.example.com/?a=b", "query"},
		{"an empty query", "https://app.example.com/?", "query"},
		{"a fragment", "https://app.example.com/#a", "fragment"},
		{"an opaque URL", "mailto:ann@example.com", "scheme://"},
		{"an opaque http URL", "https:app.example.com", "scheme://"},
		{"a host alone", "app.example.com", "scheme://"},
		{"a path", "/settings", "scheme://"},
		{"a scheme-relative URL", "//app.example.com/", "scheme://"},
		{"no scheme before the colon", "://app.example.com/", "scheme://"},
		{"a scheme with a digit in front", "1app://callback/", "scheme://"},
		{"no host", "https:///done", "no host"},
		{"only a port", "https://:8443/", "no host"},
		{"an empty port", "https://app.example.com:/", "port"},
		{"port zero", "https://app.example.com:0/", "port"},
		{"a port out of range", "https://app.example.com:65536/", "port"},
		{"a port with a leading zero", "https://app.example.com:08443/", "port"},
		{"two ports", "https://app.example.com:80:8443/", "ASCII labels"},
		{"a non-ASCII host", "https://bücher.example/", "ASCII labels"},
		{"an encoded host", "https://%61pp.example.com/", "ASCII labels"},
		{"an empty label", "https://app..example.com/", "ASCII labels"},
		{"a trailing dot", "https://app.example.com./", "ASCII labels"},
		{"a decimal address", "https://2130706433/", "IPv4"},
		{"a hexadecimal address", "https://127.0.0.0x1/", "IPv4"},
		{"an address with a leading zero", "https://127.0.0.01/", "IPv4"},
		{"an IPv6 address that is not canonical", "https://[0:0:0:0:0:0:0:1]/", "IPv6"},
		{"an IPv6 address with a zone", "https://[fe80::1%25eth0]/", "IPv6"},
		{"an IPv4 address in IPv6 form", "https://[::ffff:192.0.2.1]/", "IPv6"},
		{"a name in brackets", "https://[app.example.com]/", "IPv6"},
		{"an open bracket", "https://[::1/", "IPv6"},
		{"a scheme that runs in the page", "javascript://callback/", "browser"},
		{"a scheme that renders its own text", "DATA://callback/", "browser"},
		{"local files", "file://host/share", "browser"},
		{"a dot segment", "https://app.example.com/a/../b", "dot segment"},
		{"an encoded slash", "https://app.example.com/a%2fb", "encoded"},
		{"an encoded control character", "https://app.example.com/a%0ab", "encoded"},
		{"a backslash", `https://app.example.com\done`, "backslash"},
		{"a space", "https://app.example.com/ ", "space"},
		{"a percent sign that encodes nothing", "https://app.example.com/%", "%"},
		{"too long a URL", "https://app.example.com/" + strings.Repeat("a", 2048), "2048"},
	} {
		t.Run(row.name, func(t *testing.T) {
			list, err := returnto.Parse([]string{"https://fine.example.com/", row.entry}, "https://app.example.com/")
			require.Error(t, err)
			assert.Nil(t, list)
			_, reason, named := strings.Cut(err.Error(), "returnto: the entry "+quoted(row.entry)+" ")
			assert.True(t, named, "%v", err)
			assert.Contains(t, reason, row.why)
		})
	}
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`).Replace(s) + `"`
}

func TestParseRefusesTheDefault(t *testing.T) {
	for name, def := range map[string]string{
		"nothing":                "",
		"a path":                 "/settings",
		"a scheme-relative URL":  "//app.example.com/",
		"an app's own scheme":    "myapp://callback/",
		"userinfo":               "https://user@app.example.com/",
		"a wildcard":             "https://*.example.com/",
		"no host":                "https:///settings",
		"an address in disguise": "https://127.1/",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := returnto.Parse([]string{"https://app.example.com/"}, def)
			require.Error(t, err)
			assert.Contains(t, err.Error(), "the default URL "+quoted(def))
		})
	}
}
