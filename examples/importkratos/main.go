// Importkratos moves identities of Ory Kratos, with their credentials, into a store of
// Amend's: every user signs in afterwards as before.
//
//	importkratos -store sqlite:app.db -schema identity.schema.json -key amend.key export.json
//
// It writes nothing, and says what it would do and what it cannot take. With -write it does
// it. It may run again: who was taken is left alone, so a second run brings who came since.
//
// The export is what Kratos' admin API answers, as an array or one identity after the other,
// with each include_credential parameter:
//
//	GET /admin/identities?include_credential=password&include_credential=totp&…
//
// Sessions stay where they are: users sign in once more.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "importkratos:", err)
		os.Exit(1)
	}
}

// errLeft is that something was not taken.
var errLeft = errors.New("not everything can be taken: see above")

// run is the whole program.
func run(ctx context.Context, args []string, out io.Writer) error {
	o := options{schemas: pairs{}, providers: pairs{}}
	f := flag.NewFlagSet("importkratos", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.store, "store", "", "`WHERE` they go: sqlite:FILE, postgres://… or the DSN of a MariaDB after mysql:")
	f.StringVar(&o.key, "key", "", "the `FILE` of the installation's key, 32 bytes: openssl rand -out amend.key 32")
	f.Var(o.schemas, "schema", "identity schema, a `FILE`, or ID=FILE where there are several; repeatable")
	f.Var(o.providers, "provider", "the issuer of a social sign-in, `NAME=ISSUER`: google=https://accounts.google.com; repeatable")
	f.StringVar(&o.rpID, "rp-id", "localhost", "the `DOMAIN` that security keys and passkeys were made for")
	f.BoolVar(&o.write, "write", false, "do it, and not only say what would be done")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if o.store == "" || o.key == "" || len(o.schemas) == 0 || f.NArg() == 0 {
		return errors.New("-store, -key, -schema and the files of an export are needed; -h lists all")
	}
	i, err := newImporter(ctx, o, out)
	if err != nil {
		return err
	}
	defer i.close()
	for _, name := range f.Args() {
		if err := i.file(ctx, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return i.summary()
}

// options are what the flags say.
type options struct {
	store, key, rpID   string
	schemas, providers pairs
	write              bool
}

// pairs are repeated flags NAME=VALUE; one without a name has the name "".
type pairs map[string]string

func (p pairs) String() string { return "" }

func (p pairs) Set(text string) error {
	name, value, named := strings.Cut(text, "=")
	if !named {
		name, value = "", text
	}
	p[name] = value
	return nil
}

// file takes one file of an export.
func (i *importer) file(ctx context.Context, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return eachIdentity(bufio.NewReader(f), func(k exported) error { return i.take(ctx, k) })
}
