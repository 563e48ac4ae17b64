package aal

// Method is a way to authenticate, by its name on the wire.
type Method string

const (
	Password Method = "password"      // a memorised secret
	OIDC     Method = "oidc"          // a linked login at another provider
	Code     Method = "code"          // a one-time code sent to an address
	Passkey  Method = "passkey"       // WebAuthn with user verification: two factors in one
	TOTP     Method = "totp"          // RFC 6238
	WebAuthn Method = "webauthn"      // a security key as second factor
	Lookup   Method = "lookup_secret" // recovery codes

	// An account recovery proves control of an address, once.
	CodeRecovery Method = "code_recovery"
	LinkRecovery Method = "link_recovery"
)

// kind is what a method is for.
type kind uint8

const (
	unknown  kind = iota
	first         // signs in alone, and is one factor
	both          // signs in alone, and is two factors
	second        // is the other factor beside any first one
	backup        // stands in for the second factor of who has a password
	recovery      // proves that an account is reached, once
)

// table is the one table of what methods are, in the order in which they are
// offered.
var table = []struct {
	Method
	kind
}{
	{Password, first}, {OIDC, first}, {Code, first},
	{Passkey, both},
	{TOTP, second}, {WebAuthn, second},
	{Lookup, backup},
	{CodeRecovery, recovery}, {LinkRecovery, recovery},
}

// All are the methods that levels know, first factors first.
func All() []Method {
	all := make([]Method, len(table))
	for n, row := range table {
		all[n] = row.Method
	}
	return all
}

func kindOf(m Method) kind {
	for _, row := range table {
		if row.Method == m {
			return row.kind
		}
	}
	return unknown
}

// First reports whether m alone signs an identity in.
func First(m Method) bool { return kindOf(m) == first || kindOf(m) == both }

// Second reports whether m is, or stands in for, the second factor beside a first
// one.
func Second(m Method) bool { return kindOf(m) == second || kindOf(m) == backup }

// Recovery reports whether m is an account recovery.
func Recovery(m Method) bool { return kindOf(m) == recovery }

// Counted is the level that one method has in the list of a session's methods. A second
// factor is listed as AAL2, because a session that has it beside a first factor is at AAL2;
// so is a passkey. A first factor and an account recovery are listed as AAL1, an unknown
// method as None.
func Counted(m Method) Level {
	switch kindOf(m) {
	case both, second, backup:
		return AAL2
	case first, recovery:
		return AAL1
	}
	return None
}
