package main

import (
	"context"
	"database/sql/driver"
	"sync"
)

// statement is what was asked of a database.
type statement struct {
	text string
	args []any
	rows bool // it has rows
}

// recorder opens connections whose statements it takes down.
type recorder struct {
	driver driver.Driver
	dsn    string

	mu   sync.Mutex
	on   bool
	seen []statement
}

func (r *recorder) Connect(context.Context) (driver.Conn, error) {
	c, err := r.driver.Open(r.dsn)
	if err != nil {
		return nil, err
	}
	return recorded{c, r}, nil
}

func (r *recorder) Driver() driver.Driver { return r.driver }

// during is what a call asks.
func (r *recorder) during(call func() error) ([]statement, error) {
	r.mu.Lock()
	r.on, r.seen = true, nil
	r.mu.Unlock()
	err := call()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.on = false
	return r.seen, err
}

func (r *recorder) saw(text string, args []driver.NamedValue, rows bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.on {
		return
	}
	s := statement{text: text, rows: rows}
	for _, a := range args {
		s.args = append(s.args, a.Value)
	}
	r.seen = append(r.seen, s)
}

// recorded is a connection. The drivers of this program all have what is asserted.
type recorded struct {
	driver.Conn
	r *recorder
}

func (c recorded) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.r.saw(text, args, true)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, text, args)
}

func (c recorded) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.r.saw(text, args, false)
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, text, args)
}

func (c recorded) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}
