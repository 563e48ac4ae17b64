// Package releases tags what is committed as a release.
//
// In the repository every module requires its siblings at v0.0.0 and replaces them by
// their folders, which is for who works on it: nobody else can `go get` that. So what
// is tagged is a commit beside the branch, in which each published module requires its
// siblings at the release's version, replaces nothing, and has their sums. It is made in
// a clone, from which the tags are fetched: the working tree, its index and its branch
// stay as they are.
package releases

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// Core is the module at the root of the repository.
const Core = "github.com/amend-go/amend"

// Published are the folders of .ci/published, in its order.
func Published(repository string) (folders []string, err error) {
	content, err := os.ReadFile(filepath.Join(repository, ".ci", "published"))
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			folders = append(folders, line)
		}
	}
	return folders, err
}

// pathOf is the path of the module in a folder, and tagOf its tag.
func pathOf(folder string) string {
	if folder == "." {
		return Core
	}
	return Core + "/" + folder
}

func tagOf(folder, version string) string {
	if folder == "." {
		return version
	}
	return folder + "/" + version
}

// Make commits and tags a release of a repository, and gives the tags. A version is
// like v1.2.3 or v1.2.3-rc.1. It is an error if something is not committed, since
// that would be missing in the release, or if a tag exists.
func Make(repository, version string) ([]string, error) {
	if semver.Canonical(version) != version || module.CheckPathMajor(version, "") != nil {
		return nil, fmt.Errorf("%q is no version like v1.2.3, or one that asks for another module path", version)
	}
	if changed, err := run(repository, nil, "git", "status", "--porcelain"); err != nil || changed != "" {
		return nil, errors.Join(err, fmt.Errorf("commit first: git status --porcelain says %q", changed))
	}
	folders, err := Published(repository)
	if err != nil {
		return nil, err
	}
	var tags []string
	for _, folder := range folders {
		tag := tagOf(folder, version)
		if found, err := run(repository, nil, "git", "tag", "--list", tag); err != nil || found != "" {
			return nil, errors.Join(err, fmt.Errorf("the tag %s is there already", tag))
		}
		tags = append(tags, tag)
	}
	scratch, err := os.MkdirTemp("", "release")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	tree := filepath.Join(scratch, "tree")
	if _, err := run(repository, nil, "git", "clone", "--quiet", "--no-tags", repository, tree); err != nil {
		return nil, err
	}
	for _, setting := range []string{"user.name", "user.email"} {
		value, err := run(repository, nil, "git", "config", setting)
		if err == nil {
			_, err = run(tree, nil, "git", "config", setting, value)
		}
		if err != nil {
			return nil, fmt.Errorf("git config %s: %w", setting, err)
		}
	}
	if err := pin(tree, scratch, version, folders); err != nil {
		return nil, err
	}
	fetch := []string{"fetch", "--quiet", "--no-tags", tree}
	for _, tag := range tags {
		if _, err := run(tree, nil, "git", "tag", "--annotate", "--message", tag, tag); err != nil {
			return nil, err
		}
		fetch = append(fetch, "refs/tags/"+tag+":refs/tags/"+tag)
	}
	if _, err := run(repository, nil, "git", fetch...); err != nil {
		return nil, err
	}
	return tags, nil
}

// pin commits what is tagged. A module comes after those it requires, so that they are
// in a proxy by then, from which go mod tidy takes their sums.
func pin(tree, scratch, version string, folders []string) error {
	proxy := Proxy(filepath.Join(scratch, "proxy"))
	env := proxy.Environment(filepath.Join(scratch, "cache"))
	for i, folder := range folders {
		dir := filepath.Join(tree, filepath.FromSlash(folder))
		edit := []string{"mod", "edit"}
		required, err := run(dir, env, "go", "mod", "edit", "-json")
		if err != nil {
			return err
		}
		for _, sibling := range folders {
			edit = append(edit, "-dropreplace="+pathOf(sibling))
			if strings.Contains(required, `"Path": "`+pathOf(sibling)+`"`) && sibling != folder {
				edit = append(edit, "-require="+pathOf(sibling)+"@"+version)
			}
		}
		if _, err := run(dir, env, "go", edit...); err != nil {
			return err
		}
		if i > 0 {
			if err := license(tree, dir); err != nil {
				return err
			}
			if _, err := run(dir, env, "go", "mod", "tidy"); err != nil {
				return err
			}
		}
		if _, err := run(tree, nil, "git", "add", "--all"); err != nil {
			return err
		}
		if _, err := run(tree, nil, "git", "commit", "--quiet", "--allow-empty", "--message", "Pin "+pathOf(folder)+" "+version); err != nil {
			return err
		}
		if err := proxy.Add(tree, "HEAD", folder, version); err != nil {
			return err
		}
	}
	return nil
}

// license copies the repository's license into a module. The go command does so itself
// where a tag has none, and then its sum is another one.
func license(tree, dir string) error {
	text, err := os.ReadFile(filepath.Join(tree, "LICENSE"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "LICENSE"), text, 0o644)
}

// run runs a command and gives what it prints. Its error has what it complains of.
func run(dir string, env []string, name string, args ...string) (string, error) {
	c := exec.Command(name, args...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	var complaint strings.Builder
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil {
		err = fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, complaint.String())
	}
	return strings.TrimSpace(string(out)), err
}
