package main_test

import (
	"bytes"
	"context"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refusal runs a server that must not start, and gives what it says.
func refusal(t *testing.T, code int, keys string, flags ...string) string {
	t.Helper()
	return refusalOf(t, code, command(context.Background(), keys, flags...))
}

// refusalOf is refusal of a command. A server that starts all the same is
// killed, which is no exit code.
func refusalOf(t *testing.T, code int, c *exec.Cmd) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	require.NoError(t, c.Start())
	late := time.AfterFunc(30*time.Second, func() { _ = c.Process.Kill() })
	defer late.Stop()
	var exit *exec.ExitError
	require.ErrorAs(t, c.Wait(), &exit)
	assert.Equal(t, code, exit.ExitCode())
	assert.Empty(t, stdout.String())
	line, rest, ended := strings.Cut(stderr.String(), "\n")
	assert.True(t, ended && rest == "" && line != "", "one line, not %q", stderr.String())
	return line
}

func TestABadFlagIsOneLine(t *testing.T) {
	for _, c := range []struct{ name, flags, says string }{
		{"a flag that does not exist", "-verbose", "-verbose"},
		{"a flag whose name has a line break", "-ver\nbose", "bose"},
		{"an argument", "serve", "serve"},
		{"a flag without its value", "-addr", "-addr"},
		{"an address without a port", "-addr 127.0.0.1", "-addr"},
		{"an address that names no host, to make a public URL from", "-addr :0", "-public-url"},
		{"every address, to make a public URL from", "-addr [::]:0", "-public-url"},
		{"a public URL that is none", "-public-url http://%zz", "-public-url"},
		{"a public URL without a scheme", "-public-url app.example.com", "PublicURL"},
		{"a public URL with a query", "-public-url https://app.example.com/?a=b", "PublicURL"},
		{"a public URL with a user", "-public-url https://ada@app.example.com", "PublicURL"},
		{"plain http for others to listen to", "-public-url http://app.example.com", "-insecure-cookies"},
		{"plain http for others, whose name looks like this machine", "-public-url http://127.0.0.1.example.com", "-insecure-cookies"},
		{"a settings page by ftp", "-ui-url ftp://127.0.0.1/", "UIURL"},
		{"a settings page that is a path", "-ui-url /settings", "UIURL"},
		{"a login page that is a script", "-login-url javascript:alert(1)", "LoginURL"},
		{"an error page without a host", "-error-url http:///error", "ErrorURL"},
		{"an after-URL that is a path", "-after-url /done", "AfterURL"},
		{"an after-URL of no method", "-after http://127.0.0.1/", "-after"},
		{"an after-URL of a method that does not exist", "-after magic=http://127.0.0.1/", "magic"},
		{"an after-URL of a method that is not here, and is no URL", "-after totp=done", "-after"},
		{"two after-URLs of one method", "-after password=http://127.0.0.1/ -after password=http://127.0.0.1/b", "-after"},
		{"everything allowed as return_to", "-allow-return-to *", "AllowReturnTo"},
		{"an empty return_to", "-allow-return-to=", "AllowReturnTo"},
		{"a store that does not exist", "-store redis", "memory"},
		{"a provider without a name", "-oidc https://id.example.com,app,s3cret", "-oidc"},
		{"a provider without a client", "-oidc work=https://id.example.com", "-oidc"},
		{"a provider without a secret", "-oidc work=https://id.example.com,app", "-oidc"},
		{"a provider whose name is no part of a URL", "-oidc a/b=https://id.example.com,app,s3cret", "a/b"},
		{"a provider over plain http", "-oidc work=http://id.example.com,app,s3cret", "plain http"},
		{"a provider whose issuer is in no token", "-oidc work=https://login.microsoftonline.com/common/v2.0,app,s3cret", "tenant's id"},
		{"two providers of one name", "-oidc work=https://id.example.com,app,s3cret -oidc work=https://id.example.org,app,s3cret", "work"},
		{"a schema that is not there", "-schema /nonexistent/schema.json", "/nonexistent/schema.json"},
		{"a schema that is none", "-schema /dev/null", "jsonschema"},
		{"a relying party that is no domain", "-rp-id https://example.com", "RPID"},
		{"an origin of another domain", "-rp-id example.com -rp-origin https://example.org", "Origins"},
		{"an origin that is no origin", "-rp-id example.com -rp-origin https://example.com/login", "Origins"},
		{"an origin without https", "-rp-id example.com -rp-origin http://example.com", "https"},
		{"responses that do not exist", "-responses hydra", "documented or kratos"},
		{"a level that does not exist", "-required-aal aal3", "aal1 or highest_available"},
		{"an age without a unit", "-privileged-max-age 15", "-privileged-max-age"},
		{"an age of nothing, which would be the default", "-privileged-max-age 0s", "-privileged-max-age"},
		{"a lifespan below nothing", "-lifespan -1h", "-lifespan"},
		{"a session that lives for nothing", "-session-lifespan 0s", "-session-lifespan"},
		{"passwords shorter than any policy allows", "-min-password-length 7", "MinLength"},
		{"passwords of no length, which would be the default", "-min-password-length 0", "-min-password-length"},
		{"passwords longer than must be possible", "-min-password-length 65", "MinLength"},
		{"a length that is no number", "-min-password-length eight", "-min-password-length"},
		{"a disabled method that does not exist", "-disable passwords", "passwords"},
		{"a disabled method that does not exist, among others", "-disable password,magic", "magic"},
		{"a list of methods that ends in a comma", "-disable password,", "-disable"},
		{"no method at all to disable", "-disable=", "-disable"},
		{"a demo that is neither on nor off", "-demo=perhaps", "-demo"},
		{"a demo for every address", "-demo -addr 0.0.0.0:0 -public-url http://127.0.0.1", "-demo"},
		{"a demo for every address, of IPv6 too", "-demo -addr [::]:0 -public-url http://127.0.0.1", "-demo"},
		{"a demo for every address, by naming none", "-demo -addr :0 -public-url http://127.0.0.1", "-demo"},
		{"a demo for the network", "-demo -addr 192.0.2.1:0", "-demo"},
		{"a demo for the network, in IPv6 clothes", "-demo -addr [::ffff:192.0.2.1]:0", "-demo"},
		{"a demo for a name that looks like this machine", "-demo -addr localhost.example.com:0", "-demo"},
	} {
		t.Run(c.name, func(t *testing.T) {
			flags := strings.Split(c.flags, " ")
			if !strings.Contains(c.flags, "-addr") { // a flag that is wrongly taken must not find the port in use
				flags = append([]string{"-addr", "127.0.0.1:0"}, flags...)
			}
			said := refusal(t, 2, "", flags...)
			assert.Contains(t, said, c.says)
			assert.NotContains(t, said, "s3cret")
		})
	}
}

func TestBadKeysAreOneLineWithoutTheKey(t *testing.T) {
	const good, other = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="
	for _, c := range []struct{ name, keys string }{
		{"no base64", "!secret!"},
		{"a good one and one that is none", good + ",!secret!"},
		{"too short", "c2VjcmV0"},
		{"twice the same", good + "," + other + "," + good},
		{"nothing after a comma", good + ","},
		{"all bytes the same", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
	} {
		t.Run(c.name, func(t *testing.T) {
			said := refusal(t, 2, c.keys, "-addr", "127.0.0.1:0")
			for key := range strings.SplitSeq(c.keys, ",") {
				if key != "" {
					assert.NotContains(t, said, key)
				}
			}
		})
	}
}

func TestHelpIsNoError(t *testing.T) {
	out, err := command(t.Context(), "", "-h").Output()
	require.NoError(t, err)
	for _, flag := range strings.Fields("addr public-url ui-url login-url error-url after-url after allow-return-to store schema rp-id rp-origin oidc responses required-aal " +
		"privileged-max-age lifespan session-lifespan min-password-length disable keep-other-sessions insecure-cookies demo") {
		assert.Contains(t, "\n"+string(out), "\n  -"+flag, flag)
	}
}

func TestAPortInUseIsOneLine(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	assert.Contains(t, refusal(t, 1, "", "-addr", l.Addr().String()), l.Addr().String())
}
