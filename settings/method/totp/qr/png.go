package qr

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

const (
	size   = 256        // pixels, of each side of the picture
	quiet  = 4          // modules that stay white around the code (ISO/IEC 18004 section 6.3.8)
	rowLen = size/8 + 1 // bytes of a row: the filter, and a bit for each pixel
)

// PNG draws a text as a QR code of 256 × 256 pixels and gives it as a data URL.
// A text is at most 1,273 bytes long: beyond that the modules of the code would
// be smaller than two pixels, and it is an error.
func PNG(text string) (string, error) {
	code, err := encode(text)
	if err != nil {
		return "", err
	}
	scale := size / (code.Size + 2*quiet)
	if scale < 2 {
		return "", fmt.Errorf("qr: %d bytes are too much for a picture of %d pixels", len(text), size)
	}
	margin := (size - code.Size*scale) / 2

	png := make([]byte, 0, 4<<10)
	png = append(png, "\x89PNG\r\n\x1a\n"...)
	png = chunk(png, "IHDR", func(png []byte) []byte {
		png = binary.BigEndian.AppendUint32(png, size)
		png = binary.BigEndian.AppendUint32(png, size)
		return append(png, 1, 3, 0, 0, 0) // one bit for a pixel, which is an index of the palette
	})
	png = chunk(png, "PLTE", func(png []byte) []byte { return append(png, 0xff, 0xff, 0xff, 0, 0, 0) })
	png = chunk(png, "IDAT", func(png []byte) []byte {
		z := newStream(png)
		row := make([]byte, rowLen)
		z.rows(row, margin)
		for y := range code.Size {
			clear(row)
			for x := range code.Size {
				if !code.Black(x, y) {
					continue
				}
				for at := margin + x*scale; at < margin+(x+1)*scale; at++ {
					row[1+at/8] |= 0x80 >> (at % 8)
				}
			}
			z.rows(row, scale)
		}
		clear(row)
		z.rows(row, size-margin-code.Size*scale)
		return z.end()
	})
	png = chunk(png, "IEND", func(png []byte) []byte { return png })

	const prefix = "data:image/png;base64,"
	url := make([]byte, 0, len(prefix)+base64.StdEncoding.EncodedLen(len(png)))
	return string(base64.StdEncoding.AppendEncode(append(url, prefix...), png)), nil
}

// chunk appends a chunk of a PNG (ISO/IEC 15948 section 5.3), whose data are
// appended by a function.
func chunk(png []byte, kind string, data func([]byte) []byte) []byte {
	begin := len(png)
	png = data(append(append(png, 0, 0, 0, 0), kind...))
	binary.BigEndian.PutUint32(png[begin:], uint32(len(png)-begin-8))
	return binary.BigEndian.AppendUint32(png, crc32.ChecksumIEEE(png[begin+4:]))
}
