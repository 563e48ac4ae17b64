package main_test

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The program does what it says, at examples/server and with both branchings.
func TestTheProgram(t *testing.T) {
	dir := t.TempDir()
	build := func(module, name string) string {
		program := filepath.Join(dir, name)
		c := exec.Command("go", "build", "-o", program, ".")
		c.Dir = module
		out, err := c.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return program
	}
	server, program := build("../server", "server"), build(".", "clients")
	for _, branching := range []string{"documented", "kratos"} {
		t.Run(branching, func(t *testing.T) {
			s := exec.Command(server, "-demo", "-store", "memory", "-addr", "127.0.0.1:0", "-responses", branching)
			stdout, err := s.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, s.Start())
			t.Cleanup(func() {
				assert.NoError(t, s.Process.Signal(syscall.SIGTERM))
				_ = s.Wait()
			})
			line, err := bufio.NewReader(stdout).ReadString('\n')
			require.NoError(t, err)
			_, publicURL, listens := strings.Cut(strings.TrimSpace(line), " for ")
			require.True(t, listens, line)

			out, err := exec.Command(program, "-url", publicURL).CombinedOutput()
			require.NoError(t, err, "%s", out)
			assert.Regexp(t, `^ada-\w+@example.com is signed in\.
A form with \d+ nodes\.
Refused: .+ \(4000032\)
Changed: .+
The new token is of session [0-9a-f-]{36}\.
$`, string(out))
		})
	}
	out, err := exec.Command(program, "-url", "http://127.0.0.1:1").CombinedOutput()
	require.Error(t, err, "where nothing runs")
	assert.True(t, strings.HasPrefix(string(out), "clients: Post "), "%s", out)
}
