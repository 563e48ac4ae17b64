package settings

import (
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
)

// This file owns how the machine is put together.

func newService(c Config) (*Service, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p, err := c.parse()
	if err != nil {
		return nil, err
	}
	m, err := newMethods(c.Methods)
	if err != nil {
		return nil, wrong("Methods", "%w", err)
	}
	for _, o := range m.list {
		if o.SendsCodes && c.Send == nil {
			return nil, wrong("Send", "is missing: %s sends codes", o.Name)
		}
	}
	for name := range c.AfterURLs {
		if m.byName[name] == nil {
			return nil, wrong("AfterURLs", "%q is no method", name)
		}
	}
	s := &Service{c: c, parsed: p, methods: m, schema: c.PublicURL + schemaPath + identity.Record{}.Schema()}
	s.respond = &respond.Responder{Table: c.Responses, Ring: p.ring, Public: c.PublicURL, UI: c.UIURL, Login: c.LoginURL, Error: c.ErrorURL}
	if c.Behaviour.LoginPath != "" {
		s.respond.LoginStart = c.PublicURL + c.Behaviour.LoginPath
	}
	s.sessions = session.NewSessions(session.Config{
		Store: c.Sessions, Identities: c.Identities, Ring: p.ring, Transport: c.Transport, Responder: s.respond,
		Now: c.Now, Lifespan: c.SessionLifespan, MaxAge: c.MaxSessionAge, PrivilegedAge: c.PrivilegedSessionMaxAge, IdleTimeout: c.IdleTimeout,
		AllowAAL1: c.AllowAAL1, Oblige: m.oblige, Find: s.find, Log: s.log, Client: s.clientOfRequest,
		ClientIP: s.clientIP, Device: s.deviceCookie, DeviceCookie: session.DeviceCookie(c.InsecureCookies),
		Unlock: s.recovered, Sweep: s.sweepNowAndThen,
	})
	return s, nil
}
