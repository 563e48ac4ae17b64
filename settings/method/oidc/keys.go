package oidc

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"github.com/go-jose/go-jose/v4"
)

// readableKeys takes from a provider's key set the keys that cannot be read here,
// before the whole set is read: of a curve or with a certificate that is not known
// here, or without what a key of its type has. The others still verify (RFC 7517
// section 5). All other answers pass as they are.
type readableKeys struct{ http.RoundTripper }

func (t readableKeys) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.RoundTripper.RoundTrip(r)
	if err != nil || res.StatusCode != http.StatusOK {
		return res, err
	}
	answer, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return nil, err
	}
	if set, ok := onlyReadable(answer); ok {
		answer = set
		res.Header.Del("Content-Length")
	}
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(answer)), int64(len(answer))
	return res, nil
}

// onlyReadable is a key set without the keys that cannot be read; ok is false for
// what is no key set.
func onlyReadable(answer []byte) (set []byte, ok bool) {
	var all struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(answer, &all) != nil || all.Keys == nil {
		return nil, false
	}
	readable := []json.RawMessage{}
	for _, key := range all.Keys {
		if json.Unmarshal(key, new(jose.JSONWebKey)) == nil {
			readable = append(readable, key)
		}
	}
	set, err := json.Marshal(map[string]any{"keys": readable})
	return set, err == nil
}
