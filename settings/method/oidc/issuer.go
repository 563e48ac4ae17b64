package oidc

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	goidc "github.com/coreos/go-oidc/v3/oidc"
)

// An issuer is compared with the provider's metadata and with every token, to the
// letter. One that can match nothing is told at the start: by checkIssuer if it
// shows, by Method.Check if only the provider knows.

// ErrIssuer is returned by Check for a provider whose metadata name another Issuer than the
// Config. None of its tokens can be accepted until one of the two is changed.
var ErrIssuer = errors.New("another issuer")

// checkIssuer: an issuer is an https URL without query and fragment (OpenID
// Connect Core 1.0, section 2).
func (p Provider) checkIssuer() error {
	one := p.Issuer // of the issuers that a template stands for
	if p.ofTenants() {
		one = p.issuerOf(anyTenant)
	}
	u, err := url.Parse(one)
	switch {
	case err != nil:
		return errors.New("the Issuer is not a URL")
	case u.User != nil:
		return errors.New("the Issuer has a user in it")
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || !visible(p.Issuer) || len(p.Issuer) > maxText:
		return fmt.Errorf("the Issuer %.255q is not an absolute http or https URL of at most %d bytes", p.Issuer, maxText)
	case strings.ContainsAny(p.Issuer, "?#"):
		return fmt.Errorf("the Issuer %q has a query or a fragment", p.Issuer)
	case strings.ContainsAny(one, " \"<>\\^`{|}") || strings.Contains(u.Host, anyTenant):
		return fmt.Errorf("the Issuer %q has a character that no URL has; {tenantid} may stand in its path once, and everything else in braces stands for a value of yours", p.Issuer)
	case strings.Contains(u.Path, "/.well-known/"):
		return fmt.Errorf("the Issuer %q is where the metadata are read; the issuer is what stands before /.well-known/", p.Issuer)
	case !p.trusts(u):
		return fmt.Errorf("the Issuer %q is plain http; InsecureHTTP allows that", p.Issuer)
	}
	if known, has := issuers[strings.ToLower(u.Hostname())]; has && !regexp.MustCompile(known.form).MatchString(one) {
		return fmt.Errorf("the Issuer %q is in no token; %s", p.Issuer, known.is)
	}
	return nil
}

// tenantTemplate is what stands in the issuer of Microsoft's metadata for many tenants.
const tenantTemplate = "{tenantid}"

// anyTenant is an id as tenants have them.
const anyTenant = "00000000-0000-0000-0000-000000000000"

// tenantID matches such an id. It is made when the first provider needs it.
var tenantID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
})

// ofTenants reports whether the Issuer stands for one of each tenant.
func (p Provider) ofTenants() bool { return strings.Count(p.Issuer, tenantTemplate) == 1 }

// issuerOf is the issuer of a tenant.
func (p Provider) issuerOf(tenant string) string {
	return strings.Replace(p.Issuer, tenantTemplate, tenant, 1)
}

func (p Provider) checkTenants() error {
	switch {
	case !p.ofTenants() && (len(p.Tenants) > 0 || p.AllowAnyTenant):
		return errors.New("the Tenants and AllowAnyTenant are for an Issuer with {tenantid} in it")
	case !p.ofTenants():
		return nil
	case len(p.Tenants) == 0 && !p.AllowAnyTenant:
		return errors.New("the Issuer is that of every tenant there is: name Tenants, or AllowAnyTenant")
	case len(p.Tenants) > 0 && p.AllowAnyTenant:
		return errors.New("AllowAnyTenant makes Tenants useless")
	case p.Discovery == "":
		return errors.New("the Discovery is missing: an Issuer with {tenantid} in it is no place to read metadata at")
	}
	for _, id := range p.Tenants {
		if !tenantID().MatchString(id) {
			return fmt.Errorf("in Tenants, %q is no tenant's id in lower case", id)
		}
	}
	return nil
}

func (p Provider) checkDiscovery() error {
	if p.Discovery == "" {
		return nil
	}
	u, err := url.Parse(p.Discovery)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || !visible(p.Discovery) || strings.ContainsAny(p.Discovery, "?# {}"):
		return fmt.Errorf("the Discovery %q is no URL, or has a query", p.Discovery)
	case strings.Contains(u.Path, "/.well-known/"):
		return fmt.Errorf("the Discovery %q is what stands before /.well-known/", p.Discovery)
	case !p.trusts(u):
		return fmt.Errorf("the Discovery %q is plain http; InsecureHTTP allows that", p.Discovery)
	}
	return nil
}

// mayCallItself reports whether an answer with this "iss" may be the provider's.
func (p Provider) mayCallItself(issuer string) bool {
	if !p.ofTenants() {
		return issuer == p.Issuer
	}
	before, after, _ := strings.Cut(p.Issuer, tenantTemplate)
	tenant, fits := strings.CutPrefix(issuer, before)
	if fits {
		tenant, fits = strings.CutSuffix(tenant, after)
	}
	return fits && p.allows(tenant) == nil
}

// allows refuses a tenant whose users may not come.
func (p Provider) allows(tenant string) error {
	if !tenantID().MatchString(tenant) || !p.AllowAnyTenant && !slices.Contains(p.Tenants, tenant) {
		return errors.New("its tenant is not one of Tenants")
	}
	return nil
}

// issuedBy is the issuer of an ID token, whose signature is verified: that of the tenant
// that it names, by a key that is for that tenant. Microsoft has keys for all tenants, and
// some for a single one; a key says which (its member "issuer").
func (p *provider) issuedBy(id *goidc.IDToken, raw, tenant string, keys *keyIssuers) (string, error) {
	if !p.ofTenants() {
		return p.Issuer, nil // go-oidc has compared it
	}
	if err := p.allows(tenant); err != nil {
		return "", fmt.Errorf("ID token: %w", err)
	}
	issuer := p.issuerOf(tenant)
	if id.Issuer != issuer {
		return "", errors.New("ID token: iss is not that of the tenant in tid")
	}
	keyIssuer, named := keys.of(raw)
	if !named || keyIssuer != "" && strings.Replace(keyIssuer, tenantTemplate, tenant, 1) != issuer {
		return "", errors.New("ID token: its key is for another tenant")
	}
	return issuer, nil
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
	"it ends in the tenant's id, /<id>/v2.0, or in /{tenantid}/v2.0 for several; common, organizations, consumers and a tenant's name belong into Discovery",
}
