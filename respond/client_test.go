package respond_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
)

const (
	urlencoded = "application/x-www-form-urlencoded"
	// what browsers send when they follow a link
	chrome  = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
	firefox = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
)

// Of a browser's flow: a script prefers JSON to HTML, or accepts anything and
// sends JSON. Everything else is a page.
func TestPageOrScript(t *testing.T) {
	for _, c := range []struct {
		name, accept, contentType string
		want                      string
	}{
		{"asks for JSON", "application/json", urlencoded, "script"},
		{"asks for HTML", "text/html", urlencoded, "page"},
		{"a link in Chrome", chrome, "", "page"},
		{"a form in Firefox", firefox, urlencoded, "page"},
		{"a browser that sends JSON and wants HTML", firefox, "application/json", "page"},
		{"no Accept", "", "", "page"},
		{"no Accept, and a form", "", urlencoded, "page"},
		{"no Accept, and JSON", "", "application/json", "page"},

		{"fetch: anything, and JSON", "*/*", "application/json", "script"},
		{"fetch: anything, and JSON with a charset", "*/*", "application/json; charset=utf-8", "script"},
		{"fetch: anything, and JSON in capitals", "*/*", "Application/JSON", "script"},
		{"anything by halves, and JSON", "*/*;q=0.5", "application/json", "script"},
		{"spaces around anything", "  */* ", "application/json", "script"},
		{"nothing at all, and JSON", "*/*;q=0", "application/json", "page"},
		{"anything, and a form", "*/*", urlencoded, "page"},
		{"anything, and multipart", "*/*", "multipart/form-data; boundary=x", "page"},
		{"anything, and no body", "*/*", "", "page"},
		{"anything, and a text", "*/*", "text/plain", "page"},
		{"anything, and a type like JSON", "*/*", "application/json-seq", "page"},
		{"anything, and a vendor's JSON", "*/*", "application/vnd.api+json", "page"},
		{"anything, and a Content-Type that is none", "*/*", "application/json; =", "page"},
		{"anything with a parameter, but not just anything", "*/*;v=1, image/png", "application/json", "page"},
		{"anything but not just anything", "*/*, image/png", "application/json", "page"},

		{"both alike: a tie", "application/json, text/html", "", "page"},
		{"both alike, the other way round", "text/html, application/json", "", "page"},
		{"both alike, and JSON in the body", "text/html, application/json", "application/json", "page"},
		{"JSON first by quality", "text/html;q=0.9, application/json", "", "script"},
		{"HTML first by quality", "text/html, application/json;q=0.9", "", "page"},
		{"quality goes before specificity", "application/json;q=0.1, text/*", "", "page"},
		{"quality goes before specificity, for JSON", "text/html;q=0.1, application/*;q=0.2", "", "script"},
		{"a thousandth decides", "application/json;q=0.501, text/html;q=0.5", "", "script"},

		{"JSON is more specific than anything", "*/*, application/json", "", "script"},
		{"HTML is more specific than anything", "*/*, text/html", "", "page"},
		{"a type is more specific than anything", "*/*, application/*", "", "script"},
		{"JSON and any text", "application/json, text/*", "", "script"},
		{"HTML and any application", "text/html, application/*", "", "page"},
		{"any of both", "application/*, text/*", "", "page"},
		{"the most specific range has the say", "application/json;q=0.1, application/*, text/html;q=0.5", "", "page"},
		{"the most specific range has the say, for HTML", "text/html;q=0.1, text/*, application/json;q=0.5", "", "script"},

		{"any text", "text/*", "", "page"},
		{"any text, and JSON in the body", "text/*", "application/json", "page"},
		{"any application", "application/*", "", "script"},
		{"XHTML is not HTML", "application/xhtml+xml", "", "page"},
		{"a vendor's JSON is not JSON", "application/vnd.api+json", "", "page"},
		{"neither", "image/png, text/plain", "", "page"},

		{"not HTML", "text/html;q=0, */*", "", "script"},
		{"not JSON", "application/json;q=0, */*", "", "page"},
		{"not JSON, but any application", "application/json;q=0, application/*", "", "page"},
		{"neither of both", "application/json;q=0, text/html;q=0", "", "page"},
		{"just not HTML", "text/html;q=0", "", "page"},
		{"just not JSON, and JSON in the body", "application/json;q=0", "application/json", "page"},

		{"capitals", "APPLICATION/JSON;Q=0.9, Text/HTML;Q=0.1", "", "script"},
		{"spaces everywhere", " application/json ; q = 0.9 ,\ttext/html ; q = 0.1 ", "", "script"},
		{"parameters of the type", "application/json;charset=utf-8;q=0.9, text/html;level=1;q=0.1", "", "script"},
		{"a parameter that only looks like a quality", "application/json;qq=0, text/html;q=0.5", "", "script"},
		{"empty elements", ",,application/json,,", "", "script"},
		{"several headers joined", "text/html;q=0.1,application/json", "", "script"},

		{"a quality that is none counts as 0", "application/json;q=x, text/html;q=0.1", "", "page"},
		{"a quality over 1", "application/json;q=2, text/html;q=0.1", "", "page"},
		{"a negative quality", "application/json;q=-1, text/html;q=0.1", "", "page"},
		{"a quality that is no number", "application/json;q=NaN, text/html;q=0.1", "", "page"},
		{"a quality of HTML that is no number", "text/html;q=NaN, application/json;q=0.1", "", "script"},
		{"an endless quality", "application/json;q=Inf, text/html;q=0.1", "", "page"},
		{"an empty quality", "application/json;q=, text/html;q=0.1", "", "page"},
		{"no media range at all", "json", "", "page"},
		{"half a media range", "application/", "", "page"},
		{"anything written as a star", "*", "application/json", "page"},
		{"a subtype of anything", "*/json", "", "page"},
		{"a quoted comma", `application/json;a="x,y"`, "", "script"},
		{"control characters", "\x00\x01\r\n", "", "page"},
		{"invalid UTF-8", "\xff\xfe", "application/json", "page"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, respond.Hints{Accept: c.accept, ContentType: c.contentType}.Browser().String())
		})
	}
}

// While no flow is known: a token of ours in a header is an API client's, and
// so is a JSON body without any cookie.
func TestClientOfNoFlow(t *testing.T) {
	const json = "application/json"
	for _, c := range []struct {
		name, accept, contentType string
		token, cookie             bool
		want                      string
	}{
		{"a token in a header", "", "", true, false, "api"},
		{"a token in a header, whatever it accepts", chrome, urlencoded, true, false, "api"},
		{"a token in a header, and a cookie", "text/html", urlencoded, true, true, "api"},
		{"no cookie and JSON", "*/*", json, false, false, "api"},
		{"no cookie and JSON, and it wants HTML", "text/html", json, false, false, "api"},
		{"no cookie and JSON, no Accept", "", "Application/JSON;charset=utf-8", false, false, "api"},
		{"a cookie and JSON", "*/*", json, false, true, "script"},
		{"a cookie and JSON, no Accept", "", json, false, true, "page"},
		{"a cookie, and it asks for JSON", json, urlencoded, false, true, "script"},
		{"no cookie and a form", "*/*", urlencoded, false, false, "page"},
		{"no cookie and no body, and it asks for JSON", json, "", false, false, "script"},
		{"no cookie and no body", "*/*", "", false, false, "page"},
		{"a link without a session", chrome, "", false, false, "page"},
		{"nothing at all", "", "", false, false, "page"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := respond.Hints{Accept: c.accept, ContentType: c.contentType, HeaderToken: c.token, AnyCookie: c.cookie}
			assert.Equal(t, c.want, h.Unknown().String())
		})
	}
}

// With the table of Kratos a JSON body alone asks for JSON.
func TestJSONBodyAloneAsksForJSON(t *testing.T) {
	for _, c := range []struct {
		accept, contentType string
		want                string
	}{
		{"", "application/json", "script"},
		{"text/html", "application/json; charset=utf-8", "script"},
		{chrome, "application/json", "script"},
		{"", urlencoded, "page"},
		{"", "", "page"},
		{"", "application/json-seq", "page"},
		{"application/json", urlencoded, "script"},
	} {
		h := respond.Hints{Accept: c.accept, ContentType: c.contentType, JSONBodyWantsJSON: true}
		assert.Equal(t, c.want, h.Browser().String(), "%q %q", c.accept, c.contentType)
	}
}

func TestClientsHaveNames(t *testing.T) {
	assert.Equal(t, "api page script unknown", fmt.Sprint(respond.API, " ", respond.Page, " ", respond.Script, " ", respond.Client(0)))
}

func FuzzHints(f *testing.F) {
	for _, accept := range []string{"", "*/*", chrome, firefox, "application/json;q=0.5, text/html;q=.4", "a/b;q=\";,\"", "application/json;q=0x1p-2,", ",;=*/*"} {
		f.Add(accept, "application/json", false, true, false)
		f.Add(accept, urlencoded, false, false, true)
		f.Add(accept, "", true, false, false)
	}
	f.Fuzz(func(t *testing.T, accept, contentType string, token, cookie, jsonBody bool) {
		h := respond.Hints{Accept: accept, ContentType: contentType, HeaderToken: token, AnyCookie: cookie, JSONBodyWantsJSON: jsonBody}
		browser, unknown := h.Browser(), h.Unknown()
		require.Contains(t, []respond.Client{respond.Page, respond.Script}, browser)
		require.Contains(t, []respond.Client{respond.API, browser}, unknown)
		if token {
			require.Equal(t, respond.API, unknown)
		}

		parts := strings.Split(accept, ",")
		slices.Reverse(parts)
		h.Accept = strings.Join(parts, ",")
		require.Equal(t, browser, h.Browser(), "the order of ranges says nothing")

		h.Accept = accept + "," + accept
		if strings.TrimSpace(accept) != "" && browser == respond.Page {
			require.Equal(t, respond.Page, h.Browser(), "nor does saying it twice")
		}

		h.Accept, h.JSONBodyWantsJSON = accept+", text/html", false
		require.Equal(t, respond.Page, h.Browser(), "nobody who takes HTML in full is a script by Accept")
	})
}
