package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// program is the built server. Every test runs it as a process.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "server")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		if err := os.Chmod(dir, 0o755); err != nil { // a test runs it as another user
			panic(err)
		}
		program = filepath.Join(dir, "server")
		if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
			panic(string(out))
		}
		return m.Run()
	}())
}

// command is the server with flags, and with AMEND_KEYS as given. It knows of no
// home directory. Unless a flag says otherwise, it keeps everything in memory.
func command(ctx context.Context, keys string, flags ...string) *exec.Cmd {
	if !slices.ContainsFunc(flags, func(f string) bool { return strings.HasPrefix(f, "-store") }) {
		flags = append([]string{"-store", "memory"}, flags...)
	}
	c := exec.CommandContext(ctx, program, flags...)
	c.Env = []string{"AMEND_KEYS=" + keys}
	return c
}

// process is a running server.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	at     string // where it listens, as a URL
	public string // PublicURL: the same, unless a flag says otherwise
	out    *bufio.Reader
	err    bytes.Buffer // of a process that has ended
}

// start runs a server on a free port, with the demo API, and ends it with the
// test: by SIGTERM, which must be exit code 0.
func start(t testing.TB, flags ...string) *process {
	t.Helper()
	return startWithKeys(t, "", flags...)
}

func startWithKeys(t testing.TB, keys string, flags ...string) *process {
	t.Helper()
	return run(t, command(context.Background(), keys, append([]string{"-addr", "127.0.0.1:0", "-demo"}, flags...)...))
}

// run runs a server as it is commanded, and waits until it listens.
func run(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	return launch(t, cmd).listening()
}

// launch starts a server, and does not wait.
func launch(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd}
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	p.cmd.Stderr, p.out = &p.err, bufio.NewReader(stdout)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			assert.Zero(t, p.end(syscall.SIGTERM), "exit code after SIGTERM")
		}
		if t.Failed() {
			t.Log(p.err.String())
		}
	})
	return p
}

// listening waits until a server says where it listens.
func (p *process) listening() *process {
	p.t.Helper()
	addr, public, _ := strings.Cut(strings.TrimPrefix(p.awaitLine("Listening on "), "Listening on "), " for ")
	p.at, p.public = "http://"+addr, public
	return p
}

// awaitLine reads what the server prints until a line that begins so.
func (p *process) awaitLine(beginning string) string {
	p.t.Helper()
	for {
		line, err := p.out.ReadString('\n')
		if err != nil {
			_ = p.cmd.Wait()
			p.t.Fatalf("the server ended without a line %q…: %s", beginning, p.err.String())
		}
		if strings.HasPrefix(line, beginning) {
			return strings.TrimSpace(line)
		}
	}
}

// end sends a signal, waits, and gives the exit code.
func (p *process) end(s os.Signal) int {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(s))
	return p.exitCode()
}

func (p *process) exitCode() int {
	_, _ = io.Copy(io.Discard, p.out) // Wait closes the pipe: read it first
	_ = p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}

// client talks to a server and follows no redirect by itself.
type client struct {
	t      testing.TB
	http   *http.Client
	header http.Header
}

// newClient has no session yet. Its headers go with every request.
func newClient(t testing.TB, headers ...string) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	c := &client{t: t, header: http.Header{}, http: &http.Client{
		Jar:           jar,
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.Cleanup(c.http.CloseIdleConnections)
	for i := 0; i < len(headers); i += 2 {
		c.header.Set(headers[i], headers[i+1])
	}
	return c
}

// reply is a whole response.
type reply struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   string
}

// send sends a body, if it is not "", as contentType. A header "Host" is the
// host asked for.
func (c *client) send(method, target, contentType, body string, headers ...string) reply {
	c.t.Helper()
	r, err := http.NewRequest(method, target, strings.NewReader(body))
	require.NoError(c.t, err)
	r.Header = c.header.Clone()
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	res, err := c.http.Do(r)
	require.NoError(c.t, err)
	defer res.Body.Close()
	read, err := io.ReadAll(res.Body)
	require.NoError(c.t, err)
	if at := res.Header.Get("Location"); strings.HasPrefix(at, "?") { // of the same page
		res.Header.Set("Location", withoutQuery(target)+at)
	}
	return reply{c.t, res.StatusCode, res.Header, string(read)}
}

func (c *client) get(target string, headers ...string) reply {
	c.t.Helper()
	return c.send("GET", target, "", "", headers...)
}

func (c *client) json(target, body string, headers ...string) reply {
	c.t.Helper()
	return c.send("POST", target, "application/json", body, headers...)
}

func (c *client) form(target string, fields url.Values, headers ...string) reply {
	c.t.Helper()
	return c.send("POST", target, "application/x-www-form-urlencoded", fields.Encode(), headers...)
}

// decode reads the reply's JSON, after checking its status.
func (r reply) decode(status int, into any) {
	r.t.Helper()
	require.Equal(r.t, status, r.Status, r.Body)
	require.NoError(r.t, json.Unmarshal([]byte(r.Body), into))
}

// location is where a redirect leads, after checking its status.
func (r reply) location(status int) string {
	r.t.Helper()
	require.Equal(r.t, status, r.Status, r.Body)
	return r.Header.Get("Location")
}

// errorID is the id of an error, after checking the status.
func (r reply) errorID(status int) string {
	r.t.Helper()
	var body struct{ Error struct{ ID string } }
	r.decode(status, &body)
	return body.Error.ID
}

// query is the value of a parameter of a URL.
func query(t testing.TB, target, name string) string {
	t.Helper()
	u, err := url.Parse(target)
	require.NoError(t, err)
	return u.Query().Get(name)
}
