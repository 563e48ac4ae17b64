package body_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/body"
)

func TestKeptFieldsComeBackAsTheyWere(t *testing.T) {
	for name, c := range map[string]struct{ contentType, body string }{
		"json": {"application/json", `{"csrf_token":"x","method":"profile","n":12345678901234567890,"yes":true,"none":null,"traits":{"a":["b",1.5e3],"é":"🙂\u0001"}}`},
		"form": {"application/x-www-form-urlencoded", "csrf_token=x&method=profile&traits.name.first=Ada&yes=true"},
	} {
		t.Run(name, func(t *testing.T) {
			before, problem := body.Decode(c.contentType, "", strings.NewReader(c.body), 1<<10, nil)
			require.Nil(t, problem)
			data, err := before.Encode("csrf_token")
			require.NoError(t, err)
			after, err := body.Decoded(data)
			require.NoError(t, err)
			assert.Equal(t, before.FromForm(), after.FromForm())
			assert.False(t, after.Has("csrf_token"), "what was left out is not there")
			assert.True(t, before.Has("csrf_token"), "the fields themselves are not changed")
			for _, n := range after.Names() {
				was, _ := before.Value(n)
				is, _ := after.Value(n)
				assert.Equal(t, was, is, n)
			}
			assert.Len(t, after.Names(), len(before.Names())-1)
		})
	}
}

func TestRestoreRefusesWhatWasNotKept(t *testing.T) {
	for _, data := range []string{"", "null", `{}`, `{"fields":[]}`, `{"json":"yes"}`, `{"fields":{}}{}`} {
		_, err := body.Decoded([]byte(data))
		assert.Error(t, err, data)
	}
}
