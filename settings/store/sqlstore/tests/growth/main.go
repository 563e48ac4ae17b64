// Growth shows what becomes of a store as it grows: what reading and submitting
// a form costs at each size, how many bytes a record takes, and how long a reader
// waits at most while expired records are swept. All figures are of one run and
// one machine; the ratios are what they are for.
//
//	go run ./growth -store memory -n 1000,1000000
//	go run ./growth -store sqlite:/tmp/growth.db -n 1000,1000000
//	go run ./growth -store 'postgres://postgres@127.0.0.1:5432/test?sslmode=disable' -n 1000,1000000
//
// A size is a number of accounts, each with a session and a form; a tenth of
// both has expired. In PostgreSQL they stand in a schema that is dropped at the
// end; an SQLite file must not exist, and stays.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

func main() {
	store := flag.String("store", "memory", "memory, sqlite:FILE, or the URL of a PostgreSQL server")
	n := flag.String("n", "1000,100000", "numbers of accounts, ascending")
	requests := flag.Int("requests", 500, "requests in each of the rounds that are measured at each size")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, *store, *n, *requests); err != nil {
		log.Fatal(err)
	}
}

// run prints a table of one line for each size.
func run(ctx context.Context, w io.Writer, store, list string, requests int) (err error) {
	sizes, err := parseSizes(list)
	if err != nil {
		return err
	}
	g, err := open(ctx, store)
	if err != nil {
		return err
	}
	defer func() {
		if closed := g.close(); err == nil {
			err = closed
		}
	}()
	fmt.Fprintf(w, "%-10s %22s %22s %30s %32s\n", "accounts", "read, µs (ratio)", "submit, µs (ratio)", "bytes identity/session/flow", "longest read, ms: idle/sweeping")
	var first figures
	have := 0
	for _, size := range sizes {
		f, err := measure(ctx, g, size-have, requests)
		if err != nil {
			return err
		}
		if have == 0 {
			first = f
		}
		have = size
		fmt.Fprintf(w, "%-10d %14.1f (%.2f) %14.1f (%.2f) %30s %32s\n", size,
			micros(f.read), f.read.Seconds()/first.read.Seconds(), micros(f.submit), f.submit.Seconds()/first.submit.Seconds(),
			fmt.Sprintf("%d/%d/%d", f.bytes[identities], f.bytes[sessions], f.bytes[flows]),
			fmt.Sprintf("%.1f/%.1f, %d swept", 1000*f.idle.Seconds(), 1000*f.sweeping.Seconds(), f.swept))
	}
	return nil
}

func parseSizes(list string) (sizes []int, err error) {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 || len(sizes) > 0 && n <= sizes[len(sizes)-1] {
			return nil, fmt.Errorf("-n %q: not ascending numbers", list)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}
