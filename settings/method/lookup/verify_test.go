package lookup_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/store/memory"
)

func TestEachCodeIsGoodOnce(t *testing.T) {
	w := newFixture(t)
	c := w.SignIn(w.ada, respond.API)
	codes := w.confirmed(c)
	before := w.Identity(w.ada)
	for n, code := range codes {
		require.NoError(t, w.login(code), "%d", n)
		assert.ErrorIs(t, w.login(code), method.ErrWrong, "%d, a second time", n)
	}
	after := w.Identity(w.ada)
	assert.Len(t, after.State.Factors[aal.Lookup].Credentials, 12, "a set that is used up is still there")
	assert.False(t, after.Has(aal.Lookup), "and proves nothing")
	assert.Equal(t, before.State.Factors[aal.Lookup].Serial, after.State.Factors[aal.Lookup].Serial, "a login is no change of the factor")
	assert.Equal(t, 200, c.Whoami().Status, "and ends no session")
}

func TestHowManyAreLeft(t *testing.T) {
	w := newFixture(t)
	c := w.SignIn(w.ada, respond.Script)
	codes := w.confirmed(c)
	left := func() map[string]any {
		for _, n := range c.Start().UI.Nodes {
			if n.Name() == "lookup_secret_left" {
				return n.Attributes["text"].(map[string]any)["context"].(map[string]any)
			}
		}
		return nil
	}
	for used, code := range codes {
		assert.Equal(t, map[string]any{"left": float64(12 - used), "total": 12.0}, left())
		require.NoError(t, w.login(code))
	}
	assert.Equal(t, map[string]any{"left": 0.0, "total": 12.0}, left())
	assert.Equal(t, []string{"lookup_secret_left", "lookup_secret_regenerate", "lookup_secret_disable"}, names(c.Start()))
	assert.NoError(t, w.login(w.confirmed(c)[0]), "new ones can be made all the same")
}

func TestHowCodesAreTyped(t *testing.T) {
	spell := map[string]func(string) string{
		"as they are shown":             func(s string) string { return s },
		"without the hyphen":            func(s string) string { return strings.ReplaceAll(s, "-", "") },
		"in capitals":                   strings.ToUpper,
		"with a space for the hyphen":   func(s string) string { return strings.ReplaceAll(s, "-", " ") },
		"with spaces everywhere":        func(s string) string { return " " + strings.Join(strings.Split(s, ""), " ") + "  " },
		"with letters that look alike":  func(s string) string { return strings.NewReplacer("0", "O", "1", "l").Replace(s) },
		"with others that look alike":   func(s string) string { return strings.NewReplacer("0", "o", "1", "I").Replace(s) },
		"with hyphens in other places":  func(s string) string { s = strings.ReplaceAll(s, "-", ""); return s[:2] + "--" + s[2:] },
		"with a no-break space":         func(s string) string { return strings.ReplaceAll(s, "-", "\u00a0") },
		"with a dash, and a line's end": func(s string) string { return strings.ReplaceAll(s, "-", "\u2013") + "\r\n" },
		"full-width, in capitals": func(s string) string {
			return strings.Map(func(r rune) rune { return r + '！' - '!' }, strings.ToUpper(s))
		},
		"in Persian digits": func(s string) string {
			return strings.Map(func(r rune) rune {
				if '0' <= r && r <= '9' {
					return r + '\u06f0' - '0'
				}
				return r
			}, s)
		},
		"with L for one, all in capitals": func(s string) string { return strings.ReplaceAll(strings.ToUpper(s), "1", "L") },
	}
	kinds := slices.Sorted(maps.Keys(spell))
	for round := range 5 { // codes without a 0 or 1 prove less
		for some := range slices.Chunk(kinds, 12) {
			w := newFixture(t)
			codes := w.confirmed(w.SignIn(w.ada, respond.API))
			for n, kind := range some {
				assert.NoError(t, w.login(spell[kind](codes[n])), "%s, round %d", kind, round)
				assert.ErrorIs(t, w.login(codes[n]), method.ErrWrong, "%s is the same code, and used up", kind)
			}
		}
	}
}

func TestWhatIsNoCode(t *testing.T) {
	w := newFixture(t)
	c := w.SignIn(w.ada, respond.API)
	codes := w.confirmed(c)
	good := codes[0]
	before := w.Identity(w.ada)
	for _, given := range []string{
		"", " ", "-", good[:10], good + "0", "0" + good, good + good, strings.Join(codes, ", "), good + "\x00", "u" + good[1:], "é" + good[2:],
		"\u212a" + good[1:], // the Kelvin sign, a k in lower case
		good + strings.Repeat(" ", 1<<20), "00000-00000", codes[1][:5] + codes[2][5:],
	} {
		assert.ErrorIs(t, w.login(given), method.ErrWrong, "%.40q", given)
		w.Clock.Advance(25 * time.Hour) // so that none is locked
	}
	assert.Equal(t, before, w.Identity(w.ada))
	assert.NoError(t, w.login(good))
}

func TestManyLoginsWithOneCode(t *testing.T) {
	for name, mode := range map[string]func(*settings.Config){
		"three stores": func(*settings.Config) {},
		"a backend":    func(c *settings.Config) { c.Backend = c.Flows.(*memory.Store) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, mode)
			codes := w.confirmed(w.SignIn(w.ada, respond.API))
			var right atomic.Int32
			var all sync.WaitGroup
			for range 32 {
				all.Go(func() {
					if w.login(codes[3]) == nil {
						right.Add(1)
					}
				})
			}
			all.Wait()
			assert.EqualValues(t, 1, right.Load())
			spent := 0
			for _, c := range w.Identity(w.ada).State.Factors[aal.Lookup].Credentials {
				if c.Spent {
					spent++
				}
			}
			assert.Equal(t, 1, spent)
		})
	}
}

func TestCodesOfOthers(t *testing.T) {
	w := newFixture(t)
	codes := w.confirmed(w.SignIn(w.ada, respond.API))
	bob := w.AddIdentity("bob@example.com", "another long password")
	w.confirmed(w.SignIn(bob, respond.API))
	carol := w.AddIdentity("carol@example.com", "")
	for name, id := range map[string]string{"somebody with codes": bob, "somebody without": carol, "nobody": "00000000-0000-4000-8000-000000000000"} {
		_, err := w.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Lookup, IdentityID: id, Value: codes[0]})
		assert.ErrorIs(t, err, method.ErrWrong, name)
	}
	// Ada's hashes in Bob's row are worth nothing: they are of Ada.
	w.Edit(bob, func(i *identity.Identity) {
		i.State.Factors[aal.Lookup] = w.Identity(w.ada).State.Factors[aal.Lookup]
	})
	_, err := w.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Lookup, IdentityID: bob, Value: codes[0]})
	assert.ErrorIs(t, err, method.ErrWrong)
	assert.NoError(t, w.login(codes[0]))
}

// A row that changed between the comparison and the write decides anew.
func TestBurningOnANewerRow(t *testing.T) {
	w := newFixture(t)
	c := w.SignIn(w.ada, respond.API)
	code := w.confirmed(c)[4]
	secrets, err := method.NewSecrets("lookup_secret", w.ada, w.Config.Keys...)
	require.NoError(t, err)
	burn, err := lookup.New(lookup.Config{Alone: true}).Verify(t.Context(), method.View{Identity: w.Identity(w.ada), Secrets: secrets},
		settings.Proof{Method: aal.Lookup, IdentityID: w.ada, Value: code})
	require.NoError(t, err)

	same := w.Identity(w.ada)
	require.NoError(t, burn(&same))
	assert.True(t, same.State.Factors[aal.Lookup].Credentials[4].Spent)
	assert.ErrorIs(t, burn(&same), method.ErrWrong, "the code was used meanwhile")
	w.confirmed(c)
	other := w.Identity(w.ada)
	assert.ErrorIs(t, burn(&other), method.ErrWrong, "there are new ones meanwhile")
	w.saved(c, c.Submit(c.Start(), disable))
	gone := w.Identity(w.ada)
	assert.ErrorIs(t, burn(&gone), method.ErrWrong, "there are none meanwhile")
}

func TestTenWrongCodes(t *testing.T) {
	w := newFixture(t)
	codes := w.confirmed(w.SignIn(w.ada, respond.API))
	for range 10 {
		assert.ErrorIs(t, w.login("00000-00000"), method.ErrWrong)
	}
	var locked *settings.LockedError
	require.ErrorAs(t, w.login(codes[0]), &locked, "even a right one")
	assert.Equal(t, 15*time.Minute, locked.RetryAfter)
	w.Clock.Advance(15 * time.Minute)
	assert.NoError(t, w.login(codes[0]))
}

func TestCodesOutliveANewKey(t *testing.T) {
	w := newFixture(t)
	codes := w.confirmed(w.SignIn(w.ada, respond.API))
	c := w.Config
	c.Keys = append([][]byte{settings.NewKey()}, c.Keys...)
	next, err := settings.New(c)
	require.NoError(t, err)
	_, err = next.Service.Verify(t.Context(), settings.Proof{Method: aal.Lookup, IdentityID: w.ada, Value: codes[0]})
	assert.NoError(t, err)
}

// Thirteen characters of 32 are 65 bits only if each of them turns up everywhere.
func TestCodesHaveMoreThan64Bits(t *testing.T) {
	w := newFixture(t)
	c := w.SignIn(w.ada, respond.Script)
	var at [15]map[byte]int
	for range 80 { // 960 codes: that one of 32 is missing at one place never happens
		for _, code := range w.codes(flow(t, c.Submit(c.Start(), regenerate))) {
			for i := range code {
				if at[i] == nil {
					at[i] = map[byte]int{}
				}
				at[i][code[i]]++
			}
		}
	}
	for i, seen := range at {
		if i != 5 && i != 10 { // the hyphens
			assert.Len(t, seen, 32, "place %d", i)
		}
	}
}

// An older build made codes of ten characters, and kept a MAC of each without a salt.
func TestCodesOfAnOlderBuildAreGood(t *testing.T) {
	w := newFixture(t)
	secrets, err := method.NewSecrets("lookup_secret", w.ada, w.Config.Keys...)
	require.NoError(t, err)
	w.Edit(w.ada, func(i *identity.Identity) {
		old := identity.Factor{Serial: 1}
		for n, code := range []string{"7k2mvx9qpd", "0123456789"} {
			data, err := json.Marshal(map[string][]byte{"mac": secrets.MAC(code)})
			require.NoError(t, err)
			old.Credentials = append(old.Credentials, identity.Credential{ID: strconv.Itoa(n + 1), Data: data})
		}
		i.State.Factors = map[aal.Method]identity.Factor{aal.Lookup: old}
	})
	require.NoError(t, w.login("7k2mv-x9qpd"))
	assert.ErrorIs(t, w.login("7k2mv-x9qpd"), method.ErrWrong)
	require.NoError(t, w.login("0123456789"))
}

// Who has the hashes of two accounts, or of two sets, learns nothing by comparing them.
func TestACodeHasASaltOfItsOwn(t *testing.T) {
	secrets, err := method.NewSecrets("lookup_secret", "ada", settings.NewKey())
	require.NoError(t, err)
	set, codes, err := lookup.Credentials(secrets, time.Time{})
	require.NoError(t, err)
	salts := map[string]bool{}
	for n, c := range set {
		var kept struct{ MAC, Salt []byte }
		require.NoError(t, json.Unmarshal(c.Data, &kept))
		salts[string(kept.Salt)] = true
		assert.False(t, secrets.VerifyMAC(kept.MAC, strings.ReplaceAll(codes[n], "-", "")), "the MAC is of the salt too")
	}
	assert.Len(t, salts, len(set))
}

// What cannot be read matches nothing, and can be removed.
func TestCodesThatCannotBeRead(t *testing.T) {
	w := newFixture(t)
	w.AddFactor(w.ada, aal.Lookup)
	assert.ErrorIs(t, w.login("00000-00000"), method.ErrWrong)
	c := w.SignIn(w.ada, respond.API, aal.Password, aal.Lookup)
	assert.Equal(t, "400 4000001", c.Submit(c.Start(), confirm).Brief())
	w.saved(c, c.Submit(c.Start(), disable))
}

// The Kit looks for codes in every write of every test here. This one looks at
// what it would look through.
func TestWhatStandsInTheRow(t *testing.T) {
	w := newFixture(t)
	w.confirmed(w.SignIn(w.ada, respond.API))
	for n, c := range w.Identity(w.ada).State.Factors[aal.Lookup].Credentials {
		assert.Regexp(t, `^\{"mac":"[A-Za-z0-9+/]{43}=","salt":"[A-Za-z0-9+/]{22}=="\}$`, string(c.Data), "%d", n)
	}
	row, err := w.Store.GetIdentity(t.Context(), w.ada)
	require.NoError(t, err)
	assert.NotContains(t, string(row.SealedState), "mac")
}
