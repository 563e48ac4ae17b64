package page

import (
	"net/http"
	"strings"
	"time"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/session"
)

// This file owns the devices: the sessions of the account, in words, and the buttons that
// end them. These are sent to the page itself, which has settings.Handler.EndSessions
// judge them.

// withDevices adds the sessions of the account. Where they cannot be read the page is
// without them.
func (v *view) withDevices(p *handler, r *http.Request) {
	v.Ending = "?flow=" + v.form.ID
	if v.SignOut.Link = p.host.SignOut; v.SignOut.Link == "" {
		v.SignOut.Token = v.Token
	}
	current, err := p.amend.Sessions.FromRequest(r)
	if err != nil {
		return
	}
	all, err := p.amend.Sessions.List(r.Context(), current.Identity)
	if err != nil {
		return
	}
	s := v.section(SectionDevices)
	for _, one := range all {
		here := one.ID == current.Session.ID
		shown := v.device(one, here, p.amend.Sessions.UsedAt(one))
		if here {
			s.Rows = append([]row{shown}, s.Rows...)
			continue
		}
		s.Rows = append(s.Rows, shown)
	}
	if len(all) > 1 {
		s.Ask = &ask{
			Summary: v.Words(textDevicesEnd), Title: v.Words(textDevicesAsk), Says: []string{v.Words(textDevicesGo), v.Words(textDevicesRecent)},
			Name: "other_sessions", Value: "end", OwnPage: true,
		}
	}
	v.arrange()
}

// device is one session. seen is when it was used last; zero where that is not known.
func (v *view) device(s session.Session, here bool, seen time.Time) row {
	r := row{Name: v.say(deviceOf(s.UserAgent))}
	r.Mark = initial(r.Name)
	r.Details = append(v.where(s.IP), v.say(on(textDeviceSince, s.AuthenticatedAt)))
	if !seen.IsZero() {
		r.Details = append(r.Details, v.say(on(textDeviceSeen, seen)))
	}
	if here {
		r.Pill = &status{"on", v.Words(textThisOne)}
		return r
	}
	r.Ask = &ask{
		Summary: v.Words(textDeviceSignOut), Of: r.Name, Title: v.Words(textDeviceAsk), Says: []string{v.Words(textDevicesGo), v.Words(textDevicesRecent)},
		Name: "end_session", Value: s.ID, OwnPage: true,
	}
	return r
}

// where is the place of an address, if the host knows one.
func (v *view) where(ip string) []string {
	if v.host.Place == nil || ip == "" {
		return nil
	}
	if place := v.host.Place(ip); place != "" {
		return []string{place}
	}
	return nil
}

// Browsers and systems, by what stands in the header User-Agent of them. The first that
// is found counts: most claim to be others too.
var (
	browsers = [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Vivaldi", "Vivaldi"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = [][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"}, {"Mac OS X", "Mac"}, {"Linux", "Linux"},
	}
)

// deviceOf says in words which device a User-Agent is of. It is a claim, and only shown.
func deviceOf(userAgent string) ui.Text {
	find := func(known [][2]string) string {
		for _, k := range known {
			if strings.Contains(userAgent, k[0]) {
				return k[1]
			}
		}
		return ""
	}
	browser, system := find(browsers), find(systems)
	switch {
	case browser != "" && system != "":
		return sentence(textDevice, "browser", browser, "system", system)
	case browser != "" || system != "":
		return ui.Text{Text: browser + system}
	}
	return sentence(textUnknownDevice)
}
