package text

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"github.com/amend-go/amend/settings/method"
)

// Unicode are the functions of this package, for settings.Config.Text.
func Unicode() method.Text {
	return method.Text{Password: Password, Identifier: Identifier, Domain: Domain, Spellings: Spellings}
}

// What cannot be used, as its user reads it.
var (
	errNoText    = errors.New("it is no text")
	errControl   = errors.New("it has a control character")
	errInvisible = errors.New("it has no character that can be seen")
	errNoDomain  = errors.New("its domain is none")
)

// Password gives the form of a password by the OpaqueString profile (RFC 8265 section 4.2):
// spaces of any kind become U+0020, and the rest is composed (NFC). A control character, or
// text that is not UTF-8, is an error. Unlike the profile it accepts characters that its
// tables do not have yet, and joiners between emoji, because somebody has typed them and a
// password is no name.
func Password(typed string) (string, error) {
	if err := judge(typed); err != nil {
		return "", err
	}
	return norm.NFC.String(strings.Map(plainSpace, typed)), nil
}

// Identifier gives the form of a name to sign in with: full-width and half-width characters
// become plain ones, spaces become U+0020 and are removed at the ends, invisible characters
// (joiners, marks of direction, soft hyphens, variation selectors) are removed, and the
// rest is composed (NFC). Case stays as it is. A control character is an error, and so is a
// name that is empty then.
func Identifier(typed string) (string, error) {
	if err := judge(typed); err != nil {
		return "", err
	}
	plain := width.Fold.String(strings.Map(seen, typed))
	name := strings.TrimSpace(norm.NFC.String(strings.Map(plainSpace, plain)))
	if name == "" {
		return "", errInvisible
	}
	return name, nil
}

func judge(typed string) error {
	switch {
	case !utf8.ValidString(typed):
		return errNoText
	case strings.ContainsFunc(typed, unicode.IsControl):
		return errControl
	}
	return nil
}

// plainSpace makes a space of every space.
func plainSpace(r rune) rune {
	if unicode.Is(unicode.Zs, r) {
		return ' '
	}
	return r
}

// seen leaves a character out that is not shown, and does not change how others are:
// by the properties that Unicode has for that.
func seen(r rune) rune {
	hidden := unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
	if hidden && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) {
		return -1
	}
	return r
}
