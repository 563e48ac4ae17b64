package settingstest

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// This file owns how a browser sends a form of a page of the host's own, its login
// above all, that is known by its HTML alone.

var (
	postForm  = regexp.MustCompile(`(?is)<form\b[^>]*\bmethod="?post\b.*?</form>`)
	inputTag  = regexp.MustCompile(`(?is)<input\b[^>]*>`)
	attribute = regexp.MustCompile(`(?is)\b(type|name|value)="([^"]*)"`)
)

// FillIn opens a page, types the fields into its first form of method POST, and sends
// it to the page's URL, with the hidden fields that the form has: its csrf_token. It
// fails the test if there is no such form. A redirect is not followed. The page is a
// whole URL of an App's own, or a path below PublicURL.
func (c *Client) FillIn(page string, fields Fields) *Answer {
	t := c.Kit.T
	t.Helper()
	c.Kit.watch.submitted(fields)
	shown := c.Do(http.MethodGet, page, "", "")
	form := postForm.FindString(string(shown.Body))
	if form == "" {
		t.Fatalf("%s has no form to fill in: %s", page, shown.Brief())
	}
	sent := url.Values{}
	for _, tag := range inputTag.FindAllString(form, -1) {
		has := map[string]string{}
		for _, a := range attribute.FindAllStringSubmatch(tag, -1) {
			has[strings.ToLower(a[1])] = html.UnescapeString(a[2])
		}
		if _, typed := fields[has["name"]]; strings.EqualFold(has["type"], "hidden") && !typed {
			sent.Add(has["name"], has["value"])
		}
	}
	flatten(sent, "", fields)
	return c.Do(http.MethodPost, page, "application/x-www-form-urlencoded", sent.Encode())
}
