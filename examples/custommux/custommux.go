// Package custommux mounts the library's handler on the muxes apps have: on
// http.ServeMux, chi and echo, under a prefix, and behind a proxy that takes a
// part of the prefix away. Each mount is a function, and its test changes a
// password through it.
//
// In each of them "/auth" is the path of Config.PublicURL. The handler matches
// the rest of the path exactly, and answers every HTTP method itself: mount it
// for all of them.
package custommux

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v4"
	"github.com/rs/cors"
)

// OnServeMux mounts amend on the mux of the standard library.
//
// The app's own page is at "GET /{$}", the path "/" alone. "GET /" would be all
// paths with one method, beside "/auth/", which is some paths with all methods.
// Neither is the more specific of the two, so the mux panics when it gets the
// second. "GET /auth/" is no way out: it lets no submit through.
func OnServeMux(amend http.Handler, home http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/auth/", amend)
	mux.HandleFunc("GET /{$}", home)
	return mux
}

// OnChi mounts amend on chi, which leaves the path of the request as it is.
func OnChi(amend http.Handler, home http.HandlerFunc) http.Handler {
	r := chi.NewRouter()
	r.Mount("/auth", amend)
	r.Get("/", home)
	return r
}

// OnEcho mounts amend on echo.
func OnEcho(amend http.Handler, home http.HandlerFunc) http.Handler {
	e := echo.New()
	e.Any("/auth/*", echo.WrapHandler(amend))
	e.GET("/", echo.WrapHandler(home))
	return e
}

// BehindProxy mounts amend behind a proxy that has taken a part of the path away:
// browsers ask for /account/auth/…, which is the path of PublicURL, and the app
// sees /auth/…. Then what is left of the prefix has to go too. A proxy that takes
// away nothing, or the whole of it, needs no StripPrefix.
func BehindProxy(amend http.Handler, home http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", amend))
	mux.HandleFunc("GET /{$}", home)
	return mux
}

// ForScripts lets the pages of another origin use amend by script. The origin
// must stand in Config.TrustedOrigins too: CORS lets its scripts read answers,
// TrustedOrigins lets them submit. Both are sub-domains of one site, or the
// browser does not send the session's cookie along.
func ForScripts(origin string, amend http.Handler) http.Handler {
	return cors.New(cors.Options{
		AllowedOrigins: []string{origin}, AllowCredentials: true,
		AllowedMethods: []string{"GET", "POST"}, AllowedHeaders: []string{"Content-Type"},
	}).Handler(amend)
}
