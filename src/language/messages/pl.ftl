# Polski

# The form, and the pages around it
sign-in = Zaloguj się
choose = Proszę wybrać sposób logowania
user-name = Nazwa użytkownika
password = Hasło
by-certificate = Zaloguj się za pomocą certyfikatu
by-kerberos = Zaloguj się kontem tego komputera
other-ways = Inne sposoby logowania
signing-in = Trwa logowanie…
asking = Przeglądarka jest proszona o dane logowania firmowego.
asking-stays = Przeglądarka jest proszona o dane logowania firmowego. Jeśli ta strona nie znika, proszę połączyć się z siecią firmową lub VPN i ponownie otworzyć aplikację.
no-proof = Przeglądarka nie przedstawiła potwierdzenia tożsamości. Proszę połączyć się z siecią firmową lub VPN, zalogować się na komputerze kontem firmowym i spróbować ponownie.
on-the-way = Trwa powrót do aplikacji.
scripts-off = Skrypty są w przeglądarce wyłączone.
continue = Dalej

# Below every page
error = Błąd
request-number = Żądanie
give-number = Prosząc o pomoc, należy podać numer żądania widoczny poniżej.
get-help = Uzyskaj pomoc

# Notes
welcome = Ten serwer służy do logowania
    .message = Nie trzeba tu nic robić. Proszę otworzyć aplikację, z której chcą Państwo skorzystać; skieruje ona tutaj i z powrotem, gdy będzie musiała potwierdzić tożsamość.
signed-out = Nie ma tu żadnej sesji
    .message = Ten serwer nie prowadzi sesji, więc nie ma czego kończyć. Proszę wylogować się z samej aplikacji, a na wspólnym komputerze także z komputera.
wrong-way-in = To nie jest właściwe wejście
    .message = Proszę ponownie otworzyć aplikację; zna ona właściwy adres. Na tej stronie nie należy niczego wpisywać.
form-off = Formularz jest wyłączony
    .message = Proszę wrócić do aplikacji i zalogować się stamtąd.
no-way = Tutaj nie można się zalogować
    .message = Administrator wyłączył wszystkie sposoby logowania. Proszę wrócić do aplikacji i zalogować się stamtąd.
method-off = Ten sposób logowania jest wyłączony
    .message = Proszę wrócić do aplikacji i zalogować się stamtąd.

# Errors of a request
page-not-found = Ta strona nie istnieje
    .message = Ten adres nie prowadzi na tym serwerze donikąd. Proszę wrócić do aplikacji, która miała być użyta, i zalogować się stamtąd.
wrong-method = Ten adres jest używany inaczej
    .message = Strona istnieje, ale nie dla tego rodzaju żądania. Proszę wrócić do aplikacji, która miała być użyta, i zalogować się stamtąd.
too-much-data = Wysłano zbyt dużo danych
    .message = Żądanie jest większe, niż wymaga tego logowanie, dlatego nie zostało odczytane.
headers-too-large = Przeglądarka wysłała zbyt dużo naraz
    .message = Nagłówki żądania są większe, niż przyjmuje ten serwer. Dzieje się tak, gdy konto należy do bardzo wielu grup lub gdy ta witryna pozostawiła wiele plików cookie. Proszę spróbować w oknie prywatnym; jeśli to nie pomoże, proszę powiadomić administratora, który może zwiększyć MAX_HEADER_SIZE.
taking-too-long = Trwa to zbyt długo
    .message = Serwer nie zdążył odpowiedzieć na czas. Proszę chwilę odczekać i spróbować ponownie.
form-not-understood = Formularz nie został zrozumiany
    .message = Dane z przeglądarki nie dotarły w postaci, którą ten serwer odczytuje. Proszę wrócić do aplikacji, która miała być użyta, i zalogować się stamtąd.
request-not-understood = Żądanie nie zostało zrozumiane
    .message = Coś w żądaniu jest nie tak, jak być powinno. Proszę wrócić do aplikacji, która miała być użyta, i zalogować się stamtąd.
server-error = Coś poszło nie tak
    .message = Na serwerze wystąpił nieoczekiwany problem. Proszę spróbować ponownie; jeśli się powtórzy, proszę powiadomić administratora.

# Requests of an application that lead to no sign-in
cannot-complete = Tego logowania nie można dokończyć
repeated-parameter = Parametr { $parameter } występuje w adresie więcej niż raz.
unknown-action = Żądanie dotyczy wa={ $action }; ten serwer zna wsignin1.0 i wsignout1.0.
no-application = Żądanie nie wskazuje aplikacji (wtrealm), a ten serwer nie ma domyślnej. Administrator ustawia REALM w pliku config.json.
unknown-application = Aplikacja { $application } nie jest tu znana. Administrator wpisuje jej adresy pod tą nazwą w pliku config.json.
unlisted-address = Adresu powrotnego (wreply) nie ma na liście aplikacji { $application }, dlatego nic nie jest tam wysyłane. Administrator dodaje go w pliku config.json.

# Passwords and accounts
others-form = Proszę zalogować się na tej stronie
    .message = Inna strona przesłała tu nazwę użytkownika i hasło. Nie zostały użyte: proszę wpisać swoje poniżej.
wrong-password = Dane są nieprawidłowe
    .message = Nazwa użytkownika lub hasło jest nieprawidłowe. Proszę sprawdzić jedno i drugie oraz spróbować ponownie.
name-account = Nazwa użytkownika wygląda jak alice.
name-principal = Nazwa użytkownika wygląda jak { $name }.
name-account-or-principal = Nazwa użytkownika wygląda jak alice lub { $name }.
name-mail = Nazwą użytkownika jest adres e-mail.
password-must-change = Najpierw trzeba zmienić hasło
    .message = Proszę zmienić je na komputerze firmowym (Ctrl+Alt+Del, Zmień hasło) lub zwrócić się do pomocy technicznej, a następnie zalogować się nowym hasłem.
too-many-attempts = Zbyt wiele prób
    .message = Aby chronić konto, hasła nie są tu przez pewien czas sprawdzane. Proszę spróbować później lub zwrócić się do pomocy technicznej.
account-cannot-sign-in = To konto nie może się teraz zalogować
    .message = Proszę zwrócić się do pomocy technicznej; tam widać powód.
no-account = Nie ma tu odpowiedniego konta
    .message = Tożsamość została potwierdzona, ale w tym katalogu nie ma konta należącego wyłącznie do tej osoby. Proszę zwrócić się do administratora.
other-domain = Konta z tej domeny nie mogą się tu logować
    .message = Konto jest znane, ale w katalogu innej organizacji. Jeśli dostęp jest potrzebny, proszę zwrócić się do administratora.
directory-down = Logowanie jest chwilowo niemożliwe
    .message = Katalog firmowy nie odpowiada. To nie jest Państwa wina; proszę spróbować ponownie za minutę.
busy = W tej chwili loguje się wiele osób
    .message = Ten serwer jest w pełni obciążony. Z kontem wszystko jest w porządku; proszę spróbować ponownie za kilka sekund.
not-finished = Logowania nie udało się dokończyć
    .message = Tożsamość została rozpoznana, ale serwer nie mógł dokończyć logowania. Administrator widzi przyczynę w dzienniku.

# Client certificates
no-certificate = Przeglądarka nie przedstawiła certyfikatu
    .message = Proszę zamknąć wszystkie jej okna, ponownie otworzyć aplikację i na pytanie wybrać swój certyfikat.
certificate-date = Certyfikat nie jest teraz ważny
    .message = Wygasł lub jeszcze nie obowiązuje. Proszę poprosić pomoc techniczną o nowy i sprawdzić, czy zegar komputera jest dobrze ustawiony.
certificate-revoked = Certyfikat został unieważniony
    .message = Już nie obowiązuje. Proszę poprosić pomoc techniczną o nowy.
certificate-usage = Ten certyfikat nie służy do logowania
    .message = Został wydany w innym celu. Proszę zamknąć przeglądarkę i na pytanie wybrać inny certyfikat.
certificate-issuer = Ten certyfikat nie jest tu znany
    .message = Pochodzi od wystawcy, któremu ten serwer nie ufa. Proszę zamknąć przeglądarkę i na pytanie wybrać inny certyfikat.
certificate-unchecked = Certyfikatu nie można sprawdzić
    .message = Ten serwer nie wie, które certyfikaty zostały unieważnione. Administrator widzi w dzienniku, czego brakuje.
certificate-no-account = Nie ma konta dla tego certyfikatu
    .message = Jest ważny, ale w tym katalogu nie ma konta należącego wyłącznie do jego posiadacza. Proszę zwrócić się do administratora.
certificate-unreadable = Certyfikat nie został zrozumiany
    .message = Proszę zamknąć przeglądarkę i na pytanie wybrać inny certyfikat. Jeśli to nie pomoże, administrator widzi przyczynę w dzienniku tego serwera.

# Kerberos
proof-ntlm = Komputer nie mógł potwierdzić tożsamości
    .message = Przeglądarka zaproponowała starszą metodę (NTLM) zamiast Kerberosa. Dzieje się tak poza siecią firmową lub na komputerze, który nie jest zalogowany do domeny. Proszę połączyć się z siecią lub VPN i spróbować ponownie.
proof-other-kind = Przeglądarka żąda innego rodzaju logowania
    .message = Rozpoczęła wymianę, w której ten serwer nie bierze udziału. Proszę zalogować się na komputerze kontem firmowym i spróbować ponownie.
proof-malformed = Potwierdzenie z przeglądarki nie zostało zrozumiane
    .message = Mogło zostać zmienione po drodze między przeglądarką a tym serwerem. Proszę zamknąć przeglądarkę i spróbować ponownie.
proof-expired = Logowanie na komputerze wygasło
    .message = Proszę zablokować komputer i odblokować go, aby odnowił potwierdzenie, a następnie spróbować ponownie.
clock-wrong = Zegar komputera jest źle ustawiony
    .message = Różni się o ponad pięć minut od zegara tego serwera. Proszę ustawić zegar lub pozwolić, by ustawił się sam, i spróbować ponownie.
proof-used = To potwierdzenie zostało już użyte
    .message = Przeglądarka wysłała to samo żądanie dwukrotnie. Proszę wrócić do aplikacji i zalogować się ponownie.
proof-service = Potwierdzenie jest przeznaczone dla innej usługi
    .message = Komputer poprosił o potwierdzenie pod inną nazwą niż nazwa tego serwera. Proszę otworzyć aplikację ponownie pod jej zwykłym adresem. Jeśli to nie pomoże, proszę powiadomić administratora, który widzi tę nazwę w dzienniku tego serwera.
proof-key = Ten serwer nie mógł odczytać potwierdzenia
    .message = Komputer zrobił wszystko dobrze, ale ten serwer nie ma odpowiedniego klucza. Administrator widzi w dzienniku, czego brakuje.
proof-channel = Połączenie nie jest tym, za które uważa je przeglądarka
    .message = Potwierdzenie wystawiono dla innego połączenia. Być może jakieś urządzenie w sieci je podsłuchuje. Proszę spróbować z innej sieci i powiadomić administratora.
proof-unbound = Potwierdzenie z przeglądarki nie jest powiązane z tym połączeniem
    .message = Ten serwer tego wymaga, a ta przeglądarka tego nie robi. Proszę użyć przeglądarki zalecanej przez firmę lub zwrócić się do administratora.
proof-refused = Potwierdzenie nie zostało przyjęte
    .message = Proszę ponownie zalogować się na komputerze i spróbować jeszcze raz. Jeśli to nie pomoże, administrator widzi przyczynę w dzienniku tego serwera.
