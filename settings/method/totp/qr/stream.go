package qr

import (
	"encoding/binary"
	"hash"
	"hash/adler32"
	"math/bits"
)

// stream compresses the rows of a picture (zlib, RFC 1950 and 1951). Most rows
// are the one above them, and most bytes of a row are the one before: that is
// said in a few bits, and nothing else is looked for. compress/flate looks for
// everything, for which it needs 800 KB and most of a millisecond.
type stream struct {
	out     []byte
	pending uint64 // bits that are no whole byte yet, the first one lowest
	n       int    // how many
	sum     hash.Hash32
}

// newStream begins a stream at the end of out. It is one block with the codes
// that the standard fixes.
func newStream(out []byte) *stream {
	s := &stream{out: append(out, 0x78, 0x01), sum: adler32.New()}
	s.bits(1, 1) // the last block
	s.bits(1, 2) // with fixed codes
	return s
}

// rows adds a row n times.
func (s *stream) rows(row []byte, n int) {
	if n == 0 {
		return
	}
	for range n {
		s.sum.Write(row)
	}
	for at := 0; at < rowLen; {
		s.symbol(int(row[at]))
		same := at + 1
		for same < rowLen && row[same] == row[at] {
			same++
		}
		if same-at-1 >= minCopy {
			s.copy(same-at-1, 0, 0) // from one byte before
			at = same
		} else {
			at++
		}
	}
	for n--; n > 0; n -= maxRows {
		s.copy(min(n, maxRows)*rowLen, 10, 4) // from rowLen bytes before
	}
}

const (
	minCopy = 3 // bytes
	maxRows = 7 // are fewer than the 258 bytes of the longest copy
)

// copy repeats length bytes, from as far before as a distance code says whose
// extra bits are all 0.
func (s *stream) copy(length, distance, extra int) {
	more := length - minCopy
	of := max(0, bits.Len(uint(more))-3) // extra bits
	s.symbol(257 + 4*of + more>>of)
	s.bits(more&(1<<of-1), of)
	s.code(distance, 5)
	s.bits(0, extra)
}

// symbol writes a byte, or the code of a length (RFC 1951 section 3.2.6).
func (s *stream) symbol(n int) {
	switch {
	case n < 144:
		s.code(0x30+n, 8)
	case n < 256:
		s.code(0x190+n-144, 9)
	case n < 280:
		s.code(n-256, 7)
	default:
		s.code(0xc0+n-280, 8)
	}
}

// code writes a Huffman code, whose highest bit comes first.
func (s *stream) code(code, n int) { s.bits(int(bits.Reverse16(uint16(code))>>(16-n)), n) }

// bits writes the n lowest bits of a number, the lowest first.
func (s *stream) bits(number, n int) {
	s.pending |= uint64(number) << s.n
	for s.n += n; s.n >= 8; s.n -= 8 {
		s.out = append(s.out, byte(s.pending))
		s.pending >>= 8
	}
}

// end is the whole.
func (s *stream) end() []byte {
	s.symbol(256)
	s.bits(0, -s.n&7)
	return binary.BigEndian.AppendUint32(s.out, s.sum.Sum32())
}
