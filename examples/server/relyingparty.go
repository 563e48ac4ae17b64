package main

import (
	"cmp"
	"net/netip"
	"net/url"
	"strings"

	"github.com/amend-go/amend/settings/method/webauthn"
	"github.com/amend-go/amend/settings/method/webauthn/aaguid"
)

// relyingParty says for whom security keys and passkeys are made: -rp-id and
// -rp-origin, or what follows from the public URL. It is nil where that is
// nobody. The note is the line to print where browsers will not use them.
//
// Browsers make credentials for a domain, over https or on localhost. On an
// address of this machine they are made for localhost: there they can be used.
func (o *options) relyingParty(public *url.URL) (c *webauthn.Config, note string) {
	u := *public
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && ip.IsLoopback() {
		if u.Host = "localhost"; public.Port() != "" {
			u.Host += ":" + public.Port()
		}
		note = "Browsers use security keys and passkeys for a name only: to try them, give -public-url " + u.String()
	}
	c = &webauthn.Config{RPID: cmp.Or(o.rpID, strings.ToLower(u.Hostname())), RPDisplayName: title, Origins: o.rpOrigins, AuthenticatorName: aaguid.Name}
	if len(c.Origins) == 0 {
		standard := map[string]string{"https": ":443", "http": ":80"}[u.Scheme] // which browsers leave out
		c.Origins = []string{strings.ToLower(u.Scheme + "://" + strings.TrimSuffix(u.Host, standard))}
	}
	if o.rpID != "" || len(o.rpOrigins) > 0 { // what is wrong with what was asked for is settings.New's to say
		return c, ""
	}
	if _, err := webauthn.Passkeys(*c).Info(); err != nil {
		return nil, "Security keys and passkeys are off, until -rp-id and -rp-origin say for whom they are: " + err.Error()
	}
	return c, note
}
