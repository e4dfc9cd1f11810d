# Deutsch

# The form, and the pages around it
sign-in = Anmelden
choose = Wie möchten Sie sich anmelden?
user-name = Benutzername
password = Passwort
by-certificate = Mit Ihrem Zertifikat anmelden
by-kerberos = Mit dem Konto Ihres Computers anmelden
other-ways = Andere Anmeldemöglichkeiten
signing-in = Sie werden angemeldet …
asking = Ihr Browser wird nach Ihrer Firmenanmeldung gefragt.
asking-stays = Ihr Browser wird nach Ihrer Firmenanmeldung gefragt. Bleibt diese Seite stehen, verbinden Sie sich mit dem Firmennetz oder dem VPN und öffnen Sie die Anwendung erneut.
no-proof = Ihr Browser hat keinen Nachweis vorgelegt. Verbinden Sie sich mit dem Firmennetz oder dem VPN, melden Sie sich mit Ihrem Firmenkonto am Computer an und versuchen Sie es erneut.
on-the-way = Sie werden zur Anwendung zurückgeleitet.
scripts-off = In Ihrem Browser sind Skripte ausgeschaltet.
continue = Weiter

# Below every page
error = Fehler
request-number = Anfrage
give-number = Wenn Sie um Hilfe bitten, nennen Sie die unten stehende Nummer der Anfrage.
get-help = Hilfe erhalten

# Notes
welcome = Dieser Server meldet Personen an
    .message = Hier gibt es nichts zu tun. Öffnen Sie die Anwendung, die Sie benutzen möchten; sie leitet Sie hierher und wieder zurück, wenn sie wissen muss, wer Sie sind.
signed-out = Sie sind hier nicht angemeldet
    .message = Dieser Server führt keine Sitzung, daher gibt es nichts zu beenden. Melden Sie sich in der Anwendung selbst ab; an einem gemeinsam genutzten Computer melden Sie sich auch vom Computer ab.
wrong-way-in = Hier geht es nicht hinein
    .message = Öffnen Sie die Anwendung erneut; sie kennt die richtige Adresse. Geben Sie auf dieser Seite nichts ein.
form-off = Das Formular ist ausgeschaltet
    .message = Gehen Sie zurück zur Anwendung und melden Sie sich von dort aus an.
no-way = Hier ist keine Anmeldung möglich
    .message = Alle Anmeldemöglichkeiten sind von der Administration ausgeschaltet. Gehen Sie zurück zur Anwendung und melden Sie sich von dort aus an.
method-off = Diese Art der Anmeldung ist ausgeschaltet
    .message = Gehen Sie zurück zur Anwendung und melden Sie sich von dort aus an.

# Errors of a request
page-not-found = Diese Seite gibt es nicht
    .message = Diese Adresse führt auf diesem Server zu nichts. Gehen Sie zurück zur Anwendung, die Sie benutzen wollten, und melden Sie sich von dort aus an.
wrong-method = Diese Adresse wird anders benutzt
    .message = Die Seite gibt es, aber nicht für diese Art von Anfrage. Gehen Sie zurück zur Anwendung, die Sie benutzen wollten, und melden Sie sich von dort aus an.
too-much-data = Es wurden zu viele Daten gesendet
    .message = Die Anfrage ist größer, als eine Anmeldung es braucht, und wurde daher nicht gelesen.
headers-too-large = Ihr Browser hat zu viel auf einmal gesendet
    .message = Die Kopfzeilen der Anfrage sind größer, als dieser Server sie annimmt. Das kommt vor, wenn ein Konto Mitglied sehr vieler Gruppen ist oder diese Website viele Cookies hinterlassen hat. Versuchen Sie es in einem privaten Fenster; hilft das nicht, wenden Sie sich an Ihre Administration, die MAX_HEADER_SIZE erhöhen kann.
taking-too-long = Das dauert zu lange
    .message = Der Server konnte nicht rechtzeitig antworten. Warten Sie einen Moment und versuchen Sie es erneut.
form-not-understood = Das Formular wurde nicht verstanden
    .message = Die Daten Ihres Browsers kamen nicht in einer Form an, die dieser Server liest. Gehen Sie zurück zur Anwendung, die Sie benutzen wollten, und melden Sie sich von dort aus an.
request-not-understood = Die Anfrage wurde nicht verstanden
    .message = Etwas an der Anfrage ist nicht so, wie es sein sollte. Gehen Sie zurück zur Anwendung, die Sie benutzen wollten, und melden Sie sich von dort aus an.
server-error = Etwas ist schiefgegangen
    .message = Auf dem Server ist ein unerwartetes Problem aufgetreten. Versuchen Sie es erneut; geschieht es wieder, wenden Sie sich an Ihre Administration.

# Requests of an application that lead to no sign-in
cannot-complete = Diese Anmeldung lässt sich nicht abschließen
repeated-parameter = Der Parameter { $parameter } steht mehr als einmal in der Adresse.
unknown-action = Die Anfrage verlangt wa={ $action }; dieser Server kennt wsignin1.0 und wsignout1.0.
no-application = Die Anfrage nennt keine Anwendung (wtrealm), und auf diesem Server ist keine voreingestellt. Die Administration setzt REALM in config.json.
unknown-application = Die Anwendung { $application } ist hier nicht bekannt. Die Administration trägt ihre Adressen unter diesem Namen in config.json ein.
unlisted-address = Die Rücksprungadresse (wreply) ist für die Anwendung { $application } nicht eingetragen, daher wird nichts dorthin gesendet. Die Administration trägt sie in config.json ein.

# Passwords and accounts
others-form = Melden Sie sich auf dieser Seite an
    .message = Eine andere Seite hat einen Benutzernamen und ein Passwort hierher geschickt. Sie wurden nicht verwendet: Geben Sie Ihre unten ein.
wrong-password = Das stimmt nicht überein
    .message = Der Benutzername oder das Passwort ist falsch. Prüfen Sie beides und versuchen Sie es erneut.
name-account = Ihr Benutzername sieht aus wie alice.
name-principal = Ihr Benutzername sieht aus wie { $name }.
name-account-or-principal = Ihr Benutzername sieht aus wie alice oder { $name }.
name-mail = Ihr Benutzername ist Ihre E-Mail-Adresse.
password-must-change = Ihr Passwort muss erst geändert werden
    .message = Ändern Sie es an einem Firmencomputer (Strg+Alt+Entf, Kennwort ändern) oder wenden Sie sich an Ihren Helpdesk. Melden Sie sich danach mit dem neuen Passwort an.
too-many-attempts = Zu viele Versuche
    .message = Zum Schutz Ihres Kontos werden hier eine Zeit lang keine Passwörter geprüft. Versuchen Sie es später erneut oder wenden Sie sich an Ihren Helpdesk.
account-cannot-sign-in = Dieses Konto kann sich zurzeit nicht anmelden
    .message = Wenden Sie sich an Ihren Helpdesk; dort ist der Grund zu sehen.
no-account = Hier gibt es kein Konto für Sie
    .message = Sie haben nachgewiesen, wer Sie sind, aber in diesem Verzeichnis gibt es kein Konto, das allein Ihnen gehört. Wenden Sie sich an Ihre Administration.
other-domain = Konten Ihrer Domäne können sich hier nicht anmelden
    .message = Sie sind bekannt, aber im Verzeichnis einer anderen Organisation. Wenden Sie sich an Ihre Administration, wenn Sie Zugang haben sollten.
directory-down = Die Anmeldung ist im Moment nicht möglich
    .message = Das Firmenverzeichnis antwortet nicht. Es liegt nicht an Ihnen; versuchen Sie es in einer Minute erneut.
busy = Gerade melden sich viele Personen an
    .message = Dieser Server ist voll ausgelastet. Mit Ihrem Konto ist alles in Ordnung; versuchen Sie es in einigen Sekunden erneut.
not-finished = Die Anmeldung konnte nicht abgeschlossen werden
    .message = Sie wurden erkannt, aber dieser Server konnte den Vorgang nicht abschließen. Ihre Administration sieht die Ursache in seinem Protokoll.

# Client certificates
no-certificate = Ihr Browser hat kein Zertifikat vorgelegt
    .message = Schließen Sie alle seine Fenster, öffnen Sie die Anwendung erneut und wählen Sie Ihr Zertifikat, wenn Sie danach gefragt werden.
certificate-date = Ihr Zertifikat ist zurzeit nicht gültig
    .message = Es ist abgelaufen oder noch nicht gültig. Bitten Sie Ihren Helpdesk um ein neues und prüfen Sie, ob die Uhr Ihres Computers richtig geht.
certificate-revoked = Ihr Zertifikat wurde gesperrt
    .message = Es gilt nicht mehr. Bitten Sie Ihren Helpdesk um ein neues.
certificate-usage = Dieses Zertifikat ist nicht zum Anmelden bestimmt
    .message = Es wurde für einen anderen Zweck ausgestellt. Schließen Sie den Browser und wählen Sie ein anderes Zertifikat, wenn Sie danach gefragt werden.
certificate-issuer = Ihr Zertifikat ist hier nicht bekannt
    .message = Es stammt von einem Aussteller, dem dieser Server nicht vertraut. Schließen Sie den Browser und wählen Sie ein anderes Zertifikat, wenn Sie danach gefragt werden.
certificate-unchecked = Ihr Zertifikat kann nicht geprüft werden
    .message = Dieser Server weiß nicht, welche Zertifikate gesperrt wurden. Ihre Administration sieht in seinem Protokoll, was fehlt.
certificate-no-account = Zu Ihrem Zertifikat gibt es kein Konto
    .message = Es ist gültig, aber in diesem Verzeichnis gibt es kein Konto, das allein seiner Inhaberin oder seinem Inhaber gehört. Wenden Sie sich an Ihre Administration.
certificate-unreadable = Ihr Zertifikat wurde nicht verstanden
    .message = Schließen Sie den Browser und wählen Sie ein anderes Zertifikat, wenn Sie danach gefragt werden. Hilft das nicht, sieht Ihre Administration die Ursache im Protokoll dieses Servers.

# Kerberos
proof-ntlm = Ihr Computer konnte nicht nachweisen, wer Sie sind
    .message = Ihr Browser hat statt Kerberos ein älteres Verfahren (NTLM) angeboten. Das kommt außerhalb des Firmennetzes vor oder an einem Computer, der nicht an der Domäne angemeldet ist. Verbinden Sie sich mit dem Netz oder dem VPN und versuchen Sie es erneut.
proof-other-kind = Ihr Browser verlangt eine andere Art der Anmeldung
    .message = Er hat einen Austausch begonnen, an dem dieser Server nicht teilnimmt. Melden Sie sich mit Ihrem Firmenkonto am Computer an und versuchen Sie es erneut.
proof-malformed = Der Nachweis Ihres Browsers wurde nicht verstanden
    .message = Möglicherweise hat ihn etwas zwischen Ihrem Browser und diesem Server verändert. Schließen Sie den Browser und versuchen Sie es erneut.
proof-expired = Die Anmeldung Ihres Computers ist abgelaufen
    .message = Sperren Sie Ihren Computer und entsperren Sie ihn wieder, damit er seinen Nachweis erneuert; versuchen Sie es dann erneut.
clock-wrong = Die Uhr Ihres Computers geht falsch
    .message = Sie weicht um mehr als fünf Minuten von der Uhr dieses Servers ab. Stellen Sie die Uhr, oder lassen Sie sie sich selbst stellen, und versuchen Sie es erneut.
proof-used = Dieser Nachweis wurde schon einmal verwendet
    .message = Ihr Browser hat dieselbe Anfrage zweimal gesendet. Gehen Sie zurück zur Anwendung und melden Sie sich erneut an.
proof-service = Ihr Nachweis gilt für einen anderen Dienst
    .message = Ihr Computer hat den Nachweis unter einem anderen Namen als dem dieses Servers angefordert. Öffnen Sie die Anwendung noch einmal über ihre gewohnte Adresse. Wenn das nicht hilft, wenden Sie sich an Ihre Administration: Der Name steht im Protokoll dieses Servers.
proof-key = Dieser Server konnte Ihren Nachweis nicht lesen
    .message = Ihr Computer hat alles richtig gemacht, aber dieser Server besitzt den passenden Schlüssel nicht. Ihre Administration sieht in seinem Protokoll, was fehlt.
proof-channel = Die Verbindung ist nicht die, die Ihr Browser erwartet
    .message = Ihr Nachweis wurde für eine andere Verbindung ausgestellt. Möglicherweise liest ein Gerät im Netz mit. Versuchen Sie es in einem anderen Netz erneut und informieren Sie Ihre Administration.
proof-unbound = Der Nachweis Ihres Browsers ist nicht an diese Verbindung gebunden
    .message = Dieser Server verlangt das, und dieser Browser unterstützt es nicht. Benutzen Sie den Browser, den Ihre Firma empfiehlt, oder wenden Sie sich an Ihre Administration.
proof-refused = Ihr Nachweis wurde nicht angenommen
    .message = Melden Sie sich neu am Computer an und versuchen Sie es noch einmal. Hilft das nicht, sieht Ihre Administration die Ursache im Protokoll dieses Servers.
