package seal

// UnderEach gives the ring once for each of its keys, newest first, each with that key as
// the newest. Use it to compare with a result of Derive, or with a part of a MAC: while
// keys are replaced, it may have been made by an instance whose newest key is another one.
func (r *Keyring) UnderEach() []*Keyring {
	if len(r.keys) == 1 {
		return []*Keyring{r}
	}
	each := make([]*Keyring, len(r.keys))
	for n, k := range r.keys {
		keys := append(make([]key, 0, len(r.keys)), k)
		keys = append(keys, r.keys[:n]...)
		each[n] = &Keyring{append(keys, r.keys[n+1:]...)}
	}
	return each
}
