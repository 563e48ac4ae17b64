package session

import (
	"net/http"
	"strings"
	"time"
)

// DeviceKeptFor is how long a browser stays known after its last sign-in: 400 days, which
// is as long as browsers keep a cookie.
const DeviceKeptFor = 400 * 24 * time.Hour

// DeviceCookie is the cookie that shows that a browser has signed in to an account before.
// It stays after a logout and signs nobody in: see package settings on device tokens. Its
// name is "__Host-amend_device", or "amend_device" if insecure.
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
