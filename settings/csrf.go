package settings

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/body"
)

// This file owns the anti-CSRF check of a browser's submit: where it comes from, and
// the token of the form (ASVS 5.0 3.5.1).

const (
	csrfPurpose = "csrf"
	macSize     = 32 // bytes of a MAC
)

// csrfToken proves that a form was rendered for this session and this flow. It
// is masked anew each time, so that a compressed page does not leak it (the
// BREACH attack). It is bound to the session's id, not its token: a form that
// is open while the token rotates stays good.
func (s *Service) csrfToken(sessionID, flowID string) string {
	var mac [macSize]byte
	var masked [2 * macSize]byte
	mask := masked[:macSize]
	rand.Read(mask)
	subtle.XORBytes(masked[macSize:], s.ring.AppendMAC(mac[:0], csrfPurpose, sessionID, flowID), mask)
	var text [4 * macSize]byte
	return string(base64.RawURLEncoding.AppendEncode(text[:0], masked[:]))
}

func (s *Service) csrfValid(token, sessionID, flowID string) bool {
	masked, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(masked)%2 != 0 {
		return false
	}
	mac := make([]byte, len(masked)/2)
	subtle.XORBytes(mac, masked[:len(mac)], masked[len(mac):])
	return s.ring.VerifyMAC(mac, csrfPurpose, sessionID, flowID)
}

// site is what the browser says about where a request comes from.
type site uint8

const (
	siteUnknown site = iota // it says nothing, or nothing that decides
	siteOwn                 // from a page of ours
	siteForeign             // from a page of somebody else
)

// siteOf judges Sec-Fetch-Site first and Origin without it; a browser sets
// both and a page can set neither (W3C Fetch Metadata, RFC 6454). A trusted
// Origin, our own or another, outweighs a cross-site mark but proves nothing beside
// one: the form's token must.
// An Origin that is neither ours nor trusted is foreign even with a same-origin
// mark: it does not fit PublicURL.
func (s *Service) siteOf(req Request) site {
	lower := strings.ToLower(req.Origin)
	ours := lower == s.origins[0]
	trusted := slices.Contains(s.origins, lower)
	switch {
	case req.Origin != "" && req.Origin != "null" && !trusted:
		return siteForeign
	case req.FetchSite == "same-origin" && req.Origin == "null":
		// A form on a page without a referrer sends that.
		return siteUnknown
	case req.FetchSite == "same-origin":
		return siteOwn
	case req.Origin == "null":
		return siteForeign
	case req.FetchSite != "" && req.FetchSite != "none" && !trusted: // cross-site, same-site, or nothing a browser sends
		return siteForeign
	case ours && req.FetchSite == "":
		return siteOwn
	}
	return siteUnknown
}

// forged says why a submit of a browser flow may be forged, "" if it is not
// (ASVS 5.0 3.5.1). It must come with the session's cookie, from no foreign
// page, and with the form's token. Only a JSON body that a page of ours sends
// needs no token: no other page can make a browser send one. earlier tells a form
// that the same session was shown before its user signed in again.
func (s *Service) forged(req Request, f body.Fields, of session.Session, flowID string) (why string, earlier bool) {
	if !req.Tokens.ByCookie() {
		return "A browser's flow is completed with the browser's session cookie.", false
	}
	where := s.siteOf(req)
	if where == siteForeign {
		return "The request comes from another site.", false
	}
	token, given := f.String(fieldCSRF)
	switch {
	case given == body.Absent || given == body.Present && token == "":
		if where == siteOwn && !f.FromForm() {
			return "", false
		}
		return "The form's csrf_token is missing.", false
	case given != body.Present:
	case s.csrfValid(token, of.ID, flowID):
		return "", false
	case slices.ContainsFunc(of.EarlierIDs(), func(id string) bool { return s.csrfValid(token, id, flowID) }):
		return "", true
	}
	return "The form's csrf_token is not of this session and flow. Reload the form.", false
}

// formOf tells one rendered form from every other: the hash of the very bytes of its
// token, which is masked anew each time, so that only who holds the form has them. It
// is "" for a body without one.
func formOf(f body.Fields) string {
	token, _ := f.String(fieldCSRF)
	if token == "" {
		return ""
	}
	return hashed(token)[:32]
}

// sameOriginOnly is the check for requests without a form: they need the
// browser's word that a page of ours made them.
func (s *Service) sameOriginOnly(req Request) bool {
	return !req.Tokens.ByCookie() || req.FetchSite == "same-origin" && s.siteOf(req) == siteOwn
}

// hashed is the SHA-256 of a random text in hex: what stands in a store instead.
func hashed(random string) string {
	sum := sha256.Sum256([]byte(random))
	return hex.EncodeToString(sum[:])
}
