// Server is the library as a process, for trying it out and for testing clients
// against it. It has every method, keeps accounts in an SQLite file or a database,
// and its own pages (login, settings, errors) are plain HTML that works without
// JavaScript, but for security keys and passkeys.
//
//	go run ./examples/server -demo
//
// # Accounts
//
// -store says where they are: sqlite:FILE, postgres://…, mysql://…, or memory,
// which ends with the process. The default is an SQLite file,
// $XDG_STATE_HOME/amend/accounts.db (or ~/.local/state/amend/accounts.db). The
// schema is brought up to date at the start. A store that cannot be used is one
// line and exit code 1. One that stops answering later makes answers 503 with
// Retry-After, until it answers again.
//
// -flows redis://… keeps flows and sessions in Redis or Valkey instead, and leaves
// identities there.
//
// AMEND_KEYS has the keys that accounts are sealed with: base64 of 32 bytes each,
// separated by commas, the newest first. Without it a key is made, in the file
// accounts.db.key beside the SQLite file, or for the time being with -store
// memory. A database that other instances can use needs AMEND_KEYS.
//
// # Methods
//
// All are on; -disable turns some off.
//
//   - password; -min-password-length.
//   - profile: -schema FILE is an identity schema as Kratos has them. Without it
//     the traits are email, username, name.first, name.last, nickname, newsletter.
//   - totp, lookup_secret.
//   - webauthn, passkey: for the domain -rp-id and the origins -rp-origin, which
//     follow from -public-url. Browsers want https or localhost for them: start
//     with -public-url http://localhost:4455 to try them.
//   - oidc, with -oidc NAME=ISSUER,ID,SECRET[,LABEL] for each provider. Register
//     the redirect URI PUBLIC_URL/self-service/methods/oidc/callback/NAME there.
//
// # Messages
//
// With -mail, new addresses are pending until a code is typed, and owners of accounts
// are told of changes. Messages are printed on the standard error, codes too.
//
// # Login
//
// /login is the library's ready page, unless -login-url names one of another origin, and
// /logout its sign-out. It takes a password or a passkey, and asks for a second factor right after
// if the account has one (a code of an app, a security key, a passkey, a recovery
// code), unless -required-aal aal1 says that it is not needed. It understands
// refresh=true, aal=aal2 and return_to, by which the library asks for more.
//
// # Demo API
//
// With -demo, scripts make identities, credentials and sessions by a JSON API:
//
//	POST   /demo/identities  {traits, password?, schema_id?, oidc?: [[provider, subject], …]}   201 {id}
//	POST   /demo/identities/{id}/credentials  {method: "totp"}                                201 {secret}, in base32
//	                         {method: "lookup_secret"}                                        201 {codes}
//	                         {method: "webauthn" or "passkey"}  201 {credential_id, user_handle, private_key, rp_id, origin}
//	                         {method: "password", password?}                                  201 {password}
//	                         {method: "oidc", provider, subject}                              201 {provider, subject}
//	DELETE /demo/identities/{id}/credentials/{method}                                         204
//	POST   /demo/sessions    {identity_id, methods: ["password", …], authenticated_at?}
//	                         or {identifier, password, authenticated_at?}                     201 {id, session_token} and the cookie
//	DELETE /demo/sessions/{id}                                                                204
//	POST   /demo/verify      {identifier, password}                                           200 {ok}
//
// The private key of a security key is ES256, as PKCS #8 in base64; its ids are in
// base64url, as browsers have them. Whoever reaches that API is anyone they like,
// so it is refused unless the server listens on a loopback address. Identities
// sign in with the traits that the schema calls identifiers: email and username.
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
	"slices"
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
	os.Exit(run(os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// run is the process: its exit code, and in one line why it is not 0.
func run(args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	err := start(args, getenv, stdout, slog.New(slog.NewTextHandler(stderr, nil)))
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return stopped
	}
	fmt.Fprintln(stderr, "server: "+strings.ReplaceAll(err.Error(), "\n", " "))
	if errors.As(err, new(misuse)) {
		return badUsage
	}
	return broken
}

// misuse is the error of a flag or a variable.
type misuse struct{ error }

func (m misuse) Unwrap() error { return m.error }

// start opens everything, says so, and serves until the process is asked to end.
func start(args []string, getenv func(string) string, stdout io.Writer, log *slog.Logger) error {
	o, err := parse(args, stdout)
	if err != nil {
		return misuse{err}
	}
	at, err := locate(o.store, getenv)
	if err != nil {
		return misuse{err}
	}
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	notes, err := o.settle(listener.Addr().(*net.TCPAddr).Port)
	if err != nil {
		return misuse{err}
	}
	store, keys, kept, err := at.open(getenv("AMEND_KEYS"), log)
	if err != nil {
		return err
	}
	defer func() { store.Close() }()
	if o.flows != "" {
		both, err := withFlowsIn(o.flows, store, log)
		if err != nil {
			return err
		}
		store = both
		kept = append(kept, "Flows and sessions are kept in the Redis that -flows names.")
	}
	boundMemory(at, getenv)
	app, err := newApp(o, keys, store, log)
	if err != nil { // everything in there comes from a flag
		return misuse{err}
	}
	if err := app.checkProviders(context.Background()); err != nil {
		return misuse{err}
	}
	// Before anyone is told that there is a server: they may end it at once.
	asked, forget := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer forget()
	for _, line := range slices.Concat([]string{"Listening on " + listener.Addr().String() + " for " + o.publicURL}, notes, kept, checked(asked, app.amend)) {
		fmt.Fprintln(stdout, line)
	}
	stopping := func() {
		forget() // a second signal ends the process at once
		fmt.Fprintln(stdout, "Stopping: finishing what is in flight.")
	}
	return serve(asked, stopping, listener, app, log)
}

// checked is what the library finds out about how it is set up, as lines to print.
func checked(ctx context.Context, amend *settings.Handler) (lines []string) {
	for _, f := range amend.Check(ctx) {
		kind := "Look at this: "
		if f.Broken {
			kind = "This will not work: "
		}
		lines = append(lines, kind+f.Text)
	}
	return lines
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
