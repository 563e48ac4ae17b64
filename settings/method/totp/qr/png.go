package qr

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"rsc.io/qr"
)

const (
	size  = 256 // pixels, of each side of the picture
	quiet = 4   // modules that stay white around the code (ISO/IEC 18004 section 6.3.8)
)

// PNG draws a text as a QR code of 256 × 256 pixels and gives it as a data URL.
// A text is at most 1,273 bytes long: beyond that the modules of the code would
// be smaller than two pixels, and it is an error.
func PNG(text string) (string, error) {
	// A screen is neither dirty nor torn: the least error correction makes the
	// largest modules.
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return "", fmt.Errorf("qr: %w", err)
	}
	scale := size / (code.Size + 2*quiet)
	if scale < 2 {
		return "", fmt.Errorf("qr: %d bytes are too much for a picture of %d pixels", len(text), size)
	}
	margin := (size - code.Size*scale) / 2
	picture := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{color.White, color.Black})
	for y := range code.Size * scale {
		for x := range code.Size * scale {
			if code.Black(x/scale, y/scale) {
				picture.SetColorIndex(margin+x, margin+y, 1)
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return "", fmt.Errorf("qr: %w", err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(out.Bytes()), nil
}
