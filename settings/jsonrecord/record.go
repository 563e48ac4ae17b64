package jsonrecord

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// Format is the version of the records that this build reads and writes. It
// counts up with a member that older builds must not overlook; a record that has
// one gets that number as its MinReader.
const Format = 1

// ErrNewer is returned for a record that only a newer build may read.
var ErrNewer = errors.New("the record needs a newer build")

// Head is what every record has that is stored by itself: embed it.
type Head struct {
	// Format is that of the build that wrote the record last. The first, 1, is not
	// written: it reads as 0.
	Format int `json:"format,omitempty"`

	// MinReader is the lowest Format of a build that may read the record, 0 for
	// any. Who writes a member that must not be overlooked raises it; nobody lowers
	// it.
	MinReader int `json:"min_reader,omitempty"`

	Unknown Unknown `json:"-"`
}

func (h *Head) head() *Head { return h }

// Record is a pointer to a struct that embeds Head.
type Record interface{ head() *Head }

// Decode reads a record into the zero value that v points to. What v has no field
// for is kept beside what it has. ErrNewer is returned for a record that says so,
// whatever else is in it; any other error is about text that is no such record.
func Decode(text []byte, v any) error {
	into := reflect.ValueOf(v).Elem()
	plainly := readPlainly(text, into)
	var err error
	if !plainly {
		into.SetZero()
		err = json.Unmarshal(text, v)
	}
	if r, ok := v.(Record); ok {
		h := r.head()
		if err != nil { // perhaps because a member is of another type by now
			_ = json.Unmarshal(text, h)
		}
		if h.MinReader > Format {
			return fmt.Errorf("%w: one that reads format %d, not %d; the last to write it was of format %d", ErrNewer, h.MinReader, Format, h.Format)
		}
	}
	if err != nil {
		return err
	}
	s := shapeOf(into.Type())
	if plainly || s == nil {
		return nil
	}
	return collect(value{into, s}, text)
}

// Encode writes the record that v points to, with what Decode has kept.
func Encode(v any) ([]byte, error) {
	if r, ok := v.(Record); ok {
		h := r.head()
		if h.Format = Format; h.Format == 1 {
			h.Format = 0
		}
	}
	text, err := json.Marshal(v)
	s := shapeOf(reflect.TypeOf(v).Elem())
	if s == nil || err != nil {
		return text, err
	}
	return restore(value{reflect.ValueOf(v).Elem(), s}, text)
}
