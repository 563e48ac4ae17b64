package lookup

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strconv"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// stored is what is kept of a code: a MAC of it and of a salt, which older builds did
// without.
type stored struct {
	MAC  []byte `json:"mac"`
	Salt []byte `json:"salt,omitempty"`

	// Foreign is a code that another system made, of any letters and digits.
	Foreign bool `json:"foreign,omitempty"`
}

const saltSize = 16 // bytes

// parts are what the MAC of a code is of.
func parts(code string, salt []byte) []string {
	if len(salt) == 0 {
		return []string{code}
	}
	return []string{code, string(salt)}
}

func serial(i identity.Identity) uint64 { return i.State.Factors[aal.Lookup].Serial }

// confirm makes the codes that the form shows the ones that count.
func confirm(v method.View) (method.Result, error) {
	seen, codes := serial(v.Identity), made(v)
	if codes == nil { // or they are confirmed, and this is asked for again
		return method.Unchanged{Messages: refused(ui.ReasonNoNewCodes)}, nil
	}
	set, err := credentials(v.Secrets, codes, v.Now)
	if err != nil {
		return nil, err
	}
	return method.Change{
		Event: "lookup_secret.confirmed", Proved: aal.Lookup,
		Edit: edit(seen, set),
		Already: func(_ context.Context, i identity.Identity) (bool, error) {
			return isSet(v.Secrets, i, codes), nil
		},
	}, nil
}

func credentials(secrets method.Secrets, codes []string, now time.Time) ([]identity.Credential, error) {
	set := make([]identity.Credential, len(codes))
	for n, code := range codes {
		salt := make([]byte, saltSize)
		rand.Read(salt)
		data, err := json.Marshal(stored{MAC: secrets.MAC(parts(code, salt)...), Salt: salt})
		if err != nil {
			return nil, err
		}
		set[n] = identity.Credential{ID: strconv.Itoa(n + 1), Data: data, AddedAt: now}
	}
	return set, nil
}

// Credentials makes a set of codes for an account without the form, as an import
// or a help desk would: the credentials for its Factors, and the codes to give to
// its owner. secrets are method.NewSecrets("lookup_secret", identity id, keys…).
func Credentials(secrets method.Secrets, now time.Time) (set []identity.Credential, codes []string, err error) {
	random := make([]byte, count*length)
	rand.Read(random)
	made := codesOf(random)
	for _, code := range made {
		codes = append(codes, shown(code))
	}
	set, err = credentials(secrets, made, now)
	return set, codes, err
}

// disable removes the codes. Where there are none it is a success that changes
// nothing.
func disable(v method.View) (method.Result, error) {
	if len(v.Identity.State.Factors[aal.Lookup].Credentials) > 0 {
		return method.Change{
			Event: "lookup_secret.disabled",
			Edit:  edit(serial(v.Identity), nil),
			Already: func(_ context.Context, i identity.Identity) (bool, error) {
				return len(i.State.Factors[aal.Lookup].Credentials) == 0, nil
			},
		}, nil
	}
	return method.Unchanged{}, nil
}

// edit makes these the codes of an identity whose factor is as it was seen. The
// serial outlives the codes: none are derived from it twice.
func edit(seen uint64, set []identity.Credential) func(*identity.Identity) error {
	return func(i *identity.Identity) error {
		if serial(*i) != seen {
			return method.ErrChanged
		}
		if i.State.Factors == nil {
			i.State.Factors = map[aal.Method]identity.Factor{}
		}
		f := i.State.Factors[aal.Lookup]
		f.Serial, f.Credentials = seen+1, set
		i.State.Factors[aal.Lookup] = f
		return nil
	}
}

// isSet reports whether these are the codes of an identity, used or not.
func isSet(secrets method.Secrets, i identity.Identity, codes []string) bool {
	all := i.State.Factors[aal.Lookup].Credentials
	if len(all) != len(codes) {
		return false
	}
	for n, c := range all {
		if !matches(secrets, c, typedCode{own: codes[n]}) {
			return false
		}
	}
	return true
}

// matches compares a code with what is kept of one, in constant time. What
// cannot be read is of no code.
func matches(secrets method.Secrets, c identity.Credential, typed typedCode) bool {
	var kept stored
	if json.Unmarshal(c.Data, &kept) != nil {
		return false
	}
	code := typed.own
	if kept.Foreign {
		code = typed.foreign
	}
	return secrets.VerifyMAC(kept.MAC, parts(code, kept.Salt)...) && code != ""
}
