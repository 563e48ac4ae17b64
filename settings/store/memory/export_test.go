package memory

// Held is how much the store holds on to: accounts, entries and names.
func (s *Store) Held() (n int) {
	for i := range width {
		n += len(s.accounts.parts[i]) + len(s.flows.parts[i]) + len(s.sessions.parts[i]) + len(s.keys.parts[i])
		n += len(s.flowQueues[i]) + len(s.sessionQueues[i])
	}
	return n
}
