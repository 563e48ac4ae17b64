package identity

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Leaves are the values of a JSON object by their dotted paths, as [Leaf]
// writes them: {"name":{"first":"Ada"}} has the leaf name.first with the value
// "Ada" in quotes. An array is one leaf. What holds nothing has none: a null, an
// empty object, no object at all. A dot or a backslash in a name has a backslash
// before it, so that no two leaves share a path.
func Leaves(object json.RawMessage) (map[string]string, error) {
	if len(object) == 0 {
		return nil, nil
	}
	top, err := DecodeTraits(object)
	if err != nil {
		return nil, fmt.Errorf("leaves: %w", err)
	}
	leaves := make(map[string]string, len(top))
	if err := addLeaves(leaves, "", top); err != nil {
		return nil, err
	}
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

func addLeaves(leaves map[string]string, prefix string, object map[string]any) error {
	for name, value := range object {
		path := prefix + escapeName.Replace(name)
		if inner, ok := value.(map[string]any); ok {
			if err := addLeaves(leaves, path+".", inner); err != nil {
				return err
			}
			continue
		}
		leaf, err := Leaf(value)
		if err != nil {
			return err
		}
		if leaf != "" {
			leaves[path] = leaf
		}
	}
	return nil
}
