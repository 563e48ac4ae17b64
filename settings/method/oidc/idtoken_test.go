package oidc_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
)

// claiming makes the provider say something else of one claim.
func claiming(name string, value any) func(*op) {
	return func(o *op) { o.claims = func(c map[string]any) { c[name] = value } }
}

func claimingTime(name string, fromNow time.Duration) func(*op) {
	return func(o *op) { o.claims = func(c map[string]any) { c[name] = o.now().Add(fromNow).Unix() } }
}

func signing(sign func(o *op, c map[string]any) string) func(*op) {
	return func(o *op) { o.sign = func(c map[string]any) string { return sign(o, c) } }
}

// repeating makes the provider add more claims, as text: a map has each name once.
func repeating(more string) func(*op) {
	return signing(func(o *op, c map[string]any) string {
		return o.key.signText(b64([]byte(`{"alg":"ES256"}`)) + "." + b64([]byte(strings.TrimSuffix(claimsText(c), "}")+","+more+"}")))
	})
}

func claimsText(c map[string]any) string {
	text, _ := json.Marshal(c) // what a test has put there
	return string(text)
}

// OpenID Connect Core 1.0, section 3.1.3.7, and what attackers make of tokens.
func TestIDTokensThatProveNothing(t *testing.T) {
	for name, lie := range map[string]func(*op){
		"another issuer":                   claiming("iss", "http://other.example"),
		"the issuer and a slash":           func(o *op) { claiming("iss", o.URL+"/")(o) },
		"no issuer":                        claiming("iss", nil),
		"another audience":                 claiming("aud", "another client"),
		"no audience":                      claiming("aud", []string{}),
		"several audiences without azp":    claiming("aud", []string{clientID, "another client"}),
		"another authorized party":         claiming("azp", "another client"),
		"an authorized party of no text":   claiming("azp", 7),
		"another nonce":                    claiming("nonce", "AAAAAAAAAAAAAAAAAAAAAAAAAA"),
		"no nonce":                         claiming("nonce", nil),
		"an empty nonce":                   claiming("nonce", ""),
		"expired for more than a minute":   claimingTime("exp", -61*time.Second),
		"no expiry":                        claiming("exp", nil),
		"not valid yet":                    claimingTime("nbf", 4*time.Minute+time.Second),
		"the hash of another access token": claiming("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
		"no subject":                       claiming("sub", nil),
		"an empty subject":                 claiming("sub", ""),
		"a subject of no text":             claiming("sub", 7),
		"a subject of 256 bytes":           claiming("sub", strings.Repeat("x", 256)),
		"a subject with NUL":               claiming("sub", "a\x00b"),
		"a subject with a line break":      claiming("sub", "a\nb"),
		"a subject with ESC":               claiming("sub", "a\x1b[2J"),
		"a subject beyond ASCII":           claiming("sub", "аda"),
		"a second subject in capitals":     claiming("SUB", "victim"),
		"a second subject with a long s":   claiming("ſub", "victim"),
		"a second nonce in capitals":       claiming("Nonce", "x"),
		"another subject after the first":  repeating(`"sub":"victim"`),
		"another subject before the first": signing(func(o *op, c map[string]any) string {
			return o.key.signText(b64([]byte(`{"alg":"ES256"}`)) + "." + b64([]byte(`{"sub":"victim",`+claimsText(c)[1:])))
		}),
		"another subject, spelt with an escape":    repeating(`"s\u0075b":"victim"`),
		"another audience after the first":         repeating(`"aud":"another client"`),
		"the subject once more":                    repeating(`"sub":"ada-there"`),
		"a claim that decides nothing, said twice": repeating(`"locale":"de","locale":"fr"`),
		"an algorithm that is named twice": signing(func(o *op, c map[string]any) string {
			return o.key.signText(b64([]byte(`{"alg":"none","alg":"ES256"}`)) + "." + b64([]byte(claimsText(c))))
		}),
		"no algorithm": signing(func(_ *op, c map[string]any) string {
			return unsigned(map[string]any{"alg": "none"}, c) + "."
		}),
		"an empty signature": signing(func(o *op, c map[string]any) string {
			return unsigned(map[string]any{"alg": "ES256", "kid": o.key.id}, c) + "."
		}),
		"signed by the client's secret": signing(func(_ *op, c map[string]any) string { return hs256([]byte(clientSecret), c) }),
		"signed by the public key as a secret": signing(func(o *op, c map[string]any) string {
			public, _ := json.Marshal(o.key.public())
			return hs256(public, c)
		}),
		"signed by another key": signing(func(o *op, c map[string]any) string { return newKey("one").sign(c) }),
		"signed by a key of its own": signing(func(o *op, c map[string]any) string {
			k := newKey("evil")
			signed := k.sign(c)
			parts := strings.Split(signed, ".")
			header, _ := json.Marshal(map[string]any{"alg": "ES256", "kid": "evil", "jwk": k.public()})
			return b64(header) + "." + parts[1] + "." + parts[2]
		}),
		"claims changed after signing": signing(func(o *op, c map[string]any) string {
			signed := strings.Split(o.key.sign(c), ".")
			c["sub"] = "victim"
			return signed[0] + "." + strings.Split(unsigned(nil, c), ".")[1] + "." + signed[2]
		}),
		"no ID token":            func(o *op) { o.token = func(m map[string]any) { delete(m, "id_token") } },
		"an ID token of no text": func(o *op) { o.token = func(m map[string]any) { m["id_token"] = 7 } },
		"an ID token of no form": func(o *op) { o.token = func(m map[string]any) { m["id_token"] = "x.y.z" } },
		"claims of no object":    signing(func(*op, map[string]any) string { return "e30.W10.e30" }),
		"keys that cannot be read": func(o *op) {
			o.before = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/keys" {
					http.Error(w, "no", http.StatusInternalServerError)
				}
				return r.URL.Path == "/keys"
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, kind respond.Client) {
				s := newFixture(t)
				lie(s.op)
				c := s.SignIn(s.ada, kind)
				f, was := start(c), s.Snapshot(s.ada)
				shown := s.refused(c, f, s.link(c, f, "ada-there"), "4000001")
				assert.Contains(t, shown.UI.Messages[0].Text, "The one did not confirm the sign-in")
				assert.Equal(t, was, s.Snapshot(s.ada))
				require.Len(t, s.told(), 1, "the host is told why")
				assert.Contains(t, s.told()[0].Error(), "oidc: provider one: ")
				assert.NotContains(t, s.Log.String(), "victim")
			})
		})
	}
}

func TestIDTokensThatWillDo(t *testing.T) {
	for name, truth := range map[string]func(*op){
		"as they come":          func(*op) {},
		"a claim of its own":    repeating(`"address":{"a":1,"a":2}`),
		"an audience in a list": claiming("aud", []string{clientID}),
		"several audiences, issued to us": func(o *op) {
			o.claims = func(c map[string]any) { c["aud"], c["azp"] = []string{clientID, "x"}, clientID }
		},
		"no hash of the access token":                                            func(o *op) { o.claims = func(c map[string]any) { delete(c, "at_hash") } },
		"at the second of its end":                                               claimingTime("exp", 0),
		"a minute after its end, where clocks differ (coreos/go-oidc#326)":       claimingTime("exp", -time.Minute),
		"minutes before its beginning, where clocks differ (coreos/go-oidc#316)": claimingTime("nbf", 4*time.Minute),
		"a subject of 255 bytes":                                                 claiming("sub", strings.Repeat("x", 255)),
		"a subject with all ASCII has":                                           claiming("sub", ` !"#$%&'()*+,-./:;<=>?@[\]^_{|}~`),
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t)
			truth(s.op)
			c := s.SignIn(s.ada, respond.Script)
			f := start(c)
			s.saved(c, f, s.link(c, f, "ada-there"))
			require.Len(t, s.linked(s.ada), 1)
			assert.Empty(t, s.told())
			s.saved(c, f, c.Submit(f, fields{"unlink": "one"}))
			assert.Empty(t, oidcKeys(s.Identity(s.ada)))
		})
	}
}
