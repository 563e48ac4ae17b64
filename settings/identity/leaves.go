package identity

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// PathLeaf is a leaf of a JSON object: {"name":{"first":"Ada"}} has one, with the
// path name.first and the value "Ada" in quotes.
type PathLeaf struct{ Path, Value string }

// Leaves are the values of a JSON object in the order of their dotted paths, each as Leaf
// writes it. An array is one leaf; null, an empty object, and nil for the object give none.
// A dot or a backslash in a name is written with a backslash before it, so that no two
// leaves have the same path.
func Leaves(object json.RawMessage) ([]PathLeaf, error) {
	if len(object) == 0 {
		return nil, nil
	}
	top, err := DecodeTraits(object)
	if err != nil {
		return nil, fmt.Errorf("leaves: %w", err)
	}
	return leavesOf(top)
}

// Leaves are those of the traits.
func (i Identity) Leaves() ([]PathLeaf, error) {
	top, err := i.ReadTraits()
	if err != nil {
		return nil, fmt.Errorf("leaves: %w", err)
	}
	return leavesOf(top)
}

func leavesOf(top map[string]any) ([]PathLeaf, error) {
	leaves, err := appendLeaves(make([]PathLeaf, 0, 2*len(top)), "", top)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(leaves, func(a, b PathLeaf) int { return strings.Compare(a.Path, b.Path) })
	return leaves, nil
}

// Leaf is one value as Leaves gives it: compact JSON, "" for nil. Numbers must
// be json.Number, so that they stay as they were written.
func Leaf(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		if isPlain(v) {
			return `"` + v + `"`, nil
		}
	case bool:
		return strconv.FormatBool(v), nil
	}
	compact, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("leaf: %w", err)
	}
	return string(compact), nil
}

// isPlain reports whether a string stands in JSON as it is, between quotes.
func isPlain(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

var escapeName = strings.NewReplacer(`\`, `\\`, `.`, `\.`)

func appendLeaves(leaves []PathLeaf, prefix string, object map[string]any) (_ []PathLeaf, err error) {
	for name, value := range object {
		path := prefix + escapeName.Replace(name)
		if inner, ok := value.(map[string]any); ok {
			if leaves, err = appendLeaves(leaves, path+".", inner); err != nil {
				return nil, err
			}
			continue
		}
		leaf, err := Leaf(value)
		if err != nil {
			return nil, err
		}
		if leaf != "" {
			leaves = append(leaves, PathLeaf{path, leaf})
		}
	}
	return leaves, nil
}
