package qr_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"runtime"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	rsc "rsc.io/qr"

	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/method/totp/qr"
)

// uri is what an account of usual length has.
const uri = "otpauth://totp/Example%20Co:ada%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example%20Co&algorithm=SHA1&digits=6&period=30"

// file is the PNG of a data URL.
func file(t *testing.T, dataURL string) []byte {
	t.Helper()
	encoded, ok := strings.CutPrefix(dataURL, "data:image/png;base64,")
	require.True(t, ok, dataURL)
	raw, err := base64.StdEncoding.DecodeString(encoded)
	require.NoError(t, err)
	return raw
}

// shown is a picture as a browser shows it on a screen with so many pixels for
// one of the page.
func shown(t *testing.T, dataURL string, scale float64) image.Image {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(file(t, dataURL)))
	require.NoError(t, err)
	require.Equal(t, "(0,0)-(256,256)", picture.Bounds().String())
	side := int(256 * scale)
	screen := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			screen.Set(x, y, picture.At(int(float64(x)/scale), int(float64(y)/scale)))
		}
	}
	return screen
}

// read reads a picture as a camera does.
func read(t *testing.T, picture image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	require.NoError(t, err)
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	require.NoError(t, err)
	return result.GetText()
}

func TestAnotherLibraryReadsThePicture(t *testing.T) {
	for name, text := range map[string]string{
		"an account of usual length": uri,
		"a few digits":               "123456",
		"text that is not ASCII":     "Grüße aus Łódź, 日本語 🙂",
		"as long as a URI gets":      "otpauth://totp/" + strings.Repeat("%F0%9F%99%82", 70),
		"the longest text":           strings.Repeat("a", 1273),
	} {
		t.Run(name, func(t *testing.T) {
			picture, err := qr.PNG(text)
			require.NoError(t, err)
			for _, scale := range []float64{1, 1.5, 2, 3} {
				assert.Equal(t, text, read(t, shown(t, picture, scale)), "on a screen of %v pixels for one", scale)
			}
		})
	}
}

// A form is drawn on each read, of many at once.
func TestAPictureIsSmall(t *testing.T) {
	picture, err := qr.PNG(uri) // the plan of its version is made once
	require.NoError(t, err)
	raw := file(t, picture)
	assert.EqualValues(t, 1, raw[24], "bits for a pixel, in the header")
	assert.Less(t, len(raw), 2<<10)

	const times = 50
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range times {
		_, err := qr.PNG(uri)
		require.NoError(t, err)
	}
	runtime.ReadMemStats(&after)
	assert.Less(t, (after.TotalAlloc-before.TotalAlloc)/times, uint64(40<<10), "bytes to draw one")
}

// The pixels of every version that is drawn are those of its code, with white
// around it.
func TestEveryPixelIsThatOfTheCode(t *testing.T) {
	for length := 1; length <= 1273; length += 12 {
		text := strings.Repeat("~", length) // not to be drawn in a shorter encoding than that of bytes
		code, err := rsc.Encode(text, rsc.L)
		require.NoError(t, err)
		picture, err := qr.PNG(text)
		require.NoError(t, err)
		got := shown(t, picture, 1)
		scale := 256 / (code.Size + 8)
		margin := (256 - code.Size*scale) / 2
		for y := range 256 {
			for x := range 256 {
				black := x >= margin && y >= margin && code.Black((x-margin)/scale, (y-margin)/scale)
				if (got.At(x, y) == color.Gray{}) != black {
					require.Failf(t, "another pixel", "%d bytes, at %d, %d", length, x, y)
				}
			}
		}
	}
}

func TestATextThatDoesNotFitIsAnError(t *testing.T) {
	for _, length := range []int{1274, 2500, 5000} {
		_, err := qr.PNG(strings.Repeat("a", length))
		assert.ErrorContains(t, err, "qr: ", "%d", length)
	}
}

// The method draws its largest picture when it is described: what passes there
// never fails in a form.
func TestTheMethodTakesIt(t *testing.T) {
	_, err := totp.New(totp.Config{Issuer: "Example", QR: qr.PNG}).Info()
	assert.NoError(t, err)
	_, err = totp.New(totp.Config{Issuer: strings.Repeat("Example ", 100), QR: qr.PNG}).Info()
	assert.ErrorContains(t, err, "shorter Issuer")
}

func BenchmarkPNG(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := qr.PNG(uri); err != nil {
			b.Fatal(err)
		}
	}
}
