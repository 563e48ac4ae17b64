package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/password/legacy"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/method/profile/jsonschema"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/method/webauthn"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/memory"
	"github.com/amend-go/amend/settings/store/sqlstore"
)

// This file owns the import: who is taken, in which order, and what is said of it.

// target is a store that identities can be put into.
type target interface {
	store.IdentityStore
	CreateIdentity(ctx context.Context, r identity.Record) error
}

// importer is one run.
type importer struct {
	o       options
	out     io.Writer
	db      *sql.DB
	there   target            // the store of -store
	into    target            // the same, or one that is thrown away
	machine *settings.Handler // over into

	taken, already, refused, partly int
}

func newImporter(ctx context.Context, o options, out io.Writer) (i *importer, err error) {
	key, err := os.ReadFile(o.key)
	if err != nil {
		return nil, err
	}
	i = &importer{o: o, out: out}
	if i.there, err = i.open(ctx); err != nil {
		return nil, err
	}
	flows := memory.New()
	i.into = flows
	if o.write {
		i.into = i.there
	}
	methods, err := o.methods()
	if err == nil {
		i.machine, err = settings.New(settings.Config{
			// No request comes: the URLs are only said.
			PublicURL: "https://" + o.rpID, UIURL: "https://" + o.rpID + "/settings", LoginURL: "https://" + o.rpID + "/login",
			Keys: [][]byte{key}, Flows: flows, Sessions: flows, Identities: i.into, Methods: methods,
		})
	}
	if err != nil {
		return nil, errors.Join(err, i.db.Close())
	}
	return i, nil
}

// methods are those that accounts may have something of.
func (o options) methods() ([]settings.Method, error) {
	schemas := map[string]profile.Schema{}
	for id, file := range o.schemas {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if schemas[id], err = jsonschema.Parse(text); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if _, has := schemas[""]; !has {
			schemas[""] = schemas[id]
		}
	}
	providers := []oidc.Provider{{ID: "unused", Issuer: "https://localhost", ClientID: "none", PublicClient: true}} // New wants one
	return append([]settings.Method{
		password.New(password.Config{Comparers: []password.Comparer{legacy.Kratos{}}}),
		profile.New(profile.Config{Schemas: schemas}),
		totp.New(totp.Config{Issuer: "import"}), lookup.New(lookup.Config{Alone: true}), oidc.New(oidc.Config{Providers: providers}),
	}, webauthn.Both(webauthn.Config{RPID: o.rpID, RPDisplayName: o.rpID, Origins: []string{"https://" + o.rpID}})...), nil
}

// open opens the store, and makes its tables if it may write.
func (i *importer) open(ctx context.Context) (target, error) {
	driver, dialect, dsn := "pgx", sqlstore.PostgreSQL, i.o.store
	if file, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		if _, err := os.Stat(file); err != nil && !i.o.write {
			i.db, err = sql.Open("sqlite", ":memory:")
			return memory.New(), err // there is nobody yet
		}
		driver, dialect, dsn = "sqlite", sqlstore.SQLite, "file:"+(&url.URL{Path: file}).EscapedPath()+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
	} else if text, ok := strings.CutPrefix(dsn, "mysql:"); ok {
		driver, dialect, dsn = "mysql", sqlstore.MariaDB, text
	}
	var err error
	if i.db, err = sql.Open(driver, dsn); err != nil {
		return nil, err
	}
	s, err := sqlstore.New(i.db, dialect)
	if err == nil && i.o.write {
		err = s.Migrate(ctx)
	}
	if err == nil {
		err = s.Check(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, i.db.Close())
	}
	return s, nil
}

func (i *importer) close() { _ = i.db.Close() }

// say prints a line about an identity.
func (i *importer) say(k exported, format string, args ...any) {
	fmt.Fprintf(i.out, "%s: %s\n", k.ID, fmt.Sprintf(format, args...))
}

// take takes one identity. Its error is the store's, and ends the run: all else is said,
// and the run goes on.
func (i *importer) take(ctx context.Context, k exported) error {
	c := convert(k, i.o.providers)
	switch {
	case k.ID == "":
		i.refused++
		fmt.Fprintln(i.out, "an identity without an id is left")
		return nil
	case c.record.SchemaID == "default":
		c.record.SchemaID = ""
	}
	var err error
	if c.record.Keys, err = i.machine.Service.IdentityKeys(identity.Identity{Record: c.record}); err != nil {
		return i.refuse(k, "its traits: %v", err)
	}
	_, err = i.there.GetIdentity(ctx, k.ID)
	was := err == nil
	if err != nil && !errors.Is(err, identity.ErrNotFound) {
		return err
	}
	for _, key := range c.record.Keys {
		for _, s := range []target{i.there, i.into} {
			owner, err := s.IdentityOwner(ctx, key)
			switch {
			case errors.Is(err, identity.ErrNotFound):
			case err != nil:
				return err
			case owner != k.ID:
				return i.refuse(k, "%q is taken by %s", key.Value, owner)
			}
		}
	}
	if was && !i.o.write {
		i.already++
		return nil
	}
	if !was {
		switch err := i.into.CreateIdentity(ctx, c.record); {
		case errors.Is(err, identity.ErrDuplicate):
			return i.refuse(k, "another identity of this export has its id")
		case err != nil:
			return err
		}
	}
	if err := i.credentials(ctx, k, c); err != nil {
		return err
	}
	for _, a := range c.verified {
		if err := i.machine.Service.MarkVerified(ctx, k.ID, a.Via, a.Value); errors.Is(err, identity.ErrNotFound) {
			c.leave("the address %s is verified in Kratos, and none that the schema has verified", a.Value)
		} else if err != nil {
			return err
		}
	}
	return i.report(ctx, k, c, was)
}

// credentials takes all of them in one write; if one cannot be taken, each for itself, so
// that it is told which.
func (i *importer) credentials(ctx context.Context, k exported, c *converted) error {
	err := i.machine.Service.Import(ctx, k.ID, c.credentials...)
	if !errors.Is(err, method.ErrImported) && !errors.Is(err, identity.ErrDuplicate) {
		return err
	}
	for _, one := range c.credentials {
		switch err := i.machine.Service.Import(ctx, k.ID, one); {
		case errors.Is(err, method.ErrImported):
			c.leave("%s: %v", one.Method, err)
		case errors.Is(err, identity.ErrDuplicate):
			c.leave("%s: another account has it", one.Method)
		case err != nil:
			return err
		}
	}
	return nil
}

// report counts an identity and says what was left of it.
func (i *importer) report(ctx context.Context, k exported, c *converted, was bool) error {
	if was {
		i.already++
	} else {
		i.taken++
	}
	for _, what := range c.left {
		i.say(k, "left: %s", what)
	}
	if len(c.left) > 0 {
		i.partly++
	}
	r, err := i.into.GetIdentity(ctx, k.ID)
	if err != nil {
		return err
	}
	ways := r.PasswordHash != ""
	for _, key := range r.Keys {
		ways = ways || key.Kind != identity.Identifier
	}
	if !ways {
		i.say(k, "has nothing left to sign in with: your recovery has to let them in")
	}
	return nil
}

func (i *importer) refuse(k exported, format string, args ...any) error {
	i.refused++
	i.say(k, "not taken: "+format, args...)
	return nil
}

func (i *importer) summary() error {
	did := "would be taken"
	if i.o.write {
		did = "taken"
	}
	fmt.Fprintf(i.out, "%d %s, %d of all not wholly; %d were there already; %d are not taken\n", i.taken, did, i.partly, i.already, i.refused)
	if !i.o.write {
		fmt.Fprintln(i.out, "Nothing is written. -write does it.")
	}
	if i.refused+i.partly > 0 {
		return errLeft
	}
	return nil
}
