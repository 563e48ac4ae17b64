package body

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

const (
	typeJSON       = "application/json"
	typeURLEncoded = "application/x-www-form-urlencoded"
	typeMultipart  = "multipart/form-data"
)

// Decode reads a body of at most limit bytes; it never reads more than one byte beyond.
// contentType and contentEncoding are the values of the headers, "" if absent; a nil reader
// is an empty body. known are the names of all fields that are read by anybody. lists are
// the dotted paths of those fields that are lists, which a form may send several times.
//
// If the problem is Malformed, the Fields have the csrf_token if that could be read, was
// the only one so far, and nothing else. So a caller can refuse a forged request before it
// says what is wrong with it. With any other problem they are empty.
func Decode(contentType, contentEncoding string, r io.Reader, limit int64, known []string, lists ...string) (Fields, *Error) {
	media, boundary, supported := parseMediaType(contentType, contentEncoding)
	if !supported {
		return Fields{}, unsupported()
	}
	raw, problem := read(r, limit)
	if problem != nil {
		return Fields{}, problem
	}
	switch {
	case media == typeJSON:
		return decodeJSON(raw, known)
	case media == typeURLEncoded:
		return decodeForm(urlencodedFields(string(raw)), known, lists)
	case media == typeMultipart && len(raw) == 0:
		return Fields{}, empty()
	case media == typeMultipart:
		return decodeForm(multipartFields(raw, boundary), known, lists)
	case len(raw) > 0:
		return Fields{}, unsupported()
	}
	return Fields{}, nil
}

func unsupported() *Error {
	return &Error{Kind: MediaType, Reason: "The body must be " + typeJSON + ", " + typeURLEncoded + " or " +
		typeMultipart + ", in UTF-8 and without a content encoding."}
}

// parseMediaType returns one of the three media types, and the boundary of the last
// of them. Supported with an empty media is also that there is no content type.
func parseMediaType(contentType, contentEncoding string) (media, boundary string, supported bool) {
	if contentEncoding != "" && !strings.EqualFold(contentEncoding, "identity") {
		return "", "", false
	}
	if contentType == "" {
		return "", "", true
	}
	media, params, ok := parseHeader(contentType)
	boundary = params["boundary"]
	switch media {
	case typeJSON, typeURLEncoded:
		return media, "", ok
	case typeMultipart:
		return media, boundary, ok && boundary != ""
	}
	return "", "", false
}

// parseHeader reads a value with parameters, such as a Content-Type. Of what
// [mime.ParseMediaType] takes it refuses what others read otherwise: parameters
// that stand twice, the extended notation of RFC 2231, and backslashes. It also
// refuses a charset other than UTF-8.
func parseHeader(header string) (value string, params map[string]string, ok bool) {
	value, params, err := mime.ParseMediaType(header)
	semicolons := strings.Count(strings.TrimRight(header, "; \t"), ";")
	charset, hasCharset := params["charset"]
	ok = err == nil && semicolons == len(params) && !strings.ContainsAny(header, `*\`) &&
		(!hasCharset || strings.EqualFold(charset, "utf-8"))
	return value, params, ok
}

func read(r io.Reader, limit int64) ([]byte, *Error) {
	if r == nil {
		return nil, nil
	}
	var outer *http.MaxBytesError // of a handler around this one, with a smaller limit
	switch raw, err := io.ReadAll(io.LimitReader(r, limit+1)); {
	case int64(len(raw)) > limit || errors.As(err, &outer):
		return nil, tooLarge(err)
	case errors.Is(err, http.ErrBodyReadAfterClose):
		err = fmt.Errorf("%w: %w", ErrConsumed, err)
		fallthrough
	case errors.Is(err, ErrConsumed):
		return nil, &Error{Kind: Consumed, Reason: "The body was read by something before this service.", Cause: err}
	case err != nil:
		return nil, &Error{Kind: ReadFailed, Reason: "The body could not be read to its end.", Cause: err}
	default:
		return raw, nil
	}
}

func tooLarge(cause error) *Error {
	return &Error{Kind: TooLarge, Reason: "The body is too large.", Cause: cause}
}
