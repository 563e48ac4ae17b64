package body

import (
	"bytes"
	"io"
	"iter"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strings"
	"unicode/utf8"
)

// multipartFields reads the parts between the boundaries.
func multipartFields(raw []byte, boundary string) iter.Seq[formField] {
	return func(yield func(formField) bool) {
		parts := multipart.NewReader(bytes.NewReader(raw), boundary)
		for {
			part, err := parts.NextRawPart()
			switch {
			case err == io.EOF && isFramed(raw, boundary):
				return
			case err != nil:
				yield(formField{problem: notMultipart()})
				return
			}
			if !yield(multipartField(part)) {
				return
			}
		}
	}
}

// isFramed reports whether all of raw stands between its first and its closing
// boundary. RFC 2046, section 5.1.1, has readers ignore text around them, but not
// all do, and the end of the input does not show that there was a closing one.
func isFramed(raw []byte, boundary string) bool {
	parts, after, closed := strings.Cut(strings.TrimSpace(string(raw)), "--"+boundary+"--")
	opened := parts == "" || strings.HasPrefix(parts, "--"+boundary) && strings.HasSuffix(parts, "\n")
	return opened && closed && after == ""
}

func multipartField(part *multipart.Part) formField {
	disposition, params, ok := parseHeader(part.Header.Get("Content-Disposition"))
	value, err := io.ReadAll(part)
	field := formField{name: params["name"], value: string(value)}
	_, isFile := params["filename"]
	switch {
	case isFile:
		field.problem = hasFile()
	case !ok || disposition != "form-data" || err != nil:
		field.problem = notMultipart()
	case !isPlainText(part.Header):
		field.problem = malformed("A part of the form is not plain text in UTF-8.")
	case !utf8.ValidString(field.name) || !utf8.ValidString(field.value):
		field.problem = notUTF8()
	}
	return field
}

// isPlainText accepts what clients write into the header of a part though they need
// not, and refuses what would make its value something else than it reads.
func isPlainText(header textproto.MIMEHeader) bool {
	for name, values := range header {
		if len(values) != 1 {
			return false
		}
		switch name {
		case "Content-Type":
			if media, _, ok := parseHeader(values[0]); !ok || media != "text/plain" {
				return false
			}
		case "Content-Transfer-Encoding":
			if !slices.Contains([]string{"7bit", "8bit", "binary"}, strings.ToLower(values[0])) {
				return false
			}
		}
	}
	return true
}

func notMultipart() *Error {
	return malformed("The body is not valid multipart/form-data.")
}
