package oidc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// upstream is a provider's server: its metadata and keys, read when they are
// needed, by one request for everyone who waits.
type upstream struct {
	provider Provider
	client   *http.Client

	mu      sync.Mutex
	known   *metadata
	until   time.Time
	reading *reading
}

// metadata is what a provider says about itself.
type metadata struct {
	*goidc.Provider // with its keys

	endpoint    oauth2.Endpoint
	namesItself bool // sends "iss" with every answer (RFC 9207)
	keyIssuers  *keyIssuers
}

// reading is a request for metadata under way.
type reading struct {
	done  chan struct{}
	found *metadata
	err   error
}

// remembered is how long metadata and keys are good for. New keys are found at
// once; this is how long one is trusted that the provider has withdrawn.
const remembered = time.Hour

// metadata gives the provider's metadata. A failure is not remembered.
func (u *upstream) metadata(ctx context.Context, now time.Time) (*metadata, error) {
	if u.provider.OAuth2 != nil {
		return u.provider.endpoints(), nil
	}
	u.mu.Lock()
	if u.known != nil && now.Before(u.until) {
		defer u.mu.Unlock()
		return u.known, nil
	}
	r := u.reading
	if r == nil {
		r = &reading{done: make(chan struct{})}
		u.reading = r
		// Whoever asked first may go away; the others still wait.
		go u.read(context.WithoutCancel(ctx), r, now)
	}
	u.mu.Unlock()
	select {
	case <-r.done:
		return r.found, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (u *upstream) read(ctx context.Context, r *reading, now time.Time) {
	found, err := u.discover(ctx)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.reading = nil; err == nil {
		u.known, u.until = found, now.Add(remembered)
	}
	r.found, r.err = found, err
	close(r.done)
}

// Check asks every provider for its metadata. Its error has a line for each provider that
// cannot be used, with ErrIssuer if that will not pass by itself. The host decides whether
// to start without a provider that does not answer.
func (m *Method) Check(ctx context.Context) error {
	errs := make([]error, len(m.providers))
	var all sync.WaitGroup
	for n, p := range m.providers {
		all.Go(func() {
			if p.OAuth2 != nil {
				return // there is nothing to ask
			}
			if _, err := p.discover(ctx); err != nil {
				errs[n] = fmt.Errorf("oidc: provider %s: %w", p.ID, err)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// discover asks the provider. The metadata must be of the very issuer that is
// configured, and must not lead to where it is read in the clear.
func (u *upstream) discover(ctx context.Context) (*metadata, error) {
	// The client that reads the metadata is the one that reads the keys.
	client, issuers := *u.client, &keyIssuers{}
	client.Transport = readableKeys{client.Transport, issuers}
	// go-oidc compares the issuer with the place; here it is compared with Issuer, below.
	ctx = goidc.InsecureIssuerURLContext(goidc.ClientContext(ctx, &client), u.provider.Issuer)
	found, err := goidc.NewProvider(ctx, cmp.Or(u.provider.Discovery, u.provider.Issuer))
	if err != nil {
		return nil, err
	}
	var says struct {
		Issuer      string   `json:"issuer"`
		Keys        string   `json:"jwks_uri"`
		AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
		NamesItself bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := found.Claims(&says); err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	if says.Issuer != u.provider.Issuer {
		return nil, fmt.Errorf("%w: Issuer is %q, and the provider calls itself %.255q: write it as the provider does, to the letter", ErrIssuer, u.provider.Issuer, says.Issuer)
	}
	m := &metadata{Provider: found, endpoint: found.Endpoint(), namesItself: says.NamesItself, keyIssuers: issuers}
	for name, endpoint := range map[string]string{
		"authorization_endpoint": m.endpoint.AuthURL, "token_endpoint": m.endpoint.TokenURL, "jwks_uri": says.Keys,
	} {
		to, err := url.Parse(endpoint)
		if err != nil || to.Hostname() == "" || to.User != nil || to.Fragment != "" || !u.provider.trusts(to) {
			return nil, fmt.Errorf("metadata: the %s is not a URL to be trusted", name)
		}
	}
	m.endpoint.AuthStyle = authStyle(u.provider, says.AuthMethods)
	return m, nil
}

// authStyle is how the host shows its secret. Where nothing is said it is by
// HTTP Basic (OpenID Connect Discovery 1.0, section 3); nothing is tried out,
// because a code is good for one try.
func authStyle(p Provider, methods []string) oauth2.AuthStyle {
	if p.PublicClient || p.SecretInBody || slices.Contains(methods, "client_secret_post") && !slices.Contains(methods, "client_secret_basic") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// maxAnswer is the largest answer of a provider that is read, in bytes.
const maxAnswer = 256 << 10

var errTooLong = errors.New("the answer is too long")

// bounded is a client that is careful with strangers.
func bounded(c *http.Client, timeout time.Duration) *http.Client {
	var own http.Client
	if c != nil {
		own = *c
	}
	if own.Transport == nil {
		own.Transport = http.DefaultTransport
	}
	own.Transport = limited{own.Transport}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	own.Jar, own.Timeout = nil, timeout
	return &own
}

type limited struct{ http.RoundTripper }

// RoundTrip makes an error of a panic: metadata and keys are read in goroutines,
// and a host's Transport that panics there would end the process.
func (l limited) RoundTrip(r *http.Request) (res *http.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			res, err = nil, fmt.Errorf("panic: %v", p)
		}
	}()
	if res, err = l.RoundTripper.RoundTrip(r); err == nil {
		res.Body = &limitedBody{res.Body, maxAnswer}
	}
	return res, err
}

// limitedBody fails where io.LimitReader would end: half an answer must not pass
// for a whole one.
type limitedBody struct {
	io.ReadCloser
	left int
}

func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left+1)])
	if b.left -= n; b.left < 0 {
		return 0, errTooLong
	}
	return n, err
}
