package settings

import (
	"net/http"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/wire"
)

// This file owns what a host mounts below /.well-known/: where password managers find
// the settings page.

// ChangePassword is for the host to mount at /.well-known/change-password: it
// leads password managers to the settings page (W3C: A Well-Known URL for
// Changing Passwords).
func (h *Handler) ChangePassword(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		h.wrongMethod(w, r, respond.AnyEndpoint, http.MethodGet)
		return
	}
	o := h.Service.bare(respond.Redirect, respond.AnyEndpoint)
	o.Client, o.URL = respond.Page, h.Service.c.UIURL
	h.answer(w, r, o)
}

// PasskeyEndpoints is for the host to mount at /.well-known/passkey-endpoints: it tells
// password managers that passkeys are added and managed on the settings page (W3C: A
// Well-Known URL for Relying Party Passkey Endpoints).
func (h *Handler) PasskeyEndpoints(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		h.wrongMethod(w, r, respond.AnyEndpoint, http.MethodGet)
		return
	}
	body := wire.New(128)
	body.BeginObject()
	body.Field("enroll", h.Service.c.UIURL)
	body.Field("manage", h.Service.c.UIURL)
	body.EndObject()
	o := h.Service.bare(respond.Done, respond.StaticFile)
	o.Body = body.Bytes()
	h.answer(w, r, o)
}
