package totp

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/amend-go/amend/settings/method"
)

// What every authenticator app can do, and most do not let be changed.
const (
	digits = 6
	period = 30 // seconds
	skew   = 1  // steps that a clock may be off, or a code under way (RFC 6238 section 5.2)

	secretSize = 20 // bytes: 160 bit, as RFC 4226 section 4 recommends
	minSecret  = 16 // bytes: 128 bit, which it requires
)

// code is the code of a secret at a counter: RFC 4226 section 5.3.
func code(secret []byte, counter int64, digits int) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(counter)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	number := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	modulus := uint32(1)
	for range digits {
		modulus *= 10
	}
	return fmt.Sprintf("%0*d", digits, number%modulus)
}

// stepAt is the time step of RFC 6238 section 4.2.
func stepAt(now time.Time) int64 { return now.Unix() / period }

// match finds the step that a code is of, among those that count now. All of
// them are compared whatever the code, and of two that fit it is the newer one:
// once that is used up, the code is good for neither.
func match(secret []byte, given string, now time.Time) (step int64, ok bool) {
	current := stepAt(now)
	for s := current - skew; s <= current+skew; s++ {
		if subtle.ConstantTimeCompare([]byte(code(secret, s, digits)), []byte(given)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// readTyped reads a code that somebody typed; ok is false for what is not six
// digits.
func readTyped(typed string) (given string, ok bool) {
	given = method.TypedCode(typed)
	return given, len(given) == digits && strings.Trim(given, "0123456789") == ""
}

// spelled is a secret as its user types it into an app.
func spelled(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}
