package password_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/method/password"
)

func TestTheListsOfCommonPasswords(t *testing.T) {
	for _, list := range []struct {
		file    string
		least   int // characters
		policy  password.Policy
		entries []string // some of it
	}{
		{"common.txt", 8, password.Policy{}, []string{"password", "12345678", "qwertyuiop", "iloveyou", "baseball", "1qaz2wsx", "trustno1"}},
		{"commonlong.txt", 15, password.Policy{NIST: true}, []string{"passwordpassword", "123456789012345", "qwertyuiop12345", "justintimberlake", "iloveyouforever"}},
	} {
		t.Run(list.file, func(t *testing.T) {
			text, err := os.ReadFile(list.file)
			require.NoError(t, err)
			entries := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")

			assert.Len(t, entries, 3000)
			assert.True(t, slices.IsSorted(entries), "it is searched by halving")
			assert.Len(t, slices.Compact(slices.Clone(entries)), 3000, "no duplicates")
			for _, entry := range entries {
				assert.GreaterOrEqual(t, utf8.RuneCountInString(entry), list.least, entry)
				assert.Equal(t, strings.ToLower(strings.TrimSpace(entry)), entry)
				assert.Equal(t, password.Common, list.policy.Judge(password.Candidate{Password: entry}).Kind, entry)
			}
			for _, known := range list.entries {
				assert.Contains(t, entries, known)
			}
		})
	}
	notice, err := os.ReadFile("COMMON.md")
	require.NoError(t, err)
	assert.Contains(t, string(notice), "Permission is hereby granted, free of charge", "the licence asks to be kept beside the data")
}

func TestCommonIsTheWholePasswordInAnyCase(t *testing.T) {
	for pw, want := range map[string]password.Kind{
		"password":                 password.Common,
		"PassWord":                 password.Common,
		"QWERTYUIOP":               password.Common,
		"paſſword":                 password.Common,
		"password is what it is":   password.OK,
		"my password":              password.OK,
		"password ":                password.OK,
		" password":                password.OK,
		"PasswordPassword":         password.Common,
		"passwordpasswordpassword": password.OK,
		"baseball\nfootball":       password.OK, // two lines of the list
		"baseball\n":               password.OK,
		"correct horse battery":    password.OK,
		"zzzzzzzzzzzzzzzzzzzzzzzz": password.OK, // after the last entry
		"!!!!!!!! before them all": password.OK,
	} {
		assert.Equal(t, want, judge(pw), "%q", pw)
	}
}

func judge(pw string) password.Kind {
	return password.Policy{}.Judge(password.Candidate{Password: pw}).Kind
}
