package respond

import (
	"mime"
	"strconv"
	"strings"
)

// Client is a kind of client.
type Client uint8

const (
	API    Client = iota + 1 // an app or a script outside a browser: JSON, session token
	Page                     // a browser following links and forms: redirects, session cookie
	Script                   // a script in a browser: JSON, session cookie
)

func (c Client) String() string {
	switch c {
	case API:
		return "api"
	case Page:
		return "page"
	case Script:
		return "script"
	}
	return "unknown"
}

// Hints are the parts of a request that tell which kind of client sent it.
type Hints struct {
	Accept      string // all Accept headers, joined by commas
	ContentType string
	HeaderToken bool // a session token of ours in a header
	AnyCookie   bool // any cookie at all

	// JSONBodyWantsJSON makes a JSON Content-Type alone ask for JSON, as
	// Kratos does.
	JSONBodyWantsJSON bool
}

// Browser tells a page from a script, where the client is known to be a browser. It is a
// script if its Accept header prefers JSON to HTML (RFC 9110 section 12.5.1: quality first,
// then specificity), or accepts anything and the body is JSON. Otherwise it is a page:
// without an Accept header, in a tie, for text/*.
func (h Hints) Browser() Client {
	json := jsonType(h.ContentType)
	if json && h.JSONBodyWantsJSON || preferJSON(h.Accept) || json && anything(h.Accept) {
		return Script
	}
	return Page
}

// Unknown tells the kind of client where no flow says it: API if a session token is in a
// header, or if the body is JSON and there is no cookie at all; otherwise what Browser
// says.
func (h Hints) Unknown() Client {
	if h.HeaderToken || !h.AnyCookie && jsonType(h.ContentType) {
		return API
	}
	return h.Browser()
}

func jsonType(contentType string) bool {
	if contentType == "application/json" || contentType == "" { // as good as always
		return contentType != ""
	}
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && t == "application/json"
}

// anything reports whether Accept is just */*.
func anything(accept string) bool {
	r := parseRange(accept)
	return !strings.Contains(accept, ",") && r.media == "*/*" && r.q > 0
}

func preferJSON(accept string) bool {
	var json, html match
	for part := range strings.SplitSeq(accept, ",") {
		r := parseRange(part)
		json.consider(r, "application/json")
		html.consider(r, "text/html")
	}
	if json.q != html.q {
		return json.q > html.q
	}
	return json.q > 0 && json.specificity > html.specificity
}

// match is the most specific range that covers a type, and its quality.
type match struct {
	specificity int // 0 none, 1 */*, 2 type/*, 3 type/subtype
	q           float64
}

func (m *match) consider(r acceptRange, media string) {
	kind, _, _ := strings.Cut(media, "/")
	s := 0
	switch r.media {
	case "*/*":
		s = 1
	case kind + "/*":
		s = 2
	case media:
		s = 3
	}
	if s > m.specificity || s > 0 && s == m.specificity && r.q > m.q {
		*m = match{s, r.q}
	}
}

type acceptRange struct {
	media string
	q     float64
}

// parseRange reads one media range. One that is no range matches nothing; a
// quality that is none counts as 0: the client gets what it surely meant.
func parseRange(s string) acceptRange {
	media, params, _ := strings.Cut(s, ";")
	r := acceptRange{media: strings.ToLower(strings.TrimSpace(media)), q: 1}
	for p := range strings.SplitSeq(params, ";") {
		k, v, ok := strings.Cut(p, "=")
		if ok && strings.EqualFold(strings.TrimSpace(k), "q") {
			q, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			if err != nil || !(q >= 0 && q <= 1) {
				q = 0
			}
			r.q = q
		}
	}
	return r
}
