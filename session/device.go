package session

import (
	"net/http"
	"strings"
	"time"
)

// DeviceKeptFor is how long a browser is known without signing in: as long as browsers
// keep a cookie.
const DeviceKeptFor = 400 * 24 * time.Hour

// DeviceCookie is the cookie by which a browser is known that has signed in before. It
// stays after a logout, and lets nobody in: see package settings on device tokens. Its
// name is "__Host-amend_device", or "amend_device" where insecure.
func DeviceCookie(insecure bool) Cookie {
	name := "__Host-amend_device"
	if insecure {
		name = "amend_device"
	}
	return Cookie{Name: name, Insecure: insecure}
}

// remember makes the browser of a sign-in a known one.
func (m *Sessions) remember(w http.ResponseWriter, r *http.Request, s Session) error {
	if m.c.Device == nil {
		return nil
	}
	value := m.c.Device(r.Context(), s, strings.Join(m.c.DeviceCookie.Tokens(r), "."))
	if value == "" {
		return nil
	}
	http.SetCookie(w, m.c.DeviceCookie.cookie(value, m.c.Now().Add(DeviceKeptFor)))
	return nil
}
