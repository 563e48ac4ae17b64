package lookup

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/amend-go/amend/settings/method"
)

// This file owns codes that are made and not confirmed: what they follow from, and
// which ones a form has shown.

// pending are the codes that regenerate makes. They are of one flow, session and
// sign-in, until the factor changes.
func pending(v method.View, signIn int64) []string {
	return codesOf(v.Secrets.Derive(count*length, "pending", v.Flow.ID, v.Session.FirstID(),
		strconv.FormatUint(serial(v.Identity), 10), strconv.FormatInt(signIn, 10)))
}

// madeMark is the input that remembers which codes are shown, until the next
// submit: the sign-in that they were made in, in Unix seconds, and a MAC of them.
const madeMark = "lookup_secret_made"

func inOne(codes []string) string { return strings.Join(codes, " ") }

// regenerate needs to do little: what is shown is derived.
func regenerate(v method.View) (method.Result, error) {
	signIn := v.Session.AuthenticatedAt.Unix()
	mac := v.Secrets.MAC(madeMark, inOne(pending(v, signIn)))
	mark := strconv.FormatInt(signIn, 10) + " " + base64.RawURLEncoding.EncodeToString(mac)
	return method.Again{Input: map[string]string{madeMark: mark}}, nil
}

// made are the codes that the flow's last submit has made, under whichever key: the
// form shows them, and they can be confirmed. nil if it has made none.
func made(v method.View) []string {
	if v.Flow.Active != name {
		return nil
	}
	at, encoded, _ := strings.Cut(v.Input[madeMark], " ")
	signIn, notATime := strconv.ParseInt(at, 10, 64)
	mac, notAMAC := base64.RawURLEncoding.DecodeString(encoded)
	if notATime != nil || notAMAC != nil {
		return nil
	}
	for under := range v.UnderEachKey() {
		if codes := pending(under, signIn); v.Secrets.VerifyMAC(mac, madeMark, inOne(codes)) {
			return codes
		}
	}
	return nil
}
