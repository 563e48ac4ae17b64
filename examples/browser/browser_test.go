// Package browser drives the quickstart in a real browser, as a person would.
//
// It needs Chromium: AMEND_CHROMIUM is the path of its program. Without it the
// test is skipped.
package browser_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	user        = "ada@example.com"
	oldPassword = "correct horse battery staple"
	newPassword = "four other words entirely"
)

func TestAPersonChangesTheirPassword(t *testing.T) {
	chromium := chromiumOf(t)
	base := quickstart(t)
	laptop, phone := browser(t, chromium), browser(t, chromium)

	// A page that needs a session leads to login and back.
	laptop.run(chromedp.Navigate(base+"/"), chromedp.WaitVisible(chromedp.CSS(`input[name=identifier]`)))
	laptop.signIn("not the password")
	laptop.run(chromedp.WaitVisible(chromedp.CSS(`.error`)))
	laptop.signIn(oldPassword)
	laptop.run(chromedp.WaitVisible(chromedp.CSS(`a[href="/settings"]`)))
	assert.Equal(t, base+"/", laptop.location())
	phone.run(chromedp.Navigate(base + "/"))
	phone.signIn(oldPassword)
	phone.run(chromedp.WaitVisible(chromedp.CSS(`a[href="/settings"]`)))

	// A password that is too short is refused, in words and by id.
	laptop.run(chromedp.Click(chromedp.CSS(`a[href="/settings"]`)), chromedp.WaitVisible(chromedp.CSS(`input[name=password]`)))
	laptop.save("short")
	laptop.run(chromedp.WaitVisible(chromedp.CSS(`.error[data-id="4000032"]`)))

	// A good one is saved, also when the button is pressed twice.
	laptop.run(
		chromedp.SetValue(chromedp.CSS(`input[name=password]`), newPassword),
		chromedp.Evaluate[chromedp.Void](`{ const b = document.querySelector('button[value=password]'); b.click(); b.click() }`),
		chromedp.WaitVisible(chromedp.CSS(`.success[data-id="1050001"]`)),
	)

	// The phone is signed out, the laptop is not.
	phone.run(chromedp.Navigate(base+"/"), chromedp.WaitVisible(chromedp.CSS(`input[name=identifier]`)))
	laptop.run(chromedp.Navigate(base+"/"), chromedp.WaitVisible(chromedp.CSS(`a[href="/settings"]`)))

	// The old password is worth nothing, the new one signs in.
	phone.signIn(oldPassword)
	phone.run(chromedp.WaitVisible(chromedp.CSS(`.error`)))
	phone.signIn(newPassword)
	phone.run(chromedp.WaitVisible(chromedp.CSS(`a[href="/settings"]`)))

	// Logged out is logged out: going back in history shows nothing.
	laptop.run(chromedp.Click(chromedp.CSS(`a[href="/logout"]`)), chromedp.WaitVisible(chromedp.CSS(`form button.saves`)))
	laptop.run(chromedp.Click(chromedp.CSS(`form button.saves`)), chromedp.WaitVisible(chromedp.CSS(`input[name=identifier]`)))
	laptop.run(chromedp.Navigate(base+"/settings"), chromedp.WaitVisible(chromedp.CSS(`input[name=identifier]`)))
}

// A page of another site has a link and a form that log out of the quickstart.
func TestNobodyIsLoggedOutFromElsewhere(t *testing.T) {
	chromium := chromiumOf(t)
	base := quickstart(t)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `<!doctype html><img src="%[1]s/logout"><a href="%[1]s/logout">A link</a><form method="post" action="%[1]s/logout"><button>A form</button></form>`, base)
	}))
	t.Cleanup(other.Close)
	elsewhere := strings.Replace(other.URL, "127.0.0.1", "localhost", 1) // another site than that of base

	laptop := browser(t, chromium)
	laptop.run(chromedp.Navigate(base + "/"))
	laptop.signIn(oldPassword)
	laptop.run(chromedp.WaitVisible(chromedp.CSS(`a[href="/settings"]`)))
	for _, way := range []string{"a", "form button"} {
		laptop.run(chromedp.Navigate(elsewhere), chromedp.Click(chromedp.CSS(way)))
		require.Eventually(t, func() bool { return strings.HasPrefix(laptop.location(), base+"/") }, time.Minute, 50*time.Millisecond)
		laptop.run(chromedp.Navigate(base+"/"), chromedp.WaitVisible(chromedp.CSS(`a[href="/settings"]`)))
	}
}

// quickstart builds and runs the example, and gives its address.
func quickstart(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "quickstart")
	build := exec.Command("go", "build", "-o", program, "./examples/quickstart")
	build.Dir = "../.."
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())

	run := exec.Command(program, "-addr", addr)
	run.Stdout, run.Stderr = os.Stdout, os.Stderr
	require.NoError(t, run.Start())
	t.Cleanup(func() {
		_ = run.Process.Kill()
		_ = run.Wait()
	})
	base := "http://" + addr
	require.Eventually(t, func() bool {
		res, err := http.Get(base + "/login")
		if err != nil {
			return false
		}
		return res.Body.Close() == nil
	}, 20*time.Second, 20*time.Millisecond)
	return base
}

// window is a browser with a profile of its own.
type window struct {
	t   *testing.T
	ctx context.Context
}

func browser(t *testing.T, chromium string) *window {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
	)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	// The first action starts the browser, which lives as long as its context.
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate("about:blank")))
	return &window{t, ctx}
}

// run does actions, each of which must be possible soon.
func (w *window) run(actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	require.NoError(w.t, chromedp.Do(ctx, actions...))
}

func (w *window) signIn(password string) {
	w.t.Helper()
	w.run(
		chromedp.WaitVisible(chromedp.CSS(`input[name=identifier]`)),
		chromedp.SetValue(chromedp.CSS(`input[name=identifier]`), user),
		chromedp.SetValue(chromedp.CSS(`input[name=password]`), password),
		chromedp.Click(chromedp.CSS(`form button.saves`)),
	)
}

func (w *window) save(password string) {
	w.t.Helper()
	w.run(chromedp.SetValue(chromedp.CSS(`input[name=password]`), password), chromedp.Click(chromedp.CSS(`button[value=password]`)))
}

func (w *window) location() string {
	w.t.Helper()
	url, err := chromedp.Run(w.ctx, chromedp.Location())
	require.NoError(w.t, err)
	return url
}

// chromiumOf is the path of the Chromium to drive. The gate has one; elsewhere a test
// without it is skipped.
func chromiumOf(t *testing.T) string {
	t.Helper()
	path := os.Getenv("AMEND_CHROMIUM")
	if path == "" {
		t.Skip("AMEND_CHROMIUM is not set: the path of a Chromium to drive")
	}
	return path
}
