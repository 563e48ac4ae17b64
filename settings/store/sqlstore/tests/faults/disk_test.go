package faults_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A full disk: what cannot be written is not made, and nobody is told that it is;
// what is there can be read; and with room again all goes on.
func TestFullDisk(t *testing.T) {
	t.Run("no page is left", func(t *testing.T) {
		p := sqlitePlace(t)
		roomy := p.open(t)
		var pages int
		require.NoError(t, roomy.db.QueryRow("PRAGMA page_count").Scan(&pages))
		// One connection has the limit, and the store has only that one.
		p.DSN += fmt.Sprintf("&_pragma=max_page_count(%d)", pages+4)
		tight := p.open(t)
		tight.db.SetMaxOpenConns(1)
		fullDisk(t, tight, func() {
			_, err := tight.db.Exec("PRAGMA max_page_count = 1000000")
			require.NoError(t, err)
		})
	})
	t.Run("the file system is full", func(t *testing.T) {
		small := os.Getenv("AMEND_SMALL_DISK")
		if small == "" {
			t.Skip("AMEND_SMALL_DISK is not set: no disk to fill")
		}
		dir, err := os.MkdirTemp(small, "amend")
		require.NoError(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		p := place{Store: "SQLite", Dialect: "sqlite", Driver: "sqlite", DSN: "file:" + filepath.Join(dir, "amend.db") + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)"}
		at := p.open(t)
		ballast := filepath.Join(dir, "ballast")
		f, err := os.Create(ballast)
		require.NoError(t, err)
		// All but 600 KiB are taken.
		for n := 0; n < 1<<30; n += 4096 {
			if _, err = f.Write(make([]byte, 4096)); err != nil {
				break
			}
		}
		require.Error(t, err, "the disk is not small")
		require.NoError(t, f.Close())
		info, err := os.Stat(ballast)
		require.NoError(t, err)
		require.NoError(t, os.Truncate(ballast, info.Size()-600<<10))
		fullDisk(t, at, func() { require.NoError(t, os.Remove(ballast)) })
	})
}

// fullDisk uses a store until it has no room, and goes on when it has some.
func fullDisk(t *testing.T, at opened, makeRoom func()) {
	var fixtures []*fixture
	full := 0
	for n := 0; full < 10; n++ {
		require.Less(t, n, 1000, "the disk is never full")
		if n < 3 {
			fixtures = append(fixtures, begin(t, at, n%2 == 0))
		}
		for _, w := range fixtures {
			if w.over() {
				continue
			}
			done := w.attempt()
			w.holds()
			if done {
				w.advance(betweenSteps)
				continue
			}
			full++
			summary.add(at.Store, counts{faults: 1})
			assert.Equal(t, http.StatusOK, w.client.Whoami().Status, "who is signed in stays so")
		}
	}
	makeRoom()
	for _, w := range fixtures {
		w.goOnToTheEnd()
	}
	var integrity string
	require.NoError(t, at.db.QueryRow("PRAGMA integrity_check").Scan(&integrity))
	assert.Equal(t, "ok", integrity)
}
