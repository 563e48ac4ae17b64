package scstransport

import (
	"context"
	"time"

	"github.com/alexedwards/scs/v2"
)

// overwriter is a store whose Delete writes another row in the place of the one that
// goes.
type overwriter struct {
	scs.Store
	row  []byte
	ends time.Time
}

var _ scs.CtxStore = overwriter{}

func (o overwriter) DeleteCtx(ctx context.Context, id string) error {
	return o.CommitCtx(ctx, id, o.row, o.ends)
}

func (o overwriter) CommitCtx(ctx context.Context, id string, row []byte, ends time.Time) error {
	if s, ok := o.Store.(scs.CtxStore); ok {
		return s.CommitCtx(ctx, id, row, ends)
	}
	return o.Commit(id, row, ends)
}

func (o overwriter) FindCtx(ctx context.Context, id string) ([]byte, bool, error) {
	if s, ok := o.Store.(scs.CtxStore); ok {
		return s.FindCtx(ctx, id)
	}
	return o.Find(id)
}
