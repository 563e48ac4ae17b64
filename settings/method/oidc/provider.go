package oidc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Config lists the providers whose logins can be linked.
type Config struct {
	// Providers are offered in this order.
	Providers []Provider

	// Client makes the requests to providers, for a proxy or a certificate of
	// one's own; nil is one with http.DefaultTransport. Whatever its settings, it
	// follows no redirects, keeps no cookies and reads at most 256 KiB of an
	// answer: a redirect would carry codes and secrets to whom they are not for.
	Client *http.Client

	// Timeout is how long one request to a provider may take, until its last
	// byte; 0 is 5 seconds. A link asks at most once, a browser's coming back at
	// most three times: for the metadata, the token, the keys.
	Timeout time.Duration

	// OnFailure is told why a login at a provider came to nothing, for logs and
	// alarms; the user is told only that it did. The error has no code, token or
	// secret in it, and of what the provider wrote at most a line. nil is fine.
	OnFailure func(ctx context.Context, provider string, err error)
}

// Provider is a server that speaks OpenID Connect and at which the host is
// registered as a client, with the redirect URI
//
//	<PublicURL>/self-service/methods/oidc/callback/<ID>
//
// Everything else is read from Issuer + "/.well-known/openid-configuration"
// (OpenID Connect Discovery 1.0), when it is first needed and again every hour. The
// package documentation has a table of providers that need more than that.
type Provider struct {
	// ID names the provider in forms, URLs and stored credentials: 1 to 64
	// letters, digits, "-" and "_". One that is changed loses its linked logins.
	ID string

	// Label is what users read; "" is the ID.
	Label string

	// Issuer is the provider's issuer identifier, as its metadata and its tokens
	// have it, to the letter: "https://accounts.google.com". Microsoft's metadata for
	// many tenants have "{tenantid}" in it, once: then it is in each token the issuer of
	// the tenant that its claim "tid" names, and that tenant must be allowed.
	Issuer string

	// Discovery is where the metadata are read, without the
	// "/.well-known/openid-configuration"; "" is Issuer.
	Discovery string

	// Tenants are the ids of the tenants whose users may come, where Issuer has
	// "{tenantid}". AllowAnyTenant lets the users of all of them, and whoever has a
	// personal account: anybody at all can open a tenant and name its users as they like.
	Tenants        []string
	AllowAnyTenant bool

	// RequireClaims are claims that an ID token, or the answer about the user, must
	// have, each a text that is equal to this one: {"hd": "example.com"} are Google's
	// users of that domain only, {"tfp": "B2C_1_signin"} those who come by that policy.
	RequireClaims map[string]string

	// ClientID and ClientSecret are what the provider gave the host.
	ClientID     string
	ClientSecret string

	// AppleSecret makes the ClientSecret, which is then "": Apple's is signed by the host.
	AppleSecret *AppleSecret

	// PublicClient says that there is no ClientSecret: the code is protected by
	// PKCE alone.
	PublicClient bool

	// SecretInBody sends the ClientSecret in the form of the token request, for a provider
	// that accepts it no other way and whose metadata do not say so. By default it is sent
	// by HTTP Basic, or as the metadata say.
	SecretInBody bool

	// OAuth2 is set for a provider that speaks OAuth 2.0 only, without metadata and ID
	// tokens. Its user is read from OAuth2.UserURL with the token that the code was
	// exchanged for. Issuer is then only a name, which tells its accounts from those of
	// other providers.
	OAuth2 *OAuth2

	// FormPost has the browser come back by a form (OAuth 2.0 Form Post Response Mode), as
	// Apple does wherever it is asked for a name or an address. The form is answered by a
	// redirect to the same address, and only that reads cookies: they stay SameSite=Lax.
	FormPost bool

	// Scopes are asked for besides "openid". With "email" or "profile" most
	// providers tell by what name their user knows the account.
	Scopes []string

	// AuthURLParams are added to the URL at which the user signs in: "hd", "prompt". A
	// submit cannot change them, but the user can remove them from the URL, so nothing may
	// depend on them.
	AuthURLParams map[string]string

	// SeveralAccounts lets a user link several accounts of this provider. By
	// default one of them is enough, and a second is not offered.
	SeveralAccounts bool

	// InsecureTrustPrompt renews a session by a sign-in at this provider even if the ID
	// token does not say when its user signed in (auth_time), as Google's does not. The
	// provider was asked to have its user sign in anew, but whoever sits at somebody else's
	// open browser can remove that from the URL, come back with the provider's open
	// session, and change the account. Without it the session stays as old as it was.
	InsecureTrustPrompt bool

	// InsecureNoNonce accepts ID tokens without a nonce, as LinkedIn's are; a nonce that is
	// there must still be right. Only PKCE then binds a code to the browser that it was
	// given to (RFC 9700, section 4.5).
	InsecureNoNonce bool

	// InsecureNoPKCE leaves out PKCE, for a provider that refuses unknown parameters; most
	// providers without PKCE ignore them. Together with InsecureNoNonce, whoever steals an
	// unused code can use it in a browser of their own.
	InsecureNoPKCE bool

	// InsecureHTTP allows an Issuer of plain http. One on this machine
	// (localhost, 127.0.0.1, ::1) may be plain http without it.
	InsecureHTTP bool
}

const (
	defaultTimeout = 5 * time.Second
	maxText        = 255 // bytes of an issuer, a client id, a parameter
)

// check reports the first thing that is wrong with the Config.
func (c Config) check() error {
	if len(c.Providers) == 0 {
		return errors.New("oidc: Config.Providers is empty")
	}
	if c.Timeout < 0 {
		return fmt.Errorf("oidc: Config.Timeout %v is negative", c.Timeout)
	}
	for n, p := range c.Providers {
		err := p.check()
		if err == nil && slices.ContainsFunc(c.Providers[:n], func(q Provider) bool { return q.ID == p.ID }) {
			err = errors.New("the ID is that of another one")
		}
		if err != nil {
			return fmt.Errorf("oidc: Config.Providers[%d] %q: %w", n, p.ID, err)
		}
	}
	return nil
}

func (p Provider) check() error {
	switch {
	case len(p.ID) > 64 || !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(p.ID) || p.ID == "false": // the value of a button that was not used
		return errors.New("the ID must be 1 to 64 letters, digits, - and _")
	case p.ClientID == "":
		return errors.New("ClientID is missing")
	case p.ClientSecret == "" && p.AppleSecret == nil && !p.PublicClient:
		return errors.New("ClientSecret is missing; PublicClient says that there is none")
	case (p.ClientSecret != "" || p.AppleSecret != nil) && p.PublicClient:
		return errors.New("a PublicClient has no ClientSecret")
	case p.ClientSecret != "" && p.AppleSecret != nil:
		return errors.New("AppleSecret makes the ClientSecret: there are two")
	case p.PublicClient && p.InsecureNoPKCE:
		return errors.New("the code of a PublicClient is protected by PKCE alone: InsecureNoPKCE leaves nothing")
	}
	for _, check := range []func() error{p.checkIssuer, p.checkTenants, p.checkDiscovery, p.AppleSecret.check, p.checkOAuth2} {
		if err := check(); err != nil {
			return err
		}
	}
	for _, s := range p.Scopes {
		if s == "" || strings.ContainsAny(s, " \"\\") || !visible(s) {
			return fmt.Errorf("in Scopes, %q is no scope", s)
		}
	}
	for name := range p.AuthURLParams {
		if slices.Contains(reserved, name) {
			return fmt.Errorf("in AuthURLParams, %q is not for a host to set", name)
		}
	}
	return nil
}

// clone is a copy that a host cannot change.
func (p Provider) clone() Provider {
	p.Scopes, p.AuthURLParams = slices.Clone(p.Scopes), maps.Clone(p.AuthURLParams)
	p.Tenants, p.RequireClaims = slices.Clone(p.Tenants), maps.Clone(p.RequireClaims)
	if p.AppleSecret != nil {
		a := *p.AppleSecret
		a.Key = slices.Clone(a.Key)
		p.AppleSecret = &a
	}
	if p.OAuth2 != nil {
		o := *p.OAuth2
		o.Names = slices.Clone(o.Names)
		p.OAuth2 = &o
	}
	return p
}

// trusts reports whether the scheme of one of the provider's URLs will do. Where
// the issuer has https, everything has.
func (p Provider) trusts(u *url.URL) bool {
	if u.Scheme == "https" {
		return true
	}
	return u.Scheme == "http" && strings.HasPrefix(p.Issuer, "http:") && (p.InsecureHTTP || isLoopback(u.Hostname()))
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// visible reports whether a text is of printable ASCII only.
func visible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

func (p Provider) label() string { return cmp.Or(p.Label, p.ID) }

// scopes are those to ask for.
func (p Provider) scopes() []string {
	if p.OAuth2 != nil || slices.Contains(p.Scopes, "openid") {
		return p.Scopes
	}
	return append([]string{"openid"}, p.Scopes...)
}
