package profile

import (
	"slices"
	"strings"

	"github.com/amend-go/amend/flow/ui"
)

// This file owns names that look like an address of somebody else: see
// Config.ForbidForeignAddresses.

// foreignAddresses are the names that are new, look like an address, and are none of the
// account's own, but for those whose field has a problem already.
func (s *submit) foreignAddresses(was, now []identifier, traits map[string]any, known []Problem) []Problem {
	var own []string
	for _, a := range s.addresses(traits) {
		own = append(own, s.spelled.form(Email, a.Value), s.spelled.form(Tel, a.Value))
	}
	for _, id := range now {
		if id.from.address() {
			own = append(own, id.value)
		}
	}
	numbers := slices.ContainsFunc(s.form.fields, func(f *field) bool { return f.Identifier && f.Type == Tel })
	var problems []Problem
	for _, id := range now {
		isSame := func(other identifier) bool { return other.value == id.value }
		isHere := func(p Problem) bool { return p.Path == id.path }
		switch {
		case id.from.address() || !likeEmail(id.value) && !(numbers && likeNumber(id.value)):
		case slices.Contains(own, id.value) || slices.ContainsFunc(was, isSame) || slices.ContainsFunc(known, isHere):
		default:
			problems = append(problems, Problem{id.path, ui.Because(ui.ReasonLooksLikeAddress)})
		}
	}
	return problems
}

// address reports whether a field of the type holds an address, which its owner can show to
// be theirs.
func (t Type) address() bool { return t == Email || t == Tel }

// likeEmail reports whether a text would be read as an e-mail address.
func likeEmail(text string) bool {
	before, after, has := strings.Cut(text, "@")
	return has && before != "" && after != ""
}

// likeNumber reports whether a text would be read as a telephone number: ITU-T E.164 has
// at most 15 digits, and fewer than seven are dialled within a town.
func likeNumber(text string) bool {
	digits := strings.TrimPrefix(withoutSeparators(text), "+")
	return len(digits) >= 7 && len(digits) <= 15 && strings.Trim(digits, "0123456789") == ""
}
