package oidc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/oauth2"

	"github.com/amend-go/amend/settings/method"
)

// This file owns how a provider fails: it cannot be asked now, or it does not vouch for a
// login. What is told of it has nothing of ours that is secret.

// unavailable is the error of a provider that cannot be asked. It is not the
// user's, and may pass: they are told to try again.
func (m *Method) unavailable(ctx context.Context, p *provider, err error) error {
	if ctx.Err() != nil { // the client has gone away
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", method.ErrBusy, m.failed(ctx, p, err))
}

// unconfirmed is the error of a login that the provider does not vouch for. Its cause is
// for the log.
type unconfirmed struct{ cause error }

func (u *unconfirmed) Error() string { return u.cause.Error() }

func (m *Method) unconfirmed(ctx context.Context, p *provider, err error) error {
	return &unconfirmed{m.failed(ctx, p, err)}
}

// refusedBy reports whether a provider has refused a code, rather than failed.
func refusedBy(err error) bool {
	e := (*oauth2.RetrieveError)(nil)
	return errors.As(err, &e) && e.Response.StatusCode < 500 && e.Response.StatusCode != 429
}

// maxCause is how much of an error is told, in bytes: providers write into it.
const maxCause = 300

// failed tells of a failure.
func (m *Method) failed(ctx context.Context, p *provider, err error) error {
	text := err.Error()
	if e := (*oauth2.RetrieveError)(nil); errors.As(err, &e) { // its text has the whole answer, and with it perhaps the code
		text = fmt.Sprintf("the token endpoint answered %s, error %q", e.Response.Status, e.ErrorCode)
	}
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text[:min(len(text), maxCause)])
	cause := fmt.Errorf("oidc: provider %s: %s", p.ID, text)
	if m.onFailure != nil {
		m.onFailure(ctx, p.ID, cause)
	}
	return cause
}
