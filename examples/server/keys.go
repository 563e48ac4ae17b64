package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/seal"
)

// parseKeys reads AMEND_KEYS. No error of it has a key in it.
func parseKeys(list string) ([][]byte, error) {
	var keys [][]byte
	for text := range strings.SplitSeq(list, ",") {
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("AMEND_KEYS: key %d is not base64", len(keys)+1)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// findKeys gives the keys of a store, and the line to print about them. What
// they seal must be opened as long as the store keeps it. So without AMEND_KEYS
// the key of an SQLite file lies beside it; a server's database has nothing
// beside it that all instances could read.
func findKeys(env string, at location) (keys [][]byte, note string, err error) {
	switch {
	case env != "":
		if keys, err = parseKeys(env); err != nil {
			err = misuse{err}
		}
		return keys, "", err
	case at.kind == inMemory:
		return [][]byte{settings.NewKey()}, "", nil
	case at.kind != inFile:
		return nil, "", misuse{errors.New("AMEND_KEYS is missing: what this instance seals in that database, no other could open; make a key with: openssl rand -base64 32")}
	}
	path := at.file + ".key"
	key, err := readKey(path)
	if err == nil {
		return [][]byte{key}, "The key is in " + path + ", since AMEND_KEYS is not set.", nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	if info, err := os.Stat(at.file); err == nil && info.Size() > 0 {
		return nil, "", fmt.Errorf("%s is missing, and a new key would open nothing in %s: set AMEND_KEYS, or put the file back", path, at.file)
	}
	if key, err = makeKey(path); err != nil {
		return nil, "", err
	}
	return [][]byte{key}, "A key was made in " + path + ", since AMEND_KEYS is not set. Keep it with the accounts, and apart from their backups.", nil
}

// readKey reads a key's file.
func readKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != seal.KeySize {
		return nil, fmt.Errorf("%s is no key: not base64 of %d bytes", path, seal.KeySize)
	}
	return key, nil
}

// makeKey makes a key's file, which nobody else can read. It is there whole or
// not at all, and of two processes that make it at once both get the one that
// was first.
func makeKey(path string) ([]byte, error) {
	draft, err := os.CreateTemp(filepath.Dir(path), ".key") // O_EXCL, mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(draft.Name())
	_, err = fmt.Fprintln(draft, base64.StdEncoding.EncodeToString(settings.NewKey()))
	if err == nil {
		err = draft.Sync()
	}
	if err := errors.Join(err, draft.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return readKey(path)
}
