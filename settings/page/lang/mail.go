package lang

import (
	"fmt"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/mail"
)

// GermanMail are the words of messages, for mail.Message.In.
func GermanMail() mail.Words {
	return mail.Words{
		CodeSubject: "Ihr Code, um eine Adresse zu bestätigen",
		Code: "Ihr Code ist {code}\n\nGeben Sie ihn in den Einstellungen Ihres Kontos ein, um zu bestätigen, dass {address} Ihnen gehört. " +
			"Er gilt bis {until}.\n\nWenn Sie ihn nicht verlangt haben, tun Sie nichts: ohne den Code ändert sich nichts. Geben Sie ihn niemandem, wer auch fragt.\n",
		InUseSubject: "Ihre Adresse wurde anderswo eingegeben",
		InUse: "Jemand hat {address} als neue Adresse eines anderen Kontos eingegeben. Sie gehört zu Ihrem, also wurde nichts geändert.\n\n" +
			"Waren Sie das, dann melden Sie sich mit dieser Adresse an, oder entfernen Sie sie erst aus dem Konto, das sie hat. Wenn nicht, tun Sie nichts.\n",
		What: map[int64]string{
			mail.PasswordChanged: "Das Passwort Ihres Kontos wurde geändert.",
			mail.FactorAdded:     "Ihrem Konto wurde ein Weg hinzugefügt, sich anzumelden.",
			mail.FactorRemoved:   "Aus Ihrem Konto wurde ein Weg entfernt, sich anzumelden.",
			mail.FactorReplaced:  "Ein Weg, sich an Ihrem Konto anzumelden, wurde ersetzt.",
			mail.LoginLinked:     "Mit Ihrem Konto wurde eine Anmeldung einer anderen Seite verknüpft.",
			mail.LoginUnlinked:   "Von Ihrem Konto wurde eine Anmeldung einer anderen Seite gelöst.",
			mail.AddressChanged:  "Eine Adresse Ihres Kontos wurde geändert.",
			mail.NameChanged:     "Ein Name, mit dem Sie sich anmelden, wurde geändert.",
		},
		Changed: "Ihr Konto wurde geändert.",
		When:    "Wann: {at}", Where: "Wo, ungefähr: {place}", Administrator: "Von: einer Person der Verwaltung", New: "Neu: {parts}", Removed: "Entfernt: {parts}",
		NotYou: "Waren Sie das, dann ist nichts zu tun. Wenn nicht, ist jemand anderes in Ihrem Konto: melden Sie sich an, ändern Sie Ihr Passwort, " +
			"und beenden Sie alle anderen Sitzungen. Können Sie sich nicht mehr anmelden, dann stellen Sie Ihr Konto wieder her, oder schreiben Sie dem Betreiber dieser Seite.",
		Factors: map[aal.Method]string{
			aal.Password: "Passwort", aal.TOTP: "Authenticator-App", aal.Lookup: "Wiederherstellungscodes", aal.WebAuthn: "Sicherheitsschlüssel",
			aal.Passkey: "Passkey", aal.OIDC: "verknüpfte Anmeldung",
		},
		Named: "{kind} „{name}“",
		Time: func(at time.Time) string {
			at = at.UTC()
			return fmt.Sprintf("%d. %s %d, %s Uhr UTC", at.Day(), [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}[at.Month()-1], at.Year(), at.Format("15:04"))
		},
	}
}

// ArabicMail are the words of messages, for mail.Message.In. What is written from left to
// right stands in isolates of Unicode (UAX 9, section 2.4.2).
func ArabicMail() mail.Words {
	const code, address, name, place = "\u2066{code}\u2069", "\u2066{address}\u2069", "\u2068{name}\u2069", "\u2068{place}\u2069"
	return mail.Words{
		CodeSubject: "رمزك لتأكيد عنوان",
		Code: "رمزك هو " + code + "\n\nاكتبه في إعدادات حسابك لتأكيد أن " + address + " لك. وهو صالح حتى {until}.\n\n" +
			"إذا لم تطلبه فلا تفعل شيئًا: لا يتغير شيء من دون الرمز. لا تعطه لأحد مهما كان من يسأل.\n",
		InUseSubject: "أُدخل عنوانك في مكان آخر",
		InUse: "أدخل شخص ما " + address + " عنوانًا جديدًا لحساب آخر. وهو تابع لحسابك، لذلك لم يتغير شيء.\n\n" +
			"إذا كنت أنت من فعل ذلك فسجّل الدخول بهذا العنوان، أو أزله أولًا من الحساب الذي يحمله. وإلا فلا تفعل شيئًا.\n",
		What: map[int64]string{
			mail.PasswordChanged: "تم تغيير كلمة مرور حسابك.",
			mail.FactorAdded:     "أُضيفت طريقة لتسجيل الدخول إلى حسابك.",
			mail.FactorRemoved:   "أُزيلت طريقة لتسجيل الدخول من حسابك.",
			mail.FactorReplaced:  "استُبدلت طريقة لتسجيل الدخول إلى حسابك.",
			mail.LoginLinked:     "رُبط بحسابك تسجيل دخول من موقع آخر.",
			mail.LoginUnlinked:   "أُلغي ربط تسجيل دخول من موقع آخر بحسابك.",
			mail.AddressChanged:  "تم تغيير عنوان في حسابك.",
			mail.NameChanged:     "تم تغيير اسم تسجّل الدخول به.",
		},
		Changed: "تم تغيير حسابك.",
		When:    "متى: {at}", Where: "أين تقريبًا: " + place, Administrator: "بواسطة: أحد المشرفين", New: "جديد: {parts}", Removed: "أُزيل: {parts}",
		NotYou: "إذا كنت أنت من فعل ذلك فلا حاجة إلى شيء. وإلا فهناك شخص آخر في حسابك: سجّل الدخول، وغيّر كلمة مرورك، وأنهِ كل الجلسات الأخرى. " +
			"وإذا لم تعد تستطيع تسجيل الدخول فاستعد حسابك، أو اكتب إلى القائمين على هذا الموقع.",
		Factors: map[aal.Method]string{
			aal.Password: "كلمة المرور", aal.TOTP: "تطبيق المصادقة", aal.Lookup: "رموز الاسترداد", aal.WebAuthn: "مفتاح الأمان",
			aal.Passkey: "مفتاح المرور", aal.OIDC: "تسجيل دخول مرتبط",
		},
		Named: "{kind} «" + name + "»", Comma: "، ",
		Time: func(at time.Time) string {
			return "\u2066" + at.UTC().Format("2006-01-02 15:04 UTC") + "\u2069"
		},
	}
}
