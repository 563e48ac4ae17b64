package profile

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/method"
)

// Names and addresses beyond ASCII: in which form they are compared, which of them
// are taken, and when two spellings are one address. A method.Text decides all
// three; where it has no function, ASCII is taken and nothing else.

// spelling is how identifiers are spelled. form makes one the form that it is compared
// in; "" is none. raw is that form without the functions of a Text: what rows from
// before have. others are further ways to write a form, which such rows may have too.
type spelling struct {
	form, raw func(Type, string) string
	others    func(Type, string) []string
}

func (m *Method) spelling(text method.Text) spelling {
	if m.normalise != nil {
		return spelling{m.normalise, m.normalise, func(Type, string) []string { return nil }}
	}
	form := func(t Type, value string) string { return mapped(text, t, normal(t, value)) }
	return spelling{form, normal, func(t Type, value string) []string {
		if t == Tel {
			return nil
		}
		return text.Others(value, func(other string) string { return form(t, other) })
	}}
}

// mapped maps a normal identifier, or the parts of one, as far as that can be done.
func mapped(text method.Text, t Type, value string) string {
	switch {
	case t == Tel:
		return value
	case isAddress(t, value):
		return text.Address(value)
	}
	return text.Name(value)
}

// isAddress reports whether a text is compared as an e-mail address. What stands in
// a list has no type of its own.
func isAddress(t Type, value string) bool {
	return (t == Email || t == Other) && strings.Contains(value, "@")
}

// parts are the two of an e-mail address.
func parts(address string) (local, domain string) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address, ""
	}
	return address[:at], address[at+1:]
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// mail reports whether the texts of a field are e-mail addresses.
func (f *field) mail() bool { return f.Type == Email || f.Verify == ByEmail || f.Recover == ByEmail }

// each makes a value of a value, of which every text is made anew: itself, or those
// in a list.
func each(value any, f func(string) string) any {
	switch value := value.(type) {
	case string:
		return f(value)
	case []any:
		value = slices.Clone(value)
		for n := range value {
			value[n] = each(value[n], f)
		}
		return value
	}
	return value
}

// inASCII are traits for a schema to judge, which knows addresses of ASCII: those
// that the Text takes have letters of ASCII in the place of others, as many as
// before. The traits themselves are not changed.
func (s *submit) inASCII(traits map[string]any) map[string]any {
	for _, f := range s.form.fields {
		if !f.mail() || s.text.Identifier == nil && s.text.Domain == nil {
			continue
		}
		value := lookUp(traits, f.Name)
		if !slices.ContainsFunc(appendTexts(nil, value), func(t string) bool { return !isASCII(t) }) {
			continue
		}
		traits = copied(traits)
		put(traits, f.path, each(value, s.addressInASCII))
	}
	return traits
}

// addressInASCII is an address that is taken, spelled in ASCII; any other is the
// same.
func (s *submit) addressInASCII(address string) string {
	local, domain := parts(address)
	for _, part := range []struct {
		text *string
		form func(string) (string, error)
		most int // bytes, of what mail is sent to (RFC 5321 section 4.5.3.1)
	}{{&local, s.text.Identifier, 64}, {&domain, s.text.Domain, 253}} {
		if isASCII(*part.text) {
			continue
		}
		if part.form == nil || strings.ContainsFunc(*part.text, isUnseen) {
			return address
		}
		form, err := part.form(strings.ToLower(*part.text))
		if err != nil || len(form) > part.most {
			return address
		}
		*part.text = strings.Map(func(r rune) rune {
			if r >= utf8.RuneSelf {
				return 'x'
			}
			return r
		}, *part.text)
	}
	return local + "@" + domain
}

// copied is a copy of objects within objects.
func copied(traits map[string]any) map[string]any {
	all := make(map[string]any, len(traits))
	for name, value := range traits {
		if inner, ok := value.(map[string]any); ok {
			value = copied(inner)
		}
		all[name] = value
	}
	return all
}

// isUnseen reports whether a character is a space beyond ASCII, or one that is not
// shown: no address has one, and its owner does not see what is wrong. Joiners do
// not count: Persian and the scripts of India write with them.
func isUnseen(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return r > '~' && r != nonJoiner && r != joiner && unicode.In(r, unicode.Z, unicode.Cf, unicode.Cc)
}

// reworded says of an address why it is not taken, if that is not its form.
func (s *submit) reworded(p Problem, traits map[string]any) Problem {
	f := s.byName[p.Path]
	if f == nil || p.Text.ID != ui.BadEmail("").ID {
		return p
	}
	for _, address := range appendTexts(nil, lookUp(traits, f.Name)) {
		local, domain := parts(address)
		switch {
		case strings.ContainsFunc(address, isUnseen):
			p.Text = ui.Because(ui.ReasonUnseen)
		case s.text.Identifier == nil && !isASCII(local) || s.text.Domain == nil && !isASCII(domain):
			p.Text = ui.Because(ui.ReasonOnlyASCII)
		}
	}
	return p
}

// judgeNames adds what is wrong with changed names to sign in with. Addresses are
// the schema's to judge, which says what they look like.
func (s *submit) judgeNames(problems []Problem, changed []*field, traits map[string]any) []Problem {
	if s.own {
		return problems
	}
	for _, f := range changed {
		if !f.Identifier || f.Type == Tel || slices.ContainsFunc(problems, func(p Problem) bool { return p.Path == f.Name }) {
			continue
		}
		for _, name := range appendTexts(nil, lookUp(traits, f.Name)) {
			if isAddress(f.Type, name) {
				continue
			}
			if t := judgeName(s.text, name); t != nil {
				problems = append(problems, Problem{f.Name, *t})
				break
			}
		}
	}
	return problems
}

// judgeName is what is wrong with a name, nil if nothing is.
func judgeName(text method.Text, name string) *ui.Text {
	var wrong ui.Text
	if text.Identifier == nil {
		if isASCII(name) {
			return nil
		}
		wrong = ui.Because(ui.ReasonOnlyASCII)
		return &wrong
	}
	if _, err := text.Identifier(normal(Text, name)); err != nil {
		wrong = ui.RefusedAs(ui.ReasonBadCharacters, "This cannot be used: "+err.Error()+".", nil)
		return &wrong
	}
	return nil
}

// asStored is the stored value where a submitted one is another spelling of the same
// address: browsers send the domain of an e-mail address in punycode, whatever was
// shown in its field, and its case means nothing.
func (s *submit) asStored(f *field, submitted, stored any) any {
	if !f.mail() {
		return submitted
	}
	switch submitted := submitted.(type) {
	case string:
		was, ok := stored.(string)
		if ok && s.oneAddress(submitted, was) {
			return was
		}
	case []any:
		was, ok := stored.([]any)
		if !ok || len(was) != len(submitted) {
			return submitted
		}
		all := slices.Clone(submitted)
		for n := range all {
			all[n] = s.asStored(f, all[n], was[n])
		}
		return all
	}
	return submitted
}

// oneAddress reports whether two spellings differ in that of the domain alone.
func (s *submit) oneAddress(a, b string) bool {
	if a == b {
		return true
	}
	localA, domainA := parts(a)
	localB, domainB := parts(b)
	return localA == localB && s.text.Address("@"+strings.ToLower(domainA)) == s.text.Address("@"+strings.ToLower(domainB))
}
