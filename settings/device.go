package settings

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/optimistic"
)

// This file owns known devices: browsers and apps that have signed in to an account
// before. What strangers try does not lock them out.
//
// A device has a token, amend_dev_ and then in base64url a random id, the account's
// generation, and a MAC of both and of the account's id, under any key of the Config.
// It is given after a sign-in that has all the account asks for: a password alone does
// not make a device known of somebody who has a second factor, or each guess at that
// could come from a device of its own. It lets nobody in, it only makes their wrong
// tries count for themselves. A browser keeps those of five accounts in one cookie.
//
// The account's record of devices has the last twenty and what each has tried. The flow
// store may lose it. Then a token that was good is good again, with ten tries: whoever
// has one has signed in before, and a token stays worth ten tries; while the other way
// round, all devices of an account could be locked out by the strangers of one hour.

const (
	devicePrefix   = "amend_dev_"
	maxDevices     = 20
	deviceCookieOf = 5 // accounts
	devicesKeptFor = session.DeviceKeptFor
)

// deviceToken is a token that was made here, of the account that it was opened for.
type deviceToken struct {
	id         [16]byte
	generation uint64
	text       string
}

// device is what is kept of one.
type device struct {
	ID    string         `json:"id"`
	At    time.Time      `json:"at"`              // when it last signed in
	Wrong map[string]int `json:"wrong,omitempty"` // tries since the last right one, by factor

	Unknown jsonrecord.Unknown `json:"-"`
}

func (d device) unknown() bool {
	for _, n := range d.Wrong {
		if n >= maxTries {
			return true
		}
	}
	return false
}

// devices are those of an account.
type devices struct {
	jsonrecord.Head
	List []device `json:"devices"`
}

func devicesKey(identityID string) string { return "devices:" + indexable(identityID) }

// newDevice makes a token for an account.
func (s *Service) newDevice(i identity.Identity) deviceToken {
	t := deviceToken{generation: i.State.Generation}
	rand.Read(t.id[:])
	body := binary.BigEndian.AppendUint64(bytes.Clone(t.id[:]), t.generation)
	t.text = devicePrefix + base64.RawURLEncoding.EncodeToString(append(body, s.ring.MAC("device", i.ID, string(body))...))
	return t
}

// deviceOf finds the token of an account among those that came along, as its cookie
// has them: at most five, between dots.
func (s *Service) deviceOf(presented, identityID string) (deviceToken, bool) {
	if identityID == "" {
		return deviceToken{}, false
	}
	for _, text := range deviceTokens(presented) {
		raw, _ := base64.RawURLEncoding.DecodeString(text[len(devicePrefix):]) // deviceTokens has decoded it
		body, mac := raw[:24], raw[24:]
		if s.ring.VerifyMAC(mac, "device", identityID, string(body)) {
			return deviceToken{[16]byte(body[:16]), binary.BigEndian.Uint64(body[16:]), text}, true
		}
	}
	return deviceToken{}, false
}

// deviceTokens are what has the form of tokens.
func deviceTokens(presented string) (some []string) {
	const size = 16 + 8 + 32
	length := len(devicePrefix) + base64.RawURLEncoding.EncodedLen(size)
	for text := range strings.SplitSeq(presented[:min(len(presented), deviceCookieOf*(length+1))], ".") {
		if len(text) != length || !strings.HasPrefix(text, devicePrefix) {
			continue
		}
		if raw, err := base64.RawURLEncoding.Strict().DecodeString(text[len(devicePrefix):]); err == nil && len(raw) == size {
			some = append(some, text)
		}
	}
	return some
}

// readDevices reads an account's devices; the record is nil where there is none.
func (s *Service) readDevices(ctx context.Context, identityID string) (all devices, r *flow.Record, err error) {
	record, err := s.c.Flows.GetFlow(ctx, devicesKey(identityID))
	if errors.Is(err, flow.ErrNotFound) {
		return all, nil, nil
	}
	if err != nil {
		return all, nil, err
	}
	if err := jsonrecord.Decode(record.Data, &all); err != nil {
		return all, nil, fmt.Errorf("record %q: %w", record.Key, err)
	}
	return all, &record, nil
}

// knows reports whether the device of a token is a known one.
func (d devices) knows(t deviceToken, owner identity.Identity) bool {
	if t.generation < owner.State.DevicesSince {
		return false
	}
	n := d.find(t)
	return n < 0 && len(d.List) < maxDevices || n >= 0 && !d.List[n].unknown()
}

func (d devices) find(t deviceToken) int {
	id := base64.RawURLEncoding.EncodeToString(t.id[:])
	return slices.IndexFunc(d.List, func(one device) bool { return one.ID == id })
}

// put finds the device of a token, or adds it.
func (d *devices) put(t deviceToken, at time.Time) *device {
	n := d.find(t)
	if n < 0 {
		if len(d.List) >= maxDevices {
			oldest := slices.MinFunc(d.List, func(a, b device) int { return a.At.Compare(b.At) })
			d.List = slices.DeleteFunc(d.List, func(one device) bool { return one.ID == oldest.ID })
		}
		d.List = append(d.List, device{ID: base64.RawURLEncoding.EncodeToString(t.id[:]), At: at})
		n = len(d.List) - 1
	}
	return &d.List[n]
}

// editDevices changes an account's devices, also if another request does so at once.
// An edit that finds nothing to do is errAsItIs.
func (s *Service) editDevices(ctx context.Context, identityID string, at time.Time, edit func(*devices) error) error {
	return optimistic.Retry(ctx, func() error {
		all, r, err := s.readDevices(ctx, identityID)
		if err != nil {
			return err
		}
		all.List = slices.DeleteFunc(all.List, func(d device) bool { return at.Sub(d.At) >= devicesKeptFor })
		if err := edit(&all); errors.Is(err, errAsItIs) {
			return nil
		} else if err != nil {
			return err
		}
		next := flow.Record{Key: devicesKey(identityID), Owner: identityID, ExpiresAt: at.Add(devicesKeptFor)}
		if next.Data, err = jsonrecord.Encode(&all); err != nil {
			return err
		}
		if r == nil {
			return s.createRecord(ctx, next)
		}
		next.Version = r.Version
		return s.c.Flows.UpdateFlow(ctx, next)
	}, flow.ErrConflict, flow.ErrDuplicate, flow.ErrNotFound)
}

// countDevice counts a try of a known device, before it is compared. known is false if
// it has none left: others came first.
func (s *Service) countDevice(ctx context.Context, at time.Time, owner identity.Identity, t deviceToken, factor string) (known bool, err error) {
	err = s.editDevices(ctx, owner.ID, at, func(all *devices) error {
		if known = all.knows(t, owner); !known {
			return errAsItIs
		}
		d := all.put(t, at)
		if d.Wrong == nil {
			d.Wrong = map[string]int{}
		}
		d.Wrong[factor]++
		return nil
	})
	return known, err
}

// setWrong changes how many wrong tries of a factor a device has.
func (s *Service) setWrong(ctx context.Context, at time.Time, identityID string, t deviceToken, factor string, to func(int) int) error {
	return s.editDevices(ctx, identityID, at, func(all *devices) error {
		n := all.find(t)
		if n < 0 || all.List[n].Wrong[factor] == 0 {
			return errAsItIs
		}
		all.List[n].Wrong[factor] = to(all.List[n].Wrong[factor])
		return nil
	})
}

// deviceFor gives the device token for a session after a sign-in: the presented one if it
// is valid, else a new one. It is "" for a session below the level that its account
// requires, or from a recovery.
func (s *Service) deviceFor(ctx context.Context, c session.Current, presented string) (deviceToken, error) {
	if c.Session.Recovering() || !c.Suffices() {
		return deviceToken{}, nil
	}
	at := s.c.Now()
	t, _ := s.deviceOf(presented, c.Identity.ID)
	had := t.text
	err := s.editDevices(ctx, c.Identity.ID, at, func(all *devices) error {
		if t.text == "" || !all.knows(t, c.Identity) {
			t = s.newDevice(c.Identity)
		}
		if n := all.find(t); n >= 0 && at.Sub(all.List[n].At) < 24*time.Hour {
			return errAsItIs
		}
		all.put(t, at).At = at
		return nil
	})
	if err == nil && t.text != had {
		s.note(ctx, c.Identity.ID, identity.Activity{Event: eventDeviceAdded, At: at, UserAgent: c.Session.UserAgent, ClientIP: c.Session.IP})
	}
	return t, err
}

// deviceCookie is the value of the device cookie after a sign-in: the token of this
// account, then those of other accounts. It is "" if the cookie stays as it is, and also if
// the token cannot be made, which must not prevent the sign-in.
func (s *Service) deviceCookie(ctx context.Context, signedIn session.Session, presented string) string {
	i, err := s.row(ctx, signedIn.IdentityID)
	var t deviceToken
	if err == nil {
		t, err = s.deviceFor(ctx, s.sessions.Current(signedIn, i, s.c.Now()), presented)
	}
	if err != nil {
		s.c.Logger.WarnContext(ctx, "a device stays unknown", "identity", signedIn.IdentityID, "error", err)
		return ""
	}
	if t.text == "" {
		return ""
	}
	mine, _ := s.deviceOf(presented, i.ID)
	others := slices.DeleteFunc(deviceTokens(presented), func(text string) bool { return text == mine.text })
	return strings.Join(append([]string{t.text}, others[:min(len(others), deviceCookieOf-1)]...), ".")
}

// DeviceToken gives an app, which keeps no cookies, a device token after a sign-in. The app
// keeps it, also after a logout, and the host puts it into Proof.Source at the next
// sign-in. sessionToken is the token of the session, and presented the device token that
// the app has already, "" for none; a valid one is returned unchanged.
//
// The error is session.ErrNoSession if the session is not valid. The token is "" without an
// error for a session below the level that its account requires, or from a recovery: ask
// again after the next step.
func (s *Service) DeviceToken(ctx context.Context, sessionToken, presented string) (string, error) {
	c, err := s.sessions.FromToken(ctx, sessionToken)
	if err != nil {
		return "", err
	}
	t, err := s.deviceFor(ctx, c, presented)
	return t.text, err
}

// Source describes where a browser's request comes from, for a Proof: its device cookie,
// the address that Config.ClientIP gives, and the User-Agent header.
func (s *Service) Source(r *http.Request) method.Source {
	presented := strings.Join(session.DeviceCookie(s.c.InsecureCookies).Tokens(r), ".")
	return method.Source{Device: presented, IP: s.clientIP(r), UserAgent: r.UserAgent()}
}
