package page

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/amend-go/amend/flow/ui"
)

// This file owns which language a page is in, and how a text is said in it.

// Language has the texts of one language: labels and messages of the methods, by the ids of
// package flow/ui, and the sentences of the pages, by the ids in English().Texts. A text
// that it lacks is shown in English.
type Language struct {
	Tag string // as BCP 47 writes it: "de"
	Dir string // "rtl" where it is read from right to left; "" is "ltr"

	// Texts are by id. In one, {name} is the value of that name in the text's context,
	// and {name|one:# code|other:# codes} chooses by a number: # is the number, and the
	// words before the colons are those that Plural gives. A text without a choice that
	// fits takes the last one, and "zero" fits 0 in any language.
	Texts map[int64]string

	// Plural is the category of a number (CLDR): "zero", "one", "two", "few", "many" or
	// "other". nil has two, "one" for 1.
	Plural func(n int64) string

	// Date is a day in words. nil is "2 January 2006".
	Date func(time.Time) string

	// Say may give the text to show for any text, for hosts that keep their texts
	// elsewhere; "" leaves it to Texts, as a nil Say does. It does not get recovery codes
	// and secrets.
	Say func(ui.Text) string
}

// English is the language of the pages as they come, to offer it beside others or to begin
// a translation with.
func English() Language {
	texts := make(map[int64]string, len(english))
	for id, text := range english {
		texts[id] = text
	}
	for _, t := range loginTexts() {
		if _, has := texts[t.ID]; !has {
			texts[t.ID] = t.Text
		}
	}
	for id, text := range ui.Reasons() {
		texts[int64(id)] = text
	}
	return Language{Tag: "en", Texts: texts}
}

func (l Language) check() error {
	switch {
	case l.Tag == "" || strings.Trim(l.Tag, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return fmt.Errorf("the Tag %q is not one of BCP 47", l.Tag)
	case l.Dir != "" && l.Dir != "ltr" && l.Dir != "rtl":
		return fmt.Errorf("the Dir %q is neither ltr nor rtl", l.Dir)
	}
	for id, text := range l.Texts {
		if _, err := l.spell(text, ui.Text{}); err != nil {
			return fmt.Errorf("the text %d: %w", id, err)
		}
	}
	return nil
}

// say is a text in this language.
func (l *Language) say(t ui.Text) string {
	if l.Say != nil {
		if said := l.Say(t); said != "" {
			return said
		}
	}
	if text, has := l.Texts[int64(t.Reason)]; has && t.Reason != 0 {
		if text == ui.Reasons()[t.Reason] {
			return t.Text // our English, which may say more
		}
		said, _ := l.spell(text, ui.Text{Context: t.Values})
		return said
	}
	text, has := l.Texts[t.ID]
	if !has {
		if text, has = english[t.ID]; !has {
			return t.Text
		}
	}
	said, _ := l.spell(text, t) // checked when the page was made
	return said
}

var errUnclosed = errors.New("a { without its }")

// spell puts the values of a context into a text.
func (l *Language) spell(text string, t ui.Text) (string, error) {
	if !strings.Contains(text, "{") {
		return text, nil
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		inside, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", errUnclosed
		}
		name, choices, chooses := strings.Cut(inside, "|")
		value := t.Context[name]
		if chooses {
			b.WriteString(l.chosen(choices, value))
		} else {
			b.WriteString(l.isolated(l.value(value)))
		}
		text = after
	}
}

// chosen is the choice for a number.
func (l *Language) chosen(choices string, value any) string {
	n, _ := strconv.ParseInt(fmt.Sprint(value), 10, 64)
	category := "other"
	switch {
	case l.Plural != nil:
		category = l.Plural(n)
	case n == 1:
		category = "one"
	}
	last := ""
	for choice := range strings.SplitSeq(choices, "|") {
		name, words, _ := strings.Cut(choice, ":")
		if last = words; name == category || name == "zero" && n == 0 {
			break
		}
	}
	return strings.ReplaceAll(last, "#", strconv.FormatInt(n, 10))
}

func (l *Language) value(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case time.Time:
		return l.day(v)
	case ui.Text:
		return l.say(v)
	case []ui.Text:
		said := make([]string, len(v))
		for i, t := range v {
			said[i] = l.say(t)
		}
		return strings.Join(said, l.say(textAndThen))
	}
	return spelled(v)
}

// isolated keeps what users type from turning the words around it about, where a
// language reads the other way (Unicode UAX 9, first strong isolate).
func (l *Language) isolated(s string) string {
	if l.Dir != "rtl" || s == "" {
		return s
	}
	return "\u2068" + s + "\u2069"
}

// day is a date in words.
func (l *Language) day(t time.Time) string {
	if l.Date != nil {
		return l.Date(t)
	}
	return t.UTC().Format("2 January 2006")
}

// of chooses the language of a request.
func (l *look) of(r *http.Request) *Language {
	if l.Choose != nil {
		if i := l.offered(l.Choose(r)); i >= 0 {
			return &l.Languages[i]
		}
	}
	type wish struct {
		language int
		q        float64
	}
	var wishes []wish
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Language"), ","), ",") {
		tag, parameters, _ := strings.Cut(part, ";")
		q := 1.0
		if _, value, has := strings.Cut(parameters, "q="); has {
			q, _ = strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
		if i := l.offered(strings.TrimSpace(tag)); i >= 0 && q > 0 {
			wishes = append(wishes, wish{i, q})
		}
	}
	if len(wishes) == 0 {
		return &l.Languages[0]
	}
	slices.SortStableFunc(wishes, func(a, b wish) int { return cmp.Compare(b.q, a.q) })
	return &l.Languages[wishes[0].language]
}

// offered finds a language by a tag, or by the part of it that is left of its last
// hyphen, and so on (RFC 4647, 3.4: lookup). It is -1 for none.
func (l *look) offered(tag string) int {
	for tag != "" {
		if i := slices.IndexFunc(l.Languages, func(offered Language) bool { return strings.EqualFold(offered.Tag, tag) }); i >= 0 {
			return i
		}
		tag = tag[:max(0, strings.LastIndexByte(tag, '-'))]
	}
	return -1
}
