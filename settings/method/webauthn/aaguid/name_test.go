package aaguid_test

import (
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/method/webauthn/aaguid"
)

func Example() {
	windowsHello := [16]byte{0x08, 0x98, 0x70, 0x58, 0xca, 0xdc, 0x4b, 0x81, 0xb6, 0xe1, 0x30, 0xde, 0x50, 0xdc, 0xbe, 0x96}
	fmt.Println(aaguid.Name(windowsHello))
	// Output: Windows Hello
}

func id(t *testing.T, s string) [16]byte {
	t.Helper()
	raw, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	require.NoError(t, err, s)
	require.Len(t, raw, 16, s)
	return [16]byte(raw)
}

// What most people have, as their makers say.
func TestWhatMostPeopleHave(t *testing.T) {
	for aaguidText, want := range map[string]string{
		"fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "Apple Passwords",
		"ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4": "Google Password Manager",
		"6028b017-b1d4-4c02-b4b3-afcdafc96bb2": "Windows Hello",
		"9ddd1817-af5a-4672-a2b9-3e3dd95000a9": "Windows Hello",
		"bada5566-a7aa-401f-bd96-45619a55120d": "1Password",
		"d548826e-79b4-db40-a3d8-11116f7e8349": "Bitwarden",
		"531126d6-e717-415c-9320-3d9aa6981239": "Dashlane",
		"50726f74-6f6e-5061-7373-50726f746f6e": "Proton Pass",
		"fdb141b2-5d84-443e-8a35-4698c205a502": "KeePassXC",
		"53414d53-554e-4700-0000-000000000000": "Samsung Pass",
		"fa2b99dc-9e39-4257-8f92-4a30d23c4118": "YubiKey 5 Series with NFC",
		"00000000-0000-0000-0000-000000000000": "",
		"00000000-0000-0000-0000-000000000001": "",
	} {
		assert.Equal(t, want, aaguid.Name(id(t, aaguidText)), aaguidText)
	}
}

// Each line of the list is read, and has a name that can be shown.
func TestTheList(t *testing.T) {
	list, err := os.ReadFile("names.txt")
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(string(list), "\n"), "\n")
	require.Greater(t, len(lines), 300)
	before := ""
	for _, line := range lines {
		key, name, has := strings.Cut(line, " ")
		require.True(t, has, line)
		assert.Greater(t, key, before, "in order, each once")
		before = key
		assert.Equal(t, name, aaguid.Name(id(t, key)))
		assert.True(t, name != "" && utf8.RuneCountInString(name) <= 120 && strings.TrimSpace(name) == name, line)
		assert.False(t, strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsGraphic(r) }), line)
	}
}
