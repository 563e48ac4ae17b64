package flow_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// schema is the part of OpenAPI that says what a client's decoder needs.
type schema struct {
	Ref           string            `json:"$ref"`
	Type          string            `json:"type"`
	Format        string            `json:"format"`
	Enum          []any             `json:"enum"`
	Required      []string          `json:"required"`
	Properties    map[string]schema `json:"properties"`
	Items         *schema           `json:"items"`
	OneOf         []schema          `json:"oneOf"`
	Discriminator struct {
		Property string            `json:"propertyName"`
		Mapping  map[string]string `json:"mapping"`
	} `json:"discriminator"`
}

// schemas are those of testdata/kratos_schemas.json: a part of the OpenAPI
// document of Ory Kratos v26.2.0, without its descriptions.
type schemas map[string]schema

func readSchemas(t *testing.T) schemas {
	t.Helper()
	raw, err := os.ReadFile("testdata/kratos_schemas.json")
	require.NoError(t, err)
	var all schemas
	require.NoError(t, json.Unmarshal(raw, &all))
	require.Contains(t, all, "settingsFlow")
	return all
}

func (all schemas) ref(ref string) schema {
	s, ok := all[strings.TrimPrefix(ref, "#/components/schemas/")]
	if !ok {
		panic("no schema " + ref)
	}
	return s
}

// faults lists where a decoded JSON value breaks a schema.
func (all schemas) faults(s schema, path string, v any) []string {
	if s.Ref != "" {
		return all.faults(all.ref(s.Ref), path, v)
	}
	if len(s.OneOf) > 0 {
		object, _ := v.(map[string]any)
		which := fmt.Sprint(object[s.Discriminator.Property])
		ref, ok := s.Discriminator.Mapping[which]
		if !ok {
			return []string{path + ": no such " + s.Discriminator.Property + ": " + which}
		}
		return all.faults(all.ref(ref), path, v)
	}
	var found []string
	if !hasType(s.Type, v) {
		return []string{fmt.Sprintf("%s: want %s, got %T", path, s.Type, v)}
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		found = append(found, fmt.Sprintf("%s: %v is none of %v", path, v, s.Enum))
	}
	if text, ok := v.(string); ok && !hasFormat(s.Format, text) {
		found = append(found, fmt.Sprintf("%s: %q is no %s", path, text, s.Format))
	}
	switch v := v.(type) {
	case map[string]any:
		for _, k := range s.Required {
			if _, ok := v[k]; !ok {
				found = append(found, path+"."+k+": missing")
			}
		}
		for k, value := range v {
			if p, ok := s.Properties[k]; ok {
				found = append(found, all.faults(p, path+"."+k, value)...)
			}
		}
	case []any:
		if s.Items != nil {
			for i, value := range v {
				found = append(found, all.faults(*s.Items, fmt.Sprint(path, "[", i, "]"), value)...)
			}
		}
	}
	return found
}

func hasType(want string, v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return want == "object" || want == ""
	case []any:
		return want == "array" || want == ""
	case string:
		return want == "string" || want == ""
	case bool:
		return want == "boolean" || want == ""
	case float64:
		return want == "number" || want == "" || want == "integer" && v == float64(int64(v))
	}
	return want == "" // null is no value of any type
}

func hasFormat(want, s string) bool {
	var err error
	switch want {
	case "date-time":
		_, err = time.Parse(time.RFC3339, s)
	case "uuid":
		_, err = uuid.Parse(s)
	}
	return err == nil
}

// A checker that finds nothing proves nothing: each damage to a good form must
// be found.
func TestSchemaCheckFindsDamage(t *testing.T) {
	all := readSchemas(t)
	for _, c := range []struct {
		name  string
		want  string
		spoil func(form map[string]any)
	}{
		{"a required key is missing", "flow.expires_at: missing", func(f map[string]any) { delete(f, "expires_at") }},
		{"a time is none", `flow.issued_at: "now" is no date-time`, func(f map[string]any) { f["issued_at"] = "now" }},
		{"an id is none", `flow.id: "1" is no uuid`, func(f map[string]any) { f["id"] = "1" }},
		{"null for a list", "flow.ui.nodes[0].messages: want array, got <nil>", func(f map[string]any) { node(f)["messages"] = nil }},
		{"a node without meta", "flow.ui.nodes[0].meta: missing", func(f map[string]any) { delete(node(f), "meta") }},
		{"a group nobody knows", "flow.ui.nodes[0].group", func(f map[string]any) { node(f)["group"] = "x" }},
		{"attributes without node_type", "flow.ui.nodes[0].attributes: no such node_type", func(f map[string]any) {
			delete(node(f)["attributes"].(map[string]any), "node_type")
		}},
		{"an input without disabled", "flow.ui.nodes[0].attributes.disabled: missing", func(f map[string]any) {
			delete(node(f)["attributes"].(map[string]any), "disabled")
		}},
		{"an identity without traits", "flow.identity.traits: missing", func(f map[string]any) { delete(f["identity"].(map[string]any), "traits") }},
		{"an action nobody knows", "flow.continue_with[0]: no such action: x", func(f map[string]any) {
			f["continue_with"].([]any)[0].(map[string]any)["action"] = "x"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			good := fullForm(t)
			require.Empty(t, all.faults(all["settingsFlow"], "flow", good))
			c.spoil(good)
			found := all.faults(all["settingsFlow"], "flow", good)
			require.Len(t, found, 1)
			assert.Contains(t, found[0], c.want)
		})
	}
}

func node(form map[string]any) map[string]any {
	return form["ui"].(map[string]any)["nodes"].([]any)[0].(map[string]any)
}
