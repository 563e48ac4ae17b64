package legacy

import (
	"crypto/md5"
	"strings"

	"github.com/amend-go/amend/settings/method/password"
)

// PHPass reads the portable hashes of Openwall's phpass, $P$ and phpBB's $H$: WordPress before 6.8, phpBB 3, Drupal 6. At
// most 2^20 rounds are computed; the library writes 2^13.
type PHPass struct{}

var _ password.Comparer = PHPass{}

const (
	phpassAlphabet  = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	phpassMaxRounds = 20 // as a power of two
)

func (PHPass) Reads(hash string) bool {
	if len(hash) != 34 || !strings.HasPrefix(hash, "$P$") && !strings.HasPrefix(hash, "$H$") || strings.Trim(hash[3:], phpassAlphabet) != "" {
		return false
	}
	rounds := strings.IndexByte(phpassAlphabet, hash[3])
	return rounds >= 7 && rounds <= phpassMaxRounds
}

func (PHPass) Memory(string) int64 { return sumMemory }

func (p PHPass) Compare(hash, pass string) (bool, error) {
	if !p.Reads(hash) {
		return false, password.ErrUnknownHash
	}
	sum := md5.Sum([]byte(hash[4:12] + pass))
	text := append(sum[:], pass...)
	for range 1 << strings.IndexByte(phpassAlphabet, hash[3]) {
		sum = md5.Sum(text)
		copy(text, sum[:])
	}
	return equal([]byte(phpassText(sum[:])), []byte(hash[12:])), nil
}

// phpassText spells bytes in phpass' base64: three bytes at a time, the lowest bits first.
func phpassText(b []byte) string {
	var out strings.Builder
	for i := 0; i < len(b); i += 3 {
		group := b[i:min(i+3, len(b))]
		var bits uint32
		for n, c := range group {
			bits |= uint32(c) << (8 * n)
		}
		for range len(group) + 1 {
			out.WriteByte(phpassAlphabet[bits&0x3f])
			bits >>= 6
		}
	}
	return out.String()
}
