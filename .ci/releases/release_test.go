package releases_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"releases"
)

const version = "v0.999.0-test"

// do runs a command in a folder, which must work, and gives what it prints.
func do(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	require.NoError(t, err, "%s %s: %s", name, strings.Join(args, " "), out)
	return string(out)
}

// cloned is a clone of what is committed here, in which nothing is kept.
func cloned(t *testing.T) string {
	t.Helper()
	repository := filepath.Join(t.TempDir(), "amend")
	do(t, "../..", nil, "git", "clone", "--quiet", "--no-tags", ".", repository)
	do(t, repository, nil, "git", "config", "user.name", "A test")
	do(t, repository, nil, "git", "config", "user.email", "test@example.com")
	return repository
}

// A release is made as it will be made, and then somebody who has never heard of this
// repository gets each module, and compiles the programs of the README.
func TestWhoGetsAReleaseCanCompileTheREADME(t *testing.T) {
	repository := cloned(t)
	readme := programs(t, repository)
	before := do(t, repository, nil, "git", "status", "--porcelain=v2", "--branch")
	tags := strings.Fields(do(t, repository, nil, ".ci/release", version))
	assert.Equal(t, before, do(t, repository, nil, "git", "status", "--porcelain=v2", "--branch"), "the working tree and the branch stay as they are")

	folders, err := releases.Published(repository)
	require.NoError(t, err)
	require.Len(t, tags, len(folders))
	assert.Equal(t, version, tags[0])
	assert.Contains(t, tags, "settings/method/webauthn/"+version)

	proxy := releases.Proxy(filepath.Join(t.TempDir(), "proxy"))
	for i, folder := range folders {
		mod := do(t, repository, nil, "git", "show", tags[i]+":"+filepath.ToSlash(filepath.Join(folder, "go.mod")))
		assert.NotContains(t, mod, "replace", "%s is for others", tags[i])
		assert.NotContains(t, mod, "v0.0.0\n", tags[i])
		require.NoError(t, proxy.Add(repository, tags[i], folder, version))
	}
	empty := t.TempDir()
	env := proxy.Environment(filepath.Join(t.TempDir(), "cache"))
	do(t, empty, env, "go", "mod", "init", "example.com/newcomer")
	for _, folder := range folders {
		path := strings.TrimSuffix(releases.Core+"/"+folder, "/.")
		do(t, empty, env, "go", "get", path+"@"+version)
		do(t, empty, env, "go", "build", "-o", os.DevNull, path+"/...")
	}
	write(t, empty, readme)
	do(t, empty, env, "go", "mod", "tidy")
	do(t, empty, env, "go", "vet", "./...") // of tests too

	// The go command makes the same of the tags by itself, and says so by its sums.
	direct := append(env, "GOPROXY=direct", "GOMODCACHE="+filepath.Join(t.TempDir(), "direct"), "GIT_CONFIG_COUNT=1",
		"GIT_CONFIG_KEY_0=url."+repository+".insteadOf", "GIT_CONFIG_VALUE_0=https://github.com/amend-go/amend")
	for _, folder := range folders {
		do(t, empty, direct, "go", "mod", "download", strings.TrimSuffix(releases.Core+"/"+folder, "/.")+"@"+version)
	}
}

func TestAReleaseIsRefused(t *testing.T) {
	repository := cloned(t)
	for _, version := range []string{"", "1.2.3", "v1.2", "v1.2.3+build", "v2.0.0", "latest"} {
		_, err := releases.Make(repository, version)
		require.ErrorContains(t, err, "is no version", version)
	}
	do(t, repository, nil, "git", "tag", "settings/text/"+version)
	_, err := releases.Make(repository, version)
	require.ErrorContains(t, err, "settings/text/"+version+" is there already")
	require.NoError(t, os.WriteFile(filepath.Join(repository, "new.go"), []byte("package new"), 0o600))
	_, err = releases.Make(repository, "v0.999.1")
	require.ErrorContains(t, err, "commit first")
	assert.Equal(t, "settings/text/"+version, strings.TrimSpace(do(t, repository, nil, "git", "tag")), "no tag is made")
}

// Whoever adds a module decides whether it is published.
func TestEveryModuleIsPublishedOrNobodysToGet(t *testing.T) {
	folders, err := releases.Published("../..")
	require.NoError(t, err)
	for _, file := range strings.Fields(do(t, "../..", nil, "git", "ls-files", "go.mod", "*/go.mod")) {
		folder := filepath.ToSlash(filepath.Dir(file))
		ours := strings.HasPrefix(folder, "examples/") || strings.HasPrefix(folder, ".ci/") || strings.HasSuffix(folder, "/tests")
		if ours {
			assert.NotContains(t, folders, folder)
		} else {
			assert.Contains(t, folders, folder, "name it in .ci/published")
		}
	}
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	}
}
