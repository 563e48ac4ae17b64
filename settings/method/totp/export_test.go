package totp

// Code is code: RFC 6238 has its vectors with eight digits.
var Code = code
