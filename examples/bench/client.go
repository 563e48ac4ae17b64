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
	From     int // the first number
}

// took is how long an errand took, or what went wrong.
type took struct {
	Time  time.Duration
	Error string
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
func (c *clients) run(e errand) (time.Duration, error) {
	if err := c.to.Encode(e); err != nil {
		return 0, err
	}
	var t took
	if err := c.from.Decode(&t); err != nil {
		return 0, err
	}
	if t.Error != "" {
		return 0, errors.New(t.Error)
	}
	return t.Time, nil
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
		var t took
		var err error
		if t.Time, err = kept.run(e); err != nil {
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

func (c connections) run(e errand) (time.Duration, error) {
	for len(c[e.Addr]) < len(e.Requests) {
		conn, err := net.Dial("tcp", e.Addr)
		if err != nil {
			return 0, err
		}
		c[e.Addr] = append(c[e.Addr], &connection{conn, bufio.NewReaderSize(conn, 32<<10)})
	}
	errs := make([]error, len(e.Requests))
	var all sync.WaitGroup
	begin := time.Now()
	for n, request := range e.Requests {
		all.Go(func() { errs[n] = c[e.Addr][n].send(request, e.From, e.Times) })
	}
	all.Wait()
	return time.Since(begin), errors.Join(errs...)
}

// send sends a request some times. All must be answered by 200.
func (c *connection) send(request string, from, times int) error {
	bytes, at := []byte(request), strings.Index(request, mark)
	for n := from; n < from+times; n++ {
		if at >= 0 {
			number := strconv.Itoa(n)
			copy(bytes[at:], mark)
			copy(bytes[at+len(mark)-len(number):], number)
		}
		if _, err := c.Write(bytes); err != nil {
			return err
		}
		a, err := http.ReadResponse(c.Reader, nil)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(a.Body)
		if err != nil {
			return err
		}
		if a.StatusCode != http.StatusOK {
			return fmt.Errorf("%d %.500s", a.StatusCode, body)
		}
	}
	return nil
}
