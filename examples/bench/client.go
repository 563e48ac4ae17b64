package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// asClient is the variable by which this program starts itself as the clients'
// process: their work is not the server's.
const asClient = "AMEND_BENCH_CLIENT"

// errand is what clients are to do: each sends its request, as it is on the wire,
// a number of times, one after another, over a connection of its own. The number
// mark in a request, if there is one, counts.
type errand struct {
	Addr     string
	Requests []string
	Times    int
	From     int  // the first number
	Any      bool // any answer will do; else each must be 200
}

// took is how long an errand took, or what went wrong.
type took struct {
	Time    time.Duration
	Error   string
	Answers []answer // the last one on each connection
}

// answer is what is kept of one.
type answer struct {
	Status int
	Later  bool          // it says when to come again
	After  time.Duration // since the errand began
}

// mark is what person.profile writes for 0.
const mark = "000000000"

// clients is the process.
type clients struct {
	process *exec.Cmd
	in      io.WriteCloser
	to      *json.Encoder
	from    *json.Decoder
}

func startClients() (*clients, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := exec.Command(self)
	c.Env, c.Stderr = append(os.Environ(), asClient+"=1"), os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &clients{c, in, json.NewEncoder(in), json.NewDecoder(out)}, c.Start()
}

// run has an errand run.
func (c *clients) run(e errand) (t took, err error) {
	if err := c.to.Encode(e); err != nil {
		return t, err
	}
	if err := c.from.Decode(&t); err != nil {
		return t, err
	}
	if t.Error != "" {
		return t, errors.New(t.Error)
	}
	return t, nil
}

func (c *clients) close() error { return errors.Join(c.in.Close(), c.process.Wait()) }

// beClients is what the process does: errands until there are no more.
func beClients(in io.Reader, out io.Writer) error {
	from, to := json.NewDecoder(in), json.NewEncoder(out)
	kept := connections{}
	defer kept.close()
	for {
		var e errand
		if err := from.Decode(&e); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		t, err := kept.run(e)
		if err != nil {
			t.Error = err.Error()
		}
		if err := to.Encode(t); err != nil {
			return err
		}
	}
}

// connections are those to each address, kept from one errand to the next.
type connections map[string][]*connection

type connection struct {
	net.Conn
	*bufio.Reader
}

func (c connections) close() {
	for _, each := range c {
		for _, one := range each {
			_ = one.Close()
		}
	}
}

func (c connections) run(e errand) (t took, err error) {
	for len(c[e.Addr]) < len(e.Requests) {
		conn, err := net.Dial("tcp", e.Addr)
		if err != nil {
			return t, err
		}
		c[e.Addr] = append(c[e.Addr], &connection{conn, bufio.NewReaderSize(conn, 32<<10)})
	}
	errs := make([]error, len(e.Requests))
	t.Answers = make([]answer, len(e.Requests))
	var all sync.WaitGroup
	begin := time.Now()
	for n, request := range e.Requests {
		all.Go(func() {
			t.Answers[n], errs[n] = c[e.Addr][n].send(request, e)
			t.Answers[n].After = time.Since(begin)
		})
	}
	all.Wait()
	t.Time = time.Since(begin)
	return t, errors.Join(errs...)
}

// send sends a request of an errand.
func (c *connection) send(request string, e errand) (last answer, err error) {
	bytes, at := []byte(request), strings.Index(request, mark)
	for n := e.From; n < e.From+e.Times; n++ {
		if at >= 0 {
			number := strconv.Itoa(n)
			copy(bytes[at:], mark)
			copy(bytes[at+len(mark)-len(number):], number)
		}
		if _, err := c.Write(bytes); err != nil {
			return last, err
		}
		a, err := http.ReadResponse(c.Reader, nil)
		if err != nil {
			return last, err
		}
		body, err := io.ReadAll(a.Body)
		if err != nil {
			return last, err
		}
		if a.StatusCode != http.StatusOK && !e.Any {
			return last, fmt.Errorf("%d %.500s", a.StatusCode, body)
		}
		last = answer{Status: a.StatusCode, Later: a.Header.Get("Retry-After") != ""}
	}
	return last, nil
}
