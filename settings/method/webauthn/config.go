package webauthn

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	relying "github.com/go-webauthn/webauthn/webauthn"
)

// Config says for whom credentials are made and where they may be used. RPID,
// RPDisplayName and Origins are mandatory.
type Config struct {
	// RPID is the domain that credentials are bound to, "example.com": the host of
	// the pages that use them, or a parent domain of theirs. Credentials of one
	// RPID are worth nothing for another: choose it once.
	RPID string

	// RPDisplayName is what authenticators call the site.
	RPDisplayName string

	// Origins are those that may use the credentials, compared as a whole:
	// "https://app.example.com", on RPID or below it; "http://localhost:8080" for
	// the RPID "localhost"; what an Android app has for an origin,
	// "android:apk-key-hash:…". Pages in a frame of another origin may not.
	Origins []string

	// PasskeysOblige makes an account with a passkey require AAL2 of its sessions: who
	// signs in by its password then has to show the passkey too. By default a passkey
	// is a way to sign in that reaches AAL2, and adding one locks nobody out.
	PasskeysOblige bool

	// AuthenticatorName gives the name of the kind of authenticator that an AAGUID stands
	// for, "iCloud Keychain", for credentials that their owner gave no name; "" if it is
	// unknown. The name is only shown, because nobody attests the AAGUID. nil knows none;
	// aaguid.Name, of a module beside this one, knows most.
	AuthenticatorName func(aaguid [16]byte) string
}

// relyingParty checks the Config and makes of it what verifies.
func (c Config) relyingParty() (*relying.WebAuthn, error) {
	if err := protocol.ValidateRPID(c.RPID); err != nil {
		return nil, fmt.Errorf("webauthn: Config.RPID %q is not a domain: %w", c.RPID, err)
	}
	if c.RPID != strings.ToLower(c.RPID) {
		return nil, fmt.Errorf("webauthn: Config.RPID %q is not in lower case, as browsers hash it", c.RPID)
	}
	if c.RPDisplayName == "" {
		return nil, errors.New("webauthn: Config.RPDisplayName is missing")
	}
	if len(c.Origins) == 0 {
		return nil, errors.New("webauthn: Config.Origins is empty")
	}
	var pages, apps []string
	for _, origin := range c.Origins {
		if isApp(origin) {
			apps = append(apps, origin)
			continue
		}
		if err := c.checkOrigin(origin); err != nil {
			return nil, fmt.Errorf("webauthn: Config.Origins: %q %w", origin, err)
		}
		pages = append(pages, origin)
	}
	if len(pages) == 0 {
		return nil, errors.New("webauthn: Config.Origins has no https origin")
	}
	return relying.New(&relying.Config{
		RPID: c.RPID, RPDisplayName: c.RPDisplayName, RPOrigins: pages, RPOpaqueOrigins: apps,
		AttestationPreference: protocol.PreferNoAttestation,
		// Some password managers answer with extensions that nobody has asked for.
		// Nothing here reads them.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
}

func isApp(origin string) bool {
	return (strings.HasPrefix(origin, "android:") || strings.HasPrefix(origin, "ios:")) && protocol.IsKnownOpaqueOrigin(origin)
}

// checkOrigin accepts an origin as browsers write it, on the RPID or below it:
// no browser uses a credential elsewhere, so anything else is a mistake.
func (c Config) checkOrigin(origin string) error {
	u, err := url.Parse(origin)
	switch {
	case err != nil || u.Host == "" || origin != u.Scheme+"://"+u.Host || origin != strings.ToLower(origin):
		return errors.New("is not an origin like https://app.example.com")
	case u.Hostname() != c.RPID && !strings.HasSuffix(u.Hostname(), "."+c.RPID):
		return fmt.Errorf("is not on %s", c.RPID)
	case u.Scheme == "https", u.Scheme == "http" && u.Hostname() == "localhost":
		return nil
	}
	return errors.New("is not https")
}
