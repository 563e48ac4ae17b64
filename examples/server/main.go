// Server is the library as a process, for trying it out and for testing clients
// against it. It keeps everything in memory, and its own pages (login, settings,
// errors) are plain HTML that works without JavaScript.
//
//	go run ./examples/server -demo
//
// With -demo, scripts make identities and sessions by a JSON API:
//
//	POST   /demo/identities  {traits, password?, schema_id?, oidc?: [[provider, subject], …]}   201 {id}
//	DELETE /demo/identities/{id}/credentials/{method}                                         204
//	POST   /demo/sessions    {identity_id, methods: ["password", …], authenticated_at?}
//	                         or {identifier, password, authenticated_at?}                     201 {id, session_token} and the cookie
//	DELETE /demo/sessions/{id}                                                                204
//	POST   /demo/verify      {identifier, password}                                           200 {ok}
//
// Whoever reaches that API is anyone they like, so it is refused unless the
// server listens on a loopback address. Identities sign in with traits.email
// and traits.username.
//
// AMEND_KEYS has the keys: base64 of 32 bytes each, separated by commas, the
// newest first. Without it the server makes one that lasts until it stops.
//
// Flags stand in flags.go, and -h lists them. A bad flag is one line and exit
// code 2. SIGTERM and SIGINT end the server when what is in flight is finished.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/amend-go/amend/settings"
)

// Exit codes.
const (
	stopped  = 0
	broken   = 1
	badUsage = 2
)

func main() {
	os.Exit(run(os.Args[1:], os.Getenv("AMEND_KEYS"), os.Stdout, os.Stderr))
}

func run(args []string, keys string, stdout, stderr io.Writer) int {
	o, err := parse(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return stopped
	case err == nil:
		o.keys, err = parseKeys(keys)
	}
	if err != nil {
		return fail(stderr, badUsage, err)
	}
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return fail(stderr, broken, err)
	}
	defer listener.Close()
	notes, err := o.settle(listener.Addr().(*net.TCPAddr).Port)
	if err != nil {
		return fail(stderr, badUsage, err)
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	app, err := newApp(o, log)
	if err != nil { // everything in there comes from a flag
		return fail(stderr, badUsage, err)
	}
	// Before anyone is told that there is a server: they may end it at once.
	asked, forget := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer forget()
	for _, line := range append([]string{"Listening on " + listener.Addr().String() + " for " + o.publicURL}, notes...) {
		fmt.Fprintln(stdout, line)
	}
	stopping := func() {
		forget() // a second signal ends the process at once
		fmt.Fprintln(stdout, "Stopping: finishing what is in flight.")
	}
	if err := serve(asked, stopping, listener, app, log); err != nil {
		return fail(stderr, broken, err)
	}
	return stopped
}

// fail says in one line what is wrong.
func fail(stderr io.Writer, code int, err error) int {
	fmt.Fprintln(stderr, "server: "+strings.ReplaceAll(err.Error(), "\n", " "))
	return code
}

// patience is how long a request in flight may take when the server stops: more
// than the library gives a body to arrive, and then a store to answer.
const patience = 30 * time.Second

// serve answers requests until it is asked to stop. It then calls stopping, and
// finishes those in flight.
func serve(asked context.Context, stopping func(), listener net.Listener, app *app, log *slog.Logger) error {
	server := &http.Server{
		Handler:           app,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: patience, WriteTimeout: patience, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	go sweep(asked, app.amend.Service, log)
	select {
	case err := <-failed:
		return err
	case <-asked.Done():
	}
	stopping()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return server.Shutdown(ctx)
}

// sweep deletes what has expired, once a minute.
func sweep(ctx context.Context, service *settings.Service, log *slog.Logger) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := service.Sweep(ctx); err != nil && ctx.Err() == nil {
				log.Error("sweep", "error", err)
			}
		}
	}
}
