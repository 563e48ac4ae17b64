package profile

import "strings"

// find finds the value of a path.
func find(traits map[string]any, path string) (value any, there bool) {
	for {
		name, rest, nested := strings.Cut(path, ".")
		if value, there = traits[name]; !nested {
			return value, there
		}
		inner, ok := value.(map[string]any)
		if !ok {
			return nil, false
		}
		traits, path = inner, rest
	}
}

// lookUp is the value of a path, nil if there is none.
func lookUp(traits map[string]any, path string) any {
	value, _ := find(traits, path)
	return value
}

// put sets the value of a path, also to null. What is no object where the path needs
// one is replaced.
func put(traits map[string]any, path []string, value any) {
	for _, name := range path[:len(path)-1] {
		inner, ok := traits[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			traits[name] = inner
		}
		traits = inner
	}
	traits[path[len(path)-1]] = value
}

// remove takes out the value of a path, and with it every object that is then empty.
func remove(traits map[string]any, path []string) {
	name := path[0]
	if len(path) == 1 {
		delete(traits, name)
		return
	}
	if inner, ok := traits[name].(map[string]any); ok {
		if remove(inner, path[1:]); len(inner) == 0 {
			delete(traits, name)
		}
	}
}
