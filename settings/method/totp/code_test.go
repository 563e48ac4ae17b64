package totp_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/method/totp"
)

// rfcSecret is the secret of both RFCs.
var rfcSecret = []byte("12345678901234567890")

func TestVectorsOfRFC4226(t *testing.T) { // appendix D
	for counter, want := range []string{
		"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
	} {
		assert.Equal(t, want, totp.Code(rfcSecret, int64(counter), 6), "counter %d", counter)
	}
}

func TestVectorsOfRFC6238(t *testing.T) { // appendix B, the rows of SHA-1
	for unix, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		assert.Equal(t, want, totp.Code(rfcSecret, unix/30, 8), "at %d", unix)
		assert.Equal(t, want[2:], totp.Code(rfcSecret, unix/30, 6), "at %d", unix)
		assert.Equal(t, want[2:], app(t, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", time.Unix(unix, 0)), "the app of these tests, at %d", unix)
	}
}

// app is somebody's authenticator app: the code of the secret that a form shows.
func app(t testing.TB, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.DecodeString(secret)
	require.NoError(t, err, "an app takes base32, and here it is 32 characters without padding")
	mac := hmac.New(sha1.New, key)
	require.NoError(t, binary.Write(mac, binary.BigEndian, at.Unix()/30))
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1000000)
}
