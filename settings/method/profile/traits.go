package profile

import "strings"

// lookUp finds the value of a path, nil if there is none.
func lookUp(traits map[string]any, path string) any {
	for {
		name, rest, nested := strings.Cut(path, ".")
		if !nested {
			return traits[name]
		}
		inner, ok := traits[name].(map[string]any)
		if !ok {
			return nil
		}
		traits, path = inner, rest
	}
}

// put sets the value of a path; nil takes it out, and with it every object that
// is then empty. What is no object where the path needs one is replaced.
func put(traits map[string]any, path []string, value any) {
	name := path[0]
	if len(path) == 1 {
		if value == nil {
			delete(traits, name)
		} else {
			traits[name] = value
		}
		return
	}
	inner, ok := traits[name].(map[string]any)
	if !ok {
		if value == nil {
			return
		}
		inner = map[string]any{}
		traits[name] = inner
	}
	put(inner, path[1:], value)
	if len(inner) == 0 {
		delete(traits, name)
	}
}
