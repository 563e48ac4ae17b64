package settings

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/method"
)

// This file owns the list of methods that are offered, and which of them a body asks
// for.

// The fields every method shares.
const (
	fieldMethod  = "method"
	fieldCSRF    = "csrf_token"
	fieldPayload = "transient_payload"
)

// offered is a method with its description.
type offered struct {
	Method
	method.Info
}

// nodes are the method's part of the form. A panic is an error like any other:
// it must not take the answer of a change that is made with it.
func (o *offered) nodes(ctx context.Context, v method.View) (made []ui.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			made, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
		if err != nil {
			made, err = nil, fmt.Errorf("nodes of %s: %w", o.Name, err)
		}
	}()
	return o.Nodes(ctx, v)
}

// methods are all that a service offers.
type methods struct {
	list   []*offered // in the order of their groups in a form
	byName map[string]*offered
	button map[string]*offered    // by the field that names it
	fields []string               // everything anyone reads
	lists  []string               // those of it that are lists, by their dotted paths
	files  map[string]method.File // by path after PublicURL's

	oblige    []aal.Method     // what obliges an account to AAL2 besides what always does
	addressed method.Addressed // nil if nobody knows of addresses
	traits    bool             // somebody changes traits
}

func newMethods(list []Method) (*methods, error) {
	m := &methods{byName: map[string]*offered{}, button: map[string]*offered{}, files: map[string]method.File{}, fields: []string{fieldMethod, fieldCSRF, fieldPayload}}
	for _, one := range list {
		info, err := one.Info()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", info.Name, err)
		}
		o := &offered{one, info}
		if info.Name == "" || m.byName[info.Name] != nil {
			return nil, fmt.Errorf("the name %q is empty or taken", info.Name)
		}
		m.byName[info.Name] = o
		for _, f := range info.Fields {
			if slices.Contains(m.fields, f) {
				return nil, fmt.Errorf("%s: the field %q is read by another method", info.Name, f)
			}
			m.fields = append(m.fields, f)
		}
		for _, f := range slices.Concat(info.Buttons, info.Echo) {
			if !slices.Contains(info.Fields, f) {
				return nil, fmt.Errorf("%s: %q is not one of its Fields", info.Name, f)
			}
		}
		for _, path := range info.Lists {
			if field, _, below := strings.Cut(path, "."); !below || !slices.Contains(info.Fields, field) {
				return nil, wrong("Methods", "%s: the list %q stands below none of its Fields", info.Name, path)
			}
		}
		m.lists = append(m.lists, info.Lists...)
		for _, f := range info.Buttons {
			m.button[f] = o
		}
		m.list = append(m.list, o)
		m.traits = m.traits || info.Traits
		if info.Obliges {
			m.oblige = append(m.oblige, aal.Method(info.Name))
		}
		if a, ok := one.(method.Addressed); ok && m.addressed == nil {
			m.addressed = a
		}
		if static, ok := one.(method.Static); ok {
			maps.Copy(m.files, static.Files())
		}
	}
	slices.SortStableFunc(m.list, func(a, b *offered) int { return ui.CompareGroups(ui.Group(a.Name), ui.Group(b.Name)) })
	return m, nil
}

// choice is which method a body asks for.
type choice struct {
	method   *offered
	disabled string       // the name of a method that exists but is not offered
	refused  []ui.Message // why none is chosen
}

// choose finds the method that a body asks for, by the field "method", by a
// button, or by both if they agree. Two that differ are refused: which one was
// meant is not ours to guess.
func (m *methods) choose(f body.Fields) choice {
	s := method.Submission{Fields: f}
	name, has := f.String(fieldMethod)
	if has == body.WrongType {
		return choice{refused: []ui.Message{ui.Form(ui.NoSuchMethod())}}
	}
	var chosen *offered
	if name != "" {
		if chosen = m.byName[name]; chosen == nil {
			if slices.Contains(method.Protocol(), name) {
				return choice{disabled: name}
			}
			return choice{refused: []ui.Message{ui.Form(ui.NoSuchMethod())}}
		}
	}
	for _, o := range m.list {
		for _, b := range o.Buttons {
			if !s.Pressed(b) {
				continue
			}
			if chosen != nil && chosen != o {
				return choice{refused: []ui.Message{ui.Form(ui.Because(ui.ReasonTwoChanges))}}
			}
			chosen = o
		}
	}
	if chosen == nil {
		for _, name := range method.Protocol() {
			notOffered := m.byName[name] == nil
			if notOffered && slices.ContainsFunc(method.InfoOf(name).Buttons, s.Pressed) {
				return choice{disabled: name}
			}
		}
		return choice{refused: []ui.Message{ui.Form(ui.NoSuchMethod())}}
	}
	return choice{method: chosen}
}

// echo are the values of a submission that its method may show again: short
// strings, numbers and booleans only, those in lists by their places. There are none
// of a form that has too many, or one too long: half a form that is sent again would
// take away the other half.
func (o *offered) echo(f body.Fields) map[string]string {
	var out map[string]string
	tooMuch := false
	add := func(name, value string) {
		if tooMuch = tooMuch || len(value) > maxEcho || len(out) >= maxEchoFields; tooMuch {
			return
		}
		if out == nil {
			out = map[string]string{}
		}
		out[name] = value
	}
	var walk func(name string, v any)
	walk = func(name string, v any) {
		switch v := v.(type) {
		case string:
			add(name, v)
		case bool:
			add(name, map[bool]string{true: "true", false: "false"}[v])
		case map[string]any:
			for k, inner := range v {
				walk(name+"."+k, inner)
			}
		case []any:
			for place, entry := range v {
				walk(name+"."+strconv.Itoa(place), entry)
			}
		case interface{ String() string }: // json.Number
			add(name, strings.Clone(v.String()))
		}
	}
	for _, name := range o.Echo {
		if v, ok := f.Value(name); ok {
			walk(name, v)
		}
	}
	if tooMuch {
		return nil
	}
	return out
}

// What is typed is kept to be shown again, up to these bounds: a text of several
// lines, and as many fields as a form has.
const (
	maxEcho       = 8 << 10
	maxEchoFields = 100
)
