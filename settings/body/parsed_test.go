package body_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/body"
)

// What net/http has parsed says what the form said, where no rule is broken.
func TestAParsedFormIsTheForm(t *testing.T) {
	for _, text := range []string{
		"csrf_token=t&method=password&password=a+b",
		"traits.name.first=Ada&traits.name.last=L&traits.roles=b&traits.roles=a&traits.home.phones.1=2&traits.home.phones.0=1",
		"traits.news=false&traits.news=true&method=profile",
		"traits.news=&traits.news=on",
		"",
	} {
		t.Run(text, func(t *testing.T) {
			want := accept(t, typeURLEncoded, text)
			values, err := url.ParseQuery(text)
			require.NoError(t, err)
			got, problem := body.DecodeParsed(values, false, limit, known, "traits.roles", "traits.home.phones")
			require.Nil(t, problem)
			assert.Equal(t, tree(want), tree(got))
			assert.True(t, got.FromForm())
		})
	}
}

func TestAParsedFormMayBeAsLargeAsABody(t *testing.T) {
	text := "method=profile&traits.a=" + strings.Repeat("a", 100)
	values, err := url.ParseQuery(text)
	require.NoError(t, err)
	size := int64(len(text))
	_, problem := body.DecodeParsed(values, false, size, known)
	assert.Nil(t, problem)
	fields, problem := body.DecodeParsed(values, false, size-1, known)
	require.NotNil(t, problem)
	assert.Equal(t, body.TooLarge, problem.Kind)
	assert.Empty(t, fields.Names())
}

func TestABodyThatSomebodyElseHasRead(t *testing.T) {
	for _, cause := range []error{body.ErrConsumed, http.ErrBodyReadAfterClose} {
		for _, contentType := range []string{typeJSON, typeURLEncoded, typeMultipart} {
			fields, problem := body.Decode(contentType, "", failing{cause}, limit, known)
			require.NotNil(t, problem)
			assert.Equal(t, body.Consumed, problem.Kind)
			assert.ErrorIs(t, problem, cause)
			assert.NotContains(t, problem.Reason, cause.Error(), "the log has the cause, the client has not")
			assert.Empty(t, fields.Names())
		}
	}
}
