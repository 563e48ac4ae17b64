package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/amend-go/amend/settings/method/password"
)

// inACrowd has as many people as -crowd says change their passwords at once, at the
// example server. So many hashes take a minute: most are refused, and none that is
// acknowledged may be lost.
func (m *measurement) inACrowd(ctx context.Context) error {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		m.note("crowd: how much memory a process takes is read from /proc, which is not here")
		return nil
	}
	file, err := builtServer(ctx)
	if err != nil {
		return err
	}
	defer os.RemoveAll(filepath.Dir(file))
	slots := min(runtime.GOMAXPROCS(0), runtime.NumCPU())
	alone := hashesPerSecond(slots)

	// With accounts in memory nothing but hashes takes time. A process whose accounts are
	// elsewhere takes memory for nothing but requests.
	c, err := m.crowdAt(ctx, file, "memory")
	if err != nil {
		return err
	}
	alone = (alone + hashesPerSecond(slots)) / 2 // before and after: what else the machine does changes meanwhile
	m.note("crowd: hashes alone: %.0f a second", alone)
	m.atLeast("crowd/memory/hashes-of-hashes-alone", float64(c.accepted)/c.last.Seconds()/alone, 0.7)
	if c, err = m.crowdAt(ctx, file, "sqlite:"+file+".db"); err != nil {
		return err
	}
	bound := 100<<20 + int64(slots)*password.Argon2id{}.Memory()
	m.atMost("crowd/sqlite/memory-of-bound", float64(c.memory)/float64(bound), 1)
	return m.refusing(ctx)
}

// outcome is what became of a crowd.
type outcome struct {
	accepted int
	last     time.Duration // when the last of those was
	memory   int64         // of the server, at most
}

func (m *measurement) crowdAt(ctx context.Context, file, store string) (o outcome, err error) {
	s, err := startServer(ctx, file, store)
	if err != nil {
		return o, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	crowd := make([]*member, m.crowd)
	submits := errand{Addr: s.addr, Times: 1, Any: true}
	for n := range crowd {
		if crowd[n], err = s.join(ctx, n); err != nil {
			return o, err
		}
		submits.Requests = append(submits.Requests, crowd[n].submit(s))
	}
	t, err := m.clients.run(submits)
	if err == nil {
		o.memory, err = s.memory("VmHWM")
	}
	if err != nil {
		return o, err
	}
	refused, rude, lost := 0, 0, 0
	for n, a := range t.Answers {
		switch {
		case a.Status == http.StatusOK:
			o.accepted, o.last = o.accepted+1, max(o.last, a.After)
			if known, err := s.knows(ctx, crowd[n]); err != nil {
				return o, err
			} else if !known {
				lost++
			}
		case a.Status == http.StatusServiceUnavailable && a.Later:
			refused++
		default:
			rude++
		}
	}
	name, _, _ := strings.Cut(store, ":")
	m.note("crowd/%s: of %d, %d changed their password within %v, %d were refused; memory %d MiB", name, len(crowd), o.accepted, o.last, refused, o.memory>>20)
	m.atMost("crowd/"+name+"/answers-other-than-200-and-503-with-Retry-After", float64(rude), 0)
	m.atMost("crowd/"+name+"/changes-acknowledged-and-lost", float64(lost), 0)
	return o, nil
}

// hashesPerSecond is how many passwords are hashed at once by all slots, when nothing
// else is done.
func hashesPerSecond(slots int) float64 {
	const each = 10
	var all sync.WaitGroup
	begin := time.Now()
	for range slots {
		all.Go(func() {
			for range each {
				_, _ = password.Argon2id{}.Hash("a long enough password")
			}
		})
	}
	all.Wait()
	return float64(slots*each) / time.Since(begin).Seconds()
}

// builtServer builds the example server, in a directory of its own.
func builtServer(ctx context.Context) (file string, err error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return "", err
	}
	file = filepath.Join(dir, "server")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", file, "github.com/amend-go/amend/examples/server").CombinedOutput()
	if err != nil {
		return "", errors.Join(fmt.Errorf("build the example server, in its workspace: %w\n%s", err, out), os.RemoveAll(dir))
	}
	return file, nil
}

// server is the example server, as a process.
type server struct {
	process *exec.Cmd
	addr    string
}

func startServer(ctx context.Context, file, store string) (*server, error) {
	s := &server{process: exec.CommandContext(ctx, file, "-demo", "-store", store, "-addr", "127.0.0.1:0")}
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	var publicURL string
	if !lines.Scan() {
		return nil, errors.Join(errors.New("the example server says nothing"), s.stop())
	}
	if _, err := fmt.Sscanf(lines.Text(), "Listening on %s for %s", &s.addr, &publicURL); err != nil {
		return nil, errors.Join(fmt.Errorf("the example server says %q", lines.Text()), s.stop())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // it may say more
	return s, nil
}

func (s *server) stop() error {
	if err := s.process.Process.Kill(); err != nil {
		return err
	}
	_ = s.process.Wait() // it was killed
	return nil
}

// memory is a figure of /proc/PID/status, in bytes.
func (s *server) memory(name string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(text), name+":")
	line, _, _ := strings.Cut(after, "kB")
	kib, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	return kib << 10, err
}

// member is one of the crowd, signed in, with a form open.
type member struct{ email, password, token, form string }

// join makes one by the server's demo API, without a password: a hash for each would
// take as long as what is measured.
func (s *server) join(ctx context.Context, n int) (*member, error) {
	p := &member{email: fmt.Sprintf("member-%d@example.com", n), password: fmt.Sprintf("a long enough password, %d", n)}
	var made struct{ ID string }
	if err := s.ask(ctx, http.MethodPost, "/demo/identities", "", map[string]any{"traits": map[string]string{"email": p.email}}, &made); err != nil {
		return nil, err
	}
	var session struct {
		Token string `json:"session_token"`
	}
	if err := s.ask(ctx, http.MethodPost, "/demo/sessions", "", map[string]any{"identity_id": made.ID, "methods": []string{"code"}}, &session); err != nil {
		return nil, err
	}
	var form struct{ ID string }
	err := s.ask(ctx, http.MethodGet, "/self-service/settings/api", session.Token, nil, &form)
	p.token, p.form = session.Token, form.ID
	return p, err
}

// submit is the change of the member's password, as it is on the wire.
func (p *member) submit(s *server) string {
	body := fmt.Sprintf(`{"method":"password","password":%q}`, p.password)
	return fmt.Sprintf("POST /self-service/settings?flow=%s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\nContent-Type: application/json\r\nX-Session-Token: %s\r\nContent-Length: %d\r\n\r\n%s",
		p.form, s.addr, p.token, len(body), body)
}

// knows reports whether the new password is the member's.
func (s *server) knows(ctx context.Context, p *member) (bool, error) {
	var answer struct{ OK bool }
	err := s.ask(ctx, http.MethodPost, "/demo/verify", "", map[string]any{"identifier": p.email, "password": p.password}, &answer)
	return answer.OK, err
}

// ask sends a request and reads the JSON of its answer.
func (s *server) ask(ctx context.Context, method, path, token string, fields map[string]any, answer any) error {
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	if fields == nil {
		body = nil
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+s.addr+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("X-Session-Token", token)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if a.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s", method, path, a.Status)
	}
	return json.NewDecoder(a.Body).Decode(answer)
}
