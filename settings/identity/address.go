package identity

import (
	"crypto/sha1"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/wire"
)

// Address is a trait by which an identity is reached.
type Address struct {
	Via        string `json:"via"` // "email" or "sms"
	Value      string `json:"value"`
	Verifiable bool   `json:"verifiable,omitempty"` // its owner is asked to show that it is theirs
	Recovery   bool   `json:"recovery,omitempty"`   // the account can be recovered by it

	Unknown jsonrecord.Unknown `json:"-"`
}

// Verified is an address that its owner has proved to be theirs.
type Verified struct {
	Via   string    `json:"via"`
	Value string    `json:"value"`
	At    time.Time `json:"at"`

	Unknown jsonrecord.Unknown `json:"-"`
}

// verified finds when an address was verified.
func (i Identity) verified(a Address) (at time.Time, ok bool) {
	n := slices.IndexFunc(i.State.Verified, func(v Verified) bool { return v.Via == a.Via && v.Value == a.Value })
	if n < 0 {
		return at, false
	}
	return i.State.Verified[n].At, true
}

// IsVerified reports whether an address was shown to be its owner's.
func (i Identity) IsVerified(a Address) bool {
	_, ok := i.verified(a)
	return ok
}

// Verify records that one of the addresses was verified at a time. It is false if none of
// them has this via and value, or if the one that has cannot be verified.
func (i *Identity) Verify(addresses []Address, via, value string, at time.Time) bool {
	if !slices.ContainsFunc(addresses, func(a Address) bool { return a.Verifiable && a.Via == via && a.Value == value }) {
		return false
	}
	if _, done := i.verified(Address{Via: via, Value: value}); !done {
		i.State.Verified = append(slices.Clip(i.State.Verified), Verified{Via: via, Value: value, At: at})
	}
	return true
}

// PruneVerified forgets the verification of what is no longer an address of the
// identity. An address that comes back must be verified anew, and one that
// changes by as little as a letter's case is another one: who reads the mail of
// Ada@ need not be who reads that of ada@.
func (i *Identity) PruneVerified(addresses []Address) {
	var kept []Verified // not in place: a copy of the identity may share the list
	for _, v := range i.State.Verified {
		if slices.ContainsFunc(addresses, func(a Address) bool { return a.Verifiable && a.Via == v.Via && a.Value == v.Value }) {
			kept = append(kept, v)
		}
	}
	i.State.Verified = kept
}

// addressIDs is the name space of the ids of addresses, which stand nowhere:
// one follows from the identity and the address.
var addressIDs = uuid.MustParse("0b7b1c6e-6f0d-4f0a-9d0e-5a1d3f9c2e41")

// AddressID is the id of an address that its owner is asked to verify: the one in
// verifiable_addresses of the identity's JSON. It follows from the identity and the
// address.
func (i Identity) AddressID(a Address) string { return i.addressID("verifiable", a).String() }

// addressID is a UUID of version 5 (RFC 9562 section 5.5), as uuid.NewSHA1 makes
// them, which needs more room than all else of an address.
func (i Identity) addressID(what string, a Address) uuid.UUID {
	name := append(make([]byte, 0, 256), addressIDs[:]...)
	for n, part := range []string{what, i.ID, a.Via, a.Value} {
		if n > 0 {
			name = append(name, 0)
		}
		name = append(name, part...)
	}
	sum := sha1.Sum(name)
	id := uuid.UUID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x50, id[8]&0x3f|0x80
	return id
}

func (i Identity) writeAddresses(w *wire.Writer, addresses []Address) {
	addresses = i.withPending(addresses)
	if slices.ContainsFunc(addresses, func(a Address) bool { return a.Verifiable }) {
		w.Key("verifiable_addresses")
		w.BeginArray()
		for _, a := range addresses {
			if !a.Verifiable {
				continue
			}
			i.beginAddress(w, "verifiable", a)
			at, verified := i.verified(a)
			w.Key("verified")
			w.Bool(verified)
			status := "pending"
			if slices.ContainsFunc(i.State.Pending, func(p PendingAddress) bool { return p.is(a) }) {
				status = "sent"
			}
			if verified {
				status = "completed"
				w.Key("verified_at")
				w.Time(at)
			}
			w.Field("status", status)
			w.EndObject()
		}
		w.EndArray()
	}
	if slices.ContainsFunc(addresses, func(a Address) bool { return a.Recovery }) {
		w.Key("recovery_addresses")
		w.BeginArray()
		for _, a := range addresses {
			if a.Recovery {
				i.beginAddress(w, "recovery", a)
				w.EndObject()
			}
		}
		w.EndArray()
	}
}

func (i Identity) beginAddress(w *wire.Writer, what string, a Address) {
	w.BeginObject()
	id := i.addressID(what, a)
	w.Key("id")
	w.UUID(id)
	w.Field("value", a.Value)
	w.Field("via", a.Via)
}
