package main

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"time"

	"github.com/amend-go/amend/settings"
)

// demo is the JSON API for scripts. It hands out sessions for the asking, so
// it answers neither other machines nor pages in a browser on this one.
type demo struct {
	*app
	keys [][]byte
}

func newDemo(a *app, keys [][]byte) http.Handler {
	d := &demo{a, keys}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /demo/identities", d.createIdentity)
	mux.HandleFunc("POST /demo/identities/{id}/credentials", d.plantCredential)
	mux.HandleFunc("DELETE /demo/identities/{id}/credentials/{method}", d.deleteCredential)
	mux.HandleFunc("POST /demo/sessions", d.createSession)
	mux.HandleFunc("DELETE /demo/sessions/{id}", d.deleteSession)
	mux.HandleFunc("POST /demo/verify", d.verify)
	return forScripts(mux)
}

// forScripts keeps pages of other origins out. The Host is checked because a
// page can let its own name point to this machine, and is of the same origin
// then (DNS rebinding).
func forScripts(next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusForbidden, "This is for scripts, and not for pages of other origins.")
	}))
	next = sameOrigin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host // without a port
		}
		if !loopback(host) {
			refuse(w, http.StatusForbidden, "This answers to the names of a loopback address only.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// read decodes a request's body, which is one JSON object of the given shape,
// or refuses it.
func read(w http.ResponseWriter, r *http.Request, shape string, into any) bool {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "Send application/json.")
		return false
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	body.DisallowUnknownFields()
	err := body.Decode(into)
	if err == nil {
		if _, err = body.Token(); err == io.EOF {
			return true
		}
	}
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		refuse(w, http.StatusRequestEntityTooLarge, "The body is too large.")
		return false
	}
	refuse(w, http.StatusBadRequest, "Send "+shape+".")
	return false
}

// answer sends JSON.
func answer(w http.ResponseWriter, status int, body any) {
	noStore(w)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that has gone away
}

// refuse sends an error in the form the library's own errors have.
func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]any{"error": map[string]any{"code": status, "status": http.StatusText(status), "message": message}})
}

// failed answers an error that is not the request's fault: a store that does not
// answer, mostly.
func (d *demo) failed(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, settings.ErrBusy) {
		retryAfter(w, 2*time.Second)
		refuse(w, http.StatusServiceUnavailable, "Too many passwords are being hashed.")
		return
	}
	d.log.ErrorContext(r.Context(), "demo", "path", r.URL.Path, "error", err)
	retryAfter(w, unavailable)
	refuse(w, http.StatusServiceUnavailable, "Something went wrong; see the log.")
}
