package password_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/method/password"
)

// The example of the API's own documentation: the SHA-1 is 21BD1 and the rest.
const (
	breachedPassword = "P@ssw0rd"
	breachedRest     = "2DC183F740EE76F27B78EB39C8AD972A757"
	otherRest        = "003D68EB55068C33ACE09247EE4C639306B"
	paddingRest      = "0018A45C4D1DEF81644B54AB7F969B88D65"
)

// rangeServer serves a range API, or what pretends to be one.
func rangeServer(t testing.TB, serve http.HandlerFunc) password.RangeAPI {
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	return password.RangeAPI{BaseURL: server.URL, Timeout: time.Minute} // the machine may be busy
}

func answering(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

func ExampleRangeAPI() {
	mirror := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.RequestURI, r.Header.Get("Add-Padding"))
		fmt.Fprint(w, "2DC183F740EE76F27B78EB39C8AD972A757:52579\r\n0018A45C4D1DEF81644B54AB7F969B88D65:0")
	}))
	defer mirror.Close()

	breaches := password.RangeAPI{BaseURL: mirror.URL} // in production: password.RangeAPI{}
	fmt.Println(breaches.Breached(context.Background(), "P@ssw0rd"))

	_ = password.New(password.Config{Breaches: breaches}) // one of settings.Config.Methods
	// Output:
	// GET /range/21BD1 true
	// true <nil>
}

func TestRangeAPIReadsTheList(t *testing.T) {
	for _, row := range []struct {
		name     string
		list     string
		minCount int
		want     bool
	}{
		{"the only line is the password", breachedRest + ":1", 0, true},
		{"the first of some", breachedRest + ":10434004\r\n" + otherRest + ":3", 0, true},
		{"the last of some, without a line end", otherRest + ":3\r\n" + breachedRest + ":7", 0, true},
		{"the last of some, with a line end", otherRest + ":3\r\n" + breachedRest + ":7\r\n", 0, true},
		{"line ends of Unix", otherRest + ":3\n" + breachedRest + ":7\n", 0, true},
		{"lower case", otherRest + ":3\n" + strings.ToLower(breachedRest) + ":7", 0, true},
		{"another password of the same five digits", otherRest + ":3", 0, false},
		{"padding only", paddingRest + ":0\r\n" + otherRest + ":0", 0, false},
		{"padding that looks like the password", otherRest + ":3\r\n" + breachedRest + ":0", 0, false},
		{"padding that looks like the password, then the password", breachedRest + ":0\r\n" + breachedRest + ":2", 0, true},
		{"seen less often than MinCount", breachedRest + ":4", 5, false},
		{"seen as often as MinCount", breachedRest + ":5", 5, true},
		{"a count as large as counts get", breachedRest + ":18446744073709551615", 5, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			api := rangeServer(t, answering(row.list))
			api.MinCount = row.minCount
			known, err := api.Breached(t.Context(), breachedPassword)
			require.NoError(t, err)
			assert.Equal(t, row.want, known)
		})
	}
}

func TestRangeAPIHashesTheBytesOfThePassword(t *testing.T) {
	for secret, digest := range map[string]string{ // by sha1sum
		"P@ssw0rd":      "21BD12DC183F740EE76F27B78EB39C8AD972A757",
		" P@ssw0rd":     "1A602B20F68424B80AF8B783AA33FE17A408F35B",
		"пароль пароль": "9EE168BF31D076542ACF6A9598682E6839DDD08F",
	} {
		api := rangeServer(t, func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, "/range/"+digest[:5], r.RequestURI)
			answering(digest[5:]+":1")(w, r)
		})
		known, err := api.Breached(t.Context(), secret)
		require.NoError(t, err)
		assert.True(t, known, "%q", secret)
	}
}

func TestRangeAPITellsFiveDigitsAndNothingElse(t *testing.T) {
	var seen []byte
	api := rangeServer(t, func(w http.ResponseWriter, r *http.Request) {
		var err error
		seen, err = httputil.DumpRequest(r, true)
		assert.NoError(t, err)
		assert.Equal(t, "GET", r.Method)
		assert.Equal(t, "/range/21BD1", r.RequestURI)
		assert.Equal(t, []string{"true"}, r.Header["Add-Padding"])
		assert.Equal(t, []string{"amend"}, r.Header["User-Agent"])
		for _, header := range []string{"Authorization", "Cookie", "Referer"} {
			assert.NotContains(t, r.Header, header)
		}
		answering(breachedRest+":1")(w, r)
	})
	_, err := api.Breached(t.Context(), breachedPassword)
	require.NoError(t, err)
	all := strings.ToLower(string(seen))
	assert.Contains(t, all, "21bd1", "what was sent is what is looked through")
	assert.NotContains(t, all, "21bd12", "the sixth digit")
	assert.NotContains(t, all, strings.ToLower(breachedRest[:6]), "the rest of the hash")
	assert.NotContains(t, all, strings.ToLower(breachedPassword))
}

func TestRangeAPIBelowAPath(t *testing.T) {
	for _, path := range []string{"/mirror", "/mirror/"} {
		var asked string
		api := rangeServer(t, func(w http.ResponseWriter, r *http.Request) {
			asked = r.RequestURI
			answering(otherRest+":1")(w, r)
		})
		api.BaseURL += path
		_, err := api.Breached(t.Context(), breachedPassword)
		require.NoError(t, err)
		assert.Equal(t, "/mirror/range/21BD1", asked)
	}
}

func TestRangeAPIByManyAtOnce(t *testing.T) {
	api := rangeServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/range/21BD1" {
			answering(breachedRest+":1")(w, r)
			return
		}
		answering(otherRest+":1")(w, r)
	})
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			secret, want := breachedPassword, true
			if i%2 == 0 {
				secret, want = fmt.Sprint("Sommerregen ", i), false
			}
			known, err := api.Breached(t.Context(), secret)
			assert.NoError(t, err)
			assert.Equal(t, want, known, secret)
		})
	}
	all.Wait()
}

func TestRangeAPICheck(t *testing.T) {
	for _, row := range []struct {
		name string
		api  password.RangeAPI
		want string // in the error, "" if there is none
	}{
		{"the zero value", password.RangeAPI{}, ""},
		{"a mirror", password.RangeAPI{BaseURL: "https://hibp.example.com/v1/"}, ""},
		{"plain http on this machine, by name", password.RangeAPI{BaseURL: "http://localhost:8080"}, ""},
		{"plain http on this machine, by IPv4", password.RangeAPI{BaseURL: "http://127.0.0.1:8080"}, ""},
		{"plain http on this machine, by IPv6", password.RangeAPI{BaseURL: "http://[::1]:8080"}, ""},
		{"plain http that is allowed", password.RangeAPI{BaseURL: "http://hibp.internal", InsecureHTTP: true}, ""},
		{"plain http", password.RangeAPI{BaseURL: "http://hibp.internal"}, "plain http"},
		{"plain http of a host that only sounds local", password.RangeAPI{BaseURL: "http://localhost.example.com"}, "plain http"},
		{"plain http of a host that only looks local", password.RangeAPI{BaseURL: "http://127.0.0.1.example.com"}, "plain http"},
		{"plain http of a private address", password.RangeAPI{BaseURL: "http://10.0.0.1"}, "plain http"},
		{"another scheme", password.RangeAPI{BaseURL: "ftp://hibp.internal", InsecureHTTP: true}, "BaseURL"},
		{"no scheme", password.RangeAPI{BaseURL: "api.pwnedpasswords.com"}, "BaseURL"},
		{"no host", password.RangeAPI{BaseURL: "https:///range"}, "BaseURL"},
		{"only a port", password.RangeAPI{BaseURL: "https://:8080"}, "BaseURL"},
		{"opaque", password.RangeAPI{BaseURL: "https:api.pwnedpasswords.com"}, "BaseURL"},
		{"no URL", password.RangeAPI{BaseURL: "https://ada:tell-nobody@[half"}, "BaseURL"},
		{"a user", password.RangeAPI{BaseURL: "https://ada:tell-nobody@hibp.internal"}, "BaseURL"},
		{"a query", password.RangeAPI{BaseURL: "https://api.pwnedpasswords.com?mode=ntlm"}, "BaseURL"},
		{"an empty query", password.RangeAPI{BaseURL: "https://api.pwnedpasswords.com?"}, "BaseURL"},
		{"a fragment", password.RangeAPI{BaseURL: "https://api.pwnedpasswords.com#a"}, "BaseURL"},
		{"a negative Timeout", password.RangeAPI{Timeout: -1}, "Timeout"},
		{"a negative MinCount", password.RangeAPI{MinCount: -1}, "MinCount"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := row.api.Check()
			if row.want == "" {
				assert.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, row.want)
			assert.NotContains(t, err.Error(), "tell-nobody")
		})
	}
}

// A host that never calls Check gets no laxer look-up.
func TestRangeAPIWithABadBaseURLAsksNobody(t *testing.T) {
	nobody := &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
		t.Error("somebody was asked")
		return nil, errors.New("nobody is here")
	})}
	for _, base := range []string{"http://hibp.internal", "https://ada:tell-nobody@hibp.internal", "https://[half"} {
		_, err := password.RangeAPI{BaseURL: base, Client: nobody, AllowOnFailure: true}.Breached(t.Context(), breachedPassword)
		require.ErrorContains(t, err, "BaseURL")
	}
}
