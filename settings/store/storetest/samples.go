package storetest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/jsonrecord"
)

// noon is the time of all samples, in whole microseconds.
var noon = time.Date(2031, time.February, 3, 12, 0, 0, 123_456_000, time.UTC)

// tick is the smallest step of time that every store keeps.
const tick = time.Microsecond

// oddIDs are ids a host may have. Each is another one, also those that look
// alike to a database that folds case, drops spaces at the end, or reads
// patterns.
var oddIDs = []string{
	"42", "042", "a", "A", "a ", "ä", "a\u0308", "%", "_", "*", "'", `"`, `\`, `\'`, "`", "a:b", "a\nb", "{a}", "[a]",
	"'; DROP TABLE sessions; --", "مرحبا", "日本", "🦊", "null", strings.Repeat("x", 200), strings.Repeat("x", 199) + "y",
}

func uuid(n int) string { return fmt.Sprintf("5eed0000-0000-4000-8000-%012d", n) }

// sampleFlow is the n-th flow of an owner.
func sampleFlow(owner string, n int) flow.Record {
	return flow.Record{Key: "flow:" + uuid(n), Owner: owner, ExpiresAt: noon.Add(time.Hour), Data: []byte(`{"state":"show_form"}`)}
}

func hashOf(n int) string    { return session.Hash(fmt.Sprint("token ", n)) }
func oldHashOf(n int) string { return session.Hash(fmt.Sprint("old token ", n)) }

// sampleSession is the n-th session of an identity, with every field set. It
// was issued n seconds after noon.
func sampleSession(identityID string, n int) session.Session {
	issued := noon.Add(time.Duration(n) * time.Second)
	return session.Session{
		ID: uuid(n), IdentityID: identityID,
		TokenHash:  hashOf(n),
		Superseded: session.Superseded{TokenHash: oldHashOf(n), Until: issued.Add(session.RetryWindow), Successor: everyByte()},
		Generation: 1 << 33,
		Change:     uuid(1000 + n),
		Methods: []session.Completed{
			{Method: aal.Password, At: issued, Unknown: `"later":{"of":["a newer build"],"n":1}`},
			{Method: aal.OIDC, At: issued.Add(tick), Provider: "görli"},
		},
		AuthenticatedAt: issued.Add(-time.Minute), IssuedAt: issued, ExpiresAt: issued.Add(24 * time.Hour),
		UserAgent: `Mozilla/5.0 (X11) "fox" 'n' 🦊 100%`, IP: "2001:db8::1",
		Extra: json.RawMessage(`{"later": "of a \"newer\" build: ä, 🦊, \\, %, '", "deep": [{"n": 12345678}, null, true], "": ""}`),
	}
}

func everyByte() []byte {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	return all
}

// counted is the Data of a record that counts, and count reads it.
func counted(n int) []byte { return []byte(strconv.Itoa(n)) }

func count(data []byte) int {
	n, _ := strconv.Atoi(string(data))
	return n
}

// largest is Data of the greatest length, which no compression makes short.
func largest() []byte {
	data := make([]byte, flow.MaxData)
	for i, x := 0, uint32(1); i < len(data); i++ {
		x = x*1664525 + 1013904223
		data[i] = byte(x >> 24)
	}
	return data
}

// The functions below bring records into the form in which they are compared.

func instant(t time.Time) time.Time { return t.Round(0).UTC() }

func copied(data []byte) []byte { return append([]byte{}, data...) }

func plainFlow(r flow.Record) flow.Record {
	r.ExpiresAt, r.Data = instant(r.ExpiresAt), copied(r.Data)
	return r
}

func plainSession(s session.Session) session.Session {
	s.Superseded.Until, s.Superseded.Successor = instant(s.Superseded.Until), copied(s.Superseded.Successor)
	s.AuthenticatedAt, s.IssuedAt, s.ExpiresAt = instant(s.AuthenticatedAt), instant(s.IssuedAt), instant(s.ExpiresAt)
	s.Methods = append([]session.Completed{}, s.Methods...)
	for i := range s.Methods {
		s.Methods[i].At = instant(s.Methods[i].At)
		s.Methods[i].Unknown = jsonrecord.Unknown(meaning(json.RawMessage("{" + s.Methods[i].Unknown + "}")))
	}
	s.Extra = json.RawMessage(meaning(s.Extra))
	return s
}
