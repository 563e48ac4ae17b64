// Package legacy has a [password.Comparer] for each kind of stored hash that other systems left behind. They compare at a
// sign-in, and the right password is hashed anew by the Writer of password.Config: no user of yours notices.
//
//	password.New(password.Config{Comparers: []password.Comparer{legacy.Django{}, legacy.LDAP{}}})
//
//	Unsalted      5f4dcc3b5aa765d61d8327deb882cf99             MD5, SHA-1, SHA-2 in hexadecimal
//	Salted        sums of a salt and a password, as your app put the two together
//	LDAP          {SSHA}…  {SHA} {MD5} {SMD5} {SSHA256} {SSHA512} {CRYPT}   RFC 2307, OpenLDAP
//	Crypt         $1$…  $5$…  $6$…                             crypt(3) of glibc; openssl passwd
//	PHPass        $P$…  $H$…                                   WordPress before 6.8, phpBB, Drupal 6
//	Django        pbkdf2_sha256$…  argon2$…  bcrypt_sha256$…    Django's hashers
//	Firebase      $firescrypt$…                                Firebase Authentication, Google Identity Platform
//	Kratos        $md5$… $sha1$pf=… $hmac-sha256$… and others   what Ory Kratos imports beside what password.Verify reads
//	Peppered      any of these, or what password.Verify reads, with a secret of yours mixed in
//
// All of them compare in constant time and bound the work that a stored string may ask for. A damaged string is none of
// theirs. What is unsalted or fast to compute is guessed fast by whoever has stolen the table: that ends for each user with
// the next sign-in, and for all at once if you wrap the old hash in a slow one, as [Peppered] can compare.
package legacy
