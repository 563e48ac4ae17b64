package legacy

import (
	"crypto"
	"encoding/base64"
	"strings"

	"github.com/amend-go/amend/settings/method/password"
)

// LDAP reads userPassword values of a directory: the schemes {MD5}, {SHA}, {SHA256}, {SHA512}, their salted forms {SMD5},
// {SSHA}, {SSHA256}, {SSHA512}, in which the salt follows the sum, and {CRYPT} with what [Crypt] reads (RFC 2307 section
// 5.3, OpenLDAP's slapd-sha2). A scheme's name has no case. A value without a scheme is plain text, and none of these.
type LDAP struct{}

var _ password.Comparer = LDAP{}

var ldapSums = map[string]struct {
	hash   crypto.Hash
	salted bool
}{
	"MD5": {crypto.MD5, false}, "SMD5": {crypto.MD5, true},
	"SHA": {crypto.SHA1, false}, "SSHA": {crypto.SHA1, true},
	"SHA256": {crypto.SHA256, false}, "SSHA256": {crypto.SHA256, true},
	"SHA512": {crypto.SHA512, false}, "SSHA512": {crypto.SHA512, true},
}

func (LDAP) Reads(hash string) bool {
	scheme, rest := ldapScheme(hash)
	if scheme == "CRYPT" {
		return Crypt{}.Reads(rest)
	}
	_, _, _, ok := ldapSum(scheme, rest)
	return ok
}

func (LDAP) Memory(string) int64 { return sumMemory }

func (LDAP) Compare(hash, password string) (bool, error) {
	scheme, rest := ldapScheme(hash)
	if scheme == "CRYPT" {
		return Crypt{}.Compare(rest, password)
	}
	h, sum, salt, ok := ldapSum(scheme, rest)
	return ok && sumIs(h, sum, password, salt), nil
}

func ldapScheme(hash string) (scheme, rest string) {
	scheme, rest, ok := strings.Cut(hash, "}")
	if !ok || !strings.HasPrefix(scheme, "{") {
		return "", ""
	}
	return strings.ToUpper(scheme[1:]), rest
}

func ldapSum(scheme, rest string) (h crypto.Hash, sum []byte, salt string, ok bool) {
	known, ok := ldapSums[scheme]
	both, err := base64.StdEncoding.Strict().DecodeString(rest)
	if !ok || err != nil {
		return 0, nil, "", false
	}
	size := known.hash.Size()
	if len(both) < size || len(both) > size && !known.salted || len(both) == size && known.salted {
		return 0, nil, "", false
	}
	return known.hash, both[:size], string(both[size:]), true
}
