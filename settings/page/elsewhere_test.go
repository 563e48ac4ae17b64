package page_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

// Who meets a newer value sees it beside what they typed, and can take it. That link
// changes nothing by itself.
func TestAConflictShowsTheOtherValue(t *testing.T) {
	_, ada := kit(t, func(c *settings.Config) {
		c.Methods = append(c.Methods, profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
			profile.Field{Name: "email", Type: profile.Email, Identifier: true}, profile.Field{Name: "name", Label: "Name"},
		)}}))
	})
	save := func(f *settingstest.Flow, name string) {
		require.Equal(t, 303, ada.Submit(f, settingstest.Fields{"method": "profile", "traits": map[string]any{"email": "ada@example.com", "name": name}}).Status)
	}
	first, second := ada.Start(), ada.Start()
	save(first, "Ada <One>")
	save(second, "Ada Two")

	at := settingstest.UIURL + "?flow=" + second.ID
	body := string(ada.Do("GET", at, "", "").Body)
	field := between(t, body, `name="traits.name"`, "</div>\n</div>")
	assert.Contains(t, field, `value="Ada Two"`, "what was typed is not lost")
	assert.Contains(t, field, "It is now: Ada &lt;One&gt;</p>")
	assert.Contains(t, field, `<a href="?flow=`+second.ID+`&amp;take=traits.name">Use this one</a>`)

	taken := between(t, string(ada.Do("GET", at+"&take=traits.name", "", "").Body), `name="traits.name"`, "</div>\n</div>")
	assert.Contains(t, taken, `value="Ada &lt;One&gt;"`)
	assert.NotContains(t, taken, "Use this one")
	assert.Contains(t, between(t, string(ada.Do("GET", at, "", "").Body), `name="traits.name"`, ">"), `value="Ada Two"`, "it only showed it")
}
