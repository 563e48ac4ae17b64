package password

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// A part of an e-mail address stands for the whole only from this many characters on: "ada" is in too many words.
	minLocalPart = 4
	// A name of this many characters does not get into a passphrase by chance.
	minContained = 8
)

// isLike reports whether the password is hardly more than the identifier. Case does not matter. It is, if
//
//   - spaces and punctuation aside, it is the identifier forwards or backwards, once or repeated;
//   - the same holds once digits are taken from the ends of both ("ada1815" and "!!1ada2024");
//   - it can be typed from the identifier with few slips: one edit for every four characters of the longer one, four
//     at most, where an edit inserts, deletes or replaces a character;
//   - more than half of it is the identifier, and that has at least 8 characters.
//
// Of an e-mail address, all this is asked of the part before the @ too, and of the part before a plus sign in it, if they
// have at least 4 characters. A passphrase that contains an identifier among other words is not like it.
func isLike(password, identifier string) bool {
	password = fold(password)
	p := lettersAndDigits(password)
	return slices.ContainsFunc(namesIn(fold(identifier)), func(name string) bool {
		n := lettersAndDigits(name)
		return repeats(p, n) ||
			repeats(trimDigits(p), trimDigits(n)) ||
			withinEdits([]rune(password), []rune(name)) ||
			isMostly(password, name)
	})
}

// fold makes equal what differs in case alone, as strings.EqualFold does. Lower case by itself leaves letters like the long
// s (ſ) and the Kelvin sign, which are an s and a k too.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		first := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			first = min(first, other)
		}
		return unicode.ToLower(first)
	}, s)
}

// namesIn returns the identifier and the parts of it that name a person.
func namesIn(identifier string) []string {
	names := []string{identifier}
	if at := strings.LastIndexByte(identifier, '@'); at >= 0 {
		local := identifier[:at]
		untagged, _, _ := strings.Cut(local, "+")
		for _, name := range []string{local, untagged} {
			if utf8.RuneCountInString(name) >= minLocalPart && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func isMostly(password, name string) bool {
	length := utf8.RuneCountInString(name)
	return length >= minContained && 2*length > utf8.RuneCountInString(password) && strings.Contains(password, name)
}

func lettersAndDigits(s string) []rune {
	return slices.DeleteFunc([]rune(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
	})
}

func trimDigits(s []rune) []rune {
	for len(s) > 0 && unicode.IsNumber(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && unicode.IsNumber(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// repeats reports whether s is name once or more, every time forwards or every time backwards.
func repeats(s, name []rune) bool {
	if len(name) == 0 || len(s) == 0 || len(s)%len(name) != 0 {
		return false
	}
	return isRepeated(s, name) || isRepeated(s, reversed(name))
}

func isRepeated(s, part []rune) bool {
	for i, r := range s {
		if r != part[i%len(part)] {
			return false
		}
	}
	return true
}

func reversed(s []rune) []rune {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

// withinEdits reports whether the Levenshtein distance of a and b is small for their length. It stops at the first row
// that is over the limit: for strings that are not alike, that is among the first few.
func withinEdits(a, b []rune) bool {
	limit := min(max(len(a), len(b))/4, 4)
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return false
	}
	// row[j] is the distance of a's first i characters and b's first j.
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range b {
			replaced := diagonal
			if r != s {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
		if slices.Min(row) > limit {
			return false
		}
	}
	return row[len(b)] <= limit
}
