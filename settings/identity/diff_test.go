package identity_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
)

func TestDiff(t *testing.T) {
	const password, factors, identifiers, pending, traits, forbidden = "password", "factors", "identifiers", "pending", "traits", "forbidden"
	const names, used = "names", "used"
	totp := func(change func(*identity.Factor)) func(*identity.Identity) {
		return func(i *identity.Identity) {
			f := i.State.Factors[aal.TOTP]
			change(&f)
			i.State.Factors[aal.TOTP] = f
		}
	}
	for _, c := range []struct {
		name   string
		change func(i *identity.Identity)
		want   []string
	}{
		{"nothing", func(*identity.Identity) {}, nil},
		{"the order of keys", func(i *identity.Identity) { slices.Reverse(i.Keys) }, nil},
		{"a sealed state that was sealed anew", func(i *identity.Identity) { i.SealedState = []byte("x") }, nil},
		{"the time of the update", func(i *identity.Identity) { i.UpdatedAt = i.UpdatedAt.Add(1) }, nil},
		{"a time in another zone", totp(func(f *identity.Factor) { f.Credentials[0].AddedAt = at.In(time.FixedZone("", 3600)) }), nil},

		{"the password", func(i *identity.Identity) { i.PasswordHash = "x" }, []string{password}},
		{"the password, removed", func(i *identity.Identity) { i.PasswordHash = "" }, []string{password}},

		{"a factor added", func(i *identity.Identity) { i.State.Factors[aal.Passkey] = identity.Factor{Serial: 1} }, []string{factors}},
		{"a factor removed", func(i *identity.Identity) { delete(i.State.Factors, aal.TOTP) }, []string{factors}},
		{"all factors removed", func(i *identity.Identity) { i.State.Factors = nil }, []string{factors}},
		{"a factor exchanged for another", func(i *identity.Identity) {
			i.State.Factors = map[aal.Method]identity.Factor{aal.Lookup: i.State.Factors[aal.TOTP]}
		}, []string{factors}},
		{"a credential added", totp(func(f *identity.Factor) { f.Credentials = append(f.Credentials, identity.Credential{}) }), []string{factors}},
		{"a credential removed", totp(func(f *identity.Factor) { f.Credentials = nil }), []string{factors}},
		{"a credential's secret", totp(func(f *identity.Factor) { f.Credentials[0].Data = json.RawMessage(`{}`) }), []string{factors}},
		{"a credential spent", totp(func(f *identity.Factor) { f.Credentials[0].Spent = true }), []string{factors}},
		{"a credential's name", totp(func(f *identity.Factor) { f.Credentials[0].Name = "x" }), []string{names}},
		{"a credential's last use", totp(func(f *identity.Factor) { f.Credentials[0].LastUsedAt = at.Add(1) }), []string{used}},
		{"another credential under the name of one", totp(func(f *identity.Factor) { f.Credentials[0].ID = "thief" }), []string{factors}},
		{"a name, and a secret with it", totp(func(f *identity.Factor) {
			f.Credentials[0].Name, f.Credentials[0].Data = "x", json.RawMessage(`{}`)
		}), []string{names, factors}},
		{"a serial", totp(func(f *identity.Factor) { f.Serial++ }), []string{factors}},

		{"a linked login that stands only in the keys", func(i *identity.Identity) {
			i.Keys = append(i.Keys, identity.Key{Kind: identity.OIDC, Value: "thief"})
		}, []string{factors}},
		{"a passkey that stands only in the keys", func(i *identity.Identity) {
			i.Keys = append(i.Keys, identity.Key{Kind: identity.WebAuthn, Value: "thief"})
		}, []string{factors}},
		{"a key of a kind nobody knows", func(i *identity.Identity) { i.Keys = append(i.Keys, identity.Key{Kind: "x", Value: "x"}) }, []string{factors}},

		{"an identifier added", func(i *identity.Identity) {
			i.Keys = append(i.Keys, identity.Key{Kind: identity.Identifier, Value: "ada"})
		}, []string{identifiers}},
		{"an identifier removed", func(i *identity.Identity) { i.Keys = i.Keys[1:] }, []string{identifiers}},
		{"an identifier changed in case", func(i *identity.Identity) { i.Keys[0].Value = "Ada@example.org" }, []string{identifiers}},
		{"an identifier that was said twice", func(i *identity.Identity) { i.Keys = append(i.Keys, i.Keys[0]) }, []string{identifiers}},
		{"an identifier that becomes a linked login", func(i *identity.Identity) { i.Keys[0].Kind = identity.OIDC }, []string{factors, identifiers}},

		{"the traits", func(i *identity.Identity) { i.Traits = json.RawMessage(`{"email":"x"}`) }, []string{traits}},
		{"traits and identifier together", func(i *identity.Identity) { i.Traits, i.Keys[0].Value = json.RawMessage(`{"email":"x"}`), "x" }, []string{identifiers, traits}},

		{"the id", func(i *identity.Identity) { i.ID = "43" }, []string{forbidden}},
		{"a blocked account unblocked", func(i *identity.Identity) { i.Active = !i.Active }, []string{forbidden}},
		{"the schema", func(i *identity.Identity) { i.SchemaID = "admin" }, []string{forbidden}},
		{"the version", func(i *identity.Identity) { i.Version++ }, []string{forbidden}},
		{"the public metadata", func(i *identity.Identity) { i.MetadataPublic = json.RawMessage(`{"plan":"gold"}`) }, []string{forbidden}},
		{"the generation", func(i *identity.Identity) { i.State.Generation++ }, []string{forbidden}},
		{"since when devices are known", func(i *identity.Identity) { i.State.DevicesSince-- }, []string{forbidden}},
		{"the kept session", func(i *identity.Identity) { i.State.KeptSession = "thief" }, []string{forbidden}},
		{"the last change", func(i *identity.Identity) { i.State.LastChange.Flow = "x" }, []string{forbidden}},
		{"what a newer build keeps in the state", func(i *identity.Identity) { i.State.Unknown = `"new":"x"` }, []string{forbidden}},
		{"what a newer build keeps of a factor", totp(func(f *identity.Factor) { f.Unknown = "" }), []string{factors}},
		{"what a newer build keeps of a credential", totp(func(f *identity.Factor) { f.Credentials[0].Unknown = "" }), []string{factors}},
		{"an event forgotten", func(i *identity.Identity) { i.State.Events = nil }, []string{forbidden}},
		{"a message forgotten", func(i *identity.Identity) { i.State.Outbox = nil }, []string{forbidden}},
		{"a pending address forgotten", func(i *identity.Identity) { i.State.Pending = nil }, []string{pending}},
		{"another code for it", func(i *identity.Identity) { i.State.Pending[0].Serial = "x" }, []string{pending}},
		{"the count of its codes", func(i *identity.Identity) { i.State.CodesAt = nil }, []string{pending}},
		{"everything at once", func(i *identity.Identity) { *i = identity.Identity{} }, []string{password, factors, identifiers, pending, traits, forbidden}},
	} {
		t.Run(c.name, func(t *testing.T) {
			after := full().Clone()
			c.change(&after)
			for _, d := range []identity.Difference{identity.Diff(full(), after), identity.Diff(after, full())} {
				is := func(what ...string) bool {
					return slices.ContainsFunc(what, func(w string) bool { return slices.Contains(c.want, w) })
				}
				d.Taken, d.Removed = false, false // they alone have a direction: see TestWhatIsTaken
				assert.Equal(t, identity.Difference{
					Password: is(password), Factors: is(factors), Names: is(names), Used: is(used), Identifiers: is(identifiers), Pending: is(pending), Traits: is(traits), Forbidden: is(forbidden),
				}, d)
				assert.Equal(t, is(password, factors), d.Credentials(), "a change of credentials")
				assert.Equal(t, is(password, factors, names, identifiers, pending), d.Sensitive(), "a change that needs a recent sign-in")
				assert.Equal(t, len(c.want) > 0, d.Any(), "a change")
			}
		})
	}
}

// A field that is added to an identity must be judged: here every field there
// is is changed, and the difference found.
func TestDiffOverlooksNoField(t *testing.T) {
	exempt := []string{"SealedState", "DueAt", "CreatedAt", "UpdatedAt", "Format"} // not a method's to write: the commit sets them
	check := func(name string, of func(i *identity.Identity) reflect.Value) {
		before := full()
		fields := reflect.VisibleFields(of(&before).Type())
		for _, f := range fields {
			if slices.Contains(exempt, f.Name) || f.Anonymous {
				continue
			}
			after := full().Clone()
			v := of(&after)
			v.FieldByIndex(f.Index).SetZero()
			if f.Name == "Spent" {
				v.FieldByIndex(f.Index).SetBool(true)
			}
			assert.True(t, identity.Diff(full(), after).Any(), "%s.%s", name, f.Name)
		}
	}
	check("Record", func(i *identity.Identity) reflect.Value { return reflect.ValueOf(&i.Record).Elem() })
	check("State", func(i *identity.Identity) reflect.Value { return reflect.ValueOf(&i.State).Elem() })
	check("LastChange", func(i *identity.Identity) reflect.Value { return reflect.ValueOf(&i.State.LastChange).Elem() })
	check("Event", func(i *identity.Identity) reflect.Value { return reflect.ValueOf(&i.State.Events[0]).Elem() })
	check("Verified", func(i *identity.Identity) reflect.Value { return reflect.ValueOf(&i.State.Verified[0]).Elem() })
	check("Credential", func(i *identity.Identity) reflect.Value {
		return reflect.ValueOf(&i.State.Factors[aal.TOTP].Credentials[0]).Elem()
	})
}

func TestWhatAProofMayChange(t *testing.T) {
	prove := func(via, value string, swap bool) identity.Difference {
		after := full().Clone()
		if swap {
			after.Traits = json.RawMessage(`{"email":"canary-new@example.org"}`)
		}
		after.State.Pending = nil
		after.State.Verified = append(after.State.Verified, identity.Verified{Via: via, Value: value, At: at})
		return identity.Diff(full(), after)
	}
	swapped := prove("email", "canary-new@example.org", true)
	assert.True(t, swapped.Credentials(), "an address that took the place of another is a change of credentials")
	assert.False(t, swapped.Forbidden)
	assert.False(t, prove("email", "canary-new@example.org", false).Credentials(), "one that is only verified is none")
	assert.True(t, prove("email", "eve@example.org", true).Forbidden, "what was not pending nobody verifies")
	assert.True(t, prove("sms", "canary-new@example.org", true).Forbidden, "nor by another way")
}

// What a session that is only recovering may not do.
func TestWhatIsTaken(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(i *identity.Identity)
		taken  bool
		back   bool // when the change is undone
	}{
		{"nothing", func(*identity.Identity) {}, false, false},
		{"a new password in the place of the old one", func(i *identity.Identity) { i.PasswordHash = "$argon2id$other" }, false, false},
		{"the password removed", func(i *identity.Identity) { i.PasswordHash = "" }, true, false},
		{"a factor added", func(i *identity.Identity) {
			i.State.Factors[aal.Passkey] = identity.Factor{Serial: 1, Credentials: []identity.Credential{{ID: "1"}}}
		}, false, true},
		{"a factor's credentials removed", func(i *identity.Identity) { i.State.Factors[aal.TOTP] = identity.Factor{Serial: 5} }, true, false},
		{"a credential exchanged for one of the same name", func(i *identity.Identity) {
			i.State.Factors[aal.TOTP] = identity.Factor{Serial: 5, Credentials: []identity.Credential{{ID: "canary-totp", Data: json.RawMessage(`{"key":"other"}`)}}}
		}, true, true},
		{"a linked login that goes", func(i *identity.Identity) { i.Keys = i.Keys[:1] }, true, false},
		{"an identifier exchanged", func(i *identity.Identity) { i.Keys[0].Value = "eve@example.org" }, true, true},
		{"a nickname", func(i *identity.Identity) { i.Traits = json.RawMessage(`{"email":"ada@example.org","nickname":"x"}`) }, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			after := full().Clone()
			c.change(&after)
			assert.Equal(t, c.taken, identity.Diff(full(), after).Taken)
			assert.Equal(t, c.back, identity.Diff(after, full()).Taken)
		})
	}
}

// A settings change may forget that an address was verified, never claim it.
func TestVerifiedAddressIsNotWrittenByAMethod(t *testing.T) {
	verified := full()
	forgotten := verified.Clone()
	forgotten.State.Verified = nil
	d := identity.Diff(verified, forgotten)
	assert.True(t, d.Traits, "it is seen")
	assert.False(t, d.Forbidden)
	assert.True(t, identity.Diff(forgotten, verified).Forbidden)

	other := verified.Clone()
	other.State.Verified[0].Value = "eve@example.org"
	assert.True(t, identity.Diff(verified, other).Forbidden)
}
