package settings

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/returnto"
	"github.com/amend-go/amend/settings/seal"
)

// This file owns the checks of a Config: the defaults, and the errors that name a field.
// Nothing is checked later that can be checked here.

const (
	defaultPrivilegedAge   = 15 * time.Minute
	defaultLifespan        = time.Hour
	defaultSessionLifespan = 24 * time.Hour
	defaultMaxSessionAge   = 30 * 24 * time.Hour
	defaultBodyTimeout     = 10 * time.Second
	defaultBodyLimit       = 64 << 10
)

// wrong is the error of a field of the Config.
func wrong(field, format string, a ...any) error {
	return fmt.Errorf("settings: Config.%s: %w", field, fmt.Errorf(format, a...))
}

// check fills in the defaults of its copy of c and reports the first field
// that is wrong.
func (c *Config) check() error {
	for _, f := range []struct {
		name     string
		url      *string
		optional bool
	}{{"PublicURL", &c.PublicURL, false}, {"UIURL", &c.UIURL, false}, {"LoginURL", &c.LoginURL, false}, {"ErrorURL", &c.ErrorURL, true}, {"AfterURL", &c.AfterURL, true}} {
		if *f.url == "" && f.optional {
			continue
		}
		if err := checkURL(*f.url, c.InsecureCookies); err != nil {
			return wrong(f.name, "%w", err)
		}
	}
	if strings.Contains(c.PublicURL, "?") {
		return wrong("PublicURL", "%q has a query", c.PublicURL)
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	if u, _ := url.Parse(c.PublicURL); u.Path != "" && (u.Path != path.Clean(u.Path) || u.RawPath != "") {
		return wrong("PublicURL", "the path %q is not as a mux writes it", u.Path)
	}
	for m, u := range c.AfterURLs {
		if err := checkURL(u, c.InsecureCookies); err != nil {
			return wrong("AfterURLs", "%s: %w", m, err)
		}
	}
	switch {
	case c.Flows == nil:
		return wrong("Flows", "is missing")
	case c.Sessions == nil:
		return wrong("Sessions", "is missing")
	case c.Identities == nil:
		return wrong("Identities", "is missing")
	case len(c.Methods) == 0:
		return wrong("Methods", "is empty")
	case slices.Contains(c.Methods, nil):
		return wrong("Methods", "has a nil method")
	}
	for _, f := range []struct {
		name     string
		value    *time.Duration
		standard time.Duration
	}{{"PrivilegedSessionMaxAge", &c.PrivilegedSessionMaxAge, defaultPrivilegedAge}, {"Lifespan", &c.Lifespan, defaultLifespan}, {"SessionLifespan", &c.SessionLifespan, defaultSessionLifespan}, {"MaxSessionAge", &c.MaxSessionAge, defaultMaxSessionAge}, {"IdleTimeout", &c.IdleTimeout, 0}, {"BodyTimeout", &c.BodyTimeout, defaultBodyTimeout}} {
		if *f.value < 0 {
			return wrong(f.name, "%v is negative", *f.value)
		}
		if *f.value == 0 {
			*f.value = f.standard
		}
	}
	if c.BodyLimit < 0 {
		return wrong("BodyLimit", "%d is negative", c.BodyLimit)
	}
	if c.BodyLimit == 0 {
		c.BodyLimit = defaultBodyLimit
	}
	if c.Responses.Rows == nil {
		if c.Behaviour.Responses == nil {
			c.Behaviour.Responses = respond.Documented
		}
		c.Responses = c.Behaviour.Responses()
	}
	if p := c.Behaviour.LoginPath; p != "" && (p[0] != '/' || p != path.Clean(p)) {
		return wrong("Behaviour", "LoginPath %q is not a path as a mux writes it", p)
	}
	c.Responses = c.Responses.Clone()
	if err := c.Responses.Check(); err != nil {
		return wrong("Responses", "%w", err)
	}
	if c.Transport == nil {
		c.Transport = session.Cookie{Insecure: c.InsecureCookies}
	}
	if t, ok := c.Transport.(session.CookieChecker); ok {
		if err := t.CheckCookie(c.InsecureCookies); err != nil {
			return wrong("Transport", "%w", err)
		}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Before, c.After, c.AfterURLs = slices.Clone(c.Before), slices.Clone(c.After), maps.Clone(c.AfterURLs)
	return nil
}

// checkURL accepts an absolute http or https URL that can be redirected to.
func checkURL(s string, insecure bool) error {
	if s == "" {
		return errors.New("is missing")
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return errors.New("is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%q is not an absolute http or https URL", s)
	case u.Host == "" || u.Opaque != "":
		return fmt.Errorf("%q has no host", s)
	case u.User != nil:
		return errors.New("has a user in it")
	case strings.Contains(s, "#"):
		return fmt.Errorf("%q has a fragment", s)
	case u.Scheme == "http" && !insecure:
		return fmt.Errorf("%q is plain http; InsecureCookies allows that for development", s)
	}
	return nil
}

// parsed is what a checked Config comes to.
type parsed struct {
	ring     *seal.Keyring
	returnTo *returnto.List
	ownURLs  *returnto.List // where this library itself leads back to
	origins  []string       // PublicURL's first, then the trusted ones
}

func (c *Config) parse() (parsed, error) {
	var p parsed
	var err error
	if p.ring, err = seal.New(c.Keys...); err != nil {
		return p, wrong("Keys", "%w", err)
	}
	standard, field := c.AfterURL, "AfterURL"
	if standard == "" {
		standard, field = c.UIURL, "UIURL"
	}
	if _, err := returnto.Parse(nil, standard); err != nil {
		return p, wrong(field, "%w", err)
	}
	if p.returnTo, err = returnto.Parse(c.AllowReturnTo, standard); err != nil {
		return p, wrong("AllowReturnTo", "%w", err)
	}
	public, _ := url.Parse(c.PublicURL) // check has parsed both
	ui, _ := url.Parse(c.UIURL)
	ui.RawQuery = ""
	if p.ownURLs, err = returnto.Parse([]string{public.Scheme + "://" + public.Host + "/", ui.String()}, c.UIURL); err != nil {
		return p, wrong("UIURL", "%w", err)
	}
	p.origins = []string{originOf(public)}
	for _, o := range c.TrustedOrigins {
		if err := checkURL(o, c.InsecureCookies); err != nil {
			return p, wrong("TrustedOrigins", "%w", err)
		}
		u, _ := url.Parse(o) // checkURL has parsed it
		if o != u.Scheme+"://"+u.Host || strings.Contains(o, "*") {
			return p, wrong("TrustedOrigins", "%q is not an origin like https://www.example.com", o)
		}
		p.origins = append(p.origins, originOf(u))
	}
	return p, nil
}

// originOf is the origin of a URL as browsers write it: in lower case, without
// the scheme's own port.
func originOf(u *url.URL) string {
	host := u.Host
	if u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
		host = strings.TrimSuffix(host, ":"+u.Port())
	}
	return strings.ToLower(u.Scheme + "://" + host)
}
