package password

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

const (
	fieldNew     = "password"
	fieldCurrent = "current_password"
)

// triesBreached is the class of tries with a new password that is known from breaches.
const triesBreached = "password_breached"

// Config is how passwords are changed. The zero value is the default: Argon2id,
// 8 to 256 characters.
type Config struct {
	// Writer hashes new passwords; nil is Argon2id{}. An app whose own login
	// still compares with bcrypt takes Bcrypt(0).
	Writer Writer

	// Policy says which passwords may be chosen.
	Policy Policy

	// Breaches refuses passwords that are known from data breaches:
	// RangeAPI{} asks Have I Been Pwned. nil asks nobody. It is asked before the
	// new password is hashed, and after the current one was compared if that is
	// asked for; while it cannot answer, no password is changed and the client gets
	// a 503. Breached passwords are counted like wrong tries.
	Breaches Breaches

	// RequireCurrentPassword asks for the current password besides a recent
	// sign-in. It is compared before the new one is judged. Wrong ones are counted
	// like tries of a second factor, whatever the new one is.
	RequireCurrentPassword bool

	// Limiter bounds the hashing; nil is ProcessLimiter().
	Limiter *Limiter

	// Rehash says which stored hashes a sign-in replaces; the default is Weaker:
	// those of the Writer's kind with weaker parameters, and those of Comparers.
	Rehash Rehash

	// Comparers compare with stored hashes that Verify does not read, such as MD5 or a
	// peppered one: the first that Reads a hash. A right password replaces it by one of
	// the Writer's. None may read what the Writer writes.
	Comparers []Comparer
}

// Method is the settings method "password": it sets a new password, which ends
// the identity's other sessions.
type Method struct {
	c      Config
	hashes hashes
	decoy  func() (string, error) // the hash of a password nobody has
	pace   pace
}

var _ method.Verifier = (*Method)(nil)

// New makes the method. A Config that cannot be used is an error of
// settings.New.
func New(c Config) *Method {
	if c.Writer == nil {
		c.Writer = Argon2id{}
	}
	if c.Limiter == nil {
		c.Limiter = ProcessLimiter()
	}
	// A password that the hash format does not hold is the user's to correct,
	// whatever the policy allows.
	if most := c.Writer.MaxBytes(); most > 0 && (c.Policy.MaxBytes == 0 || c.Policy.MaxBytes > most) {
		c.Policy.MaxBytes = most
	}
	m := &Method{c: c, hashes: slices.Clone(c.Comparers)}
	m.decoy = sync.OnceValues(m.hashOfNobody)
	return m
}

// hashOfNobody makes the decoy, and finds out how long a hash of the writer's takes.
func (m *Method) hashOfNobody() (string, error) {
	secret, began := rand.Text(), time.Now()
	hash, err := m.c.Writer.Hash(secret)
	m.saw(hash, secret, time.Since(began))
	return hash, err
}

// Info describes the method, or says what is wrong with its Config.
func (m *Method) Info() (method.Info, error) {
	info := method.InfoOf(string(aal.Password), fieldNew, fieldCurrent)
	info.CountsTries, info.Tries = true, []string{string(aal.Password), triesBreached}
	errs := []error{m.c.Writer.Check(), m.c.Policy.Check(), m.hashes.check(m.c.Writer)}
	if m.c.Breaches != nil {
		errs = append(errs, m.c.Breaches.Check())
	}
	return info, errors.Join(errs...)
}

// Nodes are an input for the new password, one for the current password if it is required,
// and the button. They never have a value.
func (m *Method) Nodes(_ context.Context, v method.View) ([]ui.Node, error) {
	nodes := make([]ui.Node, 0, 3)
	if m.asksCurrent(v.Identity) {
		nodes = append(nodes, ui.Node{Group: ui.Password, Label: ui.LabelCurrentPassword(), Attributes: &ui.Input{
			Name: fieldCurrent, Type: ui.InputPassword, Required: true, Autocomplete: "current-password",
		}})
	}
	inputs := [...]ui.Input{
		{Name: fieldNew, Type: ui.InputPassword, Required: true, Autocomplete: "new-password"},
		{Name: "method", Type: ui.InputSubmit, Value: string(aal.Password)},
	}
	if !v.OmitHints {
		inputs[0].MinLength, _ = m.c.Policy.Bounds(v.Required >= aal.AAL2)
	}
	return append(nodes,
		ui.Node{Group: ui.Password, Label: ui.LabelNewPassword(), Attributes: &inputs[0]},
		ui.Node{Group: ui.Password, Label: ui.LabelSave(), Attributes: &inputs[1]},
	), nil
}

// asksCurrent: there is no current password to ask of an identity without one.
func (m *Method) asksCurrent(i identity.Identity) bool {
	return m.c.RequireCurrentPassword && i.Has(aal.Password)
}

// Plan judges the new password by the policy. A password that is refused is
// not hashed.
func (m *Method) Plan(v method.View, s method.Submission) (method.Plan, error) {
	plan := method.Plan{Needs: method.Needs{Privileged: true}}
	typed, message := s.Text(fieldNew)
	wanted := ""
	if message == nil {
		wanted, message = mapped(v.Text, typed)
	}
	if message == nil {
		message = m.refusal(v, wanted)
	}
	c := &change{Method: m, identity: v.Identity, wanted: wanted, forms: forms(v.Text, typed), repeats: v.Repeats}
	if message != nil {
		c.refused = []ui.Message{ui.On(fieldNew, *message)}
	}
	plan.Do = c.do
	if !m.asksCurrent(v.Identity) {
		plan.Errors = c.refused
		if m.c.Breaches != nil {
			plan.Needs.Tries = triesBreached
		}
		return plan, nil
	}
	plan.Needs.Tries = string(aal.Password)
	current, message := s.Text(fieldCurrent)
	if message != nil { // nothing can be compared
		plan.Errors = append(c.refused, ui.On(fieldCurrent, *message))
	}
	c.current = forms(v.Text, current)
	return plan, nil
}

// refusal is what the policy has against a password, nil if nothing.
func (m *Method) refusal(v method.View, wanted string) *ui.Text {
	judged := m.c.Policy.Judge(Candidate{Password: wanted, Identifiers: v.Identity.Identifiers(), HasSecondFactor: v.Required >= aal.AAL2})
	var t ui.Text
	switch judged.Kind {
	case OK:
		return nil
	case TooShort:
		t = ui.PasswordTooShort(judged.Min, judged.Actual)
	case TooLong:
		t = ui.PasswordTooLong(judged.Max, judged.Actual)
	case TooManyBytes:
		t = ui.PasswordTooManyBytes(judged.Max, judged.Actual)
	case LikeIdentifier:
		t = ui.PasswordLikeIdentifier()
	case Common:
		t = ui.PasswordRefusedAs(ui.ReasonPasswordCommon, "it is one of the most common ones.")
	default:
		t = ui.PasswordRefusedAs(ui.ReasonPasswordCharacters, "it has characters that cannot be kept.")
	}
	return &t
}

// change is a password change under way.
type change struct {
	*Method
	identity identity.Identity // as it was when the submit was judged
	wanted   string            // as it is hashed
	forms    []string          // in which a hash may have the wanted one
	refused  []ui.Message      // what the policy has against it, if it is judged after the current one
	current  []string          // forms of the current one; empty unless it is asked for
	repeats  bool              // the change may be made already: then the current one is the wanted
}

// do compares, asks for breaches and hashes, until one of them has a result. What
// needs no network is done in one slot of the limiter; a slow network holds none.
//
// Where the current password is asked for, it is compared first: who does not know
// it learns nothing of the new one and has no network asked. Where it is not, the
// breaches come first. Otherwise a thief at an open session could try breached
// passwords until one is answered as the same as the current one, and change nothing
// by it.
func (c *change) do(ctx context.Context) (method.Result, error) {
	ofStored, ofNew := c.hashes.memory(c.identity.PasswordHash), c.c.Writer.Memory()
	if c.c.Breaches == nil {
		return c.inSlot(ctx, max(ofStored, ofNew), c.compare, c.hash)
	}
	last := []func() (method.Result, error){c.compare, c.hash}
	if c.asksCurrent(c.identity) || c.repeats {
		if result, err := c.inSlot(ctx, ofStored, c.compare); result != nil || err != nil {
			return result, err
		}
		ofStored, last = 0, last[1:]
	}
	if result, err := c.askBreaches(ctx); result != nil || err != nil {
		return result, err
	}
	return c.inSlot(ctx, max(ofStored, ofNew), last...)
}

// inSlot runs steps in one slot of the limiter, until one has a result.
func (c *change) inSlot(ctx context.Context, memory int64, steps ...func() (method.Result, error)) (method.Result, error) {
	var result method.Result
	err := c.limited(ctx, memory, func() (err error) {
		for _, step := range steps {
			if result, err = step(); result != nil || err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// compare compares with the stored hash: what is already so needs no look-up
// and no new hash, also when it comes again because the first answer was lost.
// It has no result if the change may go on.
//
// Where the current password is asked for, that is the one guess of a counted try:
// before it was right, nothing is said of the new one, not even that it is the
// current one.
func (c *change) compare() (method.Result, error) {
	stored := c.identity.PasswordHash
	unchanged := method.Unchanged{Messages: []ui.Message{ui.On(fieldNew, ui.PasswordUnchanged())}, Proved: true}
	asks := c.asksCurrent(c.identity)
	if !asks || c.repeats && c.refused == nil {
		_, same, _ := matching(c.forms, c.hashes.with(stored))
		switch {
		case same:
			return unchanged, nil
		case !asks:
			// A stored hash that cannot be read must not stop its owner from
			// setting a new one, unless it has to be compared.
			return nil, nil
		}
	}
	current, right, err := matching(c.current, c.hashes.with(stored))
	switch {
	case !right:
		if err != nil { // then no password is the current one, and the log says why
			err = fmt.Errorf("%w: %w", method.ErrUnreadable, err)
		}
		return method.Wrong{Messages: []ui.Message{ui.On(fieldCurrent, ui.WrongPassword())}, Cause: err}, nil
	case c.refused != nil:
		return method.Refused{Messages: c.refused}, nil
	case slices.Contains(c.forms, current):
		return unchanged, nil
	}
	return nil, nil
}

// askBreaches refuses a breached password; it has no result if there is none. Unless
// the current one was right, that is a try.
func (c *change) askBreaches(ctx context.Context) (method.Result, error) {
	breached, err := c.c.Breaches.Breached(ctx, c.wanted)
	switch {
	case err != nil && ctx.Err() == nil:
		return nil, fmt.Errorf("%w: %w", method.ErrBusy, err)
	case err != nil: // the client has gone away
		return nil, err
	case breached && c.asksCurrent(c.identity):
		return method.Refused{Messages: []ui.Message{ui.On(fieldNew, ui.PasswordBreached())}}, nil
	case breached:
		return method.Wrong{Messages: []ui.Message{ui.On(fieldNew, ui.PasswordBreached())}}, nil
	}
	return nil, nil
}

func (c *change) hash() (method.Result, error) {
	hash, err := c.c.Writer.Hash(c.wanted)
	if err != nil {
		return nil, err
	}
	return method.Change{Event: "password.changed", Edit: edit(c.identity.PasswordHash, hash), Already: c.already}, nil
}

// edit sets the new hash in place of the one the submit was judged with.
func edit(seen, hash string) func(*identity.Identity) error {
	return func(i *identity.Identity) error {
		if i.PasswordHash != seen {
			return method.ErrChanged
		}
		i.PasswordHash = hash
		return nil
	}
}

// already reports whether a newer row has the wanted password. A hash that cannot
// be read is of none.
func (c *change) already(ctx context.Context, i identity.Identity) (bool, error) {
	var same bool
	err := c.limited(ctx, c.hashes.memory(i.PasswordHash), func() error {
		_, same, _ = matching(c.forms, c.hashes.with(i.PasswordHash))
		return nil
	})
	return err == nil && same, err
}

func (c *change) limited(ctx context.Context, memory int64, work func() error) error {
	err := c.c.Limiter.Do(ctx, c.identity.ID, memory, work)
	if errors.Is(err, ErrOverloaded) {
		err = fmt.Errorf("%w: %w", method.ErrBusy, err)
	}
	return err
}
