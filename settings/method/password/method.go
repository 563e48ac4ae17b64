package password

import (
	"context"
	"errors"
	"fmt"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/identity"
)

const (
	fieldNew     = "password"
	fieldCurrent = "current_password"
)

// Config is how passwords are changed. The zero value is the default: Argon2id,
// 8 to 256 characters.
type Config struct {
	// Writer hashes new passwords; nil is Argon2id{}. An app whose own login
	// still compares with bcrypt takes Bcrypt(0).
	Writer Writer

	// Policy says which passwords may be chosen.
	Policy Policy

	// RequireCurrentPassword asks for the current password besides a recent
	// sign-in. Wrong ones are counted like tries of a second factor.
	RequireCurrentPassword bool

	// Limiter bounds the hashing; nil is ProcessLimiter().
	Limiter *Limiter
}

// Method is the settings method "password": it sets a new password, which ends
// the identity's other sessions.
type Method struct {
	c Config
}

// New makes the method. A Config that cannot be used is an error of
// settings.New.
func New(c Config) *Method {
	if c.Writer == nil {
		c.Writer = Argon2id{}
	}
	if c.Limiter == nil {
		c.Limiter = ProcessLimiter()
	}
	if c.Policy.MaxBytes == 0 {
		c.Policy.MaxBytes = c.Writer.MaxBytes()
	}
	return &Method{c}
}

// Info describes the method, or says what is wrong with its Config.
func (m *Method) Info() (settings.Info, error) {
	info := settings.Info{Name: string(aal.Password), Fields: []string{fieldNew, fieldCurrent}}
	return info, errors.Join(m.c.Writer.Check(), m.c.Policy.Check())
}

// Nodes are the new password, the current one if it is asked for, and the
// button. No node ever has a value.
func (m *Method) Nodes(_ context.Context, v settings.View) ([]ui.Node, error) {
	nodes := make([]ui.Node, 0, 3)
	if m.asksCurrent(v.Identity) {
		nodes = append(nodes, ui.Node{Group: ui.Password, Label: ui.LabelCurrentPassword(), Attributes: &ui.Input{
			Name: fieldCurrent, Type: ui.InputPassword, Required: true, Autocomplete: "current-password",
		}})
	}
	return append(nodes,
		ui.Node{Group: ui.Password, Label: ui.LabelNewPassword(), Attributes: &ui.Input{
			Name: fieldNew, Type: ui.InputPassword, Required: true, Autocomplete: "new-password",
		}},
		ui.Node{Group: ui.Password, Label: ui.LabelSave(), Attributes: &ui.Input{
			Name: "method", Type: ui.InputSubmit, Value: string(aal.Password),
		}},
	), nil
}

// asksCurrent: there is no current password to ask of an identity without one.
func (m *Method) asksCurrent(i identity.Identity) bool {
	return m.c.RequireCurrentPassword && i.Has(aal.Password)
}

// Plan judges the new password by the policy. A password that is refused is
// not hashed.
func (m *Method) Plan(v settings.View, s settings.Submission) (settings.Plan, error) {
	plan := settings.Plan{Needs: settings.Needs{Privileged: true}}
	wanted, message := text(s, fieldNew)
	if message == nil {
		message = m.refusal(v.Identity, wanted)
	}
	if message != nil {
		plan.Errors = append(plan.Errors, ui.On(fieldNew, *message))
	}
	c := &change{Method: m, identity: v.Identity, wanted: wanted}
	if m.asksCurrent(v.Identity) {
		if c.current, message = text(s, fieldCurrent); message != nil {
			plan.Errors = append(plan.Errors, ui.On(fieldCurrent, *message))
		}
		plan.Needs.Tries = string(aal.Password)
	}
	plan.Do = c.do
	return plan, nil
}

// text reads a field that must be a string and not empty.
func text(s settings.Submission, name string) (string, *ui.Text) {
	var wrong ui.Text
	v, has := s.Fields.String(name)
	switch {
	case has == body.WrongType:
		wrong = ui.WrongType("string", "another type")
	case v == "":
		wrong = ui.Missing(name)
	default:
		return v, nil
	}
	return "", &wrong
}

// refusal is what the policy has against a password, nil if nothing.
func (m *Method) refusal(i identity.Identity, wanted string) *ui.Text {
	v := m.c.Policy.Judge(Candidate{Password: wanted, Identifiers: i.Identifiers(), HasSecondFactor: i.Highest() >= aal.AAL2})
	var t ui.Text
	switch v.Kind {
	case OK:
		return nil
	case TooShort:
		t = ui.PasswordTooShort(v.Min, v.Actual)
	case TooLong, TooManyBytes:
		t = ui.PasswordTooLong(v.Max, v.Actual)
	case LikeIdentifier:
		t = ui.PasswordLikeIdentifier()
	case Common:
		t = ui.PasswordRefused("it is one of the most common ones.")
	default:
		t = ui.PasswordRefused("it has characters that cannot be kept.")
	}
	return &t
}

// change is a password change under way.
type change struct {
	*Method
	identity identity.Identity // as it was when the submit was judged
	wanted   string
	current  string // "" unless it is asked for
}

// do compares and hashes, in one slot of the limiter. It compares with the
// stored hash first: what is already so needs no new hash, also when it comes
// again because the first answer was lost.
func (c *change) do(ctx context.Context) (settings.Result, error) {
	stored := c.identity.PasswordHash
	var result settings.Result
	err := c.limited(ctx, max(c.c.Writer.Memory(), memoryOf(stored)), func() error {
		same, err := Verify(stored, c.wanted)
		switch {
		case same:
			result = settings.Unchanged{Messages: []ui.Message{ui.On(fieldNew, ui.PasswordUnchanged())}}
			return nil
		case err != nil && c.asksCurrent(c.identity):
			// A stored hash that cannot be read must not stop its owner from
			// setting a new one, unless it has to be compared.
			return err
		}
		if c.asksCurrent(c.identity) {
			if right, err := Verify(stored, c.current); err != nil || !right {
				result = settings.Wrong{Messages: []ui.Message{ui.On(fieldCurrent, ui.WrongPassword())}}
				return err
			}
		}
		hash, err := c.c.Writer.Hash(c.wanted)
		if err != nil {
			return err
		}
		result = settings.Change{Event: "password.changed", Edit: edit(stored, hash), Already: c.already}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// edit sets the new hash in place of the one the submit was judged with.
func edit(seen, hash string) func(*identity.Identity) error {
	return func(i *identity.Identity) error {
		if i.PasswordHash != seen {
			return settings.ErrChanged
		}
		i.PasswordHash = hash
		return nil
	}
}

// already reports whether a newer row has the wanted password.
func (c *change) already(ctx context.Context, i identity.Identity) (bool, error) {
	var same bool
	err := c.limited(ctx, memoryOf(i.PasswordHash), func() (err error) {
		same, err = Verify(i.PasswordHash, c.wanted)
		return err
	})
	return err == nil && same, err
}

func (c *change) limited(ctx context.Context, memory int64, work func() error) error {
	err := c.c.Limiter.Do(ctx, c.identity.ID, memory, work)
	if errors.Is(err, ErrOverloaded) {
		err = fmt.Errorf("%w: %w", settings.ErrBusy, err)
	}
	return err
}
