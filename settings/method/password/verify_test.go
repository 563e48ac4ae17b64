package password_test

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"hash"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"golang.org/x/crypto/scrypt"

	"github.com/amend-go/amend/settings/method/password"
)

func assertMatches(t *testing.T, hash, pw string) {
	t.Helper()
	matches, err := password.Verify(hash, pw)
	require.NoError(t, err)
	assert.True(t, matches, "the password of the hash")
}

func assertDiffers(t *testing.T, hash, pw string) {
	t.Helper()
	matches, err := password.Verify(hash, pw)
	require.NoError(t, err)
	assert.False(t, matches, "another password")
}

const (
	salt16 = "MDEyMzQ1Njc4OWFiY2RlZg" // 0123456789abcdef
	key32  = "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
)

// Every hash here was computed by another program, or is printed in a standard.
var vectors = []struct{ name, hash, password string }{
	{"bcrypt of jBCrypt: empty", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.", ""},
	{"bcrypt of jBCrypt: one letter", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", "a"},
	{"bcrypt of jBCrypt: three letters", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i", "abc"},
	{"bcrypt of jBCrypt: the alphabet", "$2a$06$.rCVZVOThsIa97pEDOxvGuRRgzG64bvtJ0938xuqzv18d3ZpQhstC", "abcdefghijklmnopqrstuvwxyz"},
	{"bcrypt of jBCrypt: punctuation", "$2a$06$fPIsBO8qRqkjj273rfaOI.HtSV9jLDpTbZn782DC6/t7qT67P6FfO", "~!@#$%^&*()      ~!@#$%^&*()PNBFRD"},
	{"bcrypt of crypt_blowfish", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
	{"bcrypt of crypt_blowfish: bytes over 127", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", "\xff\xff\xa3"},
	{"bcrypt of crypt_blowfish: exactly 72 bytes", "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui", "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"},
	{"bcrypt of PHP", "$2y$04$6iIKbM.9c2F/ViSE1bu3P.qWx.BFNErxO4BmGALcrZymQPKkojLnW", "correct horse battery staple"},
	{"bcrypt of htpasswd", "$2y$05$k50HttQQTCqrz0L5glQBgOD4fFZKMEg3qrDFO1wLhw97X0QHGebXu", "Sommerregen"},

	{"argon2id of the reference program", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password"},
	{"argon2id of the reference program: four lanes, long key", "$argon2id$v=19$m=128,t=3,p=4$c2FsdHNhbHRzYWx0c2FsdA$gBVSvnzBm/0Zz42Q+H0072f7ZN/dpEsNNro6ypU3YxY/NTGJn1vuyL0FBfwnEmDn7/oicZUkfni8kPMFbcU1MA", "pässwörd 🦉"},
	{"argon2i of the reference program", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8", "password"},
	{"argon2id of the reference program: Django's eight lanes, django/django#13066", "$argon2id$v=19$m=102400,t=2,p=8$c29tZXNhbHRzb21lc2FsdA$W4mh/7tqZpNQ/NLLrNAViZIUpUy0rYQx5TGOyVLf9ig", "correct horse"},
	{"argon2id of the reference program: five lanes, in as little memory as they need", "$argon2id$v=19$m=40,t=2,p=5$c29tZXNhbHRzb21lc2FsdA$7lKyBC0hpv8hW4C8qb4Xke6SanRu3pu9An0rp8cJK24", "correct horse"},
	{"argon2id of the reference program: 255 lanes", "$argon2id$v=19$m=2040,t=2,p=255$c29tZXNhbHRzb21lc2FsdA$taRrDWSg0p3YLVCfmTySqq9BI4H5My7wPzjn2AFe1a4", "correct horse"},
	{"argon2i of the reference program: 200 lanes", "$argon2i$v=19$m=2048,t=1,p=200$c29tZXNhbHRzb21lc2FsdA$VvLfMUcPrxC5Kya6h6L9UJOy1UkdsWB0cBnSSw6U6f8", "correct horse"},
	{"argon2id of PHP", "$argon2id$v=19$m=64,t=1,p=1$eEhiNzJsV1o2Ry9HUDhNZA$k+kvXMQMgCbjQDlKPAeTAsZliAdnY6880q3oZ49muQM", "correct horse"},
	{"argon2id of passlib: short key", "$argon2id$v=19$m=64,t=1,p=2$MDEyMzQ1Njc4OWFiY2RlZg$NmZCze9bJ5oea+ViGVpdHg", "correct horse"},

	{"scrypt of RFC 7914", "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA", "password"},
	{"scrypt of passlib", "$scrypt$ln=4,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$OAkZqUBelG6VIYdTJfYSENL5OmZRxMa3GwXn5oFliTg", "correct horse"},
	{"scrypt as Ory Kratos spells it", "$scrypt$ln=1024,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg==$6g3umF+uVrJsObaTZhIbbTlgrvOEFcCItdwSjtPF67M=", "correct horse"},

	{"PBKDF2-SHA1 of RFC 6070", "$pbkdf2-sha1$i=4096,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", "password"},
	{"PBKDF2-SHA256 of RFC 7914", "$pbkdf2-sha256$i=1,l=64$c2FsdA$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLxJypzM8Xm2RZkWZLOdd+8xfHG4RbHjC9UJESBB06GXgw", "passwd"},
	{"PBKDF2-SHA1 of Python", "$pbkdf2-sha1$i=1000,l=32$++++++++++++++++++++AQ$/MIHsgaS4u2WvkutNmbGRo3IaWceapeivvfOm1e/jdk", "correct horse"},
	{"PBKDF2-SHA256 of Python", "$pbkdf2-sha256$i=1000,l=32$++++++++++++++++++++AQ$l67FGrmhQzwj2xuQlemfLNK2Z4eIDl6HjSuQJWMIQ1o", "correct horse"},
	{"PBKDF2-SHA256 of Node, without a length", "$pbkdf2-sha256$i=1000$" + salt16 + "$cBg8D2DungRB9k76szThf5ehfyBz991ay6PT8Srwk4M=", "correct horse"},
	{"PBKDF2-SHA512 of Python", "$pbkdf2-sha512$i=1000,l=32$++++++++++++++++++++AQ$pAFZMg5oHTPxG5DHm+b5GBEcaZdlaHWMGXwuzsMmgBE", "correct horse"},
	{"PBKDF2-SHA1 of passlib", "$pbkdf2$29$....................AQ$MQVK72/xaLzlTt2VDCKNYYB7h6k", "correct horse"},
	{"PBKDF2-SHA256 of passlib", "$pbkdf2-sha256$29$....................AQ$j48WamvcY0B40y.tNvgQ1hpAG0S0HgQh8DlSecjdz0I", "correct horse"},
	{"PBKDF2-SHA512 of passlib", "$pbkdf2-sha512$29$....................AQ$EdJmU0W1X4OXjruK9sLGr/zWi60Pe34/kKho46Dvm6w9sFgHHa6PF895PnRas8DUwsSdl0v/C5QuYhRt3hv9LQ", "correct horse"},
}

func TestVerifyReadsTheHashesOfOthers(t *testing.T) {
	for _, row := range vectors {
		t.Run(row.name, func(t *testing.T) {
			assertMatches(t, row.hash, row.password)
			assertDiffers(t, row.hash, row.password+"x")
			assert.Positive(t, password.MemoryOf(row.hash))
		})
	}
}

func TestVerifyOfAnIdentityWithoutAPassword(t *testing.T) {
	for _, pw := range []string{"", "correct horse"} {
		matches, err := password.Verify("", pw)
		require.NoError(t, err)
		assert.False(t, matches)
	}
	assert.Zero(t, password.MemoryOf(""))
}

func TestVerifyRefusesWhatItDoesNotRead(t *testing.T) {
	for _, row := range []struct{ name, hash string }{
		{"a password in the clear", "correct horse battery staple"},
		{"a bare digest", "5f4dcc3b5aa765d61d8327deb882cf99"},
		{"only dollar signs", "$$$$$$"},
		{"an unknown id", "$argon2x$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" + key32},
		{"something before the first dollar sign", "x$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" + key32},
		{"argon2d", "$argon2d$v=19$m=256,t=2,p=1$c29tZXNhbHQ$JcTui6RIBUtJ78gE5Hi52CO+H5vS6Z9R1uxAB6OhUB8"},
		{"argon2id of version 16", "$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$2gcOV25Q8vOKPIl8vdxsf7QCjocJcf+erntOGHkpXm4"},
		{"argon2id without a version", "$argon2id$m=256,t=2,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id without a key", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ"},
		{"argon2id with an empty key", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$"},
		{"argon2id with a key of one byte", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nQ"},
		{"argon2id with an empty salt", "$argon2id$v=19$m=256,t=2,p=1$$" + key32},
		{"argon2id with a salt below the standard's 8 bytes", "$argon2id$v=19$m=256,t=2,p=1$c2FsdA$" + key32},
		{"argon2id with a part too many", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" + key32 + "$"},
		{"argon2id with no passes", "$argon2id$v=19$m=256,t=0,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id with no threads", "$argon2id$v=19$m=256,t=2,p=0$c29tZXNhbHQ$" + key32},
		{"argon2id with less memory than 8 KiB a lane", "$argon2id$v=19$m=31,t=2,p=4$c29tZXNhbHQ$" + key32},
		{"argon2id with less memory than 255 lanes need", "$argon2id$v=19$m=2039,t=2,p=255$c29tZXNhbHQ$" + key32},
		{"argon2id with parameters in another order", "$argon2id$v=19$t=2,m=256,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id with a parameter twice", "$argon2id$v=19$m=256,m=256,t=2,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id with a parameter too many", "$argon2id$v=19$m=256,t=2,p=1,data=AAAA$c29tZXNhbHQ$" + key32},
		{"argon2id with a negative number", "$argon2id$v=19$m=-256,t=2,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id with a plus sign", "$argon2id$v=19$m=+256,t=2,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id with a leading zero", "$argon2id$v=19$m=0256,t=2,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id with a hexadecimal number", "$argon2id$v=19$m=0x100,t=2,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id with a digit of another script", "$argon2id$v=19$m=25٦,t=2,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id with base64 that is none", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$****" + key32},
		{"argon2id with a line end inside", "$argon2id$v=19$m=256,t=2,p=1$c29t\nZXNhbHQ$" + key32},
		{"argon2id with a line end after it", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" + key32 + "\n"},
		{"argon2id with a space before it", " $argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id with bits left over in the base64", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" + key32[:42] + "5"},
		{"argon2id with a salt of 129 bytes", "$argon2id$v=19$m=256,t=2,p=1$" + base64.RawStdEncoding.EncodeToString(make([]byte, 129)) + "$" + key32},
		{"argon2id with a key of 129 bytes", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" + base64.RawStdEncoding.EncodeToString(make([]byte, 129))},
		{"a string of a megabyte", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" + strings.Repeat("A", 1<<20)},
		{"a megabyte of dollar signs", strings.Repeat("$", 1<<20)},
		{"bcrypt, one character short", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfx"},
		{"bcrypt, one character long", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxee"},
		{"bcrypt with a byte that is not in its alphabet", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfx="},
		{"bcrypt with the bug of crypt_blowfish 1.0", "$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"},
		{"bcrypt without a version letter", "$2$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"},
		{"bcrypt of cost 3", "$2a$03$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"},
		{"bcrypt of cost 0", "$2a$00$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"},
		{"bcrypt with a cost of one digit", "$2a$6$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"},
		{"bcrypt with a signed cost", "$2a$+6$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"},
		{"scrypt with an N that is no power of two", "$scrypt$ln=1000,r=8,p=1$" + salt16 + "$" + key32},
		{"scrypt with an r of 0", "$scrypt$ln=4,r=0,p=1$" + salt16 + "$" + key32},
		{"scrypt with a key of 15 bytes", "$scrypt$ln=4,r=8,p=1$" + salt16 + "$OAkZqUBelG6VIYdTJfYS"},
		{"PBKDF2 without iterations", "$pbkdf2-sha256$i=0,l=32$" + salt16 + "$" + key32},
		{"PBKDF2 with a length that is not the key's", "$pbkdf2-sha256$i=1000,l=31$" + salt16 + "$" + key32},
		{"PBKDF2 with MD5", "$pbkdf2-md5$i=1000,l=32$" + salt16 + "$" + key32},
		{"PBKDF2 with a key cut to 15 bytes by a narrow column", "$pbkdf2-sha256$1000$" + salt16 + "$j48WamvcY0B40y.tNvgQ"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var matches bool
			var err error
			bytes := allocated(func() { matches, err = password.Verify(row.hash, "password") })
			require.ErrorIs(t, err, password.ErrUnknownHash)
			assert.False(t, matches)
			assert.Less(t, bytes, uint64(64<<10))
			assert.Zero(t, password.MemoryOf(row.hash))
		})
	}
}

func TestVerifyRefusesCostlyHashesBeforeItAllocates(t *testing.T) {
	for _, row := range []struct{ name, hash string }{
		{"argon2id with 256 MiB and one KiB", "$argon2id$v=19$m=262145,t=1,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id with 4 GiB", "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id with all that 32 bits can say", "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id with a number that wraps to 256 in 32 bits", "$argon2id$v=19$m=4294967552,t=1,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id with a number that wraps to 256 in 64 bits", "$argon2id$v=19$m=18446744073709551872,t=1,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id with eleven passes", "$argon2id$v=19$m=256,t=11,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id with more lanes than can be computed", "$argon2id$v=19$m=2048,t=1,p=256$c29tZXNhbHQ$" + key32},
		{"argon2id with lanes that wrap to 1 in eight bits", "$argon2id$v=19$m=256,t=1,p=257$c29tZXNhbHQ$" + key32},
		{"argon2i with 4 GiB", "$argon2i$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$" + key32},
		{"bcrypt of cost 15", "$2b$15$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"},
		{"bcrypt of cost 31", "$2y$31$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"},
		{"bcrypt of cost 99", "$2a$99$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"},
		{"scrypt with 512 MiB", "$scrypt$ln=19,r=8,p=1$" + salt16 + "$" + key32},
		{"scrypt with 512 MiB, as Ory Kratos spells it", "$scrypt$ln=524288,r=8,p=1$" + salt16 + "$" + key32},
		{"scrypt with an N of 2⁶³", "$scrypt$ln=63,r=8,p=1$" + salt16 + "$" + key32},
		{"scrypt with r=65", "$scrypt$ln=4,r=65,p=1$" + salt16 + "$" + key32},
		{"scrypt with p=17", "$scrypt$ln=4,r=8,p=17$" + salt16 + "$" + key32},
		{"scrypt with 256 MiB, sixteen times", "$scrypt$ln=18,r=8,p=16$" + salt16 + "$" + key32},
		{"scrypt with an r that wraps", "$scrypt$ln=4,r=4294967295,p=4294967295$" + salt16 + "$" + key32},
		{"PBKDF2 with ten million iterations and one", "$pbkdf2-sha256$i=10000001,l=32$" + salt16 + "$" + key32},
		{"PBKDF2 of passlib with a hundred million", "$pbkdf2$100000000$" + salt16 + "$" + key32},
		{"PBKDF2 with a key that makes ten million twenty", "$pbkdf2-sha1$i=10000000,l=32$" + salt16 + "$" + key32},
	} {
		t.Run(row.name, func(t *testing.T) {
			var matches bool
			var err error
			bytes := allocated(func() { matches, err = password.Verify(row.hash, "password") })
			require.ErrorIs(t, err, password.ErrHashTooCostly)
			assert.False(t, matches)
			assert.Less(t, bytes, uint64(64<<10))
			assert.Zero(t, password.MemoryOf(row.hash))
		})
	}
}

// What is just within the caps is planned for, and not refused.
func TestTheCapsThemselvesAreAllowed(t *testing.T) {
	for _, row := range []struct {
		name, hash string
		memory     int64
	}{
		{"argon2id with 256 MiB, ten passes, 255 lanes", "$argon2id$v=19$m=262144,t=10,p=255$c29tZXNhbHQ$" + key32, 256 << 20},
		{"bcrypt of cost 14", "$2b$14$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", 5 << 10},
		{"scrypt with 256 MiB, four times", "$scrypt$ln=18,r=8,p=4$" + salt16 + "$" + key32, 256<<20 + 6<<10},
		{"PBKDF2 with ten million iterations", "$pbkdf2-sha256$i=10000000,l=32$" + salt16 + "$" + key32, 2 << 10},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.memory, password.MemoryOf(row.hash))
		})
	}
}

func TestVerifyTakesTheMemoryThatTheLimiterIsTold(t *testing.T) {
	for _, row := range []struct{ name, hash string }{
		{"argon2id", "$argon2id$v=19$m=4096,t=1,p=1$c29tZXNhbHQ$" + key32},
		{"argon2id with 255 lanes", "$argon2id$v=19$m=4096,t=1,p=255$c29tZXNhbHQ$" + key32},
		{"scrypt", "$scrypt$ln=12,r=8,p=1$" + salt16 + "$" + key32},
		{"scrypt, mostly of r and p", "$scrypt$ln=1,r=64,p=16$" + salt16 + "$" + key32},
		{"bcrypt", "$2a$04$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"},
		{"PBKDF2", "$pbkdf2-sha512$i=100,l=32$" + salt16 + "$" + key32},
	} {
		t.Run(row.name, func(t *testing.T) {
			told := uint64(password.MemoryOf(row.hash))
			took := allocated(func() { assertDiffers(t, row.hash, "password") })
			assert.Less(t, took, told+told/4+32<<10)
			if told > 64<<10 {
				assert.Greater(t, took, told/2, "told far more than it takes, and slots stay empty")
			}
		})
	}
}

// crypt_blowfish's own vector: it was made from a longer password, of which bcrypt saw 72 bytes.
func TestBcryptNeverMatchesMoreThan72Bytes(t *testing.T) {
	const hash = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"
	const first72 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	assertMatches(t, hash, first72)
	assertDiffers(t, hash, first72+"chars after 72 are ignored")
	assertDiffers(t, hash, first72+"x")
}

// Bcrypt repeats the password with a NUL between, HMAC pads it with NULs: without care "abc" would have twins.
func TestAPasswordHasNoTwinWithANUL(t *testing.T) {
	const bcrypt = "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"
	assertDiffers(t, bcrypt, "abc\x00abc")
	assertDiffers(t, bcrypt, "abc\x00")
	for _, hash := range madeHashes(t, "correct horse") {
		assertMatches(t, hash, "correct horse")
		assertDiffers(t, hash, "correct horse\x00")
	}
}

func TestTheLastCharacterCountsInHashesOfOthers(t *testing.T) {
	for _, length := range []int{64, 72, 73, 128, 256} {
		start := strings.Repeat("x", length-1)
		for _, hash := range madeHashes(t, start+"a") {
			assertMatches(t, hash, start+"a")
			assertDiffers(t, hash, start+"b")
			assertDiffers(t, hash, start)
		}
	}
}

// madeHashes makes a hash in each format that is read but not written here.
func madeHashes(t *testing.T, pw string) []string {
	t.Helper()
	encode, salt := base64.RawStdEncoding.EncodeToString, []byte("0123456789abcdef")
	key, err := scrypt.Key([]byte(pw), salt, 16, 8, 1, 32)
	require.NoError(t, err)
	hashes := []string{fmt.Sprintf("$scrypt$ln=4,r=8,p=1$%s$%s", encode(salt), encode(key))}
	for name, h := range map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New} {
		key, err := pbkdf2.Key(h, pw, salt, 10, 32)
		require.NoError(t, err)
		hashes = append(hashes, fmt.Sprintf("$pbkdf2-%s$i=10,l=32$%s$%s", name, encode(salt), encode(key)))
	}
	return hashes
}

func TestErrorsContainNeitherHashNorPassword(t *testing.T) {
	for _, hash := range []string{
		"$argon2id$v=19$m=4194304,t=1,p=1$c2VjcmV0c2FsdA$" + key32,
		"$2a$31$c2VjcmV0c2FsdAhm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxi",
		"c2VjcmV0c2FsdA",
	} {
		_, err := password.Verify(hash, "hunter2hunter2")
		require.Error(t, err)
		for _, secret := range []string{"c2VjcmV0", key32, "hunter2"} {
			assert.NotContains(t, err.Error(), secret)
		}
	}
}

// allocated is how many bytes f allocates. Tests that use it do not run in parallel.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
