package totp

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/method"
)

const (
	fieldCode   = "totp_code"
	fieldUnlink = "totp_unlink"
	fieldBegin  = "totp_begin"
)

// enrolTries is the class that wrong codes count in while an app is added: they
// do not lock the login.
const enrolTries = "totp_enrol"

// Config is how an authenticator app is added.
type Config struct {
	// Issuer names the service in authenticator apps: "Example". It has no colon.
	Issuer string

	// AccountName is what apps show beside the Issuer, up to 64 characters of it;
	// nil is the first identifier that the user logs in with.
	AccountName func(identity.Identity) string

	// QR draws a URI as a QR code, as a data URL: the module qr has one. It is
	// called when a secret is first shown; this process then keeps the picture for
	// half an hour, or until an app has the secret. nil shows no picture, only the
	// secret to type.
	QR func(uri string) (dataURL string, err error)

	// Link adds the node "totp_link" of type a: a link to the same URI, for who
	// reads the form on the device that has the app. Which app that is decides the
	// device. Kratos has no such node, so interfaces that were made for it may not
	// show it.
	Link bool
}

// Method is the settings method "totp".
type Method struct {
	c        Config
	pictures pictures
}

// New makes the method. A Config that cannot be used is an error of
// settings.New.
func New(c Config) *Method {
	if c.AccountName == nil {
		c.AccountName = func(i identity.Identity) string { return i.FirstIdentifier() }
	}
	return &Method{c: c}
}

// Info describes the method, or says what is wrong with its Config.
func (m *Method) Info() (method.Info, error) {
	info := method.InfoOf(string(aal.TOTP), fieldCode)
	info.Tries = []string{string(aal.TOTP), enrolTries}
	return info, m.c.check()
}

// stored is what is kept of an app.
type stored struct {
	Secret []byte `json:"secret"`
	Used   int64  `json:"used"` // the last time step of which a code was used

	Unknown jsonrecord.Unknown `json:"-"`
}

// enrolled finds the app of an identity; nil without one.
func enrolled(i identity.Identity) *identity.Credential {
	if all := i.State.Factors[aal.TOTP].Credentials; len(all) > 0 {
		return &all[0]
	}
	return nil
}

// Nodes show a secret and an input for its first code; if the session must sign in again
// first, they are a button that asks for that. For an account with an app they are the
// button that removes it.
func (m *Method) Nodes(_ context.Context, v method.View) ([]ui.Node, error) {
	if enrolled(v.Identity) != nil {
		return []ui.Node{{Group: ui.TOTP, Label: ui.LabelTOTPUnlink(), Attributes: &ui.Input{
			Name: fieldUnlink, Type: ui.InputSubmit, Value: "true", Required: true,
		}}}, nil
	}
	if !v.ShowPending {
		return []ui.Node{{Group: ui.TOTP, Label: ui.LabelTOTPBegin(), Attributes: &ui.Input{
			Name: fieldBegin, Type: ui.InputSubmit, Value: "true",
		}}}, nil
	}
	secret := spelled(pending(v))
	account := m.c.AccountName(v.Identity)
	made := new(struct { // at once
		image  ui.Image
		plain  ui.Plain
		inputs [2]ui.Input
		nodes  [5]ui.Node
	})
	nodes := made.nodes[:0]
	if m.c.QR != nil {
		picture, err := m.pictures.get(pictureKeyOf(v, account, secret), v.Now, func() (string, error) { return m.c.QR(m.c.uri(account, secret)) })
		if err != nil {
			return nil, err
		}
		made.image = ui.Image{ID: "totp_qr", Src: picture, Width: 256, Height: 256}
		nodes = append(nodes, ui.Node{Group: ui.TOTP, Label: ui.LabelTOTPQR(), Attributes: &made.image})
	}
	if m.c.Link {
		nodes = append(nodes, ui.Node{Group: ui.TOTP, Attributes: &ui.Link{
			ID: "totp_link", Href: m.c.uri(account, secret), Title: ui.LabelTOTPLink(),
		}})
	}
	made.plain = ui.Plain{ID: "totp_secret_key", Text: ui.LabelTOTPSecretIs(secret)}
	made.inputs[0] = ui.Input{Name: fieldCode, Type: ui.InputText, Required: true, Autocomplete: "one-time-code", InputMode: "numeric"}
	made.inputs[1] = ui.Input{Name: "method", Type: ui.InputSubmit, Value: string(aal.TOTP)}
	return append(nodes,
		ui.Node{Group: ui.TOTP, Label: ui.LabelTOTPSecret(), Attributes: &made.plain},
		ui.Node{Group: ui.TOTP, Label: ui.LabelTOTPCode(), Attributes: &made.inputs[0]},
		ui.Node{Group: ui.TOTP, Label: ui.LabelSave(), Attributes: &made.inputs[1]},
	), nil
}

// Plan reads the code that adds an app, the button that removes it, or the button that asks
// for the form. A text that does not have the form of a code does not count as a try.
func (m *Method) Plan(v method.View, s method.Submission) (method.Plan, error) {
	plan := method.Plan{Needs: method.Needs{Privileged: true, RequiredAAL: true}, RepeatKey: "add"}
	given, wrong := readCode(s)
	begin, notABegin := s.Flag(fieldBegin)
	switch unlink, problem := s.Flag(fieldUnlink); {
	case problem != nil:
		plan.Errors = []ui.Message{ui.On(fieldUnlink, *problem)}
	case notABegin != nil:
		plan.Errors = []ui.Message{ui.On(fieldBegin, *notABegin)}
	case begin && (unlink || !s.Empty(fieldCode)):
		plan.Errors = []ui.Message{ui.Form(ui.Because(ui.ReasonBeginAndElse))}
	case begin:
		plan.RepeatKey = "begin"
		plan.Do = func(context.Context) (method.Result, error) { return method.Again{}, nil }
	case unlink && !s.Empty(fieldCode):
		plan.Errors = []ui.Message{ui.Form(ui.Because(ui.ReasonRemoveAndCode))}
	case unlink:
		plan.RepeatKey = "remove"
		plan.Do = func(context.Context) (method.Result, error) { return remove(v), nil }
	case v.Resumed && !s.Empty(fieldCode) && enrolled(v.Identity) == nil:
		plan.Do = func(context.Context) (method.Result, error) { return showNew(), nil }
	case wrong != nil:
		plan.Errors = []ui.Message{ui.On(fieldCode, *wrong)}
	case enrolled(v.Identity) != nil:
		plan.Do = func(context.Context) (method.Result, error) { return addAgain(v, given), nil }
	default:
		plan.Needs.Tries = enrolTries
		plan.Do = func(context.Context) (method.Result, error) { return m.add(v, given) }
	}
	return plan, nil
}

// readCode reads a code, or what is wrong with it.
func readCode(s method.Submission) (string, *ui.Text) {
	typed, problem := s.Text(fieldCode)
	if problem != nil {
		return "", problem
	}
	given, ok := readTyped(typed)
	if !ok {
		wrong := ui.MalformedTOTP()
		return "", &wrong
	}
	return given, nil
}

// add compares the first code with the secret that the form shows.
func (m *Method) add(v method.View, given string) (method.Result, error) {
	secret, step, ok := matchPending(v, given)
	if !ok {
		return wrongCode(v), nil
	}
	m.pictures.drop(pictureKeyOf(v, m.c.AccountName(v.Identity), spelled(secret)))
	data, err := json.Marshal(stored{Secret: secret, Used: step})
	if err != nil {
		return nil, err
	}
	serial := v.Identity.State.Factors[aal.TOTP].Serial
	app := identity.Credential{ID: strconv.FormatUint(serial+1, 10), Data: data, AddedAt: v.Now}
	return method.Change{
		Event: "totp.added", Proved: aal.TOTP,
		Edit: edit(serial, app),
		Already: func(_ context.Context, i identity.Identity) (bool, error) {
			return hasSecret(i, secret)
		},
	}, nil
}

// addAgain finds out whether a code for an account that has an app is the very
// one that added it, sent again. It only looks at codes that are used up, so
// nobody learns one here that is worth something.
func addAgain(v method.View, given string) method.Result {
	refused := []ui.Message{ui.Form(ui.Because(ui.ReasonAppThere))}
	app := enrolled(v.Identity)
	kept, err := read(*app)
	if err == nil { // of an app that cannot be read no code is known, and it can be removed all the same
		if step, ok := match(kept.Secret, given, app.AddedAt); ok && step <= kept.Used {
			return method.Unchanged{Proved: true}
		}
	}
	return method.Refused{Messages: refused}
}

// remove takes the app away. Without one the form's field is what is missing.
func remove(v method.View) method.Result {
	if enrolled(v.Identity) == nil {
		return method.Unchanged{Messages: []ui.Message{ui.On(fieldCode, ui.Missing(fieldCode))}}
	}
	return method.Change{
		Event: "totp.removed",
		Edit:  edit(v.Identity.State.Factors[aal.TOTP].Serial),
		Already: func(_ context.Context, i identity.Identity) (bool, error) {
			return enrolled(i) == nil, nil
		},
	}
}

// edit makes these the apps of an identity whose factor is as it was seen. The
// serial outlives the apps: no secret is derived from it twice.
func edit(seen uint64, apps ...identity.Credential) func(*identity.Identity) error {
	return func(i *identity.Identity) error {
		if i.State.Factors[aal.TOTP].Serial != seen {
			return method.ErrChanged
		}
		if i.State.Factors == nil {
			i.State.Factors = map[aal.Method]identity.Factor{}
		}
		f := i.State.Factors[aal.TOTP]
		f.Serial, f.Credentials = seen+1, apps
		i.State.Factors[aal.TOTP] = f
		return nil
	}
}

// Credential makes the credential of an authenticator app whose secret is known, for the
// Factors of an identity: after an import from another system. A secret of less than 128
// bits is an error (RFC 4226 section 4).
func Credential(secret []byte, now time.Time) (identity.Credential, error) {
	data, err := json.Marshal(stored{Secret: secret})
	if err != nil {
		return identity.Credential{}, err
	}
	app := identity.Credential{ID: "imported", Data: data, AddedAt: now}
	_, err = read(app)
	return app, err
}

// read reads what is stored of an app. A secret of less than the 128 bit that
// RFC 4226 requires is none: anyone knows the codes of an empty one.
func read(app identity.Credential) (stored, error) {
	var kept stored
	if err := jsonrecord.Decode(app.Data, &kept); err != nil {
		return stored{}, fmt.Errorf("totp: what is stored of the app: %w", err)
	}
	if len(kept.Secret) < minSecret {
		return stored{}, errors.New("totp: what is stored of the app has no secret")
	}
	return kept, nil
}

func hasSecret(i identity.Identity, secret []byte) (bool, error) {
	app := enrolled(i)
	if app == nil {
		return false, nil
	}
	kept, err := read(*app)
	return err == nil && subtle.ConstantTimeCompare(kept.Secret, secret) == 1, err
}
