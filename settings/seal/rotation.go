package seal

// UnderEach is the ring once for each of its keys, newest first, with that key as the
// newest. What Derive gave, or a MAC of which only a part was kept, may be of any of
// them: while a key is replaced, an instance that has it answers for what one
// without it has made, and the other way round.
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
