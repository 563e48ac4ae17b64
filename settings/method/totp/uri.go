package totp

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// An authenticator app reads a URI of Google's key-uri-format from the QR code:
// https://github.com/google/google-authenticator/wiki/Key-Uri-Format.

// maxAccount is how many characters of an account's name are shown: a longer
// one makes a picture that a camera cannot read.
const maxAccount = 64

func (c Config) uri(account, secret string) string {
	if utf8.RuneCountInString(account) > maxAccount {
		account = string([]rune(account)[:maxAccount])
	}
	label := escape(c.Issuer)
	if account != "" {
		label += ":" + escape(account)
	}
	return fmt.Sprintf("otpauth://totp/%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d&period=%d",
		label, secret, escape(c.Issuer), digits, period)
}

// escape leaves nothing in a text that means something in a URI. Apps do not
// read a plus sign as a space.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// check says what is wrong with a Config: so that no form fails because of it,
// the largest picture that may be asked for is drawn once.
func (c Config) check() error {
	switch {
	case c.Issuer == "":
		return errors.New("the Issuer is empty: authenticator apps show it beside the code")
	case strings.Contains(c.Issuer, ":"):
		return fmt.Errorf("the Issuer %q has a colon, which ends it in the URI", c.Issuer)
	case c.QR == nil:
		return nil
	}
	_, err := c.QR(c.uri(strings.Repeat("🙂", maxAccount), spelled(make([]byte, secretSize))))
	if err != nil {
		return fmt.Errorf("QR cannot draw a long account's name; a shorter Issuer may help: %w", err)
	}
	return nil
}
