package profile

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/wire"
)

// Document implements Schema: a JSON Schema of draft 7 in the shape that
// clients of the protocol know, with the traits below properties.traits. It
// tells nobody of traits that are hidden.
func (s fieldList) Document() ([]byte, error) {
	w := wire.New(1 << 10)
	w.BeginObject()
	w.Field("$schema", "http://json-schema.org/draft-07/schema#")
	w.Field("type", "object")
	w.Key("properties")
	w.BeginObject()
	w.Key("traits")
	s.writeObject(w, "")
	w.EndObject()
	w.EndObject()
	return w.Bytes(), nil
}

// writeObject writes the object whose fields have names with a prefix.
func (s fieldList) writeObject(w *wire.Writer, prefix string) {
	w.BeginObject()
	w.Field("type", "object")
	w.Key("properties")
	w.BeginObject()
	var written, required []string
	for _, r := range s {
		name, below := strings.CutPrefix(r.Name, prefix)
		if !below || r.Access == Hide {
			continue
		}
		name, _, nested := strings.Cut(name, ".")
		if r.Required && !slices.Contains(required, name) {
			required = append(required, name)
		}
		if slices.Contains(written, name) {
			continue
		}
		written = append(written, name)
		w.AnyKey(name)
		if nested {
			s.writeObject(w, prefix+name+".")
		} else {
			r.write(w)
		}
	}
	w.EndObject()
	if required != nil {
		w.Key("required")
		writeTexts(w, required)
	}
	w.EndObject()
}

func writeTexts(w *wire.Writer, texts []string) {
	w.BeginArray()
	for _, t := range texts {
		w.String(t)
	}
	w.EndArray()
}

// formats are the names that JSON Schema has for types of texts.
var formats = map[Type]string{Email: "email", Tel: "tel", URL: "uri", Date: "date", DateTime: "date-time"}

func (r *rule) write(w *wire.Writer) {
	w.BeginObject()
	r.writeType(w)
	label := r.Label
	if label == "" {
		label = ui.Readable(r.Name)
	}
	w.Field("title", label)
	if r.List {
		writeCount(w, "minItems", r.MinItems)
		writeCount(w, "maxItems", r.MaxItems)
		w.Key("uniqueItems")
		w.Bool(true)
		w.Key("items")
		w.BeginObject()
		w.Field("type", r.Type.jsonType())
		r.writeRules(w)
		w.EndObject()
	} else {
		r.writeRules(w)
	}
	if r.Access == Read {
		w.Key("readOnly")
		w.Bool(true)
	}
	r.writeRoles(w)
	w.EndObject()
}

// writeType writes the type of a trait; Other is any.
func (r *rule) writeType(w *wire.Writer) {
	name := r.Type.jsonType()
	if r.List {
		name = "array"
	}
	switch {
	case r.Type == Other:
	case r.Nullable:
		w.Key("type")
		writeTexts(w, []string{name, "null"})
	default:
		w.Field("type", name)
	}
}

func writeCount(w *wire.Writer, keyword wire.Name, n int) {
	if n > 0 {
		w.Key(keyword)
		w.Int(int64(n))
	}
}

// writeRules writes what a value has to fit, or each entry of a list.
func (r *rule) writeRules(w *wire.Writer) {
	if f := formats[r.Type]; f != "" {
		w.Field("format", f)
	}
	if r.Pattern != "" {
		w.Field("pattern", "^(?:"+r.Pattern+")$")
	}
	writeCount(w, "minLength", r.MinLength)
	writeCount(w, "maxLength", r.MaxLength)
	if r.Type == Number || r.Type == Integer {
		if r.Min != "" {
			w.Key("minimum")
			w.Any(json.Number(r.Min))
		}
		if r.Max != "" {
			w.Key("maximum")
			w.Any(json.Number(r.Max))
		}
	}
	if r.Options != nil {
		w.Key("enum")
		w.BeginArray()
		for _, option := range r.Options {
			if isText(r.Type) {
				w.String(option)
			} else {
				w.Any(json.Number(option))
			}
		}
		w.EndArray()
	}
}

// writeRoles writes what the trait is to its account, as the protocol has it.
func (r *rule) writeRoles(w *wire.Writer) {
	if !r.Identifier && r.Verify == "" && r.Recover == "" {
		return
	}
	w.Key("ory.sh/kratos")
	w.BeginObject()
	if r.Identifier {
		w.Key("credentials")
		w.Any(map[string]any{"password": map[string]any{"identifier": true}})
	}
	if r.Verify != "" {
		w.Key("verification")
		w.Any(map[string]any{"via": string(r.Verify)})
	}
	if r.Recover != "" {
		w.Key("recovery")
		w.Any(map[string]any{"via": string(r.Recover)})
	}
	w.EndObject()
}
