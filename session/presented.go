package session

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// This file owns which token a request presents. A browser may send a cookie twice: one
// is left over from another path or domain, or somebody has planted it. Who is signed in
// must not depend on the order of the two.

// Presented are the session tokens that a request carries, sorted by where they stood in
// it.
type Presented struct {
	Cookie []string // from the browser, by the Transport; an emptied cookie is none
	Header []string // X-Session-Token, and Authorization: Bearer if it is one of ours
}

// Present collects the tokens of a request. A Bearer that does not start with
// Prefix is the host's business and not listed.
func Present(r *http.Request, t Transport) Presented {
	p := Presented{Cookie: given(t.Tokens(r))}
	for _, token := range r.Header["X-Session-Token"] {
		if token != "" { // a client without a token may send the header all the same
			p.Header = append(p.Header, token)
		}
	}
	for _, v := range r.Header["Authorization"] {
		scheme, token, _ := strings.Cut(v, " ")
		if token = strings.TrimSpace(token); strings.EqualFold(scheme, "Bearer") && strings.HasPrefix(token, Prefix) {
			p.Header = append(p.Header, token)
		}
	}
	return p
}

// given are the tokens that are not empty.
func given(tokens []string) []string {
	if !slices.Contains(tokens, "") {
		return tokens
	}
	return slices.DeleteFunc(slices.Clone(tokens), func(t string) bool { return t == "" })
}

// ByCookie reports whether the token came in a cookie, which a browser also sends with a
// forged request.
func (p Presented) ByCookie() bool { return len(p.Cookie) > 0 }

// ByHeader reports whether a token came in a header.
func (p Presented) ByHeader() bool { return len(p.Header) > 0 }

// MaxCandidates is how many tokens of one request are looked up.
const MaxCandidates = 4

// Candidates are the distinct tokens of a request, of which Sessions.Pick chooses one; what
// does not have the form of a token is left out, if there are several cookies. ok is false
// if two headers, or a header and a cookie, have different tokens, and for more than
// MaxCandidates.
func (p Presented) Candidates() (tokens []string, ok bool) {
	if len(p.Header) == 0 && len(p.Cookie) < 2 {
		return p.Cookie, true
	}
	if len(p.Header) == 0 {
		tokens, more := distinct(p.Cookie)
		if more {
			return nil, false
		}
		return tokens, true
	}
	differs := func(t string) bool { return t != p.Header[0] }
	if slices.ContainsFunc(p.Header, differs) || slices.ContainsFunc(p.Cookie, differs) {
		return nil, false
	}
	return p.Header[:1], true
}

// distinct are the first MaxCandidates different tokens that have the form of one; more
// says that there are others.
func distinct(tokens []string) (first []string, more bool) {
	for _, t := range tokens {
		switch {
		case slices.Contains(first, t) || !WellFormed(t):
		case len(first) == MaxCandidates:
			return first, true
		default:
			first = append(first, t)
		}
	}
	return first, false
}

// Pick chooses the token by which a request is judged; it is "" if there is none. Among
// several cookies it chooses the valid one, and among several valid ones of one identity
// the one with the newest sign-in. The error is ErrAmbiguous for valid ones of different
// identities and for a request that contradicts itself (see Presented.Candidates); any
// other error is a store's, for the log. A single token is not looked up here; several cost
// a look-up each.
func (m *Sessions) Pick(ctx context.Context, p Presented) (string, error) {
	tokens, ok := p.Candidates()
	switch {
	case !ok:
		return "", ErrAmbiguous
	case len(tokens) == 0:
		return "", nil
	case len(tokens) == 1:
		return tokens[0], nil
	}
	picked, best := tokens[0], Invalid // if none is any good, it does not matter which
	var newest Current
	for _, token := range tokens {
		c, worth, err := m.look(ctx, token)
		switch {
		case err != nil:
			return "", err
		case worth == Valid && best == Valid && c.Session.IdentityID != newest.Session.IdentityID:
			return "", ErrAmbiguous
		case worth > best, worth == Valid && c.Session.AuthenticatedAt.After(newest.Session.AuthenticatedAt):
			picked, best, newest = token, worth, c
		}
	}
	return picked, nil
}

// look finds what a token that has the form of one is worth now. A session that is not
// there is Invalid and no error.
func (m *Sessions) look(ctx context.Context, token string) (Current, Validity, error) {
	hash := Hash(token)
	s, r, err := m.c.Find(ctx, hash)
	if errors.Is(err, ErrNotFound) {
		return Current{}, Invalid, nil
	}
	if err != nil {
		return Current{}, Invalid, err
	}
	c, err := m.Open(s, r)
	if err != nil {
		return Current{}, Invalid, err
	}
	return c, ValidityOf(c.Session, c.Identity, hash, m.c.Now()), nil
}
