package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/method/webauthn"
)

// options are what the flags and the environment say.
type options struct {
	addr          string
	publicURL     string
	uiURL         string
	loginURL      string
	errorURL      string
	afterURL      string
	afterURLs     map[string]string
	allowReturnTo []string
	store         string // "" is an SQLite file in the user's state directory
	flows         string // "" is with everything else; it may have a password in it
	schema        string // a file, "" for the standard profile
	rpID          string
	rpOrigins     []string
	rp            *webauthn.Config // what follows from both; nil where there can be none
	oidc          []string         // as given; one has a secret in it
	providers     []oidc.Provider  // what follows from those

	behaviour         settings.Behaviour
	codesAlone        bool // recovery codes are offered without another second factor, as Kratos does
	allowAAL1         bool
	privilegedMaxAge  time.Duration
	lifespan          time.Duration
	sessionLifespan   time.Duration
	minPasswordLength int
	disabled          []string
	keepOtherSessions bool
	insecureCookies   bool
	mail              bool // messages are printed, and addresses proved
	demo              bool
}

// kratosMethods are the names a flag may give, also of what is not offered.
var kratosMethods = []string{"password", "profile", "totp", "lookup_secret", "webauthn", "passkey", "oidc"}

// parse reads the flags. Its error is one line; flag.ErrHelp means that the
// flags were asked for and are printed.
func parse(args []string, help io.Writer) (options, error) {
	o := options{afterURLs: map[string]string{}}
	fs := flag.NewFlagSet("server", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // the package prints every flag after an error
	fs.StringVar(&o.addr, "addr", "127.0.0.1:4455", "`HOST:PORT` to listen on; port 0 takes a free one")
	fs.StringVar(&o.publicURL, "public-url", "", "`URL` below which browsers see the server (default http://ADDR)")
	fs.StringVar(&o.uiURL, "ui-url", "", "settings page, whose origin may submit forms (default its own)")
	fs.StringVar(&o.loginURL, "login-url", "", "login page (default its own)")
	fs.StringVar(&o.errorURL, "error-url", "", "error page (default its own)")
	fs.StringVar(&o.afterURL, "after-url", "", "where a page goes after a change (default the settings page)")
	fs.Func("after", "the same after a change by one method: `METHOD=URL`; repeatable", o.addAfter)
	fs.Func("allow-return-to", "`URL` below which return_to may lead; repeatable", func(v string) error {
		o.allowReturnTo = append(o.allowReturnTo, v)
		return nil
	})
	fs.StringVar(&o.store, "store", "", "`WHERE` everything is kept: sqlite:FILE, postgres://…, mysql://… or memory (default an SQLite file in the user's state directory)")
	fs.StringVar(&o.flows, "flows", "", "`WHERE` flows and sessions are kept: redis://… (default where everything is)")
	fs.StringVar(&o.schema, "schema", "", "identity schema of Kratos, a `FILE`: which traits there are (default email, username, name, nickname, newsletter)")
	fs.StringVar(&o.rpID, "rp-id", "", "`DOMAIN` that security keys and passkeys are for (default the host of -public-url)")
	fs.Func("rp-origin", "`ORIGIN` whose pages may use them; repeatable (default that of -public-url)", func(v string) error {
		o.rpOrigins = append(o.rpOrigins, v)
		return nil
	})
	fs.Func("oidc", "provider whose logins can be linked: `NAME=ISSUER,ID,SECRET[,LABEL]`; without a SECRET a public client; repeatable", func(v string) error {
		o.oidc = append(o.oidc, v) // an error here would be printed with the value
		return nil
	})
	fs.Func("responses", "`TABLE` of responses: documented or kratos (default documented)", oneOf(map[string]func(){
		"documented": func() { o.behaviour, o.codesAlone = settings.Strict(), false },
		"kratos":     func() { o.behaviour, o.codesAlone = settings.LikeKratos(), true },
	}))
	fs.Func("required-aal", "`LEVEL` that settings ask for: aal1 or highest_available (default highest_available)", oneOf(map[string]func(){
		"aal1":              func() { o.allowAAL1 = true },
		"highest_available": func() { o.allowAAL1 = false },
	}))
	fs.DurationVar(&o.privilegedMaxAge, "privileged-max-age", 15*time.Minute, "how old a sign-in may be for a sensitive change")
	fs.DurationVar(&o.lifespan, "lifespan", time.Hour, "how long a flow lives")
	fs.DurationVar(&o.sessionLifespan, "session-lifespan", 24*time.Hour, "how long a session lives")
	fs.IntVar(&o.minPasswordLength, "min-password-length", 8, "characters of a new password, at least")
	fs.Func("disable", "do not offer these methods: `METHOD,…`", o.addDisabled)
	fs.BoolVar(&o.keepOtherSessions, "keep-other-sessions", false, "a credential change leaves other sessions alone")
	fs.BoolVar(&o.mail, "mail", false, "print messages to the owners of accounts, codes too, and have new addresses proved by them")
	fs.BoolVar(&o.insecureCookies, "insecure-cookies", false, "allow plain http, and cookies without Secure; on by itself for http on a loopback address")
	fs.BoolVar(&o.demo, "demo", false, "add the demo API; only on a loopback address")

	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fs.SetOutput(help)
		fs.PrintDefaults()
		return o, err
	case err != nil:
		return o, err
	case fs.NArg() > 0:
		return o, fmt.Errorf("%q is no flag, and the server takes nothing else", fs.Arg(0))
	}
	return o, o.check()
}

// oneOf is a flag with few values.
func oneOf(choices map[string]func()) func(string) error {
	return func(v string) error {
		choose, ok := choices[v]
		if !ok {
			var names []string
			for name := range choices {
				names = append(names, name)
			}
			slices.Sort(names)
			return errors.New("want " + strings.Join(names, " or "))
		}
		choose()
		return nil
	}
}

func (o *options) addAfter(v string) error {
	method, target, ok := strings.Cut(v, "=")
	switch {
	case !ok:
		return errors.New("want METHOD=URL")
	case !slices.Contains(kratosMethods, method):
		return noMethod(method)
	case o.afterURLs[method] != "":
		return fmt.Errorf("%s has one already", method)
	}
	if u, err := url.Parse(target); err != nil || u.Scheme == "" || u.Host == "" {
		return fmt.Errorf("%q is not an absolute URL", target)
	}
	o.afterURLs[method] = target
	return nil
}

func (o *options) addDisabled(v string) error {
	for method := range strings.SplitSeq(v, ",") {
		if !slices.Contains(kratosMethods, method) {
			return noMethod(method)
		}
		o.disabled = append(o.disabled, method)
	}
	return nil
}

func noMethod(name string) error {
	return fmt.Errorf("%q is no method; there are %s", name, strings.Join(kratosMethods, ", "))
}

// check finds what is wrong with single flags. URLs and what else stands in a
// settings.Config are checked by settings.New.
func (o *options) check() error {
	host, _, err := net.SplitHostPort(o.addr)
	if err != nil {
		return fmt.Errorf("-addr %q is not HOST:PORT", o.addr)
	}
	if o.demo && !loopback(host) {
		return fmt.Errorf("-demo lets everyone in who reaches it: -addr %q is not a loopback address", o.addr)
	}
	if o.publicURL == "" && everywhere(host) {
		return fmt.Errorf("-public-url is needed: -addr %q names no host to make it from", o.addr)
	}
	for name, d := range map[string]time.Duration{"privileged-max-age": o.privilegedMaxAge, "lifespan": o.lifespan, "session-lifespan": o.sessionLifespan} {
		if d <= 0 {
			return fmt.Errorf("-%s %v is not above 0", name, d)
		}
	}
	if o.flows != "" {
		if _, err := redisOptions(o.flows); err != nil {
			return err
		}
	}
	for _, v := range o.oidc {
		if err := o.addProvider(v); err != nil {
			return err
		}
	}
	if o.minPasswordLength <= 0 {
		return fmt.Errorf("-min-password-length %d is not above 0", o.minPasswordLength)
	}
	return nil
}

// settle makes the defaults that depend on the port, and gives the lines to
// print about them.
func (o *options) settle(port int) (notes []string, err error) {
	if o.publicURL == "" {
		host, _, _ := net.SplitHostPort(o.addr) // check has split it
		o.publicURL = "http://" + net.JoinHostPort(host, strconv.Itoa(port))
	}
	o.publicURL = strings.TrimRight(o.publicURL, "/")
	public, err := url.Parse(o.publicURL)
	if err != nil {
		return nil, fmt.Errorf("-public-url %q is not a URL", o.publicURL)
	}
	if public.Scheme == "http" && !o.insecureCookies {
		if !loopback(public.Hostname()) {
			return nil, fmt.Errorf("-public-url %q is plain http: use https, or give -insecure-cookies if this is only a test", o.publicURL)
		}
		o.insecureCookies = true
		notes = append(notes, "Cookies without Secure, as by -insecure-cookies: this is plain http, and on this machine only.")
	}
	for page, u := range map[string]*string{"/settings": &o.uiURL, "/login": &o.loginURL, "/error": &o.errorURL} {
		if *u == "" {
			*u = o.publicURL + page
		}
	}
	var note string
	if o.rp, note = o.relyingParty(public); note != "" {
		notes = append(notes, note)
	}
	if o.demo {
		notes = append(notes, `Make someone who can sign in: curl --json '{"traits":{"email":"ada@example.com"},"password":"correct horse battery staple"}' `+o.publicURL+"/demo/identities")
	}
	return notes, nil
}

// loopback reports whether a host is this machine, and reached by nobody else.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

// everywhere reports whether a host stands for every address of the machine.
func everywhere(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.IsUnspecified()
}
