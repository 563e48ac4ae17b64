package respond_test

import (
	"encoding/base64"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/wire"
)

// The ids that the contract and clients know by name.
func TestErrorIDsAreThoseClientsKnow(t *testing.T) {
	for _, id := range []respond.ErrorID{
		"session_inactive", "session_refresh_required", "session_aal2_required", "security_identity_mismatch",
		"security_csrf_violation", "self_service_flow_return_to_forbidden", "self_service_flow_expired",
		"browser_location_change_required",
	} {
		assert.Contains(t, respond.ErrorIDs, id)
	}
}

// Every ErrorID that is declared is in the list, once, with a sentence.
func TestEveryErrorIDIsListed(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, 0)
	require.NoError(t, err)
	declared := map[respond.ErrorID]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "ErrorID" {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		require.NoError(t, err)
		assert.NotContains(t, declared, respond.ErrorID(value), "an id has one name")
		declared[respond.ErrorID(value)] = spec.Names[0].Name
		return true
	})
	require.Greater(t, len(declared), 20)
	for id, name := range declared {
		assert.Contains(t, respond.ErrorIDs, id, "%s has no sentence", name)
		assert.Regexp(t, `^[a-z0-9]+(_[a-z0-9]+)*$`, string(id))
	}
	for id, text := range respond.ErrorIDs {
		assert.Contains(t, declared, id)
		assert.Regexp(t, `^[A-Z].{10,}\.$`, text, "a sentence for a person: %s", id)
	}
}

func TestErrorOnTheWire(t *testing.T) {
	w := wire.New(0)
	respond.Error{ID: "session_inactive", Code: 401, Reason: "because"}.WriteJSON(w)
	var got map[string]any
	require.NoError(t, json.Unmarshal(w.Bytes(), &got))
	assert.NotEmpty(t, got["message"])
	delete(got, "message")
	assert.Equal(t, map[string]any{"id": "session_inactive", "code": 401.0, "status": "Unauthorized", "reason": "because"}, got)
}

func TestSealedErrorIsReadFor15Minutes(t *testing.T) {
	e := respond.Error{ID: "security_csrf_violation", Code: 403, Reason: "<b>why</b>"}
	id := respond.SealError(ring, e, now)
	for _, c := range []struct {
		name string
		at   time.Time
		open bool
	}{
		{"at once", now, true},
		{"a nanosecond before the end", now.Add(15*time.Minute - 1), true},
		{"after 15 minutes", now.Add(15 * time.Minute), false},
		{"a year later", now.AddDate(1, 0, 0), false},
		{"at an instance whose clock is behind", now.Add(-time.Minute), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := respond.OpenError(ring, id, c.at)
			assert.Equal(t, c.open, ok)
			if c.open {
				assert.Equal(t, e, got)
			} else {
				assert.Zero(t, got)
			}
		})
	}
}

func TestSealedErrorCannotBeMadeOrChanged(t *testing.T) {
	e := respond.Error{ID: "security_csrf_violation", Code: 403, Reason: "why"}
	id := respond.SealError(ring, e, now)
	raw, err := base64.RawURLEncoding.DecodeString(id)
	require.NoError(t, err)
	assert.NotContains(t, string(raw), "csrf", "nobody reads it on the way")
	assert.NotEqual(t, id, respond.SealError(ring, e, now), "nor tells two equal ones apart from others")

	plain := []byte(`{"id":"x","code":403,"reason":"x","at":` + strconv.FormatInt(now.Unix(), 10) + `}`)
	for name, id := range map[string]string{
		"empty":                        "",
		"not base64":                   "!!!",
		"the plain text":               base64.RawURLEncoding.EncodeToString(plain),
		"padded":                       id + "=",
		"a space after":                id + " ",
		"twice":                        id + id,
		"sealed for another purpose":   base64.RawURLEncoding.EncodeToString(ring.Seal(seal.Binding{Purpose: "other"}, plain)),
		"sealed for an owner":          base64.RawURLEncoding.EncodeToString(ring.Seal(seal.Binding{Purpose: "error", Owner: "o"}, plain)),
		"sealed by another key":        respond.SealError(newRing(seal.NewKey()), e, now),
		"in the other base64 alphabet": base64.RawStdEncoding.EncodeToString([]byte{0xfb, 0xff, 0xfe}),
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := respond.OpenError(ring, id, now)
			assert.False(t, ok)
			assert.Zero(t, got)
		})
	}
	for i := range raw {
		raw[i] ^= 1
		_, ok := respond.OpenError(ring, base64.RawURLEncoding.EncodeToString(raw), now)
		require.False(t, ok, "byte %d changed", i)
		raw[i] ^= 1
	}
	for i := range id {
		_, ok := respond.OpenError(ring, id[:i], now)
		require.False(t, ok, "cut at %d", i)
	}
}

// The last character of an id may have bits to spare; set, they make another
// spelling of the same id, and that is none.
func TestSealedErrorIsSpelledInOneWay(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	spare := 0
	for n := range 3 {
		id := respond.SealError(ring, respond.Error{ID: "internal_error", Reason: strings.Repeat("x", n)}, now)
		if len(id)%4 == 0 {
			continue
		}
		spare++
		last := strings.IndexByte(alphabet, id[len(id)-1])
		_, ok := respond.OpenError(ring, id[:len(id)-1]+string(alphabet[last+1]), now)
		assert.False(t, ok)
	}
	assert.Equal(t, 2, spare, "of three lengths two have some")
}

func TestSealedErrorOutlivesItsKey(t *testing.T) {
	older, newer := seal.NewKey(), seal.NewKey()
	e := respond.Error{ID: "internal_error", Code: 500, Reason: "why"}
	got, ok := respond.OpenError(newRing(newer, older), respond.SealError(newRing(older), e, now), now)
	require.True(t, ok)
	assert.Equal(t, e, got)
}

// An id stands in a URL: it needs no escaping there.
func TestSealedErrorIsAnURLParameterAsItIs(t *testing.T) {
	for range 50 {
		id := respond.SealError(ring, respond.Error{ID: "internal_error", Reason: strings.Repeat("ÿ", 100)}, now)
		require.Regexp(t, `^[A-Za-z0-9_-]+$`, id)
	}
}
