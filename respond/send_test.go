package respond_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/respond"
)

// Answers share their buffers, one after another: of many at once each is as
// if it were the only one, whatever was in a buffer before.
func TestAnswersAtOnceAreEachTheirOwn(t *testing.T) {
	r := responder()
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 100 {
				f := form(flowF)
				f.RequestURL = fmt.Sprintf("https://app.example/%d/%d/%s", n, i, strings.Repeat("long", n*i))
				o := respond.Outcome{Kind: respond.Shown, Endpoint: respond.Read, Client: respond.API, Form: f, At: now}
				if i%3 == 0 { // without a form
					o.Kind, o.Form = respond.NoFlow, nil
				}
				want, got := httptest.NewRecorder(), httptest.NewRecorder()
				assert.NoError(t, r.Render(o).Write(want))
				assert.NoError(t, r.Send(got, o))
				assert.Equal(t, want, got)
			}
		})
	}
	all.Wait()
}
