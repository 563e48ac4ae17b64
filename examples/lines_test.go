// Package examples counts what the README says that things take.
package examples_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The README's table of lines is counted here, so that it stays true: lines of Go that
// are neither blank nor a comment.
func TestTheREADMECountsLines(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	for _, row := range []struct {
		file, of string // a file, from a text on that stands after ">"; the body of a function, or all of it after "func "
		most     int
	}{
		{"existingapp/account.go", "", 80},
		{"custommux/custommux.go", "OnServeMux", 5},
		{"custommux/custommux.go", "OnChi", 5},
		{"custommux/custommux.go", "OnEcho", 5},
		{"custommux/custommux.go", "BehindProxy", 5},
		{"inprocess/inprocess_test.go", "func TestAPasswordChangeLogsTheOtherDevicesOut", 15},
		{"existingapp/kit_test.go", "func TestAPasswordChangeLogsTheOtherDeviceOut", 30},
		{"ownlogin/login.go", ">type login ", 60},
	} {
		t.Run(row.file+" "+row.of, func(t *testing.T) {
			text, err := os.ReadFile(row.file)
			require.NoError(t, err)
			counted := lines(t, string(text), row.of)
			assert.LessOrEqual(t, counted, row.most)
			said := regexp.MustCompile(`\(examples/` + regexp.QuoteMeta(row.file) + `\)[^|]*\| (\d+) \|`).FindSubmatch(readme)
			require.NotNil(t, said, "the README counts %d", counted)
			assert.Equal(t, string(said[1]), strconv.Itoa(counted))
		})
	}
}

// lines counts what it is given, or the part of it that is asked for.
func lines(t *testing.T, text, of string) (n int) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", text, parser.ParseComments)
	require.NoError(t, err)
	from, to := 1, len(text)
	if start, from0 := strings.CutPrefix(of, ">"); from0 {
		at := strings.Index(text, start)
		require.NotEqual(t, -1, at, "%s is not in the file", start)
		from = at + 1
	} else if of != "" {
		of, whole := strings.CutPrefix(of, "func ")
		from = 0
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == of {
				from, to = int(f.Body.Lbrace)+1, int(f.Body.Rbrace)-1
				if whole {
					from, to = int(f.Pos()), int(f.End())-1
				}
			}
		}
		require.NotZero(t, from, "%s is not in the file", of)
	}
	// Positions count from 1, and the set has this one file.
	code := []byte(text)
	for _, group := range file.Comments {
		for at := group.Pos() - 1; at < group.End()-1; at++ {
			if code[at] != '\n' {
				code[at] = ' '
			}
		}
	}
	for line := range strings.SplitSeq(string(code[from-1:to]), "\n") {
		if strings.TrimSpace(line) != "" {
			n++
		}
	}
	return n
}
