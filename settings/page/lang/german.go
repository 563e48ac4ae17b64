package lang

import (
	"fmt"
	"time"

	"github.com/amend-go/amend/settings/page"
)

// German is German, which says Sie.
func German() page.Language {
	return page.Language{Tag: "de", Texts: with(german, germanReasons), Date: func(t time.Time) string {
		t = t.UTC()
		return fmt.Sprintf("%d. %s %d", t.Day(), germanMonths[t.Month()-1], t.Year())
	}}
}

var germanMonths = [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}

var german = map[int64]string{
	// The settings page.
	7010001: "Einstellungen", 7010002: "Angemeldet als {who}", 7010003: "Abmelden", 7010004: "Abschnitte", 7010005: "Zu den Einstellungen springen",
	7010006: "Fehler: {title}", 7010007: "Gespeichert: {title}", 7010008: "Dafür wird JavaScript gebraucht.", 7010009: "Zeigen", 7010010: "Verbergen",
	7010011: "Kopieren", 7010012: "Herunterladen", 7010013: "Drucken", 7010014: "Kopiert.", 7010015: "Hinzugefügt am {at}",
	7010018: "Entfernen", 7010020: "Ein", 7010021: "Aus", 7010022: "Es bleiben: {things}.",
	7010023: "Ihre anderen Geräte werden abgemeldet.", 7010024: "Ihre anderen Geräte sind abgemeldet.", 7010025: ", ", 7010026: "Dieses Gerät",
	7010027: "Diesen Wert nehmen", 7010028: "Jetzt steht dort: {current}",
	7010100: "Profil", 7010101: "Was dieser Dienst über Sie weiß.",
	7010110: "Passwort", 7010111: "Ein Geheimnis, das nur Sie kennen.",
	7010112: "Sie haben noch kein Passwort. Mit einem können Sie sich auch dort anmelden, wo Sie Ihre anderen Wege nicht zur Hand haben.",
	7010113: "Neues Passwort", 7010114: "Passwort festlegen", 7010115: "Passwort ändern",
	7010116: "Mindestens {least|one:# Zeichen|other:# Zeichen}. Einen Satz merkt man sich leicht, und er ist schwer zu erraten.",
	7010120: "Anmeldung in zwei Schritten", 7010121: "Ein Code oder ein Schlüssel nach dem Passwort, damit ein gestohlenes Passwort nicht genügt.",
	7010122: "Authenticator-App", 7010123: "Scannen Sie das Bild mit der App, oder tippen Sie das Geheimnis ein. Geben Sie dann den Code ein, den sie zeigt.",
	7010124: "Authenticator-App hinzufügen", 7010125: "Einschalten", 7010126: "Ausschalten", 7010127: "Die Authenticator-App ausschalten?",
	7010128: "Mit ihren Codes können Sie sich nicht mehr anmelden. Den Eintrag in der App können Sie löschen.",
	7010129: "Sicherheitsschlüssel", 7010130: "Den Sicherheitsschlüssel „{name}“ entfernen?", 7010131: "Mit ihm können Sie sich nicht mehr anmelden.",
	7010132: "Sicherheitsschlüssel hinzufügen", 7010133: "Geben Sie ihm einen Namen, an dem Sie ihn erkennen. Drücken Sie dann den Knopf und berühren Sie den Schlüssel.",
	7010135: "Dann genügt zur Anmeldung Ihr Passwort allein.",
	7010140: "Wiederherstellungscodes", 7010141: "Für den Fall, dass Sie weder die App noch den Schlüssel zur Hand haben",
	7010142: "Sie haben keine. Wer ohne sie die App oder den Schlüssel verliert, ist ausgesperrt.", 7010143: "{left} von {total} übrig", 7010144: "Erstellt am {at}",
	7010145: "Wiederherstellungscodes erstellen", 7010146: "Neue Codes erstellen",
	7010147: "Diese Codes gelten noch nicht. Verwahren Sie sie, wo nur Sie sie finden, und schalten Sie sie dann ein.", 7010148: "Bis dahin gelten die alten.",
	7010149: "Ich habe sie verwahrt: einschalten", 7010150: "Die Wiederherstellungscodes entfernen?", 7010151: "Keiner davon gilt mehr, wo auch immer Sie sie verwahren.",
	7010152: "Es sind nur noch wenige übrig. Erstellen Sie neue, bevor Sie sie brauchen.",
	7010153: "Diese Codes werden nicht mehr gebraucht, denn Sie haben weder App noch Schlüssel. Sie können sie entfernen.",
	7010160: "Passkeys", 7010161: "Melden Sie sich mit Gesicht, Finger oder der PIN eines Geräts an. Es gibt nichts zu tippen und nichts zu stehlen.",
	7010162: "Passkey", 7010163: "Den Passkey „{name}“ entfernen?", 7010164: "Mit ihm können Sie sich nicht mehr anmelden. Löschen Sie ihn auch auf Ihrem Gerät.",
	7010170: "Verknüpfte Anmeldungen", 7010171: "Melden Sie sich hier mit einem Konto an, das Sie anderswo haben.", 7010172: "Nicht verknüpft", 7010173: "Verknüpft",
	7010174: "Verknüpfen", 7010175: "Trennen", 7010176: "{provider} trennen?", 7010177: "Damit können Sie sich hier nicht mehr anmelden. Ihr Konto dort bleibt, wie es ist.",
	7010180: "Geräte", 7010181: "Wo Sie angemeldet sind.", 7010182: "{browser} auf {system}", 7010183: "Ein unbekanntes Gerät", 7010184: "Angemeldet am {at}",
	7010185: "Abmelden", 7010186: "Alle anderen abmelden", 7010187: "Dieses Gerät abmelden?", 7010188: "Alle anderen Geräte abmelden?",
	7010189: "Dort ist dann eine neue Anmeldung nötig.", 7010190: "Vielleicht müssen Sie sich vorher noch einmal anmelden.",
	7010200: "Ihr Passwort", 7010201: "Ihre Authenticator-App", 7010202: "{count|one:Ihr Sicherheitsschlüssel|other:# Sicherheitsschlüssel}", 7010203: "Ihre Wiederherstellungscodes",
	7010204: "{count|one:Ihr Passkey|other:# Passkeys}", 7010205: "{count|one:Ihre verknüpfte Anmeldung|other:# verknüpfte Anmeldungen}",
	7010210: "Das hat nicht geklappt. Versuchen Sie es noch einmal, oder nehmen Sie ein anderes Gerät.", 7010211: "Das wurde abgebrochen oder hat zu lange gedauert. Nichts wurde geändert.",
	7010212: "Dieses Gerät oder dieser Schlüssel gehört schon zu Ihrem Konto.", 7010213: "Dieser Browser oder dieses Gerät kann das nicht.", 7010214: "Warten auf Ihr Gerät …",
	7010460: "Umbenennen", 7010461: "Neuer Name", 7010462: "Namen speichern", 7010463: "Ohne Namen heißt er wieder nach seiner Art.",
	7010464: "Zuletzt benutzt am {at}", 7010465: "Synchronisiert", 7010466: "Nur auf einem Gerät",
	7010467: "Der Sicherheitsschlüssel hat seinen neuen Namen.", 7010468: "Der Passkey hat seinen neuen Namen.", 7010469: "{kind} vom {at}",
	7010300: "Ihr Passwort ist geändert.", 7010301: "Ihr Profil ist gespeichert.", 7010302: "Die Authenticator-App ist eingeschaltet.", 7010303: "Die Authenticator-App ist ausgeschaltet.",
	7010304: "Ihre neuen Wiederherstellungscodes sind eingeschaltet. Ältere gelten nicht mehr.", 7010305: "Ihre Wiederherstellungscodes sind entfernt.",
	7010306: "Der Sicherheitsschlüssel ist hinzugefügt.", 7010307: "Der Sicherheitsschlüssel ist entfernt.", 7010308: "Der Passkey ist hinzugefügt.", 7010309: "Der Passkey ist entfernt.",
	7010310: "Die Anmeldung ist verknüpft.", 7010311: "Die Anmeldung ist getrennt.",
	7010312: "Ein Schritt fehlt noch: Bestätigen Sie die Adresse mit dem Code, der an sie geschickt wurde.",
	7010313: "Die wartende Adresse ist verworfen. Sonst hat sich nichts geändert.", 7010314: "Die Adresse ist bestätigt.",
	7010500: "Aktivität", 7010501: "Was in den letzten 90 Tagen mit Ihrem Konto geschehen ist. Waren Sie etwas davon nicht selbst? Dann ändern Sie Ihr Passwort und melden Sie alle anderen Geräte ab.",
	7010502: "Noch nichts.", 7010503: "Konto geändert", 7010504: "Durch einen Administrator", 7010505: "{at}, {time} UTC", 7010506: "Zuletzt gesehen am {at}", 7010507: "Alle {count} zeigen", 7010508: "Zurück zu allen Einstellungen",
	7010510: "Passwort geändert", 7010511: "Passwort entfernt", 7010512: "Profil geändert", 7010513: "Authenticator-App eingeschaltet", 7010514: "Authenticator-App ausgeschaltet",
	7010515: "Neue Wiederherstellungscodes eingeschaltet", 7010516: "Wiederherstellungscodes entfernt", 7010517: "Sicherheitsschlüssel hinzugefügt", 7010518: "Sicherheitsschlüssel entfernt",
	7010519: "Passkey hinzugefügt", 7010520: "Passkey entfernt", 7010521: "Anmeldung verknüpft", 7010522: "Anmeldung getrennt", 7010523: "Neue Adresse eingegeben, noch nicht bestätigt",
	7010524: "Neue Adresse verworfen", 7010525: "Adresse bestätigt", 7010526: "Anmeldewege entfernt", 7010527: "Alle Geräte abgemeldet", 7010528: "Auf einem neuen Gerät angemeldet",
	7010529: "Sicherheitsschlüssel umbenannt", 7010530: "Passkey umbenannt",

	// Errors.
	7010400: "Das hat nicht geklappt", 7010401: "Zurück zu den Einstellungen", 7010402: "Dieser Fehler wird nicht mehr aufbewahrt. Gehen Sie zurück zu den Einstellungen und versuchen Sie es noch einmal.",
	7010403: "Sie sind nicht mehr angemeldet. Melden Sie sich an und versuchen Sie es noch einmal.", 7010404: "Dieses Formular gehört zu einem anderen Konto als dem, das angemeldet ist. Nichts wurde geändert.",
	7010405: "Dieses Formular kam nicht von Ihrer Einstellungsseite oder gehört nicht mehr zu dieser Anmeldung. Nichts wurde geändert. Öffnen Sie die Einstellungen und versuchen Sie es noch einmal.",
	7010406: "Dieser Link will an einen Ort führen, an den er nicht führen darf. Nichts wurde geändert.", 7010407: "Dieses Formular ist zu alt oder nicht mehr da. Nichts wurde geändert. Öffnen Sie die Einstellungen für ein neues.",
	7010408: "Das wird hier nicht angeboten.", 7010409: "Unter dieser Adresse gibt es nichts. Vielleicht ist sie falsch geschrieben, oder die Seite ist weg.", 7010601: "Seite nicht gefunden", 7010410: "Was gesendet wurde, ist zu groß. Nichts wurde geändert.",
	7010411: "Was gesendet wurde, kam nicht vollständig an. Nichts wurde geändert. Versuchen Sie es noch einmal.", 7010412: "Es gab zu viele falsche Versuche. Warten Sie vor dem nächsten eine Weile.",
	7010413: "Das ging gerade nicht. Versuchen Sie es gleich noch einmal.", 7010414: "Bei uns ist etwas schiefgegangen. Versuchen Sie es gleich noch einmal.",

	// The login.
	7001001: "Anmelden", 7001002: "Bestätigen Sie, dass Sie es sind", 7001003: "Noch ein Schritt", 7001004: "Abmelden?", 7001005: "Das hat nicht geklappt", 7001006: "Schon angemeldet",
	7001010: "E-Mail-Adresse oder Benutzername", 7001011: "Passwort", 7001012: "Mit einem Passkey anmelden", 7001013: "oder", 7001014: "Passwort vergessen?", 7001015: "Konto anlegen",
	7001016: "Weiter", 7001017: "Code Ihrer Authenticator-App", 7001018: "Sicherheitsschlüssel verwenden", 7001019: "Passkey verwenden", 7001020: "Stattdessen einen Wiederherstellungscode verwenden",
	7001021: "Wiederherstellungscode", 7001022: "Als jemand anderes anmelden", 7001023: "Abmelden", 7001024: "Angemeldet bleiben", 7001025: "Noch einmal versuchen", 7001026: "Sie sind angemeldet.",
	7001027: "Daraus wurde nichts. Versuchen Sie es noch einmal, oder nehmen Sie einen anderen Weg.", 7001040: "Der Name oder das Passwort stimmt nicht.", 7010602: "Das Passwort stimmt nicht.",
	7001041: "Dieser Passkey wurde nicht angenommen. War die Seite länger als fünf Minuten offen, dann versuchen Sie es noch einmal.",
	7001042: "Dieser Schlüssel wurde nicht angenommen. War die Seite länger als fünf Minuten offen, dann versuchen Sie es noch einmal.",
	7001043: "Der Code stimmt nicht. Er hat sechs Ziffern, und jeder gilt einmal: warten Sie auf den nächsten.", 7001044: "Der Code stimmt nicht oder wurde schon verwendet.",
	7001045: "Gerade ist zu viel zu tun. Versuchen Sie es gleich noch einmal.", 7001046: "Dieses Formular kam nicht von der Seite, die Sie sehen, oder Ihr Browser behält keine Cookies. Versuchen Sie es noch einmal.",
	7001047: "Diesen Weg zur Anmeldung gibt es nicht.", 7001048: "Das fügt Ihrer Anmeldung nichts hinzu.", 7001049: "Ein zweiter Faktor wird verlangt, und Ihr Konto hat keinen, der hier zu gebrauchen wäre.",
	7001050: "Das Formular ist nicht lesbar.", 7001051: "Der Dienst ist gerade nicht erreichbar. Versuchen Sie es gleich noch einmal.",
	7001052: "Es gab zu viele falsche Versuche. Versuchen Sie es in {minutes|one:einer Minute|other:# Minuten} noch einmal.", 7001053: "Sie sind als {name} angemeldet.",
	7001054: "In diesem Browser wurde {minutes|zero:gerade eben|one:vor einer Minute|other:vor # Minuten} eine Änderung Ihres Kontos verlangt, die auf Ihre Anmeldung wartet. Danach geht sie weiter. Haben Sie sie nicht verlangt, dann melden Sie sich hier nicht an: nach 15 Minuten ist sie vergessen.",
	7001055: "Diese Seite ist nur für einen zweiten Schritt. Melden Sie sich zuerst an.",

	7001028: "Angemeldet bleiben", 7001056: "Sie sind zurückgegangen, ohne sich anzumelden.", 7001057: "Die Anmeldung wurde nicht bestätigt oder hat zu lange gedauert. Versuchen Sie es noch einmal.",
	7001058: "Diese Seite antwortet gerade nicht. Versuchen Sie es gleich noch einmal, oder nehmen Sie einen anderen Weg.",
	7001059: "Kein Konto hier hat diese Anmeldung. Melden Sie sich auf einem anderen Weg an, und verknüpfen Sie sie in den Einstellungen.",
	7001060: "Diese Seite hat nicht gesagt, dass Sie eben bewiesen haben, wer Sie sind. Nehmen Sie einen anderen Weg.", 7001061: "Weiter mit {site}",

	// Labels and messages of the methods.
	1050001: "Ihre Änderungen sind gespeichert.", 1050002: "{provider} verknüpfen", 1050003: "{provider} trennen", 1050004: "Authenticator-App entfernen", 1050005: "QR-Code für Ihre Authenticator-App",
	1050006: "{secret}", 1050007: "Codes zeigen", 1050008: "Neue Wiederherstellungscodes erstellen", 1050009: "{secret}", 1050010: "Ihre Wiederherstellungscodes. Verwahren Sie sie, wo nur Sie sie finden.", 1050011: "Ich habe die Codes verwahrt",
	1050012: "Sicherheitsschlüssel hinzufügen", 1050013: "Name des Sicherheitsschlüssels", 1050014: "Verwendet", 1050015: "Ihre Wiederherstellungscodes", 1050016: "Wiederherstellungscodes entfernen",
	1050017: "Oder tippen Sie dieses Geheimnis in Ihre Authenticator-App", 1050018: "Sicherheitsschlüssel „{display_name}“ entfernen", 1050019: "Passkey hinzufügen", 1050020: "Passkey „{display_name}“ entfernen",
	1070001: "Passwort", 1070002: "{title}", 1070003: "Speichern", 1070006: "Code aus Ihrer Authenticator-App",
	4000001: "{reason}", 4000002: "Das muss ausgefüllt werden.", 4000003: "Mindestens {min_length|one:# Zeichen|other:# Zeichen}; hier sind es {actual_length}.", 4000004: "Das hat nicht die erwartete Form.",
	4000005: "Dieses Passwort kann nicht verwendet werden. Wählen Sie eines, das sonst niemand hat.", 4000007: "Ein anderes Konto verwendet das schon.", 4000008: "Dieser Code stimmt nicht. Er hat sechs Ziffern: prüfen Sie die Uhr Ihres Geräts und nehmen Sie den nächsten.",
	4000017: "Höchstens {max_length}; hier sind es {actual_length}.", 4000018: "Das muss {minimum} oder mehr sein.", 4000019: "Das muss mehr als {minimum} sein.", 4000020: "Das darf höchstens {maximum} sein.",
	4000021: "Das muss weniger als {maximum} sein.", 4000022: "Das muss ein Vielfaches von {base} sein.", 4000023: "Höchstens {max_items|one:# Eintrag|other:# Einträge}; hier sind es {actual_items}.", 4000024: "Mindestens {min_items|one:# Eintrag|other:# Einträge}; hier sind es {actual_items}.",
	4000025: "Ein Eintrag steht hier zweimal.", 4000026: "Das ist von der falschen Art.", 4000031: "Dieses Passwort ist dem zu ähnlich, womit Sie sich anmelden.",
	4000032: "Ein Passwort hat mindestens {min_length} Zeichen; dieses hat {actual_length}.", 4000033: "Ein Passwort hat höchstens {max_length} Zeichen; dieses hat {actual_length}.",
	4000034: "Dieses Passwort ist aus Datenlecks bekannt. Wählen Sie ein anderes.", 4000039: "Das ist das Passwort, das Sie schon haben.", 4000040: "Das ist keine E-Mail-Adresse.", 4000041: "Das ist keine Telefonnummer.",
	4010004: "Wählen Sie, was geändert werden soll: das Formular nannte nichts, was hier angeboten wird.", 4050001: "Das Formular war abgelaufen. Hier ist ein neues.",
	7000001: "Melden Sie sich noch einmal an, um diese Änderung abzuschließen.", 7000002: "Das ist nicht Ihr jetziges Passwort.", 7000003: "Jetziges Passwort",
	7000010: "Das wurde inzwischen anderswo geändert. Sehen Sie es noch einmal an, bevor Sie speichern.", 7000011: "Zu viele falsche Versuche. Warten Sie vor dem nächsten eine Weile.",
	7000012: "Das ging gerade nicht, und nichts wurde geändert. Versuchen Sie es gleich noch einmal.", 7000013: "Das ist der letzte Weg, sich an diesem Konto anzumelden. Fügen Sie erst einen anderen hinzu.",
	7000014: "Sie haben sich angemeldet, und eine Änderung, die darauf gewartet hatte, ist gemacht. War sie nicht von Ihnen, dann machen Sie sie jetzt rückgängig.",
	7000015: "Sie wollten etwas von Ihrem Konto entfernen und haben sich seither angemeldet. Wollen Sie es noch, dann entfernen Sie es jetzt.",
	7000020: "Sie haben sich noch einmal angemeldet, und dafür braucht Ihre Authenticator-App ein neues Geheimnis. Scannen Sie diesen neuen Code und löschen Sie den Eintrag, den Sie eben gemacht haben.",
	7000021: "Authenticator-App auf diesem Gerät öffnen", 7000030: "Übrige Wiederherstellungscodes", 7000031: "{left} von {total}", 7000032: "Noch einmal anmelden, um eine Authenticator-App einzurichten",
	7000033: "Noch einmal anmelden, um einen Sicherheitsschlüssel hinzuzufügen", 7000034: "Noch einmal anmelden, um einen Passkey hinzuzufügen",
	7000040: "{count|zero:Kein anderes Gerät ist angemeldet.|one:Ein Gerät ist abgemeldet.|other:# Geräte sind abgemeldet.}",
	7000041: "Ein Code wurde an {address} geschickt. Kommt nichts an, kann diese Adresse hier nicht verwendet werden.",
	7000042: "Code, der an die neue Adresse geschickt wurde",
	7000043: "Neuen Code an {address} schicken",
	7000044: "{address} nicht verwenden",
	7000045: "{address} bestätigen",
	7000046: "Dieser Code ist falsch oder zu alt. Geben Sie den neuesten ein, oder lassen Sie einen neuen schicken.",
	7000047: "Es wurden schon Codes geschickt. Warten Sie eine Weile, bevor Sie einen weiteren anfordern.",
	7000048: "Speichern Sie zuerst Ihre anderen Änderungen, und machen Sie dies dann noch einmal.",
	7000049: "„{address}“ ist noch nicht bestätigt.",
	7000060: "Den Sicherheitsschlüssel „{display_name}“ umbenennen", 7000061: "Den Passkey „{display_name}“ umbenennen", 7000062: "Neuer Name",
	7000063: "Ein Name ist eine Zeile aus sichtbaren Zeichen. Nehmen Sie die anderen heraus, oder geben Sie ihn neu ein.",
}
