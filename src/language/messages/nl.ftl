# Nederlands

# The form, and the pages around it
sign-in = Aanmelden
choose = Kies hoe u zich wilt aanmelden
user-name = Gebruikersnaam
password = Wachtwoord
by-certificate = Aanmelden met uw certificaat
by-kerberos = Aanmelden met het account van uw computer
other-ways = Andere manieren om u aan te melden
signing-in = U wordt aangemeld…
asking = Uw browser wordt om uw bedrijfsaanmelding gevraagd.
asking-stays = Uw browser wordt om uw bedrijfsaanmelding gevraagd. Blijft deze pagina staan, maak dan verbinding met het bedrijfsnetwerk of de VPN en open de toepassing opnieuw.
no-proof = Uw browser heeft geen bewijs getoond. Maak verbinding met het bedrijfsnetwerk of de VPN, meld u met uw bedrijfsaccount aan op uw computer en probeer het opnieuw.
on-the-way = U wordt teruggeleid naar de toepassing.
scripts-off = Scripts zijn uitgeschakeld in uw browser.
continue = Doorgaan

# Below every page
error = Fout
request-number = Verzoek
give-number = Vermeld het verzoeknummer hieronder als u om hulp vraagt.
get-help = Hulp vragen

# Notes
welcome = Deze server meldt mensen aan
    .message = Hier hoeft u niets te doen. Open de toepassing die u wilt gebruiken; die stuurt u hierheen en weer terug wanneer zij moet weten wie u bent.
signed-out = U bent hier niet aangemeld
    .message = Deze server houdt geen sessie bij, dus er valt niets te beëindigen. Meld u af bij de toepassing zelf; meld u op een gedeelde computer ook af van de computer.
wrong-way-in = Dit is niet de ingang
    .message = Open de toepassing opnieuw; die kent het juiste adres. Typ niets op deze pagina.
form-off = Het formulier is uitgeschakeld
    .message = Ga terug naar de toepassing en meld u van daaruit aan.
no-way = Aanmelden is hier niet mogelijk
    .message = De beheerder heeft alle manieren uitgeschakeld. Ga terug naar de toepassing en meld u van daaruit aan.
method-off = Deze manier van aanmelden is uitgeschakeld
    .message = Ga terug naar de toepassing en meld u van daaruit aan.

# Errors of a request
page-not-found = Deze pagina bestaat niet
    .message = Het adres leidt op deze server nergens heen. Ga terug naar de toepassing die u wilde gebruiken en meld u van daaruit aan.
wrong-method = Dit adres wordt anders gebruikt
    .message = De pagina bestaat, maar niet voor dit soort verzoek. Ga terug naar de toepassing die u wilde gebruiken en meld u van daaruit aan.
too-much-data = Er zijn te veel gegevens verzonden
    .message = Het verzoek is groter dan een aanmelding nodig heeft en is daarom niet gelezen.
headers-too-large = Uw browser heeft te veel tegelijk verzonden
    .message = De kopregels van het verzoek zijn groter dan deze server accepteert. Dat gebeurt wanneer een account lid is van zeer veel groepen, of wanneer deze site veel cookies heeft achtergelaten. Probeer een privévenster; helpt dat niet, neem dan contact op met uw beheerder, die MAX_HEADER_SIZE kan verhogen.
taking-too-long = Dit duurt te lang
    .message = De server kon niet op tijd antwoorden. Wacht even en probeer het opnieuw.
form-not-understood = Het formulier is niet begrepen
    .message = De gegevens van uw browser zijn niet aangekomen in een vorm die deze server leest. Ga terug naar de toepassing die u wilde gebruiken en meld u van daaruit aan.
request-not-understood = Het verzoek is niet begrepen
    .message = Iets in het verzoek is niet zoals het hoort. Ga terug naar de toepassing die u wilde gebruiken en meld u van daaruit aan.
server-error = Er is iets misgegaan
    .message = De server is op een onverwacht probleem gestuit. Probeer het opnieuw; gebeurt het weer, neem dan contact op met uw beheerder.

# Requests of an application that lead to no sign-in
cannot-complete = Deze aanmelding kan niet worden voltooid
repeated-parameter = De parameter { $parameter } staat meer dan één keer in het adres.
unknown-action = Het verzoek vraagt om wa={ $action }; deze server kent wsignin1.0 en wsignout1.0.
no-application = Het verzoek noemt geen toepassing (wtrealm) en deze server heeft geen standaardtoepassing. De beheerder stelt REALM in config.json in.
unknown-application = De toepassing { $application } is hier niet bekend. De beheerder neemt de adressen ervan onder die naam op in config.json.
unlisted-address = Het terugkeeradres (wreply) staat niet bij die van de toepassing { $application }, dus er wordt niets naartoe gestuurd. De beheerder voegt het toe in config.json.

# Passwords and accounts
others-form = Meld u aan vanaf deze pagina
    .message = Een andere pagina heeft een gebruikersnaam en een wachtwoord hierheen gestuurd. Ze zijn niet gebruikt: typ de uwe hieronder.
wrong-password = Dat klopt niet
    .message = De gebruikersnaam of het wachtwoord is onjuist. Controleer beide en probeer het opnieuw.
name-account = Uw gebruikersnaam lijkt op alice.
name-principal = Uw gebruikersnaam lijkt op { $name }.
name-account-or-principal = Uw gebruikersnaam lijkt op alice of { $name }.
name-mail = Uw gebruikersnaam is uw e-mailadres.
password-must-change = Uw wachtwoord moet eerst worden gewijzigd
    .message = Wijzig het op een bedrijfscomputer (Ctrl+Alt+Del, Een wachtwoord wijzigen) of vraag het uw helpdesk, en meld u daarna aan met het nieuwe.
too-many-attempts = Te veel pogingen
    .message = Om uw account te beschermen worden hier een tijdlang geen wachtwoorden gecontroleerd. Probeer het later opnieuw of vraag het uw helpdesk.
account-cannot-sign-in = Dit account kan zich momenteel niet aanmelden
    .message = Vraag het uw helpdesk; daar kan men zien waarom.
no-account = Er is hier geen account voor u
    .message = U hebt bewezen wie u bent, maar deze directory heeft geen account dat alleen van u is. Vraag het uw beheerder.
other-domain = Accounts van uw domein kunnen zich hier niet aanmelden
    .message = U bent bekend, maar in de directory van een andere organisatie. Vraag uw beheerder of u toegang hoort te hebben.
directory-down = Aanmelden is even niet mogelijk
    .message = De bedrijfsdirectory antwoordt niet. Het ligt niet aan u; probeer het over een minuut opnieuw.
busy = Er melden zich op dit moment veel mensen aan
    .message = Deze server is volledig bezet. Met uw account is niets mis; probeer het over enkele seconden opnieuw.
not-finished = De aanmelding kon niet worden voltooid
    .message = U bent herkend, maar deze server kon het niet afronden. Uw beheerder kan de oorzaak in het logboek zien.

# Client certificates
no-certificate = Uw browser heeft geen certificaat getoond
    .message = Sluit alle vensters ervan, open de toepassing opnieuw en kies uw certificaat wanneer daarom wordt gevraagd.
certificate-date = Uw certificaat is niet geldig op dit moment
    .message = Het is verlopen of nog niet geldig. Vraag uw helpdesk om een nieuw certificaat en controleer of de klok van uw computer gelijkloopt.
certificate-revoked = Uw certificaat is ingetrokken
    .message = Het geldt niet meer. Vraag uw helpdesk om een nieuw certificaat.
certificate-usage = Dit certificaat is niet bedoeld om u aan te melden
    .message = Het is voor een ander doel uitgegeven. Sluit de browser en kies een ander certificaat wanneer daarom wordt gevraagd.
certificate-issuer = Uw certificaat is hier niet bekend
    .message = Het komt van een uitgever die deze server niet vertrouwt. Sluit de browser en kies een ander certificaat wanneer daarom wordt gevraagd.
certificate-unchecked = Uw certificaat kan niet worden gecontroleerd
    .message = Deze server weet niet welke certificaten zijn ingetrokken. Uw beheerder kan in het logboek zien wat er ontbreekt.
certificate-no-account = Er is geen account voor uw certificaat
    .message = Het is geldig, maar deze directory heeft geen account dat alleen van de houder is. Vraag het uw beheerder.
certificate-unreadable = Uw certificaat is niet begrepen
    .message = Sluit de browser en kies een ander certificaat wanneer daarom wordt gevraagd. Helpt dat niet, dan kan uw beheerder de oorzaak in het logboek van deze server zien.

# Kerberos
proof-ntlm = Uw computer kon niet bewijzen wie u bent
    .message = Uw browser bood een oudere methode (NTLM) aan in plaats van Kerberos. Dat gebeurt buiten het bedrijfsnetwerk, of op een computer die niet bij het domein is aangemeld. Maak verbinding met het netwerk of de VPN en probeer het opnieuw.
proof-other-kind = Uw browser wil een ander soort aanmelding
    .message = Hij is een uitwisseling begonnen waaraan deze server niet deelneemt. Meld u met uw bedrijfsaccount aan op uw computer en probeer het opnieuw.
proof-malformed = Het bewijs van uw browser is niet begrepen
    .message = Iets tussen uw browser en deze server heeft het mogelijk veranderd. Sluit de browser en probeer het opnieuw.
proof-expired = De aanmelding van uw computer is verlopen
    .message = Vergrendel uw computer en ontgrendel hem weer, zodat hij zijn bewijs vernieuwt, en probeer het dan opnieuw.
clock-wrong = De klok van uw computer loopt niet gelijk
    .message = Hij wijkt meer dan vijf minuten af van die van deze server. Zet de klok gelijk, of laat hem zichzelf gelijkzetten, en probeer het opnieuw.
proof-used = Dit bewijs is al eerder gebruikt
    .message = Uw browser heeft hetzelfde verzoek twee keer verzonden. Ga terug naar de toepassing en meld u opnieuw aan.
proof-service = Uw bewijs is voor een andere dienst
    .message = Uw computer heeft het bewijs gevraagd onder een andere naam dan die van deze server. Open de toepassing opnieuw via het gebruikelijke adres. Helpt dat niet, meld het dan aan uw beheerder, die de naam in het logboek van deze server kan zien.
proof-key = Deze server kon uw bewijs niet lezen
    .message = Uw computer heeft alles goed gedaan, maar deze server heeft de bijbehorende sleutel niet. Uw beheerder kan in het logboek zien wat er ontbreekt.
proof-channel = De verbinding is niet wat uw browser denkt
    .message = Uw bewijs is voor een andere verbinding gemaakt. Mogelijk leest een apparaat in het netwerk mee. Probeer het opnieuw vanuit een ander netwerk en licht uw beheerder in.
proof-unbound = Het bewijs van uw browser is niet aan deze verbinding gekoppeld
    .message = Deze server verlangt dat, en deze browser doet het niet. Gebruik de browser die uw bedrijf aanbeveelt of vraag het uw beheerder.
proof-refused = Uw bewijs is niet aanvaard
    .message = Meld u opnieuw aan op uw computer en probeer het nog een keer. Helpt dat niet, dan kan uw beheerder de oorzaak in het logboek van deze server zien.
