package store

// As finds an optional interface of a store: its own, or that of the store which it wraps.
// A store that wraps another one, to time it or to count its calls, has a method
// Unwrap() any, so that nothing optional is lost by it: neither Backend's like nor a Check.
func As[T any](store any) (T, bool) {
	for store != nil {
		if found, ok := store.(T); ok {
			return found, true
		}
		wrapping, ok := store.(interface{ Unwrap() any })
		if !ok {
			break
		}
		store = wrapping.Unwrap()
	}
	var none T
	return none, false
}
