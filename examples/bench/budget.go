package main

import (
	"fmt"
	"io"
)

// budget is a figure with its bound. Figures are ratios of two measurements of
// one run, or counts: a machine that is faster, or busier, gives the same.
type budget struct {
	name            string
	measured, bound float64
	atLeast         bool // else the bound is what may be measured at most
}

func (b budget) kept() bool {
	if b.atLeast {
		return b.measured >= b.bound
	}
	return b.measured <= b.bound
}

// report prints budgets as they are measured, and remembers if one is short.
type report struct {
	to    io.Writer
	short bool
}

func (r *report) atMost(name string, measured, bound float64) {
	r.add(budget{name, measured, bound, false})
}

func (r *report) atLeast(name string, measured, bound float64) {
	r.add(budget{name, measured, bound, true})
}

func (r *report) add(b budget) {
	relation, verdict := "≤", "ok"
	if b.atLeast {
		relation = "≥"
	}
	if !b.kept() {
		verdict, r.short = "short", true
	}
	fmt.Fprintf(r.to, "budget %s measured %.4g bound %s%g %s\n", b.name, b.measured, relation, b.bound, verdict)
}

// note prints a figure of this machine, which no budget is about.
func (r *report) note(format string, args ...any) { fmt.Fprintf(r.to, "note "+format+"\n", args...) }
