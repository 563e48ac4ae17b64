package password

import (
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/method"
)

// What is typed and what is hashed are two texts, where a host maps one to the other
// (method.Text). A hash from before the mapping was of what was typed then, so both
// are compared with it.

// mapped is the form of a new password that is hashed, or what is wrong with it.
func mapped(t method.Text, typed string) (string, *ui.Text) {
	if t.Password == nil {
		return typed, nil
	}
	wanted, err := t.Password(typed)
	if err != nil {
		refused := ui.PasswordRefusedAs(ui.ReasonPasswordCharacters, err.Error()+".")
		return "", &refused
	}
	return wanted, nil
}

// forms are the forms in which a hash may have a password, likelier first: mapped,
// and as it was typed. How many there are depends on what was typed alone, never on
// the hash.
func forms(t method.Text, typed string) []string {
	if t.Password != nil {
		if wanted, err := t.Password(typed); err == nil && wanted != typed {
			return []string{wanted, typed}
		}
	}
	return []string{typed}
}

// matching finds the form that is the password of a hash. A wrong password is compared
// in all of them.
func matching(forms []string, verify func(form string) (bool, error)) (form string, right bool, err error) {
	for _, form := range forms {
		if right, err := verify(form); right || err != nil {
			return form, right, err
		}
	}
	return "", false, nil
}
