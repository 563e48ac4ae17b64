package ui_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/wire"
)

// ctx is a context as a client reads it.
type ctx map[string]any

// at is a time that is not UTC, to be written as 2030-01-02T03:04:05Z.
var at = time.Date(2030, 1, 2, 4, 4, 5, 0, time.FixedZone("", 3600))

const (
	atText = "2030-01-02T03:04:05Z"
	atUnix = 1893553445.0 // numbers come back from JSON as float64
)

func TestMessagesOnTheWire(t *testing.T) {
	for _, c := range []struct {
		name string
		text ui.Text
		id   float64
		kind string
		ctx  ctx
	}{
		{"the change is saved", ui.Saved(), 1050001, "success", nil},
		{"other sessions have ended", ui.SessionsEnded(2), 7000040, "success", ctx{"count": 2.0}},
		{"refused for a reason in words", ui.Refused("no"), 4000001, "error", ctx{"reason": "no"}},
		{"a required field is missing", ui.Missing("email"), 4000002, "error", ctx{"property": "email"}},
		{"a required field with a label is missing", ui.MissingTrait("First name", "first"), 4000002, "error", ctx{"property": "first"}},
		{"a value is too short", ui.TooShort(3, 1), 4000003, "error", ctx{"min_length": 3.0, "actual_length": 1.0}},
		{"a value has another form", ui.Malformed("^a$"), 4000004, "error", ctx{"pattern": "^a$"}},
		{"the policy refuses a password", ui.PasswordRefused("too common"), 4000005, "error", ctx{"reason": "too common"}},
		{"another account has the identifier", ui.Duplicate(), 4000007, "error", nil},
		{"a one-time code is wrong", ui.WrongTOTP(), 4000008, "error", nil},
		{"what is given is no one-time code", ui.MalformedTOTP(), 4000008, "error", ctx{"digits": 6.0}},
		{"a value is too long", ui.TooLong(5, 6), 4000017, "error", ctx{"max_length": 5.0, "actual_length": 6.0}},
		{"a value takes too many bytes", ui.TooManyBytes(2048, 3000), 4000017, "error", ctx{"max_length": 2048.0, "actual_length": 3000.0}},
		{"a number is too small", ui.TooSmall(1.5, 1), 4000018, "error", ctx{"minimum": 1.5, "actual": 1.0}},
		{"a number is not above its bound", ui.NotAbove(1, 1), 4000019, "error", ctx{"minimum": 1.0, "actual": 1.0}},
		{"a number is too big", ui.TooBig(1, 2), 4000020, "error", ctx{"maximum": 1.0, "actual": 2.0}},
		{"a number is not below its bound", ui.NotBelow(2, 2), 4000021, "error", ctx{"maximum": 2.0, "actual": 2.0}},
		{"a number is no multiple", ui.NotMultiple(5, 7), 4000022, "error", ctx{"base": 5.0, "actual": 7.0}},
		{"a list has too many entries", ui.TooManyItems(2, 3), 4000023, "error", ctx{"max_items": 2.0, "actual_items": 3.0}},
		{"a list has too few entries", ui.TooFewItems(2, 1), 4000024, "error", ctx{"min_items": 2.0, "actual_items": 1.0}},
		{"a name has what nobody sees", ui.UnseenInName(), 7000063, "error", nil},
		{"a list has an entry twice", ui.NotUnique(), 4000025, "error", nil},
		{"a value is of another type", ui.WrongType("string", "number"), 4000026, "error", ctx{"allowed_types": []any{"string"}, "actual_type": "number"}},
		{"a value is of another type than two", ui.WrongTypes([]string{"string", "integer"}, "array"), 4000026, "error", ctx{"allowed_types": []any{"string", "integer"}, "actual_type": "array"}},
		{"a password is like the identifier", ui.PasswordLikeIdentifier(), 4000031, "error", nil},
		{"a password is too short", ui.PasswordTooShort(8, 7), 4000032, "error", ctx{"min_length": 8.0, "actual_length": 7.0}},
		{"a password is too long", ui.PasswordTooLong(256, 257), 4000033, "error", ctx{"max_length": 256.0, "actual_length": 257.0}},
		{"a password is known from breaches", ui.PasswordBreached(), 4000034, "error", nil},
		{"the new password is the old one", ui.PasswordUnchanged(), 4000039, "error", nil},
		{"no e-mail address", ui.BadEmail("x"), 4000040, "error", ctx{"value": "x"}},
		{"no phone number", ui.BadPhone("x"), 4000041, "error", ctx{"value": "x"}},
		{"no method by that name", ui.NoSuchMethod(), 4010004, "error", nil},
		{"the flow expired", ui.FlowExpired(at, at.Add(90*time.Second)), 4050001, "error", ctx{"expired_at": atText, "expired_at_unix": atUnix}},

		{"sign in again to finish", ui.SignInAgain(), 7000001, "info", nil},
		{"the current password is wrong", ui.WrongPassword(), 7000002, "error", nil},
		{"changed elsewhere", ui.ChangedElsewhere(map[string]any{"yours": "a", "theirs": "b"}), 7000010, "error", ctx{"yours": "a", "theirs": "b"}},
		{"too many tries, rounded up to a second", ui.TooManyTries(90*time.Second + 1), 7000011, "error", ctx{"retry_after_seconds": 91.0}},
		{"too many tries, whole seconds", ui.TooManyTries(15 * time.Minute), 7000011, "error", ctx{"retry_after_seconds": 900.0}},
		{"a change that waited was made", ui.TakenUp("password"), 7000014, "info", ctx{"method": "password"}},
		{"a removal that waited is asked again", ui.RemoveAfterAll(), 7000015, "info", nil},
		{"the secret of an authenticator app is a new one", ui.NewTOTPSecret(), 7000020, "info", nil},
		{"too much to do", ui.Busy(), 7000012, "error", nil},
		{"the code of an address is wrong", ui.WrongAddressCode(), 7000046, "error", nil},
		{"too many codes, rounded up to a second", ui.TooManyCodes(time.Minute - 1), 7000047, "error", ctx{"retry_after_seconds": 60.0}},
		{"a code beside other changes", ui.SaveFirst(), 7000048, "error", nil},
	} {
		t.Run(c.name, func(t *testing.T) { requireText(t, c.text, c.id, c.kind, c.ctx) })
	}
}

// A person reads these, so they are words: no names of fields or types, and one
// thing is not several.
func TestMessagesInWholeWords(t *testing.T) {
	for _, c := range []struct {
		text ui.Text
		want string
	}{
		{ui.MissingTrait("E-mail", "email"), "E-mail is required."},
		{ui.Missing("totp_code"), "Code from your authenticator app is required."},
		{ui.Missing("password"), "Password is required."},
		{ui.Missing("current_password"), "Current password is required."},
		{ui.Missing("a_field-ofAHost.name"), "A field of a host name is required."},
		{ui.FlowExpired(at, at), "The form expired just now. Here is a fresh one."},
		{ui.FlowExpired(at, at.Add(1200*time.Millisecond)), "The form expired just now. Here is a fresh one."},
		{ui.FlowExpired(at, at.Add(-time.Second)), "The form expired just now. Here is a fresh one."},
		{ui.FlowExpired(at, at.Add(time.Minute)), "The form expired 1 minute ago. Here is a fresh one."},
		{ui.FlowExpired(at, at.Add(83*time.Second)), "The form expired 1 minute ago. Here is a fresh one."}, // Improwised/jovVix#99
		{ui.FlowExpired(at, at.Add(time.Hour-1)), "The form expired 59 minutes ago. Here is a fresh one."},
		{ui.FlowExpired(at, at.Add(20*time.Hour)), "The form expired 20 hours ago. Here is a fresh one."},
		{ui.FlowExpired(at, at.Add(25*time.Hour)), "The form expired 1 day ago. Here is a fresh one."},
		{ui.TooShort(1, 0), "Use at least 1 character; there are none."},
		{ui.TooShort(8, 1), "Use at least 8 characters; there is 1."},
		{ui.TooLong(20, 21), "Use at most 20 characters; there are 21."},
		{ui.TooFewItems(1, 0), "Have at least 1 entry; there are none."},
		{ui.TooManyItems(2, 3), "Have at most 2 entries; there are 3."},
		{ui.WrongType("integer", "string"), "This must be a whole number, not a text."},
		{ui.WrongType("boolean", "array"), "This must be true or false, not a list."},
		{ui.WrongType("object", "null"), "This must be an object, not nothing."},
		{ui.WrongTypes([]string{"string", "number"}, "boolean"), "This must be a text or a number, not true or false."},
		{ui.WrongType("string", "another type"), "This must be a text, not another type."},
	} {
		assert.Equal(t, c.want, c.text.Text)
	}
}

func TestLabelsOnTheWire(t *testing.T) {
	removable := ctx{"display_name": "blue key", "added_at": atText, "added_at_unix": atUnix}
	for _, c := range []struct {
		name string
		text ui.Text
		id   float64
		ctx  ctx
	}{
		{"new password", ui.LabelNewPassword(), 1070001, nil},
		{"profile field", ui.LabelTrait("First name", "traits.name.first"), 1070002, ctx{"title": "First name", "name": "traits.name.first"}},
		{"save", ui.LabelSave(), 1070003, nil},
		{"one-time code", ui.LabelTOTPCode(), 1070006, nil},
		{"link", ui.LabelLink("github"), 1050002, ctx{"provider": "github"}},
		{"unlink", ui.LabelUnlink("github"), 1050003, ctx{"provider": "github"}},
		{"totp_unlink", ui.LabelTOTPUnlink(), 1050004, nil},
		{"totp_begin", ui.LabelTOTPBegin(), 7000032, nil},
		{"webauthn_begin", ui.LabelWebAuthnBegin(), 7000033, nil},
		{"passkey_begin", ui.LabelPasskeyBegin(), 7000034, nil},
		{"totp_qr", ui.LabelTOTPQR(), 1050005, nil},
		{"the text of totp_link", ui.LabelTOTPLink(), 7000021, nil},
		{"the text in totp_secret_key", ui.LabelTOTPSecretIs("JBSW"), 1050006, ctx{"secret": "JBSW"}},
		{"totp_secret_key", ui.LabelTOTPSecret(), 1050017, nil},
		{"lookup_secret_regenerate", ui.LabelLookupRegenerate(), 1050008, nil},
		{"one unused code", ui.LabelLookupCode("abcd"), 1050009, ctx{"secret": "abcd"}},
		{"lookup_secret_codes", ui.LabelLookupCodes(), 1050010, nil},
		{"lookup_secret_confirm", ui.LabelLookupConfirm(), 1050011, nil},
		{"lookup_secret_left", ui.LabelLookupLeft(), 7000030, nil},
		{"the text in lookup_secret_left", ui.LabelLookupLeftIs(7, 12), 7000031, ctx{"left": 7.0, "total": 12.0}},
		{"lookup_secret_disable", ui.LabelLookupDisable(), 1050016, nil},
		{"webauthn_register_trigger", ui.LabelWebAuthnRegister(), 1050012, nil},
		{"webauthn_register_displayname", ui.LabelWebAuthnName(), 1050013, nil},
		{"webauthn_remove", ui.LabelWebAuthnRemove("blue key", at), 1050018, removable},
		{"passkey_register_trigger", ui.LabelPasskeyRegister(), 1050019, nil},
		{"passkey_remove", ui.LabelPasskeyRemove("blue key", at), 1050020, removable},
		{"what is known of a credential", ui.CredentialFacts{OwnName: "blue key", Authenticator: "Maker", LastUsedAt: at, Synced: new(bool)}.With(ui.LabelPasskeyRemove("blue key", at)), 1050020, ctx{
			"display_name": "blue key", "added_at": atText, "added_at_unix": atUnix,
			"own_name": "blue key", "authenticator": "Maker", "last_used_at": atText, "last_used_at_unix": atUnix, "synced": false,
		}},
		{"nothing is known of a credential", ui.CredentialFacts{}.With(ui.LabelPasskeyRemove("blue key", at)), 1050020, removable},
		{"of a label that tells nothing itself", ui.CredentialFacts{OwnName: "blue key"}.With(ui.LabelCredentialName()), 7000062, ctx{"own_name": "blue key"}},
		{"webauthn_rename", ui.LabelWebAuthnRename("blue key", false), 7000060, ctx{"display_name": "blue key"}},
		{"passkey_rename", ui.LabelPasskeyRename("blue key", true), 7000061, ctx{"display_name": "blue key", "asked": true}},
		{"a new name", ui.LabelCredentialName(), 7000062, nil},
		{"current password", ui.LabelCurrentPassword(), 7000003, nil},
		{"address_pending", ui.LabelAddressPending("new@example.com", "old@example.com"), 7000049, ctx{"address": "new@example.com", "replaces": "old@example.com"}},
		{"a code was sent, or not", ui.LabelAddressCodeSent("a@example.com"), 7000041, ctx{"address": "a@example.com"}},
		{"address_code", ui.LabelAddressCode(), 7000042, nil},
		{"address_resend", ui.LabelAddressResend("a@example.com"), 7000043, ctx{"address": "a@example.com"}},
		{"address_cancel", ui.LabelAddressCancel("a@example.com"), 7000044, ctx{"address": "a@example.com"}},
		{"address_verify", ui.LabelAddressVerify("a@example.com"), 7000045, ctx{"address": "a@example.com"}},
	} {
		t.Run(c.name, func(t *testing.T) { requireText(t, c.text, c.id, "info", c.ctx) })
	}
}

// Clients render the list of codes from context.secrets alone.
func TestListOfCodesCarriesEachCodeAsAText(t *testing.T) {
	used := ui.Text{ID: 1050014, Text: "Used", Type: ui.Info, Context: map[string]any{"used_at": at}}
	list := ui.LabelLookupList("abcd, used", []ui.Text{ui.LabelLookupCode("abcd"), used})
	got := decode(t, list)
	assert.Equal(t, 1050015.0, got["id"])
	assert.Equal(t, "info", got["type"])
	assert.Equal(t, "abcd, used", got["text"])
	secrets := got["context"].(map[string]any)["secrets"].([]any)
	require.Len(t, secrets, 2)
	for i, id := range []float64{1050009, 1050014} {
		one := secrets[i].(map[string]any)
		assert.Equal(t, id, one["id"])
		assert.Equal(t, "info", one["type"])
		assert.NotEmpty(t, one["text"])
	}
	assert.Equal(t, "abcd", secrets[0].(map[string]any)["context"].(map[string]any)["secret"])
}

// A label is a value of its own: what one answer does to it, no other sees.
func TestLabelsAreMadeAnew(t *testing.T) {
	ui.LabelTrait("a", "b").Context["title"] = "changed"
	assert.Equal(t, "a", ui.LabelTrait("a", "b").Context["title"])
}

// A client that shows the text must have something to show, and the value it
// was given may be there as a text but never as markup.
func TestTextsAreEscaped(t *testing.T) {
	w := wire.New(0)
	ui.Refused("</script><script>alert(1)</script>").WriteJSON(w)
	assert.NotContains(t, string(w.Bytes()), "<")
	var back struct{ Text string }
	require.NoError(t, json.Unmarshal(w.Bytes(), &back))
	assert.Equal(t, "</script><script>alert(1)</script>", back.Text)
}

// A message survives being stored: it reads on the wire as before.
func TestStoredMessageReadsTheSame(t *testing.T) {
	for _, m := range []ui.Message{
		ui.Form(ui.FlowExpired(at, at)),
		ui.On("traits.age", ui.WrongType("number", "string")),
		ui.On("password", ui.PasswordTooShort(8, 7)),
		ui.Form(ui.Saved()),
	} {
		stored, err := json.Marshal(m)
		require.NoError(t, err)
		var back ui.Message
		require.NoError(t, json.Unmarshal(stored, &back))
		assert.Equal(t, m.Node, back.Node)
		assert.Equal(t, decode(t, m.Text), decode(t, back.Text))
	}
}

func requireText(t *testing.T, text ui.Text, id float64, kind string, context ctx) {
	t.Helper()
	got := decode(t, text)
	assert.Equal(t, id, got["id"])
	assert.Equal(t, kind, got["type"])
	assert.NotEmpty(t, got["text"])
	if context == nil {
		assert.NotContains(t, got, "context")
		return
	}
	assert.Equal(t, map[string]any(context), got["context"])
}

// decode writes a part of the form and reads it as a client does.
func decode(t *testing.T, part interface{ WriteJSON(*wire.Writer) }) map[string]any {
	t.Helper()
	w := wire.New(0)
	part.WriteJSON(w)
	var got map[string]any
	require.NoError(t, json.Unmarshal(w.Bytes(), &got), string(w.Bytes()))
	return got
}
