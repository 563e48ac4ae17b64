package password

import (
	"errors"
	"fmt"
)

// Comparer compares passwords with stored hashes that [Verify] does not read: those of the system that a host came from.
// Its methods may be called at the same time. The module settings/method/password/legacy has ready ones.
//
// A right password replaces such a hash by one of the Writer's, whatever Config.Rehash says but [KeepWeak]: so the old kind
// dies out by itself. Until then it is compared wherever a password is.
type Comparer interface {
	// Reads reports whether a stored hash is of this kind and whole. It looks at the string and computes nothing: it is
	// asked before there is a slot for work.
	Reads(hash string) bool

	// Memory is how many bytes one Compare with that hash takes while it runs, for the [Limiter].
	Memory(hash string) int64

	// Compare reports whether password is the one that hash was made from, in a time that does not depend on where the two
	// differ. It bounds what the hash may ask for, as Verify does. An error is a wrong password to the client and a line
	// in the log.
	Compare(hash, password string) (bool, error)
}

// hashes reads stored hashes: by the first Comparer that knows one, or else as Verify does. A Comparer comes first because
// a peppered hash may look like any other.
type hashes []Comparer

func (c hashes) parse(hash string) (stored, error) {
	for n, comparer := range c {
		if comparer.Reads(hash) {
			return compared{comparer, n, hash}, nil
		}
	}
	return parse(hash)
}

// verify is Verify, also for what Comparers read.
func (c hashes) verify(hash, password string) (bool, error) {
	if hash == "" {
		return false, nil
	}
	h, err := c.parse(hash)
	if err != nil {
		return false, err
	}
	right, err := h.matches(password)
	return right && err == nil, err
}

// with compares with a hash.
func (c hashes) with(hash string) func(form string) (bool, error) {
	return func(form string) (bool, error) { return c.verify(hash, form) }
}

// readable is the error that verify has for a stored hash whatever the password is; nil for one that it compares with, and
// for an empty one.
func (c hashes) readable(hash string) error {
	if hash == "" {
		return nil
	}
	_, err := c.parse(hash)
	return err
}

// memory is how many bytes verify takes for that hash while it runs; 0 if it would refuse it.
func (c hashes) memory(hash string) int64 {
	h, err := c.parse(hash)
	if err != nil {
		return 0
	}
	return h.memory()
}

// check refuses Comparers that would take the Writer's own hashes for old ones: each sign-in would replace them, and no
// password would be right again if they compare otherwise.
func (c hashes) check(w Writer) error {
	if len(c) == 0 {
		return nil
	}
	made, err := w.Hash("a password of nobody")
	if err != nil {
		return nil // the Writer's own Check says what is wrong
	}
	for n, comparer := range c {
		switch {
		case comparer == nil:
			return fmt.Errorf("password: Config.Comparers[%d] is nil", n)
		case comparer.Reads(""):
			return fmt.Errorf("password: Config.Comparers[%d] reads the empty hash, which is that of an account without a password", n)
		case comparer.Reads(made):
			return fmt.Errorf("password: Config.Comparers[%d] reads what the Writer writes; mark the old hashes, for example by a prefix", n)
		}
	}
	return nil
}

// compared is a stored hash that a Comparer reads.
type compared struct {
	Comparer
	n    int
	hash string
}

func (h compared) memory() int64 { return h.Memory(h.hash) }

func (h compared) matches(password string) (bool, error) {
	right, err := h.Compare(h.hash, password)
	if err != nil {
		return false, errors.Join(ErrUnknownHash, err)
	}
	return right, nil
}
