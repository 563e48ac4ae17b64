package oidc

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// readableKeys takes from a provider's key set the keys that cannot be read here,
// before the whole set is read: of a curve or with a certificate that is not known
// here, or without what a key of its type has. The others still verify (RFC 7517
// section 5). All other answers pass as they are.
type readableKeys struct {
	http.RoundTripper
	issuers *keyIssuers
}

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
	if set, ok := onlyReadable(answer, t.issuers); ok {
		answer = set
		res.Header.Del("Content-Length")
	}
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(answer)), int64(len(answer))
	return res, nil
}

// onlyReadable is a key set without the keys that cannot be read; ok is false for
// what is no key set.
func onlyReadable(answer []byte, issuers *keyIssuers) (set []byte, ok bool) {
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
			issuers.note(key)
		}
	}
	set, err := json.Marshal(map[string]any{"keys": readable})
	return set, err == nil
}

// keyIssuers are the issuers that keys say they are for, by the ids of the keys. Only a
// provider of many tenants has keys that say so.
type keyIssuers struct{ byID sync.Map }

func (k *keyIssuers) note(key []byte) {
	var said struct {
		ID     string `json:"kid"`
		Issuer string `json:"issuer"`
	}
	if json.Unmarshal(key, &said) == nil && said.Issuer != "" {
		k.byID.Store(said.ID, said.Issuer)
	}
}

// of is the issuer that the key of a token is for, "" if the key does not say. The token
// has been verified; one that names no key is ok for none.
func (k *keyIssuers) of(token string) (issuer string, ok bool) {
	header, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		return "", false
	}
	said, err := claimsOf(raw)
	id := text(said["kid"])
	if err != nil || id == "" {
		return "", false
	}
	found, _ := k.byID.Load(id)
	issuer, _ = found.(string)
	return issuer, true
}
