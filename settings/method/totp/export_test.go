package totp

// Code is code: RFC 6238 has its vectors with eight digits.
var Code = code

// Pictures is how many pictures the method keeps, and MaxPictures how many at most.
func (m *Method) Pictures() int { return len(m.pictures.fresh) + len(m.pictures.aged) }

const MaxPictures = 2 * maxPictures
