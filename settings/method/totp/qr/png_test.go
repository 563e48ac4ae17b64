package qr_test

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/method/totp/qr"
)

// uri is what an account of usual length has.
const uri = "otpauth://totp/Example%20Co:ada%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example%20Co&algorithm=SHA1&digits=6&period=30"

// read reads a picture as a camera does.
func read(t *testing.T, dataURL string) string {
	t.Helper()
	encoded, ok := strings.CutPrefix(dataURL, "data:image/png;base64,")
	require.True(t, ok, dataURL)
	raw, err := base64.StdEncoding.DecodeString(encoded)
	require.NoError(t, err)
	picture, err := png.Decode(bytes.NewReader(raw))
	require.NoError(t, err)
	assert.Equal(t, "(0,0)-(256,256)", picture.Bounds().String())
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
			assert.Equal(t, text, read(t, picture))
		})
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
