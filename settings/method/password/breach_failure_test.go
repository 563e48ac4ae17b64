package password_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/method/password"
)

// A service that is not itself: no answer of it may pass for "unknown", unless the host allows that, and nothing about
// the password may come out in an error.
func TestRangeAPIFailures(t *testing.T) {
	blocks := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(code)
			answering(otherRest+":1")(w, r)
		}
	}
	const untilItLeaves = 20 * time.Millisecond
	for _, row := range []struct {
		name    string
		serve   http.HandlerFunc
		timeout time.Duration
		is      error
	}{
		{name: "status 500 with a list", serve: status(500)},
		{name: "status 404, of a wrong BaseURL", serve: status(404)},
		{name: "status 429", serve: status(429)},
		{name: "status 206, a part of a list", serve: status(206)},
		{name: "status 204", serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }},
		{name: "an empty answer", serve: answering("")},
		{name: "an empty line", serve: answering("\r\n")},
		{name: "the page of a captive portal", serve: answering("<html><title>Welcome to our WLAN</title></html>")},
		{name: "JSON", serve: answering(`{"error":"quota"}`)},
		{name: "a list with one line that is none", serve: answering(otherRest + ":1\r\nquota\r\n" + paddingRest + ":0")},
		{name: "whole hashes instead of rests", serve: answering("21BD1" + otherRest + ":1")},
		{name: "the hashes of another algorithm", serve: answering(otherRest[:27] + ":1")},
		{name: "a hash that is not hexadecimal", serve: answering("G" + otherRest[1:] + ":1")},
		{name: "no count", serve: answering(otherRest)},
		{name: "an empty count", serve: answering(otherRest + ":")},
		{name: "a negative count", serve: answering(otherRest + ":-1")},
		{name: "a count with a sign", serve: answering(otherRest + ":+1")},
		{name: "two counts", serve: answering(otherRest + ":1:1")},
		{name: "a NUL", serve: answering(otherRest + ":1\x00")},
		{name: "an answer that never begins", serve: blocks, timeout: untilItLeaves, is: context.DeadlineExceeded},
		{name: "an answer that never ends", timeout: untilItLeaves, is: context.DeadlineExceeded, serve: func(w http.ResponseWriter, r *http.Request) {
			answering(otherRest+":1\r\n")(w, r)
			_ = http.NewResponseController(w).Flush()
			blocks(w, r)
		}},
		{name: "a connection that is cut", serve: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, is: io.EOF},
		{name: "an answer that is cut", is: io.ErrUnexpectedEOF, serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100000")
			answering(otherRest+":1\r\n")(w, r)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}},
		{name: "megabytes", serve: answering(strings.Repeat(otherRest+":1\r\n", 60_000))},
		// 45 bytes and 53,772 times 39 are 2 MiB and one: it must not pass for the whole.
		{name: "megabytes, cut between two lines", serve: answering(otherRest + ":1000000\r\n" + strings.Repeat(otherRest+":1\r\n", 60_000))},
		{name: "megabytes that came as kilobytes", serve: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(w)
			_, _ = io.WriteString(packed, strings.Repeat(otherRest+":1\r\n", 60_000))
			_ = packed.Close()
		}},
		{name: "a line without an end", serve: answering(strings.Repeat("0", 1<<20))},
	} {
		t.Run(row.name, func(t *testing.T) {
			var failures []error
			api := rangeServer(t, row.serve)
			api.Timeout = cmp.Or(row.timeout, api.Timeout)
			api.OnFailure = func(_ context.Context, err error) { failures = append(failures, err) }

			known, err := api.Breached(t.Context(), breachedPassword)
			require.Error(t, err)
			assert.False(t, known)
			require.Len(t, failures, 1)
			assert.Equal(t, err, failures[0])
			if row.is != nil {
				assert.ErrorIs(t, err, row.is)
			}
			for _, secret := range []string{strings.ToLower(breachedPassword), "21bd1", strings.ToLower(breachedRest), "/range"} {
				assert.NotContains(t, strings.ToLower(err.Error()), secret)
			}

			api.AllowOnFailure = true
			known, err = api.Breached(t.Context(), breachedPassword)
			require.NoError(t, err)
			assert.False(t, known)
			assert.Len(t, failures, 2, "what is let pass is told of too")
		})
	}
}

func TestRangeAPIThatIsNotThere(t *testing.T) {
	server := httptest.NewServer(answering(otherRest + ":1"))
	server.Close()
	api := password.RangeAPI{BaseURL: server.URL}
	_, err := api.Breached(t.Context(), breachedPassword)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "21BD1")
	api.AllowOnFailure = true
	_, err = api.Breached(t.Context(), breachedPassword)
	require.NoError(t, err)
}

func TestRangeAPIBelievesAHitOfABrokenAnswer(t *testing.T) {
	for name, rest := range map[string]string{
		"garbage":   "\r\nquota",
		"megabytes": strings.Repeat("\r\n"+otherRest+":1", 60_000),
	} {
		t.Run(name, func(t *testing.T) {
			api := rangeServer(t, answering(breachedRest+":1"+rest))
			for _, allow := range []bool{false, true} {
				api.AllowOnFailure = allow
				known, err := api.Breached(t.Context(), breachedPassword)
				require.NoError(t, err)
				assert.True(t, known)
			}
		})
	}
}

func TestRangeAPIFollowsNobody(t *testing.T) {
	var strangers atomic.Int32
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		strangers.Add(1)
		answering(otherRest+":1")(w, r)
	}))
	defer stranger.Close()
	credulous := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}

	for _, row := range []struct {
		name, to string
		code     int
		client   *http.Client
	}{
		{"to another host", stranger.URL + "/range/21BD1", 302, nil},
		{"to another host, for good", stranger.URL + "/range/21BD1", 308, nil},
		{"to another host, by a Client that would go there", stranger.URL + "/range/21BD1", 307, credulous},
		{"on the same host", "/elsewhere/range/21BD1", 302, credulous},
		{"to no URL", "http://[21BD1", 302, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			api := rangeServer(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/range/21BD1" {
					strangers.Add(1)
				}
				w.Header().Set("Location", row.to)
				w.WriteHeader(row.code)
			})
			api.Client = row.client
			_, err := api.Breached(t.Context(), breachedPassword)
			require.Error(t, err)
			assert.Zero(t, strangers.Load(), "somebody else was asked")
			assert.NoError(t, credulous.CheckRedirect(nil, nil), "the host's Client stays as it is")
		})
	}
}

func TestRangeAPIChecksCertificates(t *testing.T) {
	server := httptest.NewUnstartedServer(answering(otherRest + ":1"))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	api := password.RangeAPI{BaseURL: server.URL, Timeout: time.Minute}
	_, err := api.Breached(t.Context(), breachedPassword)
	require.ErrorContains(t, err, "certificate")

	api.Client = server.Client()
	_, err = api.Breached(t.Context(), breachedPassword)
	require.NoError(t, err)
}

// transport is a network without a network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRangeAPIAsksHaveIBeenPwnedForTwoSecondsByDefault(t *testing.T) {
	for want, timeout := range map[time.Duration]time.Duration{2 * time.Second: 0, 7 * time.Second: 7 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			api := password.RangeAPI{Timeout: timeout, Client: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
				assert.Equal(t, "https://api.pwnedpasswords.com/range/21BD1", r.URL.String())
				<-r.Context().Done()
				return nil, r.Context().Err()
			})}}
			start := time.Now()
			_, err := api.Breached(t.Context(), breachedPassword)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, want, time.Since(start))
		})
	}
}

// endless is a body of lines without end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, bytes.Repeat([]byte(otherRest+":1\r\n"), len(p)/39+1)) // 35 + 2 + 2 bytes a line
	e.read += n
	return n, nil
}

func TestRangeAPIReadsNoMoreThan2MiB(t *testing.T) {
	list := &endless{}
	api := password.RangeAPI{Client: &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(list)}, nil
	})}}
	_, err := api.Breached(t.Context(), breachedPassword)
	require.Error(t, err)
	assert.Positive(t, list.read)
	assert.LessOrEqual(t, list.read, 2<<20+1)
}

// Whoever hangs up while the check runs must not get a password past one that is open on failure.
func TestRangeAPIOfAClientThatLeaves(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	api := rangeServer(t, func(_ http.ResponseWriter, r *http.Request) {
		leave()
		<-r.Context().Done()
	})
	api.AllowOnFailure = true
	api.OnFailure = func(context.Context, error) { t.Error("the service has not failed") }
	_, err := api.Breached(ctx, breachedPassword)
	require.ErrorIs(t, err, context.Canceled)
}
