package password_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/amend-go/amend/settings/method/password"
)

// Hashes that are within the caps but slow: the fuzzer would spend its time in them.
var slow = regexp.MustCompile(`^\$2.\$(0[789]|1\d)|^\$pbkdf2[^$]*\$(i=)?\d{4,}|^\$scrypt\$.*p=1\d`)

// Whatever stands in the column: no panic, nothing planned above the caps, an error means false, the empty hash matches
// nothing.
func FuzzVerify(f *testing.F) {
	for _, row := range vectors {
		f.Add(row.hash, row.password)
	}
	f.Add("", "")
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$c29tZXNhbHQ$"+key32, "password")
	f.Add("$scrypt$ln=63,r=4294967295,p=4294967295$"+salt16+"$"+key32, "password")
	f.Add("$pbkdf2$$$", "password")
	f.Add("$2a$04$$", "password")
	f.Fuzz(func(t *testing.T, hash, pw string) {
		memory := password.MemoryOf(hash)
		if memory < 0 || memory > 256<<20+1<<20 {
			t.Fatalf("planned %d bytes for %q", memory, hash)
		}
		if memory > 1<<20 || slow.MatchString(hash) {
			return
		}
		matches, err := password.Verify(hash, pw)
		switch {
		case matches && (err != nil || hash == ""):
			t.Fatalf("%q matches %q, with error %v", hash, pw, err)
		case err != nil && memory != 0:
			t.Fatalf("%q parses, and fails only when it is computed: %v", hash, err)
		case matches && strings.HasPrefix(hash, "$2") && len(pw) > 72:
			t.Fatalf("a bcrypt hash matches %d bytes", len(pw))
		}
	})
}

// What the policy calls OK has a legal length in characters, is text, and is not the identifier.
func FuzzJudge(f *testing.F) {
	f.Add("correct horse battery staple", "ada@example.com")
	f.Add("ada@example.com1", "ada@example.com")
	f.Add("🦉🐈🐕🦊🐻🐼🐨🐯", "+491701234567")
	f.Add("\xff\xff\xff\xff\xff\xff\xff\xff", "\xff+\xff@")
	f.Fuzz(func(t *testing.T, pw, identifier string) {
		got := password.Policy{}.Judge(password.Candidate{Password: pw, Identifiers: []string{identifier}})
		length := utf8.RuneCountInString(pw)
		switch {
		case got.Kind < password.OK || got.Kind > password.LikeIdentifier:
			t.Fatalf("no verdict: %v", got)
		case got.Kind != password.OK:
		case !utf8.ValidString(pw), length < 8, length > 256, strings.EqualFold(pw, identifier):
			t.Fatalf("%q is OK for %q", pw, identifier)
		}
	})
}
