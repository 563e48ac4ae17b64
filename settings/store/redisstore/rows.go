package redisstore

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/amend-go/amend/session"
)

// This file owns how a session stands in its hash. A field that a newer build has
// added stays as it is: an update writes those that it knows.

// sessionValues are the fields of a session that a script does not take one by one, as
// names and values.
func sessionValues(s session.Session) ([]any, error) {
	methods := slices.Clone(s.Methods)
	for i := range methods {
		methods[i].At = timeOf(micros(methods[i].At))
	}
	text, err := json.Marshal(methods)
	if err != nil {
		return nil, fmt.Errorf("redisstore: methods of a session: %w", err)
	}
	return []any{
		"superseded_until", micros(s.Superseded.Until), "successor", string(s.Superseded.Successor),
		"generation", strconv.FormatUint(s.Generation, 10), "change", s.Change, "methods", text,
		"authenticated", micros(s.AuthenticatedAt), "issued", micros(s.IssuedAt),
		"user_agent", s.UserAgent, "ip", s.IP, "extra", string(s.Extra),
	}, nil
}

func readSession(row map[string]string) (session.Session, error) {
	var n numbers
	generation, err := strconv.ParseUint(row["generation"], 10, 64)
	s := session.Session{
		ID: row["id"], IdentityID: row["identity"], Version: n.of(row["version"]), TokenHash: row["token"],
		Superseded: session.Superseded{TokenHash: row["superseded"], Until: timeOf(n.of(row["superseded_until"])), Successor: some(row["successor"])},
		Generation: generation, Change: row["change"],
		AuthenticatedAt: timeOf(n.of(row["authenticated"])), IssuedAt: timeOf(n.of(row["issued"])), ExpiresAt: timeOf(n.of(row["expires"])),
		UserAgent: row["user_agent"], IP: row["ip"], Extra: some(row["extra"]),
	}
	if err == nil {
		err = n.err
	}
	if err == nil {
		err = json.Unmarshal([]byte(row["methods"]), &s.Methods)
	}
	if err != nil {
		return session.Session{}, fmt.Errorf("redisstore: a session: %w", err)
	}
	return s, nil
}

// some is nil for what is empty.
func some(text string) []byte {
	if text == "" {
		return nil
	}
	return []byte(text)
}

// hashes are the token hashes of a session. The empty one finds nothing.
func hashes(all ...string) []string {
	all = slices.DeleteFunc(all, func(hash string) bool { return hash == "" })
	slices.Sort(all)
	return slices.Compact(all)
}
