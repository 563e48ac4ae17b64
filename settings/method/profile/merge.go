package profile

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/amend-go/amend/settings/identity"
)

// merged is what a merge found.
type merged struct {
	changed []*field
	clashes []clash
}

// identifier is the changed field that says how its owner signs in.
func (m merged) identifier() *field {
	n := slices.IndexFunc(m.changed, func(f *field) bool { return f.Identifier })
	return m.changed[n]
}

// clash is a field that both the submit and somebody else changed.
type clash struct {
	*field
	current, submitted any
}

// values are both values for the message, as far as there are any and they are
// short.
func (c clash) values() map[string]any {
	values := map[string]any{}
	for name, v := range map[string]any{"current": c.current, "submitted": c.submitted} {
		if j, err := identity.Leaf(v); err == nil && v != nil && len(j) <= 1<<10 {
			values[name] = v
		}
	}
	return values
}

// merge puts into the traits what the submit changes. A field has three values:
// the stored one, the submitted one, and the one its form was rendered with.
func (s *submit) merge(g *given, traits map[string]any) (m merged, err error) {
	for _, w := range g.wishes {
		stored := lookUp(traits, w.Name)
		current, err := identity.Leaf(stored)
		if err != nil {
			return m, fmt.Errorf("traits: %w", err)
		}
		w.value = s.asStored(w.field, w.value, stored)
		submitted, err := identity.Leaf(w.value)
		if err != nil {
			return m, fmt.Errorf("traits: %w", err)
		}
		if _, odd := stored.(map[string]any); submitted != current && !odd && !s.rendered(w.Name, current) {
			if s.rendered(w.Name, submitted) {
				continue // its user left it alone: the newer value stays
			}
			m.clashes = append(m.clashes, clash{w.field, stored, w.value})
		}
		if submitted != current {
			m.changed = append(m.changed, w.field)
			if w.value == nil && !w.null {
				remove(traits, w.path)
			} else {
				put(traits, w.path, w.value)
			}
		}
	}
	return m, nil
}

// judge finds what is wrong with merged traits: with what the submit changes, and
// with the rest only what was not wrong before. A value that its owner left alone is
// theirs to keep, also where the schema has become stricter since it was stored.
func (s *submit) judge(g *given, changed []*field, traits map[string]any, stored json.RawMessage) ([]Problem, error) {
	problems := g.problems
	var before []Problem
	for _, p := range s.schema.Check(s.inASCII(traits)) {
		if g.isJudged(p.Path) {
			continue
		}
		if f := s.at(p.Path); f == nil || !slices.Contains(changed, f) {
			if before == nil {
				old, err := identity.DecodeTraits(stored)
				if err != nil {
					return nil, err
				}
				before = append(s.schema.Check(s.inASCII(old)), Problem{Path: "\x00"}) // never nil again
			}
			if slices.ContainsFunc(before, func(b Problem) bool { return b.Path == p.Path && b.Text.ID == p.Text.ID }) {
				continue
			}
		}
		problems = append(problems, s.reworded(p, traits))
	}
	return problems, nil
}
