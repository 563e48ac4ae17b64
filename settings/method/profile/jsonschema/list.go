package jsonschema

import (
	"slices"

	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/amend-go/amend/settings/method/profile"
)

// list reads a list. One of anything but texts and numbers is for scripts only.
func (r *reader) list(s *shape, f *profile.Field) error {
	entry, err := r.entryOf(s)
	if err != nil {
		return err
	}
	types := entry.types()
	if len(types) > 0 && !entry.never && !slices.Contains(types, "null") {
		entry.scalar(types, f)
	}
	switch f.Type {
	case profile.Text, profile.Email, profile.Tel, profile.URL, profile.Date, profile.DateTime, profile.Number, profile.Integer:
	default:
		f.Type = profile.Other
		return nil
	}
	if f.Label == "" {
		f.Label = entry.text("title")
	}
	f.List, f.MinItems, f.MaxItems = true, s.longest("minItems"), s.shortest("maxItems")
	if tuple := s.tuple(); len(tuple) > 0 {
		if f.MaxItems == 0 && !s.endless() {
			f.MaxItems = len(tuple)
		}
		s.endWith(tuple[len(tuple)-1])
	}
	if f.MaxItems > 0 && f.MaxItems < f.MinItems {
		return errNoValue
	}
	return nil
}

// entryOf is what the entries of a list have to fit: each of them the same, or, where
// they are listed one by one, any of those.
func (r *reader) entryOf(s *shape) (*shape, error) {
	schemas := s.tuple()
	isTuple := len(schemas) > 0
	for _, p := range s.parts {
		if items, ok := p.Items.(*validator.Schema); ok {
			schemas = append(slices.Clip(schemas), items)
		}
		if p.Items2020 != nil && p.Items2020.Bool == nil {
			schemas = append(slices.Clip(schemas), p.Items2020)
		}
	}
	if !isTuple || len(schemas) == 1 {
		return r.shapeOf(schemas...)
	}
	entry := &shape{}
	for _, one := range schemas {
		alternative, err := r.shapeOf(one)
		if err != nil {
			return nil, err
		}
		entry.alternatives = append(entry.alternatives, alternative)
	}
	return entry, nil
}

// tuple are the schemas of a list's entries that are listed one by one.
func (s *shape) tuple() []*validator.Schema {
	for _, p := range s.parts {
		if items, ok := p.Items.([]*validator.Schema); ok {
			return items
		}
		if len(p.PrefixItems) > 0 {
			return p.PrefixItems
		}
	}
	return nil
}

// endless reports whether a list may have more entries than are listed one by one.
func (s *shape) endless() bool {
	return !slices.ContainsFunc(s.parts, func(p part) bool {
		more, isBool := p.AdditionalItems.(bool)
		return isBool && !more || p.Items2020 != nil && p.Items2020.Bool != nil && !*p.Items2020.Bool
	})
}

// endWith has the validator hold the entries after those that are listed one by one
// to a schema, where it would let pass anything: "items":[{…}] is written by those
// who mean "items":{…}, and a second address must be one too.
func (s *shape) endWith(last *validator.Schema) {
	for _, p := range s.parts {
		if p.UnevaluatedItems != nil {
			continue
		}
		if _, listed := p.Items.([]*validator.Schema); listed && p.AdditionalItems == nil {
			p.AdditionalItems = last
		}
		if len(p.PrefixItems) > 0 && p.Items2020 == nil {
			p.Items2020 = last
		}
	}
}
