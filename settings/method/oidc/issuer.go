package oidc

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// An issuer is compared with the provider's metadata and with every token, to the
// letter. One that can match nothing is told at the start: by checkIssuer if it
// shows, by Method.Check if only the provider knows.

// ErrIssuer is of a provider that calls itself something else than the Config
// does: none of its tokens would ever hold.
var ErrIssuer = errors.New("another issuer")

// checkIssuer: an issuer is an https URL without query and fragment (OpenID
// Connect Core 1.0, section 2).
func (p Provider) checkIssuer() error {
	u, err := url.Parse(p.Issuer)
	switch {
	case err != nil:
		return errors.New("the Issuer is not a URL")
	case u.User != nil:
		return errors.New("the Issuer has a user in it")
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || !visible(p.Issuer) || len(p.Issuer) > maxText:
		return fmt.Errorf("the Issuer %.255q is not an absolute http or https URL of at most %d bytes", p.Issuer, maxText)
	case strings.ContainsAny(p.Issuer, "?#"):
		return fmt.Errorf("the Issuer %q has a query or a fragment", p.Issuer)
	case strings.ContainsAny(p.Issuer, " \"<>\\^`{|}"):
		return fmt.Errorf("the Issuer %q has a character that no URL has; {tenantid} and the like stand for a value of yours", p.Issuer)
	case strings.Contains(u.Path, "/.well-known/"):
		return fmt.Errorf("the Issuer %q is where the metadata are read; the issuer is what stands before /.well-known/", p.Issuer)
	case !p.trusts(u):
		return fmt.Errorf("the Issuer %q is plain http; InsecureHTTP allows that", p.Issuer)
	}
	if known, has := issuers[strings.ToLower(u.Hostname())]; has && !regexp.MustCompile(known.form).MatchString(p.Issuer) {
		return fmt.Errorf("the Issuer %q is in no token; %s", p.Issuer, known.is)
	}
	return nil
}

// issuerForm is how the issuers of a provider are written, and that in words.
type issuerForm struct {
	form string // a regular expression
	is   string
}

// issuers are the forms of those that are often written otherwise, by host. What
// has another form would be compared with every token, and equal to none.
var issuers = map[string]issuerForm{
	"accounts.google.com":              {`^https://accounts\.google\.com$`, "it is https://accounts.google.com"},
	"login.microsoftonline.com":        microsoft,
	"login.microsoftonline.us":         microsoft,
	"login.partner.microsoftonline.cn": microsoft,
}

var microsoft = issuerForm{
	`^https://[^/]+/[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}/v2\.0$`,
	"it ends in the tenant's id, /<id>/v2.0; common, organizations, consumers and a tenant's name lead to several or to another one",
}
