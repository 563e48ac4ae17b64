package password_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestCheckOfAWriter(t *testing.T) {
	for _, row := range []struct {
		name   string
		writer password.Writer
		ok     bool
	}{
		{"the zero Argon2id", password.Argon2id{}, true},
		{"46 MiB with one pass", password.Argon2id{MemoryKiB: 47104, Time: 1, Threads: 1}, true},
		{"19 MiB with two passes", password.Argon2id{MemoryKiB: 19456, Time: 2, Threads: 1}, true},
		{"12 MiB with three passes", password.Argon2id{MemoryKiB: 12288, Time: 3, Threads: 1}, true},
		{"9 MiB with four passes", password.Argon2id{MemoryKiB: 9216, Time: 4, Threads: 1}, true},
		{"7 MiB with five passes", password.Argon2id{MemoryKiB: 7168, Time: 5, Threads: 1}, true},
		{"64 MiB, the rest by default", password.Argon2id{MemoryKiB: 65536}, true},
		{"all caps at once", password.Argon2id{MemoryKiB: 262144, Time: 10, Threads: 4}, true},
		{"46 MiB less one KiB with one pass", password.Argon2id{MemoryKiB: 47103, Time: 1}, false},
		{"19 MiB less one KiB with two passes", password.Argon2id{MemoryKiB: 19455, Time: 2}, false},
		{"12 MiB less one KiB with three passes", password.Argon2id{MemoryKiB: 12287, Time: 3}, false},
		{"9 MiB less one KiB with four passes", password.Argon2id{MemoryKiB: 9215, Time: 4}, false},
		{"7 MiB less one KiB with any passes", password.Argon2id{MemoryKiB: 7167, Time: 10}, false},
		{"the default memory with one pass", password.Argon2id{Time: 1}, false},
		{"memory that Verify would refuse", password.Argon2id{MemoryKiB: 262145}, false},
		{"passes that Verify would refuse", password.Argon2id{Time: 11}, false},
		{"threads that Verify would refuse", password.Argon2id{Threads: 5}, false},
		{"bcrypt by default", password.Bcrypt(0), true},
		{"bcrypt with cost 10", password.Bcrypt(10), true},
		{"bcrypt with cost 14", password.Bcrypt(14), true},
		{"bcrypt with cost 9", password.Bcrypt(9), false},
		{"bcrypt with cost 15, which Verify would refuse", password.Bcrypt(15), false},
		{"bcrypt with a negative cost", password.Bcrypt(-1), false},
		{"the fast one, for tests", settingstest.FastHash(), true},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := row.writer.Check()
			if row.ok {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			hash, err := row.writer.Hash("correct horse battery staple")
			assert.Error(t, err, "a Writer that fails its check must not hash")
			assert.Empty(t, hash)
		})
	}
}

func TestWritersWriteTheStandardForms(t *testing.T) {
	for _, row := range []struct {
		name     string
		writer   password.Writer
		form     string
		memory   int64
		maxBytes int
	}{
		{"Argon2id by default", password.Argon2id{},
			`^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`, 19 << 20, 0},
		{"Argon2id with parameters", password.Argon2id{MemoryKiB: 7168, Time: 5, Threads: 2},
			`^\$argon2id\$v=19\$m=7168,t=5,p=2\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`, 7 << 20, 0},
		{"bcrypt", password.Bcrypt(10), `^\$2a\$10\$[./A-Za-z0-9]{53}$`, 5 << 10, 72},
		{"the fast one", settingstest.FastHash(),
			`^\$argon2id\$v=19\$m=8,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`, 8 << 10, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			hash, err := row.writer.Hash("correct horse battery staple")
			require.NoError(t, err)
			assert.Regexp(t, row.form, hash)
			assert.Equal(t, row.memory, row.writer.Memory())
			assert.Equal(t, row.maxBytes, row.writer.MaxBytes())
			assert.Equal(t, row.memory, password.MemoryOf(hash), "verifying takes what hashing took")

			again, err := row.writer.Hash("correct horse battery staple")
			require.NoError(t, err)
			assert.NotEqual(t, hash, again, "the salt is new each time")

			assertMatches(t, again, "correct horse battery staple")
			assertDiffers(t, again, "correct horse battery stapl3")
		})
	}
}

func TestBcryptByDefaultHasCost12(t *testing.T) {
	assert.Equal(t, password.Bcrypt(12), password.Bcrypt(0))
	assert.NotEqual(t, password.Bcrypt(10), password.Bcrypt(0))
}

func TestBcryptRefusesWhatItCannotHold(t *testing.T) {
	for _, row := range []struct {
		name, password string
		want           error
	}{
		{"73 bytes", strings.Repeat("a", 73), password.ErrTooLongForHash},
		{"19 emoji, which are 76 bytes", strings.Repeat("🦉", 19), password.ErrTooLongForHash},
		{"a NUL inside", "correct\x00horse", password.ErrNULForHash},
		{"a NUL at the end", "correct horse\x00", password.ErrNULForHash},
	} {
		t.Run(row.name, func(t *testing.T) {
			hash, err := password.Bcrypt(10).Hash(row.password)
			require.ErrorIs(t, err, row.want)
			assert.Empty(t, hash)
			assert.NotContains(t, err.Error(), row.password)
		})
	}
}

// Passwords that differ in one character are two passwords, wherever the difference is and however long they are.
func TestTheLastCharacterCounts(t *testing.T) {
	writers := map[string]password.Writer{
		"Argon2id": password.Argon2id{MemoryKiB: 7168, Time: 5},
		"bcrypt":   password.Bcrypt(10),
		"fast":     settingstest.FastHash(),
	}
	for name, writer := range writers {
		for _, length := range []int{64, 72, 73, 128, 256} {
			a := strings.Repeat("x", length-1) + "a"
			b := strings.Repeat("x", length-1) + "b"
			hash, err := writer.Hash(a)
			if most := writer.MaxBytes(); most > 0 && length > most {
				require.ErrorIs(t, err, password.ErrTooLongForHash, "%s, %d characters", name, length)
				continue
			}
			require.NoError(t, err, "%s, %d characters", name, length)
			assertMatches(t, hash, a)
			assertDiffers(t, hash, b)
			if name == "fast" {
				assertDiffers(t, hash, a[:length-1])
				assertDiffers(t, hash, a+"a")
			}
		}
	}
}

func TestNothingIsTrimmedOrFolded(t *testing.T) {
	hash, err := settingstest.FastHash().Hash(" Grüße an 🦉 ")
	require.NoError(t, err)
	assertMatches(t, hash, " Grüße an 🦉 ")
	for name, other := range map[string]string{
		"without the leading space":     "Grüße an 🦉 ",
		"without the trailing space":    " Grüße an 🦉",
		"in lower case":                 " grüße an 🦉 ",
		"with the umlaut in two pieces": " Gru\u0308ße an 🦉 ",
		"with a NUL after it":           " Grüße an 🦉 \x00",
	} {
		matches, err := password.Verify(hash, other)
		require.NoError(t, err, name)
		assert.False(t, matches, name)
	}
}
