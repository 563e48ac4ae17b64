package legacy

import (
	"crypto"
	"crypto/hmac"
	"strings"

	"github.com/amend-go/amend/settings/method/password"
)

// Kratos reads the hashes that Ory Kratos lets be imported, and that password.Verify does not read:
//
//	$md5$hash   $md5$pf=format$salt$hash   $sha1$pf=…   $sha256$pf=…   $sha512$pf=…
//	$hmac-md5$hash$key   $hmac-sha1$…   $hmac-sha224$…   $hmac-sha256$…   $hmac-sha384$…   $hmac-sha512$…
//	{SSHA}…  {SSHA256}…  {SSHA512}…   $firescrypt$…   $1$…   $5$…   $6$…
//
// Parts are in base64; format is a text with {SALT} and {PASSWORD} in it.
type Kratos struct{}

var _ password.Comparer = Kratos{}

var kratosSums = map[string]crypto.Hash{
	"md5": crypto.MD5, "sha1": crypto.SHA1, "sha224": crypto.SHA224, "sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512,
}

// others are the Comparers of what it reads like somebody else.
func (Kratos) others() []password.Comparer { return []password.Comparer{LDAP{}, Firebase{}, Crypt{}} }

func (k Kratos) Reads(hash string) bool {
	if _, ok := parseKratos(hash); ok {
		return true
	}
	return k.other(hash) != nil
}

func (k Kratos) other(hash string) password.Comparer {
	for _, c := range k.others() {
		if c.Reads(hash) {
			return c
		}
	}
	return nil
}

func (k Kratos) Memory(hash string) int64 {
	if c := k.other(hash); c != nil {
		return c.Memory(hash)
	}
	return sumMemory
}

func (k Kratos) Compare(hash, pass string) (bool, error) {
	h, ok := parseKratos(hash)
	if !ok {
		if c := k.other(hash); c != nil {
			return c.Compare(hash, pass)
		}
		return false, password.ErrUnknownHash
	}
	if h.key != nil {
		mac := hmac.New(h.sum.New, h.key)
		mac.Write([]byte(pass))
		return equal(mac.Sum(nil), h.want), nil
	}
	// In one pass, so that what stands in a password is never taken for a placeholder.
	return sumIs(h.sum, h.want, strings.NewReplacer("{SALT}", h.salt, "{PASSWORD}", pass).Replace(h.format)), nil
}

type kratosHash struct {
	sum          crypto.Hash
	format, salt string
	want, key    []byte
}

func parseKratos(hash string) (h kratosHash, ok bool) {
	parts := strings.Split(hash, "$")
	if len(parts) < 3 || parts[0] != "" {
		return h, false
	}
	name, keyed := strings.CutPrefix(parts[1], "hmac-")
	h.sum, h.format = kratosSums[name], "{PASSWORD}"
	if h.sum == 0 {
		return h, false
	}
	var decoded [][]byte
	for _, part := range parts[2:] {
		b, err := anyBase64(strings.TrimPrefix(part, "pf="))
		if err != nil {
			return h, false
		}
		decoded = append(decoded, b)
	}
	switch formatted := strings.HasPrefix(parts[2], "pf="); {
	case keyed && len(decoded) == 2 && !formatted && len(decoded[1]) > 0:
		h.want, h.key = decoded[0], decoded[1]
	case !keyed && len(decoded) == 1 && name == "md5" && !formatted:
		h.want = decoded[0]
	case !keyed && len(decoded) == 3 && formatted:
		h.format, h.salt, h.want = string(decoded[0]), string(decoded[1]), decoded[2]
	default:
		return h, false
	}
	// Without the password in it every password would be right.
	return h, len(h.want) == h.sum.Size() && strings.Contains(h.format, "{PASSWORD}")
}
