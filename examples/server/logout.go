package main

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
)

// A logout is a link, as with Kratos. Its token proves that a page of ours
// showed it to the user of this very session.
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
// goes where it would go after it.
func (a *app) logout(w http.ResponseWriter, r *http.Request) {
	current, err := a.amend.Sessions.FromRequest(r)
	if err == nil {
		token, decodeErr := base64.RawURLEncoding.Strict().DecodeString(r.URL.Query().Get("token"))
		if decodeErr != nil || !a.ring.VerifyMAC(token, logoutPurpose, current.Session.ID) {
			refuse(w, http.StatusForbidden, "The token is not this session's. Log out by a page's own link.")
			return
		}
		err = a.amend.Sessions.End(w, r)
	}
	if err != nil && !errors.Is(err, session.ErrNoSession) && !errors.Is(err, session.ErrAmbiguous) {
		a.sorry(w, r, err)
		return
	}
	noStore(w)
	if (respond.Hints{Accept: strings.Join(r.Header["Accept"], ",")}).Browser() == respond.Script {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, a.loginURL, http.StatusSeeOther)
}
