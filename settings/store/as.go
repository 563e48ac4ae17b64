package store

// As finds an optional interface (T) of a store, or of the store that it wraps. A store
// that wraps another one, to time its calls or to count them, has a method Unwrap() any, so
// that the interfaces of the inner one are still found: Due, Eraser, Check.
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
