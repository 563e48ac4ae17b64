package password

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"
)

const (
	minCharacters     = 8   // ASVS 5.0.0, 6.2.1; NIST SP 800-63B-4, 3.1.1.2
	minCharactersNIST = 15  // NIST SP 800-63B-4, 3.1.1.2, for a password that is the only factor
	leastMaximum      = 64  // ASVS 5.0.0, 6.2.9; NIST SP 800-63B-4, 3.1.1.2
	defaultMaximum    = 256 // characters
	greatestMaximum   = 1024
)

// Policy says which passwords a user may choose. The zero value is 8 to 256 characters. A character is a Unicode code
// point, and a space is one like any other, at the ends too.
//
// There are no rules of composition and there is no way to add them. Refused are, besides passwords of the wrong length,
// only the 3,000 most common ones, and the 3,000 most common ones of 15 characters and more (the whole password, in any
// case), and those that are hardly more than one of the user's own identifiers.
type Policy struct {
	// MinLength in characters; 0 is 8, and less than 8 is not possible.
	MinLength int
	// MaxLength in characters; 0 is 256, and 64 to 1024 are possible.
	MaxLength int
	// NIST asks 15 characters of an identity without a second factor, as SP 800-63B-4 does.
	NIST bool
	// MaxBytes is the MaxBytes of the Writer that will hash the password; 0 is no limit.
	MaxBytes int
}

// Check says what is wrong with the Policy. It is meant for start-up; Judge does not become looser by leaving it out.
func (p Policy) Check() error {
	if p.MinLength != 0 && p.MinLength < minCharacters {
		return fmt.Errorf("password: MinLength %d, want %d or more", p.MinLength, minCharacters)
	}
	if p.MinLength > leastMaximum {
		return fmt.Errorf("password: MinLength %d, want %d or less", p.MinLength, leastMaximum)
	}
	if p.MaxLength != 0 && (p.MaxLength < leastMaximum || p.MaxLength > greatestMaximum) {
		return fmt.Errorf("password: MaxLength %d, want %d to %d", p.MaxLength, leastMaximum, greatestMaximum)
	}
	if p.MaxBytes < 0 {
		return fmt.Errorf("password: MaxBytes %d, want 0 or more", p.MaxBytes)
	}
	return nil
}

// Bounds returns the least and the greatest number of characters of a password for an identity with or without a second
// factor.
func (p Policy) Bounds(hasSecondFactor bool) (least, most int) {
	least = max(p.MinLength, minCharacters)
	if p.NIST && !hasSecondFactor {
		least = max(least, minCharactersNIST)
	}
	return least, cmp.Or(p.MaxLength, defaultMaximum)
}

// Candidate is a password that somebody wants to set, with what the Policy needs to know of
// its owner.
type Candidate struct {
	Password        string
	Identifiers     []string // user name, e-mail address, telephone number: whatever they sign in with
	HasSecondFactor bool     // read only with Policy.NIST
}

// Kind is the judgement of a Policy on a candidate. A valid Kind is never zero.
type Kind int

const (
	_              Kind = iota
	OK                  // may be used
	TooShort            // Verdict.Min and Actual, in characters
	TooLong             // Verdict.Max and Actual, in characters
	TooManyBytes        // Verdict.Max and Actual, in bytes: the hash format reads no more
	NotText             // not UTF-8, or with a NUL where the hash format ends a password
	Common              // one of the most common passwords
	LikeIdentifier      // hardly more than the user's own identifier
)

var kindNames = [...]string{"unjudged", "ok", "too short", "too long", "too many bytes", "not text", "common", "like identifier"}

// String is for logs.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		k = 0
	}
	return kindNames[k]
}

// Verdict is the result of Policy.Judge. Only a password with Kind OK may be hashed. A
// number that the Kind does not use is 0.
type Verdict struct {
	Kind   Kind
	Min    int
	Max    int
	Actual int
}

// Judge looks at the candidate alone: no hash, no network, no clock. It returns the first Kind that applies, in this
// order: NotText, TooShort, TooLong, TooManyBytes, Common, LikeIdentifier.
func (p Policy) Judge(c Candidate) Verdict {
	if !utf8.ValidString(c.Password) || p.MaxBytes > 0 && hasNUL(c.Password) {
		return Verdict{Kind: NotText}
	}
	least, most := p.Bounds(c.HasSecondFactor)
	switch length := utf8.RuneCountInString(c.Password); {
	case length < least:
		return Verdict{Kind: TooShort, Min: least, Actual: length}
	case length > most:
		return Verdict{Kind: TooLong, Max: most, Actual: length}
	case p.MaxBytes > 0 && len(c.Password) > p.MaxBytes:
		return Verdict{Kind: TooManyBytes, Max: p.MaxBytes, Actual: len(c.Password)}
	case isCommon(c.Password):
		return Verdict{Kind: Common}
	case slices.ContainsFunc(c.Identifiers, func(id string) bool { return isLike(c.Password, id) }):
		return Verdict{Kind: LikeIdentifier}
	}
	return Verdict{Kind: OK}
}
