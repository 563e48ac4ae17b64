package faults_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/password"
)

// check states what holds whatever goes wrong, and lists what does not:
//
//   - The password is the last one that was acknowledged, or the one whose
//     answer was lost; never both, never another one.
//   - A session passes only if it is of the identity's generation, or the one
//     that made the change. One that an acknowledged change has ended is over.
//   - A session of the second level is one of an identity with a second factor.
//   - A code signs somebody in at most once.
//   - No password, token, code or secret stands in any row of any table.
//   - No flow record is larger than 16 KiB.
//   - Every committed change has one event, told or still to be told, and no
//     other change has one.
func check(w *fixture) (violations []string) {
	i := w.identity()
	for _, found := range [][]string{
		checkPassword(w, i), checkSessions(w, i), checkCodes(w, i), checkAtRest(w), checkEvents(w, i),
	} {
		violations = append(violations, found...)
	}
	return violations
}

func checkPassword(w *fixture, i identity.Identity) []string {
	candidates := []string{w.user.Password}
	if w.user.Doubt && w.user.Wanted != "" {
		candidates = append(candidates, w.user.Wanted)
	}
	var right []string
	for _, p := range candidates {
		if ok, err := password.Verify(i.PasswordHash, p); ok && err == nil {
			right = append(right, p)
		}
	}
	if len(right) != 1 {
		return []string{fmt.Sprintf("of the passwords %q these are right: %q", candidates, right)}
	}
	return nil
}

func checkSessions(w *fixture, i identity.Identity) (violations []string) {
	over := slices.Clone(w.user.Former)
	if w.user.Done >= afterTheFirstPassword {
		over = append(over, w.user.Phone)
	}
	for _, token := range append([]string{w.user.Token, w.user.Phone}, w.user.Former...) {
		// What a session is worth is asked apart from what it is asked for: one below
		// the level that its account requires is a session all the same, and whoami
		// says what it lacks.
		cur, err := w.kit.Handler.Sessions.FromToken(context.Background(), token)
		if err != nil && !errors.Is(err, session.ErrNoSession) {
			violations = append(violations, fmt.Sprintf("a session is answered %v", err))
			continue
		}
		passes := err == nil
		s := w.session(token)
		good := s != nil && s.TokenHash == session.Hash(token) && (s.Generation == i.State.Generation || s.ID == i.State.KeptSession)
		switch {
		case passes && slices.Contains(over, token):
			violations = append(violations, "a session passes that is over")
		case passes && !good:
			violations = append(violations, "a session of an old generation passes")
		case !passes && good:
			violations = append(violations, "a session that is good does not pass")
		}
		c := w.kit.Anonymous(respond.API)
		c.Token = token
		a := c.Whoami()
		switch {
		case !passes && a.Status == http.StatusUnauthorized:
		case passes && cur.Suffices() && a.Status == http.StatusOK:
		case passes && !cur.Suffices() && a.Status == http.StatusForbidden && a.Error != nil && a.Error.ID == "session_aal2_required":
		default:
			violations = append(violations, fmt.Sprintf("a session (it passes: %v) is answered %s", passes, brief(a)))
		}
		if a.Status == http.StatusOK && !slices.ContainsFunc([]aal.Method{aal.TOTP, aal.Lookup}, func(m aal.Method) bool { return len(i.State.Factors[m].Credentials) > 0 }) &&
			strings.Contains(string(a.Body), `"authenticator_assurance_level":"aal2"`) {
			violations = append(violations, "a session is of the second level, and there is no second factor")
		}
	}
	return violations
}

func checkCodes(w *fixture, i identity.Identity) (violations []string) {
	for code, times := range w.user.Accepted {
		if times > 1 {
			violations = append(violations, fmt.Sprintf("a code was used %d times", times))
		}
		m := aal.TOTP
		if slices.Contains(w.user.Codes, code) {
			m = aal.Lookup
		}
		// Untold tries: whoever asks here is not to be locked out.
		_, err := w.kit.Handler.Service.Verify(w.t.Context(), settings.Proof{Method: m, IdentityID: w.user.ID, Value: code, SkipTries: true})
		if !errors.Is(err, method.ErrWrong) && !(m == aal.TOTP && w.looksNew(code)) {
			violations = append(violations, fmt.Sprintf("a used code is answered %v", err))
		}
	}
	if w.user.Done < afterTheCodes {
		return violations
	}
	spent, used, unsure := 0, 0, 0
	for _, c := range i.State.Factors[aal.Lookup].Credentials {
		if c.Spent {
			spent++
		}
	}
	for _, code := range w.user.Codes {
		if _, ok := w.user.Accepted[code]; ok {
			used++
		} else if w.user.Unsure[code] {
			unsure++
		}
	}
	if spent < used || spent > used+unsure {
		violations = append(violations, fmt.Sprintf("%d codes are spent, of %d that were used and %d that may have been", spent, used, unsure))
	}
	return violations
}

func checkEvents(w *fixture, i identity.Identity) []string {
	names, violations := w.told()
	for _, e := range i.State.Events {
		names[e.ID] = e.Name
	}
	var all []string
	for _, name := range names {
		all = append(all, name)
	}
	slices.Sort(all)
	want := slices.Sorted(slices.Values(w.user.Changes))
	if slices.Equal(all, want) {
		return violations
	}
	if may := w.step().event; w.user.Doubt && may != "" {
		want = slices.Sorted(slices.Values(append(want, may)))
	}
	if !slices.Equal(all, want) {
		violations = append(violations, fmt.Sprintf("events %q of changes %q", all, want))
	}
	return violations
}

// told are the changes that the After hook was told of, by id.
func (w *fixture) told() (names map[string]string, violations []string) {
	names = map[string]string{}
	text, err := os.ReadFile(w.user.Journal)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return names, []string{err.Error()}
	}
	for line := range strings.Lines(string(text)) {
		id, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if before, again := names[id]; again && before != name {
			violations = append(violations, fmt.Sprintf("one id for %s and %s", before, name))
		}
		names[id] = name
	}
	return names, violations
}

// made reports whether the change of the step that is in doubt is made.
func (w *fixture) made() bool {
	names, _ := w.told()
	for _, e := range w.identity().State.Events {
		names[e.ID] = e.Name
	}
	return w.step().event != "" && len(names) > len(w.user.Changes)
}

// canaries are what must not stand anywhere at rest, as it is or as JSON spells
// it, by what it is.
func (w *fixture) canaries() map[string]string {
	all := map[string]string{}
	add := func(what string, values ...string) {
		for _, v := range values {
			quoted, _ := json.Marshal(v)
			all[v], all[strings.Trim(string(quoted), `"`)] = what, what
		}
	}
	add("password", w.user.Password, w.user.Wanted)
	add("token", append(w.user.Former, w.user.Token, w.user.Phone)...)
	add("secret of the app", w.user.Secret)
	for _, code := range w.user.Codes {
		add("recovery code", code, strings.ReplaceAll(code, "-", ""))
	}
	delete(all, "")
	return all
}

// rowLimit is the largest flow record.
const rowLimit = 16 << 10

// checkAtRest reads every row of every table as it is. What a store in memory
// was given to keep, the Kit looks through.
func checkAtRest(w *fixture) (violations []string) {
	if n := w.watch.largest(); n > rowLimit {
		violations = append(violations, fmt.Sprintf("a flow record of %d bytes", n))
	}
	if w.at.db == nil {
		return violations
	}
	tables, err := tablesOf(w.at)
	if err != nil {
		return append(violations, err.Error())
	}
	canaries := w.canaries()
	for _, table := range tables {
		rows, err := rowsOf(w.at.db, table)
		if err != nil {
			return append(violations, err.Error())
		}
		for _, row := range rows {
			for column, value := range row {
				if what := foundIn(value, canaries); what != "" {
					violations = append(violations, fmt.Sprintf("%s in the clear in %s.%s", what, table, column))
				}
				if table == "amend_flows" && len(value) > rowLimit {
					violations = append(violations, fmt.Sprintf("a flow record of %d bytes", len(value)))
				}
			}
		}
	}
	return violations
}

// foundIn is which canary stands in a value.
func foundIn(value string, canaries map[string]string) string {
	for canary, what := range canaries {
		if strings.Contains(value, canary) {
			return what
		}
	}
	return ""
}
