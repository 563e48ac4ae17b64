package oidc_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/oidc"
)

func TestMetadataIsReadOnceForAll(t *testing.T) {
	s := newScene(t)
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	s.op.before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == discovery {
			arrived <- struct{}{} // a second request would wait here, and be counted
			<-release
		}
		return false
	}
	c := s.SignIn(s.ada, respond.Script)
	f := start(c)
	assert.Zero(t, s.op.count(discovery), "nobody is asked before it is needed")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			assert.Equal(t, http.StatusUnprocessableEntity, c.Copy().Submit(f, fields{"link": "one"}).Status)
		})
	}
	<-arrived
	close(release)
	wg.Wait()
	assert.Equal(t, 1, s.op.count(discovery))
	s.begin(c, f)
	assert.Equal(t, 1, s.op.count(discovery))
	s.Clock.Advance(time.Hour)
	c = s.SignIn(s.ada, respond.Script)
	s.begin(c, start(c))
	assert.Equal(t, 2, s.op.count(discovery), "an hour later it is read again")
}

func TestKeysThatChange(t *testing.T) {
	s := newSceneWith(t, func(c *settings.Config) { c.KeepOtherSessions = true }, func(_ *scene, c *oidc.Config) { c.Providers[0].SeveralAccounts = true })
	first := s.op.key
	c := s.SignIn(s.ada, respond.Script)
	f := start(c)
	s.saved(c, f, s.link(c, f, "a"))
	assert.Equal(t, 1, s.op.count("/keys"))
	s.saved(c, f, s.link(c, f, "b"))
	assert.Equal(t, 1, s.op.count("/keys"), "keys are read once")

	s.op.rotate(newKey("two"))
	s.saved(c, f, s.link(c, f, "c"))
	assert.Equal(t, 2, s.op.count("/keys"), "a new key is found")

	s.op.sign = first.sign
	s.refused(c, f, s.link(c, f, "d"), "4000001")

	// A key that is withdrawn without another is trusted for an hour.
	s.op.sign = nil
	withdrawn := s.op.key
	s.op.rotate(newKey("three"))
	s.op.sign = withdrawn.sign
	s.saved(c, f, s.link(c, f, "e"))
	s.Clock.Advance(time.Hour)
	c = s.SignIn(s.ada, respond.Script)
	f = start(c)
	s.refused(c, f, s.link(c, f, "f"), "4000001")
	assert.Equal(t, []string{"one:a", "one:b", "one:c", "one:e"}, s.linked(s.ada))
}
