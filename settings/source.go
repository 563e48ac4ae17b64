package settings

import (
	"net"
	"net/http"
	"net/netip"
)

// This file owns the address of a client, as the host tells it: a hint for people,
// hooks and limits, never proof.

// clientIP is the address of a client by Config.ClientIP, "" if it does not say one.
// A port is left out.
func (s *Service) clientIP(r *http.Request) string {
	if s.c.ClientIP == nil {
		return ""
	}
	text := s.c.ClientIP(r)
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return ""
	}
	return ip.Unmap().WithZone("").String()
}
