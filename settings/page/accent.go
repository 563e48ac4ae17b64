package page

import (
	"html/template"
	"math"
	"regexp"
	"strconv"
	"sync"
)

// This file owns the host's color. It is the color of a button's ground, of links, of
// the ring around what has the focus, and of the section that is read, which is tinted
// with it. So it is checked against all of these: 4.5 to 1 for text (WCAG 2.2, 1.4.3),
// 3 to 1 for a ring (1.4.11). The formulas are those of WCAG 2.2, "relative luminance"
// and "contrast ratio".

// rgb is a color, each part from 0 to 255.
type rgb [3]float64

var hexColor = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`) })

func colorOf(hex string) (rgb, bool) {
	if !hexColor().MatchString(hex) {
		return rgb{}, false
	}
	var c rgb
	for i := range c {
		n, _ := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8) // two hex digits: cannot fail
		c[i] = float64(n)
	}
	return c, true
}

func (c rgb) String() string {
	s := "#"
	for _, part := range c {
		n := strconv.FormatUint(uint64(math.Round(part)), 16)
		if len(n) == 1 {
			n = "0" + n
		}
		s += n
	}
	return s
}

// over is c laid over ground with so much of it, from 0 to 1.
func (c rgb) over(ground rgb, share float64) rgb {
	for i := range c {
		c[i] = math.Round(c[i]*share + ground[i]*(1-share))
	}
	return c
}

func (c rgb) luminance() float64 {
	var linear rgb
	for i, part := range c {
		if part /= 255; part <= 0.04045 {
			linear[i] = part / 12.92
		} else {
			linear[i] = math.Pow((part+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*linear[0] + 0.7152*linear[1] + 0.0722*linear[2]
}

// contrast is from 1, none, to 21, black on white.
func contrast(a, b rgb) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// scheme are the colors of style.css that an accent stands on.
type scheme struct {
	field        string
	ground, card rgb
	tint         float64 // how much of the accent is in its tint
}

var (
	lightScheme = scheme{"Accent", rgb{0xf6, 0xf7, 0xf9}, rgb{0xff, 0xff, 0xff}, 0.09}
	darkScheme  = scheme{"AccentDark", rgb{0x0f, 0x12, 0x16}, rgb{0x17, 0x1b, 0x21}, 0.16}
)

// declarations are the custom properties of an accent. The error says what cannot be
// read, and how far it is from that.
func (s scheme) declarations(hex string) (template.CSS, error) {
	accent, ok := colorOf(hex)
	if !ok {
		return "", wrong(s.field, "%q is not a color like #2457d6", hex)
	}
	tint := accent.over(s.card, s.tint)
	for _, on := range []struct {
		name  string
		color rgb
	}{{"a card", s.card}, {"the page", s.ground}, {"its own tint", tint}} {
		if ratio := contrast(accent, on.color); ratio < 4.5 {
			return "", wrong(s.field, "%s on %s (%s) has a contrast of %.2f to 1, and text needs 4.5", hex, on.name, on.color, ratio)
		}
	}
	text := rgb{}
	if white := (rgb{255, 255, 255}); contrast(white, accent) > contrast(text, accent) {
		text = white
	}
	return template.CSS("--accent:" + accent.String() + ";--on-accent:" + text.String() + ";--tint:" + tint.String()), nil
}

// accents are the rules for the host's colors, "" without any.
func (l Look) accents() (css template.CSS, err error) {
	var d template.CSS
	if l.Accent != "" {
		if d, err = lightScheme.declarations(l.Accent); err != nil {
			return "", err
		}
		css += "@media not (prefers-color-scheme:dark){:root{" + d + "}}"
	}
	if l.AccentDark != "" {
		if d, err = darkScheme.declarations(l.AccentDark); err != nil {
			return "", err
		}
		css += "@media (prefers-color-scheme:dark){:root{" + d + "}}"
	}
	return css, nil
}
