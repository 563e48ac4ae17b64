package settings_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/memory"
)

// faultyStore is a memory store that does one thing wrong.
type faultyStore struct {
	*memory.Store
	create, update, stale, remove, read error
	check                               error
	off                                 time.Duration
	overwrites, keepsDeleted            bool
	made                                map[string]bool
}

func (f *faultyStore) CreateFlow(ctx context.Context, r flow.Record) error {
	if f.create != nil {
		return f.create
	}
	if f.overwrites && f.made[r.Key] {
		return nil
	}
	f.made = map[string]bool{r.Key: true}
	return f.Store.CreateFlow(ctx, r)
}

func (f *faultyStore) UpdateFlow(ctx context.Context, r flow.Record) error {
	if err := f.Store.UpdateFlow(ctx, r); !errors.Is(err, flow.ErrConflict) || f.stale == nil {
		return errors.Join(err, f.update)
	}
	return nil
}

func (f *faultyStore) DeleteFlow(ctx context.Context, key string) error {
	if f.keepsDeleted {
		return nil
	}
	return errors.Join(f.remove, f.Store.DeleteFlow(ctx, key))
}

func (f *faultyStore) GetSession(ctx context.Context, hash string) (session.Session, error) {
	if f.read != nil {
		return session.Session{}, f.read
	}
	return f.Store.GetSession(ctx, hash)
}

func (f *faultyStore) IdentityOwner(ctx context.Context, k identity.Key) (string, error) {
	if f.read != nil {
		return "", nil
	}
	return f.Store.IdentityOwner(ctx, k)
}

func (f *faultyStore) Check(context.Context) error { return f.check }
func (f *faultyStore) Clock(context.Context) (time.Time, error) {
	return time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC).Add(f.off), nil
}

func TestWhatACheckFinds(t *testing.T) {
	down := errors.New("dial tcp: connection refused")
	stores := func(f *faultyStore) func(*settings.Config) {
		return func(c *settings.Config) {
			f.Store = memory.New()
			c.Flows, c.Sessions, c.Identities = f, f, f
		}
	}
	urls := func(public, ui, login string) func(*settings.Config) {
		return func(c *settings.Config) {
			c.PublicURL, c.UIURL, c.LoginURL = public, ui, login
			c.InsecureCookies = strings.HasPrefix(public+ui+login, "http://") || strings.Contains(ui+login, "http://")
		}
	}
	for name, row := range map[string]struct {
		change func(*settings.Config)
		finds  []string // beginnings of parts of the texts; none: nothing is found
		broken bool
		err    error
	}{
		"nothing": {change: func(*settings.Config) {}},
		"a key that was typed": {func(c *settings.Config) {
			c.Keys = [][]byte{settings.NewKey(), []byte("correct horse battery staple !!!")}
		}, []string{"Keys[1] does not look random"}, false, nil},
		"a key of few bytes":            {func(c *settings.Config) { c.Keys = [][]byte{bytes.Repeat([]byte{7, 8}, 16)} }, []string{"Keys[0] does not look random"}, false, nil},
		"a store that says so itself":   {stores(&faultyStore{check: down}), []string{"a store says that it cannot work: dial tcp"}, true, down},
		"a store that takes nothing":    {stores(&faultyStore{create: down}), []string{"does not take a record"}, true, down},
		"one that takes records twice":  {stores(&faultyStore{overwrites: true}), []string{"takes a record twice"}, true, nil},
		"one that takes no change":      {stores(&faultyStore{update: down}), []string{"does not take a change"}, true, down},
		"one that ignores versions":     {stores(&faultyStore{stale: down}), []string{"ignores versions"}, true, nil},
		"one that cannot delete":        {stores(&faultyStore{remove: down}), []string{"does not delete"}, true, down},
		"one that says it has deleted":  {stores(&faultyStore{keepsDeleted: true}), []string{"gives back what was deleted"}, true, nil},
		"stores that cannot be read":    {stores(&faultyStore{read: down}), []string{"session.ErrNotFound", "identity.ErrNotFound"}, true, down},
		"the store's clock is off":      {stores(&faultyStore{off: -time.Minute}), []string{"1m0s apart"}, false, nil},
		"the store's clock is near":     {change: stores(&faultyStore{off: 10 * time.Second})},
		"a machine that forgot the day": {func(c *settings.Config) { c.Now = func() time.Time { return time.Unix(0, 0) } }, []string{"the clock stands at 1970"}, true, nil},
		"a clock that goes back": {func(c *settings.Config) {
			at := time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)
			c.Now = func() time.Time { at = at.Add(-time.Second); return at }
		}, []string{"goes back"}, true, nil},
		"a login of another scheme": {urls("https://app.example.com/auth", "https://app.example.com/settings", "http://app.example.com/login"),
			[]string{"LoginURL is http and PublicURL is https", "InsecureCookies is on"}, true, nil},
		"a login on another host": {urls("https://app.example.com/auth", "https://app.example.com/settings", "https://id.example.com/login"),
			[]string{"LoginURL is on the host id.example.com"}, true, nil},
		"pages on another host": {urls("https://app.example.com/auth", "https://www.example.com/settings", "https://app.example.com/login"),
			[]string{"UIURL is on the host", "Add it to TrustedOrigins"}, true, nil},
		"pages on another port": {urls("http://localhost:8080/auth", "http://localhost:3000/settings", "http://localhost:8080/login"),
			[]string{"Add it to TrustedOrigins"}, true, nil},
		"plain http on this machine": {change: urls("http://127.0.0.1:8080/auth", "http://127.0.0.1:8080/settings", "http://127.0.0.1:8080/login")},
		"plain http on a network": {urls("http://192.168.1.2/auth", "http://192.168.1.2/settings", "http://192.168.1.2/login"),
			[]string{"plain http on 192.168.1.2"}, false, nil},
		"cookies that browsers drop": {func(c *settings.Config) {
			urls("http://localhost/auth", "http://localhost/settings", "http://localhost/login")(c)
			c.Transport = session.Cookie{}
		}, []string{"browsers drop them"}, true, nil},
		"loosenings": {func(c *settings.Config) {
			c.KeepOtherSessions, c.AllowAAL1, c.AllowFactorChangeAtAAL1 = true, true, true
		},
			[]string{"KeepOtherSessions is on", "AllowAAL1 is on", "AllowFactorChangeAtAAL1 is on"}, false, nil},
		"hooks over a store that cannot say what is due": {func(c *settings.Config) {
			(&eventLog{}).hook(c)
			c.Identities = plainIdentities{c.Identities}
		}, []string{"Identities is no store.Due"}, false, nil},
		"hooks over one that can": {change: (&eventLog{}).hook},
		"Kratos' behaviour":       {func(c *settings.Config) { c.Behaviour = settings.LikeKratos() }, []string{"LenientSessions is on"}, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := settingstest.New(t).Config
			row.change(&c)
			h, err := settings.New(c)
			require.NoError(t, err)
			found := h.Check(t.Context())
			require.Len(t, found, len(row.finds), "%v", found)
			for n, f := range found {
				assert.Contains(t, f.Text, row.finds[n])
				assert.NotContains(t, f.Text, "correct horse")
			}
			if len(found) > 0 {
				assert.Equal(t, row.broken, found[0].Broken)
				assert.ErrorIs(t, found[0].Err, row.err)
			}
		})
	}
}

// A check leaves nothing behind.
func TestACheckLeavesNothing(t *testing.T) {
	kit := settingstest.New(t)
	recorded := &recordingFlows{FlowStore: kit.Store}
	c := kit.Config
	c.Flows = recorded
	h, err := settings.New(c)
	require.NoError(t, err)
	require.Empty(t, h.Check(t.Context()))
	require.Len(t, recorded.keys, 1)
	_, err = kit.Store.GetFlow(t.Context(), recorded.keys[0])
	assert.ErrorIs(t, err, flow.ErrNotFound)
}

type recordingFlows struct {
	store.FlowStore
	keys []string
}

func (r *recordingFlows) CreateFlow(ctx context.Context, record flow.Record) error {
	err := r.FlowStore.CreateFlow(ctx, record)
	if err == nil {
		r.keys = append(r.keys, record.Key)
	}
	return err
}
