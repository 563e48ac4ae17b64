package main

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
)

// Clients of Kratos log out by a link with a token, which they ask for. The token proves
// that it was shown to the user of this very session: nobody is logged out by a link or
// a form of somebody else's page. The pages of this server have the library's sign-out.
const logoutPurpose = "server example: logout"

func (a *app) logoutToken(s session.Session) string {
	return base64.RawURLEncoding.EncodeToString(a.ring.MAC(logoutPurpose, s.ID))
}

func (a *app) logoutURL(s session.Session) string {
	return a.publicURL + "/self-service/logout?token=" + a.logoutToken(s)
}

// startLogout tells a script the link.
func (a *app) startLogout(w http.ResponseWriter, r *http.Request) {
	current, err := a.amend.Sessions.FromRequest(r)
	switch {
	case errors.Is(err, session.ErrNoSession), errors.Is(err, session.ErrAmbiguous):
		refuse(w, http.StatusUnauthorized, respond.ErrorIDs[respond.SessionInactive])
	case err != nil:
		a.log.ErrorContext(r.Context(), "logout", "error", err)
		refuse(w, http.StatusServiceUnavailable, respond.ErrorIDs[respond.UnavailableID])
	default:
		answer(w, http.StatusOK, map[string]string{
			"logout_url": a.logoutURL(current.Session), "logout_token": a.logoutToken(current.Session),
		})
	}
}

// logout ends the session. Without one there is nothing to end, and the browser
// goes where it would go after it. A browser that comes without the session's token,
// by a link from elsewhere, is led to the page that asks.
func (a *app) logout(w http.ResponseWriter, r *http.Request) {
	isPage := (respond.Hints{Accept: strings.Join(r.Header["Accept"], ",")}).Browser() == respond.Page
	current, err := a.amend.Sessions.FromRequest(r)
	if err == nil {
		r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
		token, decodeErr := base64.RawURLEncoding.Strict().DecodeString(r.FormValue("token"))
		switch {
		case decodeErr == nil && a.ring.VerifyMAC(token, logoutPurpose, current.Session.ID):
			err = a.amend.Sessions.End(w, r)
		case isPage && r.Method == http.MethodGet && a.login != nil:
			a.lead(w, r, a.publicURL+"/logout")
			return
		default:
			refuse(w, http.StatusForbidden, "The token is not this session's. Log out by a page's own button.")
			return
		}
	}
	if err != nil && !errors.Is(err, session.ErrNoSession) && !errors.Is(err, session.ErrAmbiguous) {
		a.sorry(w, r, err)
		return
	}
	if !isPage {
		noStore(w)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	a.lead(w, r, a.loginURL)
}
