package releases

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// Proxy is a folder of modules, as the go command reads it by a file:// URL in GOPROXY
// (go.dev/ref/mod#goproxy-protocol).
type Proxy string

// Add makes the module of a folder, at a revision of a repository, as proxy.golang.org
// will make it of the tag.
func (p Proxy) Add(repository, revision, folder, version string) (err error) {
	at := module.Version{Path: pathOf(folder), Version: version}
	dir := filepath.Join(string(p), filepath.FromSlash(at.Path), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	subdir := strings.TrimPrefix(folder, ".")
	mod, err := run(repository, nil, "git", "show", revision+":"+path.Join(subdir, "go.mod"))
	if err != nil {
		return err
	}
	info, err := json.Marshal(map[string]any{"Version": version, "Time": time.Now().UTC()})
	if err != nil {
		return err
	}
	for name, content := range map[string]string{version + ".mod": mod + "\n", version + ".info": string(info), "list": version + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	f, err := os.Create(filepath.Join(dir, version+".zip"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return zip.CreateFromVCS(f, at, repository, revision, subdir)
}

// Environment makes the go command take modules from here first, then from what this
// machine has downloaded, then from its usual proxies. They are kept in a cache of
// their own: a version that was tried must not be found again by whoever gets the real one.
func (p Proxy) Environment(cache string) []string {
	downloaded, usual := goEnv("GOMODCACHE"), goEnv("GOPROXY")
	return []string{
		"GOWORK=off", "GOFLAGS=-mod=mod -modcacherw -trimpath", "GOMODCACHE=" + cache,
		"GOPROXY=file://" + filepath.ToSlash(string(p)) + ",file://" + filepath.ToSlash(downloaded) + "/cache/download," + usual,
		"GONOSUMDB=" + Core, "GONOSUMCHECK=1", "GONOPROXY=", "GOPRIVATE=",
	}
}

func goEnv(name string) string {
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
