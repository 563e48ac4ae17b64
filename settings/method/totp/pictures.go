package totp

import (
	"sync"
	"time"

	"github.com/amend-go/amend/settings/method"
)

// pictures are the QR codes of the forms that were shown last, so that a form
// that is read again and again has its picture drawn once. A picture tells its
// secret: so it is found by a MAC of what is in it, never leaves this process, is
// dropped when an app has the secret, and otherwise half an hour after it was
// shown, when the next form is. There are never more than 2 × maxPictures, of
// some 2 KB each.
//
// The zero value is ready, and safe for concurrent use.
type pictures struct {
	mu          sync.Mutex
	fresh, aged map[pictureKey]string // a picture that is shown goes back among the fresh
	since       time.Time             // when the first of fresh came
}

type pictureKey [32]byte

// pictureKeyOf is the key of the picture of a secret: nobody else's, since Secrets
// are of one identity.
func pictureKeyOf(v method.View, account, secret string) pictureKey {
	var key pictureKey
	return pictureKey(v.Secrets.AppendMAC(key[:0], "picture", account, secret))
}

const (
	maxPictures = 512
	pictureAge  = 15 * time.Minute // of fresh ones, when they become the aged
)

// get finds a picture, or draws it.
func (p *pictures) get(key pictureKey, now time.Time, draw func() (string, error)) (string, error) {
	if picture, found := p.find(key, now); found {
		return picture, nil
	}
	picture, err := draw()
	if err == nil {
		p.put(key, now, picture)
	}
	return picture, err
}

func (p *pictures) find(key pictureKey, now time.Time) (picture string, found bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.age(now)
	if picture, found = p.fresh[key]; found {
		return picture, true
	}
	if picture, found = p.aged[key]; found {
		delete(p.aged, key)
		p.add(key, now, picture)
	}
	return picture, found
}

func (p *pictures) put(key pictureKey, now time.Time, picture string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.age(now)
	p.add(key, now, picture)
}

// age makes the fresh pictures the aged ones, whose place they take, when their
// time is over.
func (p *pictures) age(now time.Time) {
	since := now.Sub(p.since)
	if since < pictureAge && since >= 0 {
		return
	}
	p.aged, p.fresh, p.since = p.fresh, nil, now
	if since >= 2*pictureAge { // the aged ones are even older
		p.aged = nil
	}
}

func (p *pictures) add(key pictureKey, now time.Time, picture string) {
	if len(p.fresh) >= maxPictures {
		p.aged, p.fresh, p.since = p.fresh, nil, now
	}
	if p.fresh == nil {
		p.fresh = map[pictureKey]string{}
	}
	p.fresh[key] = picture
}

func (p *pictures) drop(key pictureKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.fresh, key)
	delete(p.aged, key)
}
