package respond

import (
	"html"
	"net/http"
	"strconv"
	"time"
)

const (
	typeJSON = "application/json; charset=utf-8"
	typeHTML = "text/html; charset=utf-8"
)

// Response is an HTTP response in values.
type Response struct {
	Status      int
	ContentType string // "" without a body
	Body        []byte
	Location    string
	Public      bool          // a page of any origin may read it: a script, checked by its integrity
	Allow       string        // of a 405
	RetryAfter  time.Duration // 0 for none; sent in whole seconds, rounded up
}

// Write sends the response, with the headers every answer carries: not to be
// stored, sniffed, framed or named as a referrer. Its error is that of the
// connection.
func (r Response) Write(w http.ResponseWriter) error {
	referrer := "no-referrer"
	if r.ContentType == typeHTML {
		referrer = "same-origin"
	}
	// One array for all values: a header's value is a slice of one of them.
	v := [...]string{
		"private, no-cache, no-store, must-revalidate", "nosniff",
		"default-src 'none'; frame-ancestors 'none'", referrer, r.ContentType, r.Location, strconv.Itoa(len(r.Body)),
	}
	h := w.Header()
	h["Cache-Control"] = v[0:1:1]
	h["X-Content-Type-Options"] = v[1:2:2]
	h["Content-Security-Policy"] = v[2:3:3]
	h["Referrer-Policy"] = v[3:4:4]
	h["Vary"] = append(h["Vary"], "Cookie, Accept")
	if r.ContentType != "" {
		h["Content-Type"] = v[4:5:5]
	}
	if r.Location != "" {
		h["Location"] = v[5:6:6]
	}
	if r.Status != http.StatusNoContent {
		h["Content-Length"] = v[6:7:7]
	}
	if r.Public {
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	if r.Allow != "" {
		h.Set("Allow", r.Allow)
	}
	if r.RetryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64((r.RetryAfter+time.Second-1)/time.Second), 10))
	}
	w.WriteHeader(r.Status)
	if len(r.Body) == 0 { // some writers refuse even an empty body after a 204
		return nil
	}
	_, err := w.Write(r.Body)
	return err
}

// errorPage is the page behind a redirect when the host has none of its own.
func errorPage(e Error) []byte {
	title, reason := "This did not work", e.Reason
	if e.ID == "" {
		title, reason = "Nothing here", "This error is no longer kept. Go back and try again."
	}
	return []byte("<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>" + html.EscapeString(title) +
		"</title><meta name=\"viewport\" content=\"width=device-width\"></head>\n<body><h1>" + html.EscapeString(title) + "</h1><p>" +
		html.EscapeString(reason) + "</p><p><small>" + html.EscapeString(string(e.ID)) + "</small></p></body>\n</html>\n")
}
