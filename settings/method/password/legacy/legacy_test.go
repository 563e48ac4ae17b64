package legacy_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/password/legacy"
	"github.com/amend-go/amend/settings/settingstest"
)

// pass is what all vectors are of, but for the ones that say otherwise.
const pass = "Sommerregen 7 für Ada"

var firebase = legacy.Firebase{Separator: unbase64("Bw=="), Key: unbase64(firebaseKey)}

// The parameters and the user that Firebase's own scrypt library is documented with.
const (
	firebaseKey  = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
	firebasePass = "user1password"
	firebaseRow  = "$firescrypt$ln=14,r=8,p=1$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
)

// Each was made by the system that it is named after.
var vectors = []struct {
	made, hash, pass string
	by               password.Comparer
}{
	{"md5sum", "8b06623145cb800268bcdf2e4eb0c780", pass, legacy.Unsalted(crypto.MD5)},
	{"the same in capitals", "8B06623145CB800268BCDF2E4EB0C780", pass, legacy.Unsalted(crypto.MD5)},
	{"sha1sum", "a059f4a3d3411ac04d3b4b647219af6e16731045", pass, legacy.Unsalted(crypto.SHA1)},
	{"openssl passwd -1", "$1$ZAylGjio$v2uy1fUO/PMKbgsxM09dn0", pass, legacy.Crypt{}},
	{"openssl passwd -5", "$5$cGrLWDe3bNlO2PMk$zipYtmLg6O1LhFgY4qmLbh011wanc3xZ7.juSFa5Zg4", pass, legacy.Crypt{}},
	{"openssl passwd -6", "$6$rfAfiXgSXmrjZcDN$92Y9RO1rKaYj/H5y/MHjy2a7gmD5uOiGoJDn41DZrOfSBusxX3zpLsnRKEVYsHYmhyzFpN0MZ4Eb7x5R/tAcJ/", pass, legacy.Crypt{}},
	{"PHP 8.2 crypt", "$6$rounds=5000$usesomesillystri$WkWyHv.zLdvZdWUc9gWAruC9uN4fMhRD8bp6/nH8rHE8KglxS7B7nQjx6DRyS/3OwNtE8a1oHowO4d7WjdpF5/", pass, legacy.Crypt{}},
	{"passlib sha512_crypt", "$6$rounds=6000$hPA4y1VI2ME7vBoo$tnpwYD7FITO9h3Bh194sPGSo8oUzlSozZCLcWUXlHSjQfZbHr6he38pRKJ3bI.nxanJ/H9zpPcmZn4nQirWFq0", pass, legacy.Crypt{}},
	{"passlib ldap_md5", "{MD5}iwZiMUXLgAJovN8uTrDHgA==", pass, legacy.LDAP{}},
	{"passlib ldap_salted_md5", "{SMD5}Nta4DBz1EH9V1i6tzWcxVibEWKs=", pass, legacy.LDAP{}},
	{"passlib ldap_sha1", "{SHA}oFn0o9NBGsBNO0tkchmvbhZzEEU=", pass, legacy.LDAP{}},
	{"passlib ldap_salted_sha1", "{SSHA}hcdEYtFvW2o19fZ8Cpymbv9CvAETgjBG", pass, legacy.LDAP{}},
	{"the same, spelt small", "{ssha}hcdEYtFvW2o19fZ8Cpymbv9CvAETgjBG", pass, legacy.LDAP{}},
	{"passlib ldap_salted_sha256", "{SSHA256}86CZnSx1cnLnwLMw8Uo5Cx9u8a+UaehRDZjFn0htK4aLcW4NQegdow==", pass, legacy.LDAP{}},
	{"passlib ldap_salted_sha512", "{SSHA512}HnqNgtTDuyxlegL28HBEqmTyo2vOuEehFYKooRIbJxZop4mUWuGNhtbEDNy6m6LQnAPzhf9LJWbEzShNqcsHt8MYYyyltHbO", pass, legacy.LDAP{}},
	{"passlib ldap_sha512_crypt", "{CRYPT}$6$tM5xK5ChQMG0vvZS$d3RcNcc7bXaGjgLD8/oWsYU8yUgftA5.TU9c9JAS0JGkWCoMc0wvTVOhfj9vW6zVgCVTpNNhicbT4wlnJ5j99.", pass, legacy.LDAP{}},
	{"WordPress 6.1", "$P$Boj9BE.hB09/STMEmlxfTnf0wdwnqW.", pass, legacy.PHPass{}},
	{"passlib phpass", "$P$66NgZ83OmNy24MM.D2lRycVCMAahji1", pass, legacy.PHPass{}},
	{"phpBB 3, the same with its letter", "$H$66NgZ83OmNy24MM.D2lRycVCMAahji1", pass, legacy.PHPass{}},
	{"Django 3.2 pbkdf2_sha256", "pbkdf2_sha256$260000$tjd3Pp58tgK2aefmQ69j2k$KOLKJNWM7a7Cl3bWP6JGuhlEVYmUB9ErL7rLpBDFIVs=", pass, legacy.Django{}},
	{"Django 3.2 pbkdf2_sha1", "pbkdf2_sha1$260000$YVx5Ts5y5gv4Lk3mVHAGlD$j7Zq1+pEiux9D2H5nCThyMV1Wj0=", pass, legacy.Django{}},
	{"Django 3.2 argon2", "argon2$argon2id$v=19$m=102400,t=2,p=8$d3NqdktvVTc0SlhLOGFMblZ4dENObQ$wpULSAqhmyomVWB0qIzsKw", pass, legacy.Django{}},
	{"Django 3.2 bcrypt_sha256", "bcrypt_sha256$$2b$12$rPKr9zx2sm2wDjxFDKpAAOgHvsSZn3Quj6rR7li6GhYzzIE/c981O", pass, legacy.Django{}},
	{"Django 3.2 bcrypt", "bcrypt$$2b$12$bERyFOqL6MJNAIH6R1sPduNLdboBEq1JXRxK6h/FDIHQf0H7yffRW", pass, legacy.Django{}},
	{"Django 3.2 sha1", "sha1$uszeOtGWpGD97xHsqgbBte$688551c88d4b8447f9a3619ad558260513dca91b", pass, legacy.Django{}},
	{"Django 3.2 md5", "md5$wsQwz3oaBuGUhHPNhZB6sp$0225d74f836b3eacbb7e0d8698a686a5", pass, legacy.Django{}},
	{"Firebase", firebaseRow, firebasePass, firebase},
	{"Firebase, as Kratos has it", firebaseRow + "$Bw==$" + firebaseKey, firebasePass, legacy.Firebase{}},
	{"the same by Kratos", firebaseRow + "$Bw==$" + firebaseKey, firebasePass, legacy.Kratos{}},
	{"Kratos md5", "$md5$" + base64.StdEncoding.EncodeToString(md5Of(pass)), pass, legacy.Kratos{}},
	{"Kratos md5 with a format", "$md5$pf=" + base64.StdEncoding.EncodeToString([]byte("{SALT}x{PASSWORD}")) + "$" + base64.StdEncoding.EncodeToString([]byte("{PASSWORD}")) + "$" + base64.StdEncoding.EncodeToString(md5Of("{PASSWORD}x"+pass)), pass, legacy.Kratos{}},
	{"Kratos hmac-sha256", "$hmac-sha256$" + base64.StdEncoding.EncodeToString(macOf("a key", pass)) + "$" + base64.StdEncoding.EncodeToString([]byte("a key")), pass, legacy.Kratos{}},
	{"Kratos SSHA", "{SSHA}hcdEYtFvW2o19fZ8Cpymbv9CvAETgjBG", pass, legacy.Kratos{}},
	{"an app with a salt before a colon", "na:" + hex.EncodeToString(md5Of("na-"+pass)), pass, salted},
	{"an app with a pepper", "p1:" + peppered(), pass, legacy.Peppered{Prefix: "p1:", Map: pepper}},
	{"an app that wrapped its MD5", "w:" + wrapped(), pass, legacy.Peppered{Prefix: "w:", Map: hexMD5}},
}

var salted = legacy.Salted{
	Sum: crypto.MD5,
	Split: func(hash string) (salt string, sum []byte, ok bool) {
		salt, text, ok := strings.Cut(hash, ":")
		sum, err := hex.DecodeString(text)
		return salt, sum, ok && err == nil
	},
	Join: func(salt, pass string) string { return salt + "-" + pass },
}

func md5Of(text string) []byte  { sum := md5.Sum([]byte(text)); return sum[:] }
func hexMD5(text string) string { return hex.EncodeToString(md5Of(text)) }
func pepper(pass string) string { return hex.EncodeToString(macOf("of the app", pass)) }
func peppered() string          { return hashOf(pepper(pass)) }
func wrapped() string           { return hashOf(hexMD5(pass)) }

func hashOf(text string) string {
	hash, err := settingstest.FastHash().Hash(text)
	if err != nil {
		panic(err)
	}
	return hash
}

func macOf(key, text string) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func unbase64(text string) []byte {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.made, func(t *testing.T) {
			require.True(t, v.by.Reads(v.hash))
			typed := map[string]bool{
				v.pass: true, v.pass + " ": false, v.pass[1:]: false, "": false, v.hash: false, v.pass + "\x00": false, strings.ToUpper(v.pass): false,
			}
			if strings.HasPrefix(v.hash, "bcrypt") || strings.HasPrefix(v.hash, "argon2") { // slow, and computed by password.Verify
				typed = map[string]bool{v.pass: true, v.pass + " ": false}
			}
			for typed, want := range typed {
				right, err := v.by.Compare(v.hash, typed)
				require.NoError(t, err)
				assert.Equal(t, want, right, "%q", typed)
			}
			assert.Positive(t, v.by.Memory(v.hash))
			assert.Less(t, v.by.Memory(v.hash), int64(300<<20))
			for n := range len(strings.TrimRight(v.hash, "=")) { // cut short, as by a column
				if short := v.hash[:n]; v.by.Reads(short) {
					right, err := v.by.Compare(short, v.pass)
					assert.False(t, right && err == nil, short)
				}
			}
		})
	}
}

func TestStringsThatNobodyReads(t *testing.T) {
	all := []password.Comparer{
		legacy.Unsalted(crypto.MD5), legacy.LDAP{}, legacy.Crypt{}, legacy.PHPass{}, legacy.Django{}, firebase, legacy.Kratos{}, salted,
		legacy.Peppered{Prefix: "p1:", Map: pepper},
	}
	for name, hash := range map[string]string{
		"nothing":                                   "",
		"plain text":                                "password",
		"what the writer writes":                    hashOf(pass),
		"a password that cannot be used, Django":    "!" + strings.Repeat("x", 40),
		"a locked account in /etc/shadow":           "!$6$rfAfiXgSXmrjZcDN$92Y9RO1rKaYj/H5y/MHjy2a7gmD5uOiGoJDn41DZrOfSBusxX3zpLsnRKEVYsHYmhyzFpN0MZ4Eb7x5R/tAcJ/",
		"SHA-crypt that would take an hour":         "$6$rounds=999999999$usesomesillystri$WkWyHv.zLdvZdWUc9gWAruC9uN4fMhRD8bp6/nH8rHE8KglxS7B7nQjx6DRyS/3OwNtE8a1oHowO4d7WjdpF5/",
		"SHA-crypt without a sum":                   "$6$salt$",
		"PBKDF2 of a billion rounds":                "pbkdf2_sha256$1000000000$c2FsdA$KOLKJNWM7a7Cl3bWP6JGuhlEVYmUB9ErL7rLpBDFIVs=",
		"phpass of 2^30 rounds":                     "$P$Soj9BE.hB09/STMEmlxfTnf0wdwnqW.",
		"Firebase of a gigabyte":                    strings.Replace(firebaseRow, "ln=14", "ln=23", 1),
		"Firebase with lanes that overflow":         strings.Replace(firebaseRow, "p=1", "p=999999999999", 1),
		"Firebase without memory":                   strings.Replace(firebaseRow, "ln=14,r=8,p=1", "ln=14", 1),
		"Firebase with an empty sum and key":        "$firescrypt$ln=14,r=8,p=1$42xEC+ixf3L2lw==$$Bw==$",
		"a format without the password: all fit":    "$md5$pf=" + base64.StdEncoding.EncodeToString([]byte("{SALT}")) + "$" + base64.StdEncoding.EncodeToString([]byte("x")) + "$" + base64.StdEncoding.EncodeToString(md5Of("x")),
		"an HMAC with no key":                       "$hmac-sha256$" + base64.StdEncoding.EncodeToString(macOf("", pass)) + "$",
		"a salted scheme without salt":              "{SSHA}oFn0o9NBGsBNO0tkchmvbhZzEEU=",
		"an unsalted scheme with more than its sum": "{SHA}hcdEYtFvW2o19fZ8Cpymbv9CvAETgjBG",
		"a scheme nobody knows":                     "{CLEARTEXT}password",
	} {
		t.Run(name, func(t *testing.T) {
			for _, c := range all {
				assert.False(t, c.Reads(hash), "%T", c)
				right, _ := c.Compare(hash, "password")
				assert.False(t, right, "%T", c)
			}
		})
	}
}

// A user of each kind signs in as before, and has a new hash afterwards.
func TestEachKindSignsInAndIsRewritten(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.made, func(t *testing.T) {
			kit := settingstest.New(t, func(c *settings.Config) {
				c.Methods = []settings.Method{password.New(password.Config{Writer: settingstest.FastHash(), Comparers: []password.Comparer{v.by}})}
			})
			ada := kit.AddIdentity("ada@example.com", "")
			kit.Edit(ada, func(i *identity.Identity) { i.PasswordHash = v.hash })
			prove := func(typed string) error {
				_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: "password", IdentityID: ada, Value: typed})
				return err
			}
			require.ErrorIs(t, prove("not this one"), settings.ErrWrong)
			require.NoError(t, prove(v.pass))
			assert.True(t, strings.HasPrefix(kit.Identity(ada).PasswordHash, "$argon2id$"))
			require.NoError(t, prove(v.pass))
		})
	}
}

func FuzzNothingPanics(f *testing.F) {
	for _, v := range vectors {
		if !strings.Contains(v.made, "Django 3.2 bcrypt") && !strings.Contains(v.made, "argon2") {
			f.Add(v.hash)
		}
	}
	all := []password.Comparer{legacy.Unsalted(crypto.SHA256), legacy.LDAP{}, legacy.Crypt{}, legacy.PHPass{}, legacy.Django{}, firebase, legacy.Kratos{}, salted}
	f.Fuzz(func(t *testing.T, hash string) {
		for _, c := range all {
			reads, memory := c.Reads(hash), c.Memory(hash)
			assert.GreaterOrEqual(t, memory, int64(0))
			assert.Less(t, memory, int64(300<<20))
			switch c.(type) {
			case legacy.Django, legacy.Crypt, legacy.PHPass, legacy.Firebase: // slow by design
				continue
			}
			if reads && memory < 1<<20 && len(hash) < 64 {
				right, err := c.Compare(hash, "a password of nobody")
				assert.False(t, right && err != nil)
			}
		}
	})
}

func ExampleDjango() {
	// The column has what Django wrote, and new passwords become argon2id.
	_ = password.New(password.Config{Comparers: []password.Comparer{legacy.Django{}}})
}
