package totp_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// What each submit comes to, for an API client, a page and a script. Both
// tables answer alike.

const (
	saved        = "200 1050001 | 303 UI ⇒ 1050001 | 200 1050001"
	wrongCode    = "400 totp_code:4000008 | 303 UI ⇒ totp_code:4000008 | 400 totp_code:4000008"
	missing      = "400 totp_code:4000002 | 303 UI ⇒ totp_code:4000002 | 400 totp_code:4000002"
	missingField = "400 4000002 | 303 UI ⇒ 4000002 | 400 4000002" // of a form that has no such field
	refused      = "400 4000001 | 303 UI ⇒ 4000001 | 400 4000001"
	wrongType    = "400 totp_code:4000026 |  | 400 totp_code:4000026"
	wrongButton  = "400 totp_unlink:4000026 | 303 UI ⇒ totp_unlink:4000026 | 400 totp_unlink:4000026"
	wrongBegin   = "400 4000026 | 303 UI ⇒ 4000026 | 400 4000026" // on a button that the form does not have
	shown        = "200 | 303 UI ⇒ | 200"
	noMethod     = "400 4010004 | 303 UI ⇒ 4010004 | 400 4010004"
	refresh      = "403 session_refresh_required | 303 REFRESH | 403 session_refresh_required"
	stepUp       = "403 session_aal2_required | 303 STEPUP | 403 session_aal2_required"
)

// outcomeCase is a client of Ada's.
type outcomeCase struct {
	*fixture
	c      *settingstest.Client
	secret string // of the app, once there is one

	other *settingstest.Client // another one of hers, where a row has it
	flow  *settingstest.Flow   // started before the rest, where a row has it
}

func (s *outcomeCase) added() { s.secret = s.enrolled(s.c) }
func (s *outcomeCase) stale() { s.Clock.Advance(16 * time.Minute) }

func (s *outcomeCase) submit(f fields) *settingstest.Answer { return s.c.Submit(s.c.Start(), f) }

var rows = []struct {
	name   string
	given  func(s *outcomeCase)
	submit func(s *outcomeCase) *settingstest.Answer
	want   string
	same   bool // everything is as it was; a counted try is no change
	try    bool // it counts as one
}{
	{name: "totp/enrol-unlink (right code)", want: saved,
		submit: func(s *outcomeCase) *settingstest.Answer {
			f := s.c.Start()
			return s.c.Submit(f, enrol(s.code(s.fixture.secret(f))))
		}},
	{name: "totp/secret-stable-on-error (right code after a wrong one)", want: saved,
		submit: func(s *outcomeCase) *settingstest.Answer {
			f := s.c.Start()
			secret := s.fixture.secret(f)
			s.c.Submit(f, enrol("000000"))
			return s.c.Submit(f, enrol(s.code(secret)))
		}},
	{name: "totp/enrol-unlink (unlink)", want: saved, given: (*outcomeCase).added,
		submit: func(s *outcomeCase) *settingstest.Answer {
			return s.submit(fields{"method": "totp", "totp_unlink": "true"})
		}},
	{name: "the button alone unlinks", want: saved, given: (*outcomeCase).added,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(unlink) }},
	{name: "as a boolean", want: saved, given: (*outcomeCase).added,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(fields{"totp_unlink": true}) }},
	{name: "with an empty field for a code", want: saved, given: (*outcomeCase).added,
		submit: func(s *outcomeCase) *settingstest.Answer {
			return s.submit(fields{"totp_unlink": "true", "totp_code": ""})
		}},

	{name: "totp/wrong-code (wrong)", want: wrongCode, same: true, try: true,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(enrol("000000")) }},
	{name: "totp/wrong-code (malformed)", want: wrongCode, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(enrol("12345x")) }},
	{name: "a wrong code in halves", want: wrongCode, same: true, try: true,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(enrol("000 000")) }},
	{name: "a wrong code of Arabic digits", want: wrongCode, same: true, try: true,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(enrol("٠٠٠٠٠٠")) }},
	{name: "a code of three Arabic digits, six bytes", want: wrongCode, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(enrol("١٢٣")) }},
	{name: "a code of eight digits", want: wrongCode, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(enrol("94287082")) }},
	{name: "a code with a sign", want: wrongCode, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(enrol("-12345")) }},
	{name: "a very long code", want: wrongCode, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(enrol(strings.Repeat("1", 60_000))) }},
	{name: "totp/code-from-older-flow (code of another session's secret)", want: wrongCode, same: true, try: true,
		given: func(s *outcomeCase) { s.other = s.SignIn(s.ada, s.c.Kind) },
		submit: func(s *outcomeCase) *settingstest.Answer {
			return s.submit(enrol(s.code(s.fixture.secret(s.other.Start()))))
		}},
	{name: "a code of another account's secret", want: wrongCode, same: true, try: true,
		submit: func(s *outcomeCase) *settingstest.Answer {
			bob := s.SignIn(s.AddIdentity("bob@example.com", ""), s.c.Kind, aal.OIDC)
			return s.submit(enrol(s.code(s.fixture.secret(bob.Start()))))
		}},
	{name: "totp/code-90s-old", want: wrongCode, same: true, try: true,
		submit: func(s *outcomeCase) *settingstest.Answer {
			f := s.c.Start()
			code := s.code(s.fixture.secret(f))
			s.Clock.Advance(90 * time.Second)
			return s.c.Submit(f, enrol(code))
		}},
	{name: "totp/wrong-code (empty)", want: missing, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(enrol("")) }},
	{name: "totp/wrong-code (absent)", want: missing, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(fields{"method": "totp"}) }},
	{name: "null for a code", want: "400 totp_code:4000002 |  | 400 totp_code:4000002", same: true,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(fields{"method": "totp", "totp_code": nil}) }},
	{name: "a number for a code", want: wrongType, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer {
			return s.submit(fields{"method": "totp", "totp_code": 123456})
		}},
	{name: "an array for a code", want: wrongType, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer {
			return s.submit(fields{"method": "totp", "totp_code": []string{"123456"}})
		}},
	{name: "a boolean for a code", want: wrongType, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer {
			return s.submit(fields{"method": "totp", "totp_code": true})
		}},
	{name: "two codes", want: refused, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer {
			f := s.c.Start()
			code := s.code(s.fixture.secret(f))
			if s.c.Kind == respond.Page {
				return s.c.Post("/self-service/settings?flow="+f.ID, "application/x-www-form-urlencoded",
					"method=totp&csrf_token="+f.CSRFToken()+"&totp_code=000000&totp_code="+code)
			}
			return s.c.Post("/self-service/settings?flow="+f.ID, "application/json",
				fmt.Sprintf(`{"method":"totp","csrf_token":%q,"totp_code":"000000","totp_code":%q}`, f.CSRFToken(), code))
		}},

	{name: "totp/unlink-none", want: missing, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(unlink) }},
	{name: "totp/enrol-unlink (unlink again (none))", want: missing, same: true,
		given:  func(s *outcomeCase) { s.added(); s.saved(s.c, s.submit(unlink)) },
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(unlink) }},
	{name: "a button that was not pressed", want: missing, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer {
			return s.submit(fields{"method": "totp", "totp_unlink": "false"})
		}},
	{name: "a button that was not pressed, without a method", want: noMethod, same: true, given: (*outcomeCase).added,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(fields{"totp_unlink": "false"}) }},
	{name: "a button that says yes", want: wrongButton, same: true, given: (*outcomeCase).added,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(fields{"totp_unlink": "yes"}) }},
	{name: "a button that is 1", want: wrongButton, same: true, given: (*outcomeCase).added,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(fields{"totp_unlink": 1}) }},
	{name: "a button and a code", want: refused, same: true, given: (*outcomeCase).added,
		submit: func(s *outcomeCase) *settingstest.Answer {
			return s.submit(fields{"totp_unlink": "true", "totp_code": s.code(s.secret)})
		}},
	{name: "totp/enrol-unlink (second enrol attempt): the code that added the app, again", want: saved, same: true, given: (*outcomeCase).added,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(enrol(s.code(s.secret))) }},
	{name: "a new code where there is an app: nobody learns whether it is right", want: refused, same: true, given: (*outcomeCase).added,
		submit: func(s *outcomeCase) *settingstest.Answer {
			s.Clock.Advance(time.Minute)
			return s.submit(enrol(s.code(s.secret)))
		}},
	{name: "no code where there is an app", want: missingField, same: true, given: (*outcomeCase).added,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(enrol("")) }},

	{name: "stale/totp (enrol wrong code)", want: refresh, same: true, given: (*outcomeCase).stale,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(enrol("000000")) }},
	{name: "stale, a right code", want: refresh, same: true,
		given:  func(s *outcomeCase) { s.flow = s.c.Start(); s.secret = s.fixture.secret(s.flow); s.stale() },
		submit: func(s *outcomeCase) *settingstest.Answer { return s.c.Submit(s.flow, enrol(s.code(s.secret))) }},
	{name: "stale, begin", want: refresh, same: true, given: (*outcomeCase).stale,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(begin) }},
	{name: "begin", want: shown, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(begin) }},
	{name: "begin as a boolean, by name too", want: shown, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer {
			return s.submit(fields{"method": "totp", "totp_begin": true, "totp_code": ""})
		}},
	{name: "begin where there is an app", want: shown, same: true, given: (*outcomeCase).added,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(begin) }},
	{name: "begin and a code", want: refused, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer {
			return s.submit(fields{"totp_begin": "true", "totp_code": "123456"})
		}},
	{name: "begin and unlink", want: refused, same: true, given: (*outcomeCase).added,
		submit: func(s *outcomeCase) *settingstest.Answer {
			return s.submit(fields{"totp_begin": "true", "totp_unlink": "true"})
		}},
	{name: "begin that is a word", want: wrongBegin, same: true,
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(fields{"totp_begin": "now"}) }},
	{name: "stale/totp (unlink)", want: refresh, same: true, given: func(s *outcomeCase) { s.added(); s.stale() },
		submit: func(s *outcomeCase) *settingstest.Answer { return s.submit(unlink) }},
	{name: "a code without the second factor that there is", want: stepUp, same: true,
		given: func(s *outcomeCase) { s.flow = s.c.Start(); s.AddFactor(s.ada, aal.WebAuthn) },
		submit: func(s *outcomeCase) *settingstest.Answer {
			return s.c.Submit(s.flow, enrol(s.code(s.fixture.secret(s.flow))))
		}},
	{name: "unlink without the app", want: stepUp, same: true,
		given:  func(s *outcomeCase) { s.added(); s.flow, s.other = s.c.Start(), s.SignIn(s.ada, s.c.Kind) },
		submit: func(s *outcomeCase) *settingstest.Answer { return s.other.Submit(s.flow, unlink) }},
}

func TestOutcomes(t *testing.T) {
	tables := map[string]func(*settings.Config){
		"documented": func(*settings.Config) {},
		"kratos":     func(c *settings.Config) { c.Behaviour = settings.LikeKratos() },
	}
	for _, row := range rows {
		for table, choose := range tables {
			for i, want := range strings.Split(row.want, "|") {
				kind, want := everyClient[i], strings.TrimSpace(want)
				if want == "" {
					continue // no such client sends that
				}
				t.Run(fmt.Sprint(row.name, "/", table, "/", kind), func(t *testing.T) {
					w := newFixture(t, choose)
					s := &outcomeCase{fixture: w, c: w.SignIn(w.ada, kind)}
					if row.given != nil {
						row.given(s)
					}
					watched := []string{"totp", "totp_enrol"}
					if row.try {
						watched = []string{"totp"}
					}
					before := w.Snapshot(w.ada, watched...)
					assert.Equal(t, want, row.submit(s).Brief())
					if after := w.Snapshot(w.ada, watched...); row.same {
						assert.Equal(t, before, after)
					} else {
						assert.NotEqual(t, before, after)
					}
				})
			}
		}
	}
}

// Enrolment codes count apart: who guesses them does not lock the login, and a
// right one in a lock is not looked at.
func TestTenWrongCodes(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			w := newFixture(t)
			c := w.SignIn(w.ada, kind)
			f := c.Start()
			secret := w.secret(f)
			for range 30 {
				c.Submit(f, enrol("12345x")) // no code, and no try
			}
			for range 9 {
				c.Submit(c.Start(), enrol("000000"))
			}
			c.Submit(f, enrol("000000")) // over flows
			locked := map[respond.Client]string{respond.API: "429 too_many_tries", respond.Page: "303 UI ⇒ 7000011", respond.Script: "429 too_many_tries"}
			for _, at := range []time.Duration{0, 14*time.Minute + 59*time.Second} {
				w.Clock.Advance(at)
				a := c.Submit(f, enrol(w.code(secret)))
				assert.Equal(t, locked[kind], a.Brief())
				assert.NotEmpty(t, a.Header.Get("Retry-After"))
				assert.False(t, w.has())
			}
			w.Clock.Advance(time.Second)
			w.saved(c, c.Submit(f, enrol(w.code(secret))))
			w.Clock.Advance(time.Minute)
			_, err := w.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.TOTP, IdentityID: w.ada, Value: w.code(secret)})
			assert.NoError(t, err)
		})
	}
}
