package page

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// This file owns the activity: what was done with the account lately, in words.

const (
	textActivity        = 7010500
	textActivityLead    = 7010501
	textActivityNone    = 7010502
	textActivityOther   = 7010503
	textActivitySupport = 7010504
	textActivityAt      = 7010505
	textDeviceSeen      = 7010506
	textActivityAll     = 7010507
	textActivityBack    = 7010508
	textEventPassword   = 7010510
	textEventNoPassword = 7010511
	textEventProfile    = 7010512
	textEventApp        = 7010513
	textEventNoApp      = 7010514
	textEventCodes      = 7010515
	textEventNoCodes    = 7010516
	textEventKey        = 7010517
	textEventNoKey      = 7010518
	textEventPasskey    = 7010519
	textEventNoPasskey  = 7010520
	textEventLinked     = 7010521
	textEventUnlinked   = 7010522
	textEventWaits      = 7010523
	textEventDropped    = 7010524
	textEventConfirmed  = 7010525
	textEventFactors    = 7010526
	textEventEnded      = 7010527
	textEventDevice     = 7010528
	textEventKeyName    = 7010529
	textEventPassName   = 7010530
)

// activityWords are the sentences of this file by id.
var activityWords = map[int64]string{
	textActivity:        "Activity",
	textActivityLead:    "What was done with your account in the last 90 days. Was something not you? Change your password, and sign out all other devices.",
	textActivityNone:    "Nothing yet.",
	textActivityOther:   "Account changed",
	textActivitySupport: "By an administrator",
	textActivityAt:      "{at}, {time} UTC",
	textDeviceSeen:      "Last seen {at}",
	textActivityAll:     "Show all {count}",
	textActivityBack:    "Back to all settings",
	textEventPassword:   "Password changed",
	textEventNoPassword: "Password removed",
	textEventProfile:    "Profile changed",
	textEventApp:        "Authenticator app turned on",
	textEventNoApp:      "Authenticator app turned off",
	textEventCodes:      "New recovery codes turned on",
	textEventNoCodes:    "Recovery codes removed",
	textEventKey:        "Security key added",
	textEventNoKey:      "Security key removed",
	textEventPasskey:    "Passkey added",
	textEventNoPasskey:  "Passkey removed",
	textEventLinked:     "Login linked",
	textEventUnlinked:   "Login unlinked",
	textEventWaits:      "New address entered, not confirmed yet",
	textEventDropped:    "New address dropped",
	textEventConfirmed:  "Address confirmed",
	textEventFactors:    "Ways to sign in removed",
	textEventEnded:      "All devices signed out",
	textEventDevice:     "Signed in on a new device",
	textEventKeyName:    "Security key renamed",
	textEventPassName:   "Passkey renamed",
}

// happened are the sentences by the name of the event: those of users, and those of
// administrators.
var happened = map[string]int64{
	"password.changed": textEventPassword, "password.removed": textEventNoPassword, "profile.changed": textEventProfile,
	"totp.added": textEventApp, "totp.removed": textEventNoApp,
	"lookup_secret.confirmed": textEventCodes, "lookup_secret.disabled": textEventNoCodes, "lookup_secret.removed": textEventNoCodes,
	"webauthn.added": textEventKey, "webauthn.removed": textEventNoKey, "passkey.added": textEventPasskey, "passkey.removed": textEventNoPasskey,
	"webauthn.renamed": textEventKeyName, "passkey.renamed": textEventPassName,
	"oidc.linked": textEventLinked, "oidc.unlinked": textEventUnlinked, "oidc.removed": textEventUnlinked,
	"address.pending": textEventWaits, "address.canceled": textEventDropped, "address.verified": textEventConfirmed,
	"factors.removed": textEventFactors, "sessions.ended": textEventEnded, "device.added": textEventDevice,
}

// joined are sentences that stand in several files.
func joined(all ...map[int64]string) map[int64]string {
	texts := map[int64]string{}
	for _, some := range all {
		maps.Copy(texts, some)
	}
	return texts
}

// happening is one entry of the activity.
type happening struct {
	What    string
	When    string // in words
	At      string // for machines
	Details []string
}

// activityParam=all of the page's URL shows all of the activity, and nothing else. Beside
// the other sections stand the newest few: a view is to stay small.
const (
	activityParam = "activity"
	activityFew   = 5
)

// link leads to another view of this page.
type link struct{ Href, Text string }

// withActivity adds what was done with the account. Where it is not kept, or cannot be
// read, the page is without it.
func (v *view) withActivity(p *handler, r *http.Request) {
	all, err := p.amend.Service.Activity(r.Context(), v.form.Owner.ID)
	if err != nil {
		return
	}
	s := v.section(SectionActivity)
	if len(all) == 0 {
		s.Nothing = v.Words(textActivityNone)
	}
	switch whole := r.URL.Query().Get(activityParam) == "all"; {
	case whole && !slices.Contains(v.host.Hide, SectionActivity):
		s.More = &link{"?flow=" + v.form.ID + "#activity", v.Words(textActivityBack)}
		v.Sections, v.Failures = []*section{s}, nil
	case len(all) > activityFew:
		s.More = &link{"?flow=" + v.form.ID + "&activity=all", v.say(sentence(textActivityAll, "count", len(all)))}
		all = all[:activityFew]
	}
	for _, one := range all {
		h := happening{What: v.Words(textActivityOther), When: v.minute(one.At), At: one.At.UTC().Format(time.RFC3339)}
		if id, known := happened[one.Event]; known {
			h.What = v.Words(id)
		}
		if one.Actor != "" {
			h.Details = append(h.Details, v.Words(textActivitySupport))
		} else {
			h.Details = append(h.Details, v.whence(one.UserAgent, one.ClientIP)...)
		}
		s.Events = append(s.Events, h)
	}
	v.arrange()
}

// whence says which device something is of and, if the host knows, where that was.
func (v *view) whence(userAgent, ip string) []string {
	return append([]string{v.say(deviceOf(userAgent))}, v.where(ip)...)
}

// minute is a day and the time of it: without JavaScript nobody knows the reader's zone.
func (v *view) minute(at time.Time) string {
	return v.say(sentence(textActivityAt, "at", at.UTC(), "time", at.UTC().Format("15:04")))
}
